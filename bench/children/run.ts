// Measurements that want a process of their own: a script of this folder is run, and says one line of JSON.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** The clock that processes share, in milliseconds. */
export function sharedClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Runs a script of this folder under Bun and parses the last line it prints. Throws with what it said on stderr. */
export async function runChild<T>(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<T> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), ...args], {
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`bench/children/${script} failed: ${stderr.trim().slice(-2000)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

/** Environment variables that point the driver's shader cache, and otograd's own, into `folder`. */
export function cachesIn(folder: string): Record<string, string> {
  for (const name of ["mesa", "nvidia", "xdg"]) mkdirSync(join(folder, name), { recursive: true });
  return {
    MESA_SHADER_CACHE_DIR: join(folder, "mesa"),
    __GL_SHADER_DISK_CACHE_PATH: join(folder, "nvidia"),
    XDG_CACHE_HOME: join(folder, "xdg"),
  };
}
