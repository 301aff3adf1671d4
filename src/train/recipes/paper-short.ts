// K. J. Piczak, "Environmental sound classification with convolutional neural networks", MLSP 2015: the short
// segments, as the paper and its replication data (github.com/karolpiczak/paper-2015-esc-convnet) have them.
// Not augmented yet: the paper trains on ESC-10 with ten altered copies of each clip besides (ESC-50: four).
import type { Recipe } from "../recipe.ts";

export const paperShort: Recipe = {
  name: "paper-short",
  description:
    "the paper's network on short segments, three folds train and one validates; not yet augmented",
  frontEnd: {
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
  deltaWidth: 9, // librosa's default
  masks: null,
  mixing: null,
  validates: true,
  network: {
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
    lr: 0.002,
    schedule: "constant",
    momentum: 0.9,
    nesterov: true,
    // The paper's 0.001 multiplies Σw² in pylearn2, whose gradient is 2·0.001·w; PyTorch's multiplies ½Σw².
    weightDecay: 0.002,
    decaysBiases: false,
  },
  epochs: 300,
  // Without augmentation that is two updates an epoch on ESC-10, where the paper has about twenty:
  // --batch-size 100 comes closer to the paper's course.
  batchSize: 1000,
  microBatchSize: null,
};
