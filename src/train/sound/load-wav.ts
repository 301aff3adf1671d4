// A WAV file from the disk.
import { readFile } from "node:fs/promises";
import { decodeWav, type Wav, WavError } from "../../audio/wav.ts";

/** Reads and decodes a WAV file. Throws a WavError that names it. */
export async function loadWav(path: string): Promise<Wav> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = fileErrors[code ?? ""] ?? `cannot be read (${code ?? error})`;
    throw new WavError(path, reason, { cause: error });
  }
  return decodeWav(bytes, path);
}

const fileErrors: Record<string, string> = {
  ENOENT: "no such file",
  EISDIR: "is a folder, not a WAV file",
  EACCES: "may not be read (permission denied)",
};
