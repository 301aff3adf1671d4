// What a report knows of its runs: their folders, read and checked. A cross-validation is a run of several folds.
import { basename, resolve } from "node:path";
import { type OpenRun, openRun } from "../learning/open-run.ts";
import { sumOfConfusions } from "../runs/confusion.ts";
import { foldPath, foldsBegun } from "../runs/folds.ts";
import { readHistory } from "../runs/history.ts";
import type { EpochMetrics, RunResult } from "../runs/metrics.ts";
import { isSignal, UserError } from "../terminal/errors.ts";
import { counted } from "../terminal/words.ts";

/** One network's training. */
export interface FoldRun extends OpenRun {
  /** A line an epoch. */
  readonly metrics: readonly EpochMetrics[];
  /** Null where the run never came to an end. */
  readonly result: RunResult | null;
  /** The machines that it ran on, where an experiment made it. */
  readonly nodes: readonly string[];
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

const thrown = (error: UserError): never => {
  throw error;
};

/** Reads runs' folders. `broken` is told, or it is thrown, which is not as it should be; the others are read. */
export function readRuns(paths: readonly string[], broken: (error: UserError) => void = thrown): Run[] {
  const twice = paths.find((path, i) => paths.findIndex((other) => resolve(other) === resolve(path)) < i);
  if (twice !== undefined) throw new UserError(`${twice} is named twice`);
  const names = paths.map((path) => basename(resolve(path)));
  return paths.flatMap((path, i): Run[] => {
    const unique = names.filter((name) => name === names[i]).length === 1;
    try {
      return [{ path, label: unique ? names[i]! : path, ...readFolds(path) }];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      broken(error);
      return [];
    }
  });
}

function readFolds(path: string): Pick<Run, "folds" | "crossValidation"> {
  const begun = foldsBegun(path);
  if (begun.length === 0) return { crossValidation: false, folds: [readFold(path)] };
  const folds = begun.map((fold) => readFold(foldPath(path, fold)));
  const classesOf = ({ config }: FoldRun) => config.classes.join("\n");
  const other = folds.find((fold) => classesOf(fold) !== classesOf(folds[0]!));
  if (other === undefined) return { crossValidation: true, folds };
  throw new UserError(`${other.folder.path} has other classes than ${folds[0]!.folder.path}`);
}

function readFold(path: string): FoldRun {
  const run = openRun(path);
  const result = run.folder.readResult();
  const classes = run.config.classes.length;
  if (result !== null && result.confusion.length !== classes) {
    throw new UserError(
      `${path}/result.json is damaged: confusion is not a table of ${classes} × ${classes} counts`,
    );
  }
  return { ...run, metrics: run.folder.readMetrics(), result, nodes: readHistory(path).nodes };
}

/** How a training stands, in words: "finished", "stopped by Ctrl-C after 3 of 6 epochs". */
export function stateOf({ folder, metrics, result, config }: FoldRun): string {
  const of = `${metrics.length} of ${counted(config.recipe.epochs, "epoch")}`;
  if (result?.interrupted !== undefined) {
    const { interrupted } = result;
    if (interrupted === "SIGINT") return `stopped by Ctrl-C after ${of}`;
    return isSignal(interrupted)
      ? `stopped by ${interrupted} after ${of}`
      : `stopped after ${of}: ${interrupted}`;
  }
  if (result === null || result.epochs < config.recipe.epochs) return `unfinished: ${of}`;
  const wants = config.other?.kind === "threshold" && !folder.hasOther();
  return wants ? "trained, but its threshold was not found yet" : "finished";
}

/** The sum of the folds' confusion matrices: every clip of a cross-validation once. Null where no fold has one. */
export function confusionOfRun({ folds }: Run): number[][] | null {
  const found = folds.flatMap(({ result }) => (result === null ? [] : [result.confusion]));
  return found.length === 0 ? null : sumOfConfusions(found);
}
