// K. J. Piczak, "Environmental sound classification with convolutional neural networks", MLSP 2015: the short
// segments, as the paper and its replication data (github.com/karolpiczak/paper-2015-esc-convnet) have them.
// Its augmentation makes an epoch eleven times as long on ESC-10; without it: --set augmentation=null --epochs 25
import type { PiczakRecipe } from "./recipe.ts";

export const paperShort: PiczakRecipe = {
  name: "paper-short",
  description:
    "the paper's network on short segments, with ten altered copies of each training clip (ESC-50: four)",
  frontEnd: {
    kind: "log-mel",
    sampleRate: 22050,
    resamples: true,
    peakNormalized: true,
    segmentSamples: 512 * 40, // 41 frames, as the first and the last are centred on the segment's ends
    segmentStep: (512 * 40) / 2,
    nFft: 1024,
    winLength: 1024,
    hopLength: 512,
    nMels: 60,
    normalized: false,
    melScale: "slaney", // librosa's defaults
    norm: "slaney",
    topDb: 80,
    silenceDb: -70,
    silenceIncludesEqual: true,
  },
  masks: null,
  crops: null,
  views: null,
  mixing: null,
  augmentation: {
    seed: 1,
    copies: 10,
    maxDelay: 1,
    classes: {
      dog: { pitch: [-4, 4], stretch: [0.95, 1.1] },
      rooster: { pitch: [-3, 2], stretch: [0.95, 1.1] },
      rain: { pitch: [0, 0], stretch: [1, 1] },
      sea_waves: { pitch: [0, 0], stretch: [0.9, 1.2] },
      crackling_fire: { pitch: [0, 0], stretch: [1, 1] },
      crying_baby: { pitch: [-3, 6], stretch: [0.8, 1.3] },
      sneezing: { pitch: [-4, 4], stretch: [0.9, 1.2] },
      clock_tick: { pitch: [0, 0], stretch: [1, 1] },
      helicopter: { pitch: [0, 0], stretch: [0.9, 1.2] },
      chainsaw: { pitch: [-4, 2], stretch: [0.9, 1.2] },
    },
    delayedCopies: 4,
  },
  examples: null,
  classWeights: null,
  validates: true,
  network: {
    kind: "piczak",
    deltaWidth: 9, // librosa's default
    form: "dropout",
    filters: 80,
    conv2Norm: false,
    convDropout: 0.5,
    hidden: [5000, 5000],
    dropout: 0.5,
    head: "plain",
    init: "paper",
  },
  optimizer: {
    kind: "sgd",
    lr: 0.002,
    schedule: { kind: "constant", warmup: 0 },
    momentum: 0.9,
    nesterov: true,
    // The paper's 0.001 multiplies Σw² in pylearn2, whose gradient is 2·0.001·w; PyTorch's multiplies ½Σw².
    weightDecay: 0.002,
    decaysBiases: false,
  },
  epochs: 300,
  averages: null,
  batchSize: 1000,
  microBatchSize: null,
};
