// Datasets of drawn sounds, for tests of their features.

import { HostRandom } from "../../../src/gpu/host-random.ts";
import type { Clip, Dataset } from "../../../src/train/dataset/dataset.ts";
import { computeFeatures } from "../../../src/train/features/compute.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Stop } from "../../../src/train/terminal/talk.ts";

/** A progress that keeps its lines to itself. */
export class Quiet extends Progress {
  readonly lines: string[] = [];
  override say(line: string): void {
    this.lines.push(line);
  }
  override begin(): void {}
}
const stop: Stop = { signal: null, onFirst: "" };
export const { frontEnd } = findRecipe("blog-bn");
export const compute = (dataset: Dataset, which = frontEnd) =>
  computeFeatures(dataset, extractorOf(which), { progress: new Quiet(), stop });

export function noise(seconds: number, seed: number, { rate = 22050, level = 0.1 } = {}): Waveform {
  const random = new HostRandom(seed);
  const samples = Float32Array.from(
    { length: Math.round(seconds * rate) },
    () => level * (2 * random.uniform() - 1),
  );
  return { samples, sampleRate: rate };
}

/** A dataset of given sounds, two a fold. */
export function made(waves: Waveform[]): Dataset {
  const clips = waves.map(
    (_, i): Clip => ({ name: `${i}.wav`, fold: (Math.floor(i / 2) % 5) + 1, label: i % 2 }),
  );
  return {
    source: "made",
    classes: ["a", "b"],
    clips,
    folds: 5,
    fingerprint: (clip) => Bun.hash(waves[clip]!.samples).toString(),
    load: async (clip) => waves[clip]!,
  };
}
