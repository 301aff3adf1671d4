// The blog's replication with dropout, as its text describes it: the paper's network on torchaudio's front end,
// masks in place of the paper's augmentation, and four training folds instead of three.
import type { PiczakRecipe } from "./recipe.ts";

export const blog: PiczakRecipe = {
  name: "blog",
  description:
    "the blog's replication with dropout: torchaudio's front end, random masks, one hidden dense layer",
  frontEnd: {
    kind: "log-mel",
    sampleRate: 22050,
    resamples: true,
    peakNormalized: false,
    segmentSamples: 512 * 41 - 1, // 41 frames, 0.95 s
    segmentStep: (512 * 41) / 2,
    nFft: 1024,
    winLength: 1024,
    hopLength: 512,
    nMels: 60,
    normalized: true,
    melScale: "htk",
    norm: null,
    topDb: 80,
    silenceDb: -70,
    silenceIncludesEqual: false,
  },
  masks: { mels: 22, frames: 30 },
  crops: null,
  views: null,
  mixing: null,
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: {
    kind: "piczak",
    deltaWidth: 5, // torchaudio's default
    form: "dropout",
    filters: 80,
    conv2Norm: false,
    convDropout: 0.5,
    hidden: [5000],
    dropout: 0.5,
    head: "plain",
    init: "kaiming-normal",
  },
  optimizer: {
    kind: "sgd",
    lr: 0.002,
    schedule: { kind: "constant", warmup: 0 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.001,
    decaysBiases: true,
  },
  epochs: 300,
  averages: null,
  // The blog's 1024 is for ESC-50's 14,000 training segments (14 updates an epoch). ESC-10 has a fifth of them:
  // 1024 would leave 3 updates an epoch, 100 makes 26. For the blog's own: --batch-size 1024.
  batchSize: 100,
  microBatchSize: null,
};
