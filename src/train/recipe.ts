// A recipe is everything about a training run that is not the data: from the sound's samples to the optimizer's
// numbers. Each is one plain object in recipes/, and config.json records the one in force.

/** From a clip's samples to log-mel segments `[segments, nMels, frames]`. The feature cache's key is made of it. */
export interface FrontEnd {
  /** Hz; clips of another rate are resampled. */
  sampleRate: number;
  /** Divide each clip by its own largest absolute value first. */
  peakNormalized: boolean;
  /** Samples in a segment, and from one segment's start to the next's; what is left at a clip's end is dropped. */
  segmentSamples: number;
  segmentStep: number;
  /** The mel power spectrogram, in torchaudio's terms (librosa's mel scale and norm are "slaney" twice). */
  nFft: number;
  winLength: number;
  hopLength: number;
  nMels: number;
  /** Divide each spectrum by the window's norm. */
  normalized: boolean;
  melScale: "htk" | "slaney";
  norm: "slaney" | null;
  /** Decibels below a segment's loudest value at which the rest is cut off. */
  topDb: number;
  /** A segment is silent if its mean is below this, in dB … */
  silenceDb: number;
  /** … or also if it is just that. */
  silenceIncludesEqual: boolean;
}

/** One random band of mel bins and one of frames, set to 0 (the mean, after standardisation) in training. */
export interface Masks {
  /** The widest in mel bins; widths are drawn from 0 to it. */
  mels: number;
  frames: number;
}

/** Which of Piczak's networks: see nn/models/piczak.ts. */
export interface Network {
  /** "dropout": as in the paper. "batch-norm": Conv/Linear → BatchNorm → ReLU in its place. */
  form: "dropout" | "batch-norm";
  /** Sizes of the hidden dense layers. */
  hidden: number[];
  /** Initial weights: the paper's own, He et al.'s, or the defaults of PyTorch's layers. */
  init: "paper" | "kaiming-normal" | "pytorch";
}

/** torch.optim.SGD's numbers. */
export interface Optimizer {
  lr: number;
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
  /** Whether weight decay acts on biases and batch norm's parameters too, as PyTorch does by default. */
  decaysBiases: boolean;
}

export interface Recipe {
  name: string;
  /** One sentence for `bun run recipes`. */
  description: string;
  frontEnd: FrontEnd;
  /** Frames in the window of the deltas, the network's second channel. */
  deltaWidth: number;
  masks: Masks | null;
  /** Hold the fold before the test fold out of training, for validation. */
  validates: boolean;
  network: Network;
  optimizer: Optimizer;
  epochs: number;
  batchSize: number;
}
