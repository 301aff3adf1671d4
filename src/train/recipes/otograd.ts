// Our own best on the same family of networks: the blog's batch-norm network with dropout in its dense part, on
// mixtures of two segments, which no epoch shows twice, with a learning rate that falls to nothing.
import type { Recipe } from "../recipe.ts";
import { blogBn } from "./blog-bn.ts";

export const otograd: Recipe = {
  ...blogBn,
  name: "otograd",
  description: "our own best: batch norm and dropout, mixed spectrograms, a cosine schedule",
  frontEnd: { ...blogBn.frontEnd, peakNormalized: true },
  masks: null,
  mixing: "spectrograms",
  network: { ...blogBn.network, dropout: 0.5 },
  optimizer: { ...blogBn.optimizer, lr: 0.01, schedule: "cosine" },
  epochs: 40,
  batchSize: 100,
};
