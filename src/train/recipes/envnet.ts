// EnvNet (Y. Tokozume & T. Harada, ICASSP 2017), trained as in "Learning from between-class examples for deep sound
// recognition" (Y. Tokozume, Y. Ushiku & T. Harada, ICLR 2018) and their own code, on ESC-10: plainly, mixed between
// classes for twice as long, and with strong augmentation besides. A clip of five seconds is tested by ten crops.
// docs/raw-waveforms.md says in what that is not the paper's.
import type { Recipe } from "./recipe.ts";

export const envnet: Recipe = {
  name: "envnet",
  description: "EnvNet on raw waveforms of 1.5 s",
  frontEnd: {
    kind: "waveform",
    sampleRate: 16000,
    resamples: true,
    peakNormalized: false,
    segmentSamples: 24014,
    segmentStep: 6220, // ten in five seconds
    silenceDb: -70,
  },
  masks: null,
  crops: { padding: 0.5, stretch: 1, gain: 0 },
  views: null,
  mixing: null,
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: { kind: "envnet", hidden: [4096, 4096], dropout: 0.5 },
  optimizer: {
    kind: "sgd",
    lr: 0.01,
    schedule: { kind: "step", warmup: 0, milestones: [300, 450], gamma: 0.1 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
    decaysBiases: true,
  },
  epochs: 600,
  averages: null,
  batchSize: 64,
  microBatchSize: null,
};

/** A recipe's network on sounds that are mixed between classes: it learns for twice as long. */
export const betweenClasses = (recipe: Recipe): Recipe => ({
  ...recipe,
  name: `${recipe.name}-bc`,
  description: `${recipe.description}, mixed between classes`,
  mixing: "between-class",
  optimizer: {
    ...recipe.optimizer,
    schedule: { kind: "step", warmup: 0, milestones: [600, 900], gamma: 0.1 },
  },
  epochs: 2 * recipe.epochs,
});

/** … and whose clips are played at other rates, and louder or softer. */
export const strongly = (recipe: Recipe): Recipe => ({
  ...recipe,
  name: `${recipe.name}-strong`,
  description: `${recipe.description}, faster or slower and louder or softer`,
  crops: { padding: 0.5, stretch: 1.25, gain: 6 },
});

export const envnetBc = betweenClasses(envnet);
export const envnetBcStrong = strongly(envnetBc);
