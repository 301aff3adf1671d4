// Drawn segments of four classes, for tests of what a step learns from.
import { HostRandom } from "../../../src/gpu/host-random.ts";
import type { Features } from "../../../src/train/features/features.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

export const [SEGMENTS, MELS, FRAMES, CLASSES] = [24, 60, 23, 4];
const numbers = new HostRandom(5);
export const features: Features = {
  shape: [MELS, FRAMES],
  values: Float32Array.from({ length: SEGMENTS * MELS * FRAMES }, () => numbers.normal()),
  clipOf: Uint32Array.from({ length: SEGMENTS }, (_, i) => i),
  silent: new Uint32Array(SEGMENTS),
};
export const labels = Array.from({ length: SEGMENTS }, (_, i) => i % CLASSES);
export const all = labels.map((_, i) => i);
export const recipe = { ...findRecipe("blog"), masks: null };
export const mixes = { ...recipe, mixing: "spectrograms" } as const;
/** @param pieces how many pieces the store is in */
export const store = (pieces: number) =>
  new SegmentStore(
    features,
    all,
    labels,
    { mean: 0, deviation: 1 },
    Math.ceil(SEGMENTS / pieces) * MELS * FRAMES * 4,
  );
