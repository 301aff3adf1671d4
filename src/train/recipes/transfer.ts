// A linear layer on what a network already knows that was trained on AudioSet's two million clips: trained in seconds, and
// on few clips. `bun run weights fetch mn04_as` first.
import type { Recipe } from "./recipe.ts";

export const transfer: Recipe = {
  name: "transfer",
  description: "a linear layer on a network that was trained on AudioSet: the best, in seconds, on few clips",
  frontEnd: {
    kind: "audio-set",
    sampleRate: 32000,
    resamples: true,
    peakNormalized: false,
    segmentSamples: 160000,
    segmentStep: 80000,
    silenceDb: -90,
  },
  masks: null,
  crops: null,
  views: null,
  mixing: null,
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: { kind: "transfer", weights: "mn04_as", width: 0.4, tunes: 0, hidden: [], dropout: 0 },
  optimizer: {
    kind: "sgd",
    lr: 0.1,
    schedule: { kind: "cosine", warmup: 0, to: 0 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.001,
    decaysBiases: false,
  },
  epochs: 20,
  averages: null,
  batchSize: 32,
  microBatchSize: null,
};
