// A recipe is everything about a training run that is not the data: from the sound's samples to the optimizer's
// numbers. Each is one plain object in recipes/, and config.json records the one in force. The schema says what each
// setting may be; it checks `--set` and config.json.
import { z } from "zod";

const count = z.int().min(1);
/** What is computed on the host and in tables may be this large: far more than is of use, and no more than there is room for. */
const upTo = (most: number, least = 1) => z.int().min(least).max(most);
const positive = z.number().positive();
const probability = z.number().min(0).max(1);

const frontEnd = z.strictObject({
  /** Hz. */
  sampleRate: upTo(1_000_000),
  /** Resample clips of another rate. Else their samples are taken for samples at `sampleRate`, whatever they are. */
  resamples: z.boolean(),
  /** Divide each clip by its own largest absolute value first. */
  peakNormalized: z.boolean(),
  /** Samples in a segment, and from one segment's start to the next's; what is left at a clip's end is dropped. */
  segmentSamples: upTo(2 ** 24),
  segmentStep: count,
  /** The mel power spectrogram, in torchaudio's terms (librosa's mel scale and norm are "slaney" twice). */
  nFft: upTo(2 ** 15),
  winLength: upTo(2 ** 15),
  hopLength: count,
  /** The network's first kernel is three bands lower. */
  nMels: upTo(1024, 4),
  /** Divide each spectrum by the window's norm. */
  normalized: z.boolean(),
  melScale: z.enum(["htk", "slaney"]),
  norm: z.enum(["slaney"]).nullable(),
  /** Decibels below a segment's loudest value at which the rest is cut off. */
  topDb: z.number().min(0),
  /** A segment is silent if its mean is below this, in dB … */
  silenceDb: z.number(),
  /** … or also if it is just that. */
  silenceIncludesEqual: z.boolean(),
});

/** From a clip's samples to log-mel segments `[segments, nMels, frames]`. The feature cache's key is made of it. */
export type FrontEnd = z.infer<typeof frontEnd>;

/** Frames of the spectrogram of a segment: one at each end, and every hop between. */
export function framesOf(frontEnd: FrontEnd): number {
  return 1 + Math.floor(frontEnd.segmentSamples / frontEnd.hopLength);
}

/** One random band of mel bins and one of frames, set to 0 (the mean, after standardisation) in training. */
const masks = z.strictObject({
  /** The widest in mel bins; widths are drawn from 0 to it. */
  mels: z.int().min(0),
  frames: z.int().min(0),
});

const range = (least: number, most: number) =>
  z.tuple([z.number().min(least).max(most), z.number().min(least).max(most)]);

/** Altered copies of the training clips. They belong to the training set like the clips themselves. */
const augmentation = z.strictObject({
  /** Where the copies' random numbers come from. The run's own seed does not change them. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Of each clip; see `classes`. */
  copies: upTo(1000),
  /** Each copy begins up to this many seconds later, and is cut off where the clip ends. */
  maxDelay: z.number().min(0).max(3600),
  /**
   * Before that it is played at a random rate, and by a random number of semitones higher, within its class's bounds.
   * This is for datasets whose classes are all named here; copies in others are only delayed, and there are
   * `delayedCopies` of them. null: copies are only delayed in any dataset.
   */
  classes: z
    .record(z.string(), z.strictObject({ pitch: range(-48, 48), stretch: range(0.1, 10) }))
    .nullable(),
  delayedCopies: upTo(1000),
});

export type Augmentation = z.infer<typeof augmentation>;

/** Which of Piczak's networks: see nn/models/piczak.ts. */
const network = z.strictObject({
  /** "dropout": as in the paper. "batch-norm": Conv/Linear → BatchNorm → ReLU in its place. */
  form: z.enum(["dropout", "batch-norm"]),
  /** Channels that each convolution makes. */
  filters: count,
  /** Batch norm in the second convolution also in the dropout form. */
  conv2Norm: z.boolean(),
  /** Dropout after the first convolution. */
  convDropout: probability,
  /** Sizes of the hidden dense layers. */
  hidden: z.array(count).max(20),
  /** Dropout after each of them. */
  dropout: probability,
  /** "plain": the last dense layer gives the logits. "activated": they go through what follows a hidden layer first. */
  head: z.enum(["plain", "activated"]),
  /** Initial weights: the paper's own, He et al.'s, or the defaults of PyTorch's layers. */
  init: z.enum(["paper", "kaiming-normal", "pytorch"]),
});

/** torch.optim.SGD's numbers. */
const optimizer = z.strictObject({
  lr: positive,
  /**
   * "cosine": epoch e of n has lr · ½(1 + cos(π (e − 1) / n)), torch's CosineAnnealingLR stepped once an epoch, which
   * ends just above 0. "constant": lr throughout.
   */
  schedule: z.enum(["constant", "cosine"]),
  momentum: z.number().min(0),
  nesterov: z.boolean(),
  weightDecay: z.number().min(0),
  /** Whether weight decay acts on biases and batch norm's parameters too, as PyTorch does by default. */
  decaysBiases: z.boolean(),
});

/** All that can be set by `--set`. */
export const settingsSchema = z.strictObject({
  frontEnd,
  /** Frames in the window of the deltas, the network's second channel. */
  deltaWidth: upTo(1001, 3),
  masks: masks.nullable(),
  /**
   * "spectrograms": each training segment is mixed with one of another class: standardised, r of it and 1 − r of the
   * other, r uniform in 0 … 1, before masks and deltas. "between-class": their waveforms are mixed, so that it is heard
   * with the share r (Tokozume et al. 2018, arXiv 1711.10282), and go through the front end then. "power": the same of
   * their power spectrograms, with the mean power for the loudness, which saves computing the front end anew. The
   * labels are mixed with r and 1 − r; the loss is the KL divergence.
   */
  mixing: z.enum(["spectrograms", "power", "between-class"]).nullable(),
  augmentation: augmentation.nullable(),
  /** Hold the fold before the test fold out of training, for validation. */
  validates: z.boolean(),
  network,
  optimizer,
  epochs: count,
  /** Segments that one update is for. */
  batchSize: z.int().min(2),
  /**
   * Segments that go through the network at once; null: a whole batch, or as much of it as the adapter can bind. Parts
   * add up to the batch's own gradient, but batch norm takes its statistics from each part, which must be of two or more:
   * parts of two would leave one over.
   */
  microBatchSize: z.int().min(3).nullable(),
});

export const recipeSchema = settingsSchema.extend({
  name: z.string(),
  /** One sentence for `bun run recipes`. */
  description: z.string(),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** Numbers in a segment: far more than is of use. */
const MOST_VALUES = 2 ** 20;
/** Segments that one sample may be in. */
const MOST_OVERLAP = 64;

/** What makes no sense in settings that are each of the right kind; null if nothing does. */
export function nonsenseIn({ frontEnd, mixing, augmentation, optimizer }: Recipe): string | null {
  const frames = framesOf(frontEnd);
  if (frames < 20) {
    return `segments of ${frontEnd.segmentSamples} samples are ${frames} frames long, the network wants 20 at least`;
  }
  if (frames * frontEnd.nMels > MOST_VALUES)
    return `segments of ${frames} frames and ${frontEnd.nMels} bands are too large: ${MOST_VALUES} numbers are the most`;
  if (frontEnd.segmentSamples > MOST_OVERLAP * frontEnd.segmentStep)
    return `a segment of ${frontEnd.segmentSamples} samples every ${frontEnd.segmentStep} is too many: more than ${MOST_OVERLAP} would overlap`;
  if (2 * frontEnd.segmentSamples <= frontEnd.nFft)
    return `segments of ${frontEnd.segmentSamples} samples are too short for nFft = ${frontEnd.nFft}`;
  if (frontEnd.winLength > frontEnd.nFft)
    return `a window of ${frontEnd.winLength} samples is longer than nFft = ${frontEnd.nFft}`;
  if (mixing === "between-class" && augmentation !== null)
    return "between-class mixing is of the clips themselves: give augmentation=null besides";
  if (optimizer.nesterov && optimizer.momentum === 0)
    return "optimizer.nesterov wants an optimizer.momentum above 0; optimizer.nesterov=false does without";
  const upsideDown = Object.values(augmentation?.classes ?? {})
    .flatMap(({ pitch, stretch }) => [pitch, stretch])
    .find(([low, high]) => low > high);
  return upsideDown === undefined
    ? null
    : `a range goes from low to high, not from ${upsideDown.join(" to ")}`;
}
