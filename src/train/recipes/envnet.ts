// EnvNet (Y. Tokozume & T. Harada, ICASSP 2017), trained as in "Learning from between-class examples for deep sound
// recognition" (ICLR 2018): waveforms of 1.5 s mixed between classes. With it: 1,200 epochs; without: 600, and
//   --set mixing=null --set optimizer.schedule.milestones=[300,450] --epochs 600
// The papers' crops begin anywhere; these every 0.15 s, and all vote.
import type { Recipe } from "./recipe.ts";

export const envnet: Recipe = {
  name: "envnet",
  description: "EnvNet on raw waveforms of 1.5 s, mixed between classes",
  frontEnd: {
    kind: "waveform",
    sampleRate: 16000,
    resamples: true,
    peakNormalized: false,
    segmentSamples: 24014,
    segmentStep: 2401,
    silenceDb: -70,
  },
  masks: null,
  mixing: "between-class",
  augmentation: null,
  validates: false,
  network: { kind: "envnet", hidden: [4096, 4096], dropout: 0.5 },
  optimizer: {
    kind: "sgd",
    lr: 0.01,
    schedule: { kind: "step", warmup: 0, milestones: [600, 900], gamma: 0.1 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
    decaysBiases: true,
  },
  epochs: 1200,
  batchSize: 64,
  microBatchSize: null,
};
