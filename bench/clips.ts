// Sound files to time the front end on: five seconds of noise each, laid out as ESC-50 is distributed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WaveFile } from "wavefile";

const SAMPLE_RATE = 44100;
const SECONDS = 5;
const CLASSES = 10;
const FOLDS = 5;

/** Writes `count` clips (16-bit, mono, 44.1 kHz) below `folder`, with their meta/esc50.csv. */
export function writeClips(folder: string, count: number): void {
  mkdirSync(join(folder, "audio"), { recursive: true });
  mkdirSync(join(folder, "meta"), { recursive: true });
  const rows = ["filename,fold,target,category"];
  for (let clip = 0; clip < count; clip++) {
    const name = `noise-${String(clip).padStart(4, "0")}.wav`;
    const wave = new WaveFile();
    wave.fromScratch(1, SAMPLE_RATE, "16", noise(clip + 1));
    writeFileSync(join(folder, "audio", name), wave.toBuffer());
    const target = Math.floor(clip / FOLDS) % CLASSES;
    rows.push(`${name},${(clip % FOLDS) + 1},${target},noise${target}`);
  }
  writeFileSync(join(folder, "meta", "esc50.csv"), `${rows.join("\n")}\n`);
}

/** White noise (xorshift32, Marsaglia 2003) that swells twice a second, so that no segment is silent. */
function noise(seed: number): Int16Array {
  const samples = new Int16Array(SAMPLE_RATE * SECONDS);
  let state = seed;
  for (let i = 0; i < samples.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    samples[i] = (state >> 17) * (0.6 + 0.4 * Math.sin((4 * Math.PI * i) / SAMPLE_RATE));
  }
  return samples;
}
