// M5 (W. Dai et al., ICASSP 2017) on raw waveforms, as the blog has it: 160,000 samples at 44.1 kHz, every fifth of them
// (here they are resampled, so that nothing folds over).
import type { Recipe } from "./recipe.ts";

export const m5: Recipe = {
  name: "m5",
  description: "M5 on raw waveforms of 3.6 s, as the blog has it",
  frontEnd: {
    kind: "waveform",
    sampleRate: 8820,
    resamples: true,
    peakNormalized: true,
    segmentSamples: 32000,
    segmentStep: 6050, // three in five seconds
    silenceDb: -70,
  },
  masks: null,
  crops: null,
  views: null,
  mixing: null,
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: { kind: "m5", filters: 80, kernelSize: 128 },
  optimizer: {
    kind: "adam",
    lr: 0.002,
    schedule: { kind: "step", warmup: 0, milestones: [20], gamma: 0.1 },
    weightDecay: 1e-4,
    decaysBiases: true,
    betas: [0.9, 0.999],
    eps: 1e-8,
  },
  epochs: 40,
  averages: null,
  batchSize: 8,
  microBatchSize: null,
};
