// Numbers of bytes, for people.

export const MIB = 2 ** 20;

/** "1.5 MiB" */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [unit, size] = bytes < MIB ? ["KiB", 1024] : bytes < 1024 * MIB ? ["MiB", MIB] : ["GiB", 1024 * MIB];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
