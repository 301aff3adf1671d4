// What is measured of a training: the lines of metrics.jsonl, and result.json.
import { z } from "zod";

const share = z.number().min(0).max(1);

const epochMetrics = z.object({
  epoch: z.int(),
  /** Mean training loss over the epoch. */
  loss: z.number(),
  /** The share of test segments told right. */
  segmentAccuracy: share,
  /** Clip accuracy on the test fold by probability voting, 0 … 1. */
  accuracy: share,
  /** The same by majority voting. */
  accuracyMajority: share,
  /** Clip accuracy on the validation fold, in recipes that hold one out. */
  validationAccuracy: share.optional(),
  /** The epoch's duration, evaluation included. */
  seconds: z.number(),
  /** Training segments a second, evaluation not counted. */
  samplesPerSecond: z.number(),
  /** Bytes of memory that the process had at the epoch's end, and those of its buffers on the GPU. */
  residentBytes: z.number().optional(),
  gpuBytes: z.number().optional(),
});

/** One line of metrics.jsonl. */
export type EpochMetrics = z.infer<typeof epochMetrics>;

/** What became of clips of classes that a network knows, and of clips of others. */
export const openSet = z.object({
  /** Test clips of its classes, and how many of them were not refused. */
  known: z.int().min(0),
  kept: z.int().min(0),
  /** Test clips of classes that it was never told of, and how many were refused. */
  unknown: z.int().min(0),
  refused: z.int().min(0),
  /** The same of each of those classes. */
  classes: z.array(z.object({ name: z.string(), clips: z.int().min(0), refused: z.int().min(0) })),
  /** How often a known clip scores higher than an unknown one; null without unknown ones. */
  auroc: share.nullable(),
});

export type OpenSet = z.infer<typeof openSet>;

export const runResult = z.object({
  /** Null where none was held out: the clips are those that were trained on. */
  fold: z.int().nullable(),
  accuracy: share,
  accuracyMajority: share,
  /** The mean recall of the classes that have test clips. Older runs have neither this nor recall. */
  balancedAccuracy: share.optional(),
  /** Test clips; every one is counted. */
  clips: z.int(),
  /** Epochs completed. */
  epochs: z.int(),
  /** Rows are true classes, columns predicted ones, in the order of config.json's classes. */
  confusion: z
    .array(z.array(z.int().min(0)))
    .refine((rows) => rows.every((row) => row.length === rows.length), "is not a square"),
  /** The share of each class's clips that were told right; null for a class without test clips. */
  recall: z.array(share.nullable()).optional(),
  /** Of runs that can say "none of these". */
  openSet: openSet.optional(),
  seconds: z.number(),
  /** Set where the run was stopped before its last epoch: "SIGINT", "SIGTERM", "SIGHUP", or why. */
  interrupted: z.string().optional(),
});

/** result.json */
export type RunResult = z.infer<typeof runResult>;

/** result.json of a cross-validation. */
export interface FoldsResult {
  folds: RunResult[];
  /** Mean over the folds, and sample standard deviation, by probability voting … */
  accuracy: number;
  accuracyDeviation: number;
  /** … and by majority voting. */
  accuracyMajority: number;
  accuracyMajorityDeviation: number;
  /** Of the folds' balanced accuracies. */
  balancedAccuracy: number;
  balancedAccuracyDeviation: number;
  /** The sum of the folds'. */
  confusion: number[][];
  /** Of that sum. */
  recall: (number | null)[];
  /** The folds' counts, and the mean of their AUROC. */
  openSet?: OpenSet;
}

/** One line of metrics.jsonl; null where it is not that, or of another epoch. */
export function parseMetrics(line: string, epoch: number): EpochMetrics | null {
  try {
    const { data } = epochMetrics.safeParse(JSON.parse(line));
    return data?.epoch === epoch ? data : null;
  } catch {
    return null;
  }
}

/** Is told how a training goes. */
export interface Observer {
  /** The loss of a step, some steps late; steps count from 1 over all epochs. */
  step(step: number, loss: number): void;
  /** An epoch's end, with the learning rate that its last step had, and the test's confusion as in result.json. */
  epoch(metrics: EpochMetrics, lr: number, confusion: RunResult["confusion"]): void;
}
