// A small network on whole pictures of clips, of which every epoch shows other parts, mixed in pairs, louder or softer and
// masked; the weights of the last epochs are averaged. See docs/results.md for what was tried.
import type { Recipe } from "./recipe.ts";

export const convnet: Recipe = {
  name: "convnet",
  description: "a small network on whole pictures: parts of them mixed in pairs, averaged weights",
  frontEnd: {
    kind: "log-mel",
    sampleRate: 22050,
    resamples: true,
    peakNormalized: true,
    segmentSamples: 110250, // five seconds
    segmentStep: 55125,
    nFft: 1024,
    winLength: 1024,
    hopLength: 512,
    nMels: 64,
    normalized: false,
    melScale: "slaney",
    norm: "slaney",
    topDb: 80,
    silenceDb: -110, // sounds of a moment are in clips of silence
    silenceIncludesEqual: false,
  },
  masks: { mels: 8, frames: 13 },
  crops: null,
  views: { frames: 129, gain: 6, mixed: 1, masked: 2, stretch: 1, shift: 0 }, // three seconds
  mixing: "power",
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: { kind: "convnet", widths: [16, 32, 64, 128], pool: "max", dropout: 0 },
  optimizer: {
    kind: "adamw",
    lr: 0.001,
    schedule: { kind: "cosine", warmup: 5, to: 1e-5 },
    weightDecay: 5e-4,
    decaysBiases: false,
    betas: [0.9, 0.999],
    eps: 1e-8,
  },
  epochs: 200,
  averages: 30,
  batchSize: 32,
  microBatchSize: null,
};
