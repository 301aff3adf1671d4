// Cross-validation: one run for each fold, in folders of their own, and what they come to together.
import { join } from "node:path";
import { namesIn, statsThere } from "../files/files.ts";
import { UserError } from "../terminal/errors.ts";
import { balancedAccuracyOf, classScores, isBalanced, sumOfConfusions } from "./confusion.ts";
import type { FoldsResult, OpenSet, RunResult } from "./metrics.ts";
import type { RunFolder } from "./run-folder.ts";

/** The folder of one fold's run. */
export function foldPath(path: string, fold: number): string {
  return join(path, `fold${fold}`);
}

/** The folds that a cross-validation in this folder has begun, in their order; none where it is not one. */
export function foldsBegun(path: string): number[] {
  if (statsThere(join(path, "config.json")) !== null) return []; // a single run
  if (!statsThere(path)?.isDirectory()) return [];
  return namesIn(path)
    .flatMap((name) => /^fold([1-9]\d*)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((fold) => statsThere(join(foldPath(path, fold), "config.json")) !== null)
    .sort((a, b) => a - b);
}

/** Means, sample standard deviations, and the confusions of all folds. Throws UserError where they do not fit together. */
export function summarize(folds: RunResult[]): FoldsResult {
  const [accuracy, accuracyDeviation] = meanAndDeviation(folds.map((fold) => fold.accuracy));
  const [accuracyMajority, accuracyMajorityDeviation] = meanAndDeviation(
    folds.map((fold) => fold.accuracyMajority),
  );
  const other = folds.find((fold) => fold.confusion.length !== folds[0]!.confusion.length);
  if (other !== undefined)
    throw new UserError(
      `the results of folds ${folds[0]!.fold} and ${other.fold} are of ${folds[0]!.confusion.length} and ${other.confusion.length} classes: a result.json is damaged`,
    );
  const [balancedAccuracy, balancedAccuracyDeviation] = meanAndDeviation(
    folds.map((fold) => balancedAccuracyOf(fold.confusion)),
  );
  const confusion = sumOfConfusions(folds.map((fold) => fold.confusion));
  const openSets = folds.flatMap(({ openSet }) => openSet ?? []);
  return {
    folds,
    accuracy,
    accuracyDeviation,
    accuracyMajority,
    accuracyMajorityDeviation,
    balancedAccuracy,
    balancedAccuracyDeviation,
    confusion,
    recall: classScores(confusion).recall,
    ...(openSets.length === folds.length && { openSet: sumOfOpenSets(openSets) }),
  };
}

/** Their counts together, and the mean of their AUROC: scores of one network do not compare with another's. */
export function sumOfOpenSets(all: readonly OpenSet[]): OpenSet {
  const sum = (of: (each: OpenSet) => number) => all.reduce((total, each) => total + of(each), 0);
  const areas = all.flatMap(({ auroc }) => auroc ?? []);
  return {
    known: sum(({ known }) => known),
    kept: sum(({ kept }) => kept),
    unknown: sum(({ unknown }) => unknown),
    refused: sum(({ refused }) => refused),
    classes: [...new Set(all.flatMap(({ classes }) => classes.map(({ name }) => name)))].map((name) => {
      const of = all.flatMap(({ classes }) => classes.filter((each) => each.name === name));
      const total = (count: (each: (typeof of)[number]) => number) =>
        of.reduce((n, each) => n + count(each), 0);
      return { name, clips: total(({ clips }) => clips), refused: total(({ refused }) => refused) };
    }),
    auroc: areas.length === 0 ? null : meanAndDeviation(areas)[0],
  };
}

/** "none of these: 58 of 64 known clips kept (90.6 %), 15 of 16 unknown ones refused (93.8 %), AUROC 0.985" */
export function openSetLine({ known, kept, unknown, refused, auroc }: OpenSet): string {
  const share = (part: number, all: number) => `(${((100 * part) / all).toFixed(1)} %)`;
  const others =
    unknown === 0 ? "" : `, ${refused} of ${unknown} unknown ones refused ${share(refused, unknown)}`;
  const area = auroc === null ? "" : `, AUROC ${auroc.toFixed(3)}`;
  return `none of these: ${kept} of ${known} known clips kept ${share(kept, known)}${others}${area}`;
}

/** Mean and sample standard deviation √(Σ(x − x̄)² / (n − 1)), which is NaN of one value. */
export function meanAndDeviation(values: readonly number[]): [mean: number, deviation: number] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / (values.length - 1))];
}

/** The summary as a table; with balanced accuracy where a fold's classes have not equally many clips. */
export function foldsTable(result: FoldsResult): string[] {
  const balanced = result.folds.every((each) => isBalanced(each.confusion));
  const row = (name: string, accuracy: number, majority: number, mean: number) => {
    const beside = balanced ? "" : `  ${mean.toFixed(4).padStart(8)}`;
    return `${name.padStart(4)}  ${accuracy.toFixed(4).padStart(11)}  ${majority.toFixed(4).padStart(8)}${beside}`;
  };
  return [
    `fold  probability  majority  ${balanced ? "" : "balanced  "}clips`,
    ...result.folds.map(({ fold, accuracy, accuracyMajority, confusion, clips }) => {
      const cells = row(String(fold), accuracy, accuracyMajority, balancedAccuracyOf(confusion));
      return `${cells}  ${String(clips).padStart(5)}`;
    }),
    row("mean", result.accuracy, result.accuracyMajority, result.balancedAccuracy),
    row("sd", result.accuracyDeviation, result.accuracyMajorityDeviation, result.balancedAccuracyDeviation),
  ];
}

/** A fold's result if its run came to its end, after this many epochs; null if there is something left to do. */
export function finishedResult(run: RunFolder, epochs: number): RunResult | null {
  const result = run.readResult();
  if (result === null || result.interrupted !== undefined || result.epochs < epochs) return null;
  // Its threshold is found when all epochs are done.
  return run.wantsOther() && !run.hasOther() ? null : result;
}
