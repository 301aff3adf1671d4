// Our own best on the same family of networks: the blog's batch-norm network with dropout in its dense part, on
// mixtures of two sounds, which no epoch shows twice, with a learning rate that falls to nothing. Segments overlap by
// three quarters: a sound is met at twice as many places of a segment, and a clip has twice as many votes.

import { blogBn } from "./blog-bn.ts";
import type { PiczakRecipe } from "./recipe.ts";

export const blogMixed: PiczakRecipe = {
  ...blogBn,
  name: "blog-mixed",
  description:
    "blog-bn with dropout, sounds mixed in pairs and a cosine schedule: our best with Piczak's network",
  frontEnd: { ...blogBn.frontEnd, peakNormalized: true, segmentStep: (512 * 41) / 4 },
  masks: null,
  mixing: "power",
  network: { ...blogBn.network, dropout: 0.5 },
  optimizer: { ...blogBn.optimizer, lr: 0.01, schedule: { kind: "cosine", warmup: 0, to: 0 } },
  epochs: 50,
  batchSize: 100,
};
