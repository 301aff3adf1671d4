// A recipe is everything about a training run that is not the data: from the sound's samples to the optimizer's
// numbers. Each is one plain object in recipes/, and config.json records the one in force. The schema says what each
// setting may be; it checks `--set` and config.json.
import { z } from "zod";
import { framesOf, frontEnd, type LogMel, nonsenseInFrontEnd } from "./kinds/front-end.ts";
import { type NetworkOf, network, nonsenseInNetwork } from "./kinds/network.ts";
import { count, upTo } from "./kinds/numbers.ts";
import { nonsenseInOptimizer, optimizer, type SgdSettings } from "./kinds/optimizer.ts";

export { asLogMel, type FrontEnd, framesOf, type LogMel } from "./kinds/front-end.ts";
export type { Network, NetworkOf } from "./kinds/network.ts";
export type { OptimizerSettings, Schedule } from "./kinds/optimizer.ts";

/** One random band of mel bins and one of frames, set to 0 (the mean, after standardisation) in training. */
const masks = z.strictObject({
  /** The widest in mel bins; widths are drawn from 0 to it. */
  mels: z.int().min(0),
  frames: z.int().min(0),
});

/** What is learned from: one crop of each clip an epoch, from anywhere in it (see learning/crops.ts). */
const crops = z.strictObject({
  /** Silence on either side of a clip, as a share of the crop's length. */
  padding: z.number().min(0).max(1),
  /** Before that, clips are played slower or faster: by stretch^u, u uniform in −1 … 1. 1 leaves them as they are. */
  stretch: z.number().min(1).max(4),
  /** Crops, or mixtures of two, are made louder or softer by up to so many dB. */
  gain: z.number().min(0).max(60),
});

export type Crops = z.infer<typeof crops>;

/** What is learned from: one view of each segment's picture an epoch (see learning/views.ts). Whole segments are tested. */
const views = z.strictObject({
  /** Frames of a view. */
  frames: count,
  /** Views are made louder or softer by up to so many dB. */
  gain: z.number().min(0).max(60),
  /** The share of views that are mixed, where there is mixing. */
  mixed: z.number().min(0).max(1),
  /** How often bands and frames are masked, where there are masks. */
  masked: upTo(10),
  /** Views go through their segment slower or faster: stretch^u times as fast, u uniform in −1 … 1. 1 leaves them as they are. */
  stretch: z.number().min(1).max(4).default(1),
  /** Their sounds are higher or lower by up to so many mel bands. */
  shift: z.int().min(0).max(32).default(0),
});

export type Views = z.infer<typeof views>;

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

/** All that can be set by `--set`. */
export const settingsSchema = z.strictObject({
  frontEnd,
  masks: masks.nullable(),
  /** Crops of the clips' waveforms to learn from, in place of their segments, which are tested. */
  crops: crops.nullable().default(null),
  /** Views of the segments' log-mel pictures to learn from, in place of the segments, which are tested. */
  views: views.nullable().default(null),
  /**
   * "spectrograms": each training segment is mixed with one of another class: standardised, r of it and 1 − r of the
   * other, r uniform in 0 … 1, before masks and deltas. "between-class": their waveforms are mixed, so that it is heard
   * with the share r (Tokozume et al. 2018, arXiv 1711.10282), and go through the front end then. "power": the same of
   * their power spectrograms, with the mean power for the loudness, which saves computing the front end anew.
   * "embeddings": as "spectrograms", of what a frozen network made of them. The labels are mixed with r and 1 − r; the
   * loss is the KL divergence.
   */
  mixing: z.enum(["spectrograms", "embeddings", "power", "between-class"]).nullable(),
  augmentation: augmentation.nullable(),
  /** Clips of each class that are learned from, drawn by the run's seed; null: all that the training folds have. */
  examples: count.nullable().default(null),
  /**
   * "balanced": of k classes, one with n of the N segments that are learned from counts N / kn times in the loss: all classes
   * count alike, however many segments they have. null: all segments count alike.
   */
  classWeights: z.enum(["balanced"]).nullable().default(null),
  /** Hold the fold before the test fold out of training, for validation. */
  validates: z.boolean(),
  network,
  optimizer,
  epochs: count,
  /**
   * The weights that a training ends with are the mean of those after each of its last so many epochs, with batch norm's
   * statistics computed anew (Izmailov et al. 2018). null: those after the last.
   */
  averages: count.nullable().default(null),
  /** Segments that one update is for. */
  batchSize: z.int().min(2),
  /**
   * Segments that go through the network at once; null: a whole batch, or as much of it as the adapter can bind. Parts
   * add up to the batch's own gradient, but batch norm takes its statistics from each part, which must be of two or more:
   * parts of two would leave one over.
   */
  microBatchSize: z.int().min(3).nullable(),
});

const schema = settingsSchema.extend({
  name: z.string(),
  /** One sentence for `bun run recipes`. */
  description: z.string(),
});

export type Recipe = z.infer<typeof schema>;

/** One for Piczak's network. */
export interface PiczakRecipe extends Recipe {
  frontEnd: LogMel;
  network: NetworkOf<"piczak">;
  optimizer: SgdSettings;
}

/** A recipe as config.json holds it, old runs' too. */
export const recipeSchema = z.preprocess(ofOldRuns, schema);

type Table = Record<string, unknown>;
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Runs from before there were kinds have log-mel segments, Piczak's network and SGD, and do not say so. */
function ofOldRuns(raw: unknown): unknown {
  if (!isTable(raw) || !isTable(raw.network) || "kind" in raw.network) return raw;
  const { deltaWidth, frontEnd, network, optimizer, ...rest } = raw;
  return {
    ...rest,
    frontEnd: isTable(frontEnd) ? { kind: "log-mel", ...frontEnd } : frontEnd,
    network: { kind: "piczak", deltaWidth, ...network },
    optimizer: isTable(optimizer)
      ? { kind: "sgd", ...optimizer, schedule: { kind: optimizer.schedule } }
      : optimizer,
  };
}

/** What makes no sense in settings that are each of the right kind; null if nothing does. */
export function nonsenseIn(recipe: Recipe): string | null {
  const { frontEnd, network, masks, crops, views, mixing, augmentation, optimizer } = recipe;
  const nonsense =
    nonsenseInNetwork(network, frontEnd) ?? nonsenseInFrontEnd(frontEnd) ?? nonsenseInOptimizer(optimizer);
  if (nonsense !== null) return nonsense;
  if (frontEnd.kind !== "log-mel" && masks !== null)
    return "masks are for spectrograms: give masks=null, or frontEnd.kind=log-mel";
  if (frontEnd.kind !== "log-mel" && (mixing === "power" || mixing === "spectrograms"))
    return `mixing=${mixing} is for spectrograms: give another, or frontEnd.kind=log-mel`;
  if (frontEnd.kind !== "waveform" && crops !== null)
    return "crops are of waveforms: give crops=null, or frontEnd.kind=waveform";
  if (views !== null && frontEnd.kind !== "log-mel")
    return "views are of spectrograms: give views=null, or frontEnd.kind=log-mel";
  if (views !== null && frontEnd.kind === "log-mel" && views.frames > framesOf(frontEnd))
    return `views of ${views.frames} frames are longer than segments of ${framesOf(frontEnd)}`;
  if (views !== null && network.kind !== "convnet")
    return "views are shorter than what is tested: network.kind=convnet takes pictures of any length, others give views=null";
  if (views !== null && mixing === "between-class")
    return "views are mixed as spectrograms: give mixing=power, which is the same of their power, or views=null";
  if (crops !== null && augmentation !== null)
    return "crops are of the clips themselves: give augmentation=null besides";
  if (network.kind !== "transfer" && mixing === "embeddings")
    return "mixing=embeddings is of what a frozen network makes of sounds: network.kind=transfer has one";
  if (mixing === "between-class" && augmentation !== null)
    return "between-class mixing is of the clips themselves: give augmentation=null besides";
  const upsideDown = Object.values(augmentation?.classes ?? {})
    .flatMap(({ pitch, stretch }) => [pitch, stretch])
    .find(([low, high]) => low > high);
  return upsideDown === undefined
    ? null
    : `a range goes from low to high, not from ${upsideDown.join(" to ")}`;
}
