// A small dataset of real files, laid out as ESC-50 is, for tests of the commands: hums and hisses.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";

/** A hum (0) or a hiss (1) of 1.5 seconds, 8 kHz, 16 bits. */
export function sound(label: number, seed: number): Uint8Array {
  const random = new HostRandom(seed);
  const pitch = 200 + 200 * random.uniform();
  const samples = Int16Array.from({ length: 12000 }, (_, i) =>
    label === 0 ? 9000 * Math.sin((2 * Math.PI * pitch * i) / 8000) : 9000 * (2 * random.uniform() - 1),
  );
  const wave = new WaveFile();
  wave.fromScratch(1, 8000, "16", samples);
  return wave.toBuffer();
}

/** Twenty of them in a folder, four a fold. */
export function layOutSounds(folder: string): void {
  mkdirSync(join(folder, "audio"), { recursive: true });
  mkdirSync(join(folder, "meta"));
  const rows = ["filename,fold,target,category"];
  for (let i = 0; i < 20; i++) {
    const name = `${i}.wav`;
    writeFileSync(join(folder, "audio", name), sound(i % 2, i));
    rows.push(`${name},${(i % 5) + 1},${i % 2 === 0 ? 7 : 3},${i % 2 === 0 ? "hum" : "hiss"}`);
  }
  writeFileSync(join(folder, "meta", "esc50.csv"), rows.join("\n"));
}
