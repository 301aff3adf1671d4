// Our own best: a small network on whole pictures of clips, of which every epoch shows other parts, higher or lower, faster or slower,
// mixed in pairs, louder or softer and masked; the weights of the last epochs are averaged. docs/results.md says how its settings were
// chosen, and what each of them gives.
import type { Recipe } from "./recipe.ts";

export const otograd: Recipe = {
  name: "otograd",
  description:
    "our own best: a small network on whole pictures, altered and mixed in pairs; averaged weights",
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
    silenceDb: -99.99, // zeros have a mean of -100; sounds of a moment are in clips of silence
    silenceIncludesEqual: false,
  },
  masks: { mels: 8, frames: 13 },
  crops: null,
  views: { frames: 129, gain: 12, mixed: 1, masked: 2, stretch: 1.25, shift: 4 }, // three seconds
  mixing: "power",
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: { kind: "convnet", widths: [16, 32, 64, 128], pool: "max", dropout: 0 },
  optimizer: {
    kind: "sgd",
    lr: 0.02,
    schedule: { kind: "cosine", warmup: 5, to: 1e-5 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.005,
    decaysBiases: false,
  },
  epochs: 200,
  averages: 30,
  batchSize: 32,
  microBatchSize: null,
};
