// The paper's long segments, 2.3 s: fewer of them, learned from faster and for half as long. Everything else as in
// `paper-short`.

import { paperShort } from "./paper-short.ts";
import type { PiczakRecipe } from "./recipe.ts";

export const paperLong: PiczakRecipe = {
  ...paperShort,
  name: "paper-long",
  description: "the paper's network on long segments of 101 frames; otherwise as paper-short",
  frontEnd: {
    ...paperShort.frontEnd,
    segmentSamples: 512 * 100, // 101 frames
    segmentStep: (512 * 100) / 2,
  },
  optimizer: { ...paperShort.optimizer, lr: 0.01 },
  epochs: 150,
};
