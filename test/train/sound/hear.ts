// Hearing bytes as if they lay in a file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sound } from "../../../src/train/sound/sound-file.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures");

export const fixture = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)));
export const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
export const joined = (...parts: (Uint8Array | string)[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === "string" ? latin1(part) : part))));

/** All samples of a sound file with these bytes. Throws SoundError. */
export const hear = async (...parts: (Uint8Array | string)[]) => (await hearAll(...parts)).samples;

/** The same, and what is wrong with the file, if anything is. */
export async function hearAll(
  ...parts: (Uint8Array | string)[]
): Promise<{ samples: number[]; flaw: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-hear-"));
  try {
    writeFileSync(join(folder, "sound"), joined(...parts));
    using sound = await Sound.open(join(folder, "sound"));
    const samples: number[] = [];
    for await (const block of sound.blocks()) samples.push(...block.samples);
    return { samples, flaw: sound.flaw };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
