// What a report knows of its runs: their folders, read and checked. A cross-validation is a run of several folds.
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ALL_FOLDS } from "../dataset/dataset.ts";
import { type Config, readConfig } from "../runs/config.ts";
import { firstFoldBegun, foldPath } from "../runs/folds.ts";
import type { EpochMetrics, RunResult } from "../runs/metrics.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";

/** One network's training. */
export interface FoldRun {
  readonly folder: RunFolder;
  readonly config: Config;
  /** A line an epoch; what the file does not say is NaN. */
  readonly metrics: readonly EpochMetrics[];
  /** Null where the run never came to an end. */
  readonly result: RunResult | null;
}

export interface Run {
  /** As the user named it. */
  readonly path: string;
  /** Short, and no other run's. */
  readonly label: string;
  /** One, or those of a cross-validation (`--folds all`). */
  readonly folds: readonly FoldRun[];
  readonly crossValidation: boolean;
}

/** Reads runs' folders. Throws UserError, naming the first that is not as it should be. */
export function readRuns(paths: readonly string[]): Run[] {
  const twice = paths.find((path, i) => paths.findIndex((other) => resolve(other) === resolve(path)) < i);
  if (twice !== undefined) throw new UserError(`${twice} is named twice`);
  const names = paths.map((path) => basename(resolve(path)));
  return paths.map((path, i) => {
    const unique = names.filter((name) => name === names[i]).length === 1;
    return { path, label: unique ? names[i]! : path, ...readFolds(path) };
  });
}

function readFolds(path: string): Pick<Run, "folds" | "crossValidation"> {
  if (firstFoldBegun(path) === null) return { crossValidation: false, folds: [readFold(path)] };
  const folders = ALL_FOLDS.map((fold) => foldPath(path, fold));
  const folds = folders.filter((folder) => existsSync(join(folder, "config.json"))).map(readFold);
  const classesOf = ({ config }: FoldRun) => config.classes.join("\n");
  const other = folds.find((fold) => classesOf(fold) !== classesOf(folds[0]!));
  if (other === undefined) return { crossValidation: true, folds };
  throw new UserError(`${other.folder.path} has other classes than ${folds[0]!.folder.path}`);
}

function readFold(path: string): FoldRun {
  const folder = RunFolder.existing(path);
  const config = readConfig(folder);
  const metrics = folder.readMetrics().map((line, i) => checkedMetrics(line, i, path));
  return { folder, config, metrics, result: checkedResult(folder.readResult(), config, path) };
}

/** JSON has no NaN: what is null, missing or no number becomes one. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function checkedMetrics(line: unknown, index: number, path: string): EpochMetrics {
  const found = (typeof line === "object" && line !== null ? line : {}) as Record<string, unknown>;
  if (found.epoch !== index + 1) {
    throw new UserError(`${path}/metrics.jsonl is damaged: line ${index + 1} is not of epoch ${index + 1}`);
  }
  const validation = numberOf(found.validationAccuracy);
  return {
    epoch: index + 1,
    loss: numberOf(found.loss),
    segmentAccuracy: numberOf(found.segmentAccuracy),
    accuracy: numberOf(found.accuracy),
    accuracyMajority: numberOf(found.accuracyMajority),
    ...(Number.isFinite(validation) && { validationAccuracy: validation }),
    seconds: numberOf(found.seconds),
    samplesPerSecond: numberOf(found.samplesPerSecond),
  };
}

function checkedResult(value: unknown, { classes, fold }: Config, path: string): RunResult | null {
  if (value === null) return null;
  const found = (typeof value === "object" ? value : {}) as Record<string, unknown>;
  const isCount = (count: unknown) => Number.isSafeInteger(count) && Number(count) >= 0;
  const isRow = (row: unknown) => Array.isArray(row) && row.length === classes.length && row.every(isCount);
  const { confusion, interrupted } = found;
  if (!Array.isArray(confusion) || confusion.length !== classes.length || !confusion.every(isRow)) {
    throw new UserError(
      `${path}/result.json is damaged: confusion is not a table of ${classes.length} × ${classes.length} counts`,
    );
  }
  return {
    fold,
    accuracy: numberOf(found.accuracy),
    accuracyMajority: numberOf(found.accuracyMajority),
    clips: numberOf(found.clips),
    epochs: numberOf(found.epochs),
    confusion,
    seconds: numberOf(found.seconds),
    ...(typeof interrupted === "string" && { interrupted }),
  };
}

/** How a training stands, in words: "finished", "stopped by Ctrl-C after 3 of 6 epochs". */
export function stateOf({ metrics, result, config }: FoldRun): string {
  const of = `${metrics.length} of ${config.recipe.epochs} epochs`;
  if (result?.interrupted !== undefined) {
    const { interrupted } = result;
    if (interrupted === "SIGINT") return `stopped by Ctrl-C after ${of}`;
    return interrupted === "SIGTERM"
      ? `stopped by SIGTERM after ${of}`
      : `stopped after ${of}: ${interrupted}`;
  }
  return result !== null && result.epochs >= config.recipe.epochs ? "finished" : `unfinished: ${of}`;
}

/** The sum of the folds' confusion matrices: every clip of a cross-validation once. Null where no fold has one. */
export function confusionOfRun({ folds }: Run): number[][] | null {
  const found = folds.flatMap(({ result }) => (result === null ? [] : [result.confusion]));
  if (found.length === 0) return null;
  return found[0]!.map((row, i) => row.map((_, j) => found.reduce((sum, each) => sum + each[i]![j]!, 0)));
}

/** The share of each class's clips that were told right; NaN for a class without clips. */
export function recallOf(confusion: readonly (readonly number[])[]): number[] {
  return confusion.map((row, k) => row[k]! / row.reduce((sum, count) => sum + count, 0));
}
