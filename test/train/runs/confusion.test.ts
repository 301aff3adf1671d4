// Recall and balanced accuracy on a confusion matrix worked out by hand, and where a table says them.
import { expect, test } from "bun:test";
import {
  balancedAccuracyOf,
  classScores,
  isBalanced,
  recallOf,
  sumOfConfusions,
} from "../../../src/train/runs/confusion.ts";
import { foldsTable, summarize } from "../../../src/train/runs/folds.ts";
import type { RunResult } from "../../../src/train/runs/metrics.ts";

/** Nine dogs of which eight are told right, one cat of which none is, and no rooster. */
const UNEQUAL = [
  [8, 1, 0],
  [1, 0, 0],
  [0, 0, 0],
];
const EQUAL = [
  [3, 1, 0],
  [0, 4, 0],
  [0, 0, 0],
];

test("a class counts by its recall, however many clips it has; one without clips does not count", () => {
  expect(recallOf(UNEQUAL)).toEqual([8 / 9, 0, Number.NaN]);
  expect(balancedAccuracyOf(UNEQUAL)).toBe(4 / 9);
  expect([isBalanced(UNEQUAL), isBalanced(EQUAL)]).toEqual([false, true]);
  expect(balancedAccuracyOf(EQUAL)).toBe(7 / 8);
  expect(classScores(UNEQUAL)).toEqual({ balancedAccuracy: 4 / 9, recall: [8 / 9, 0, null] });
  expect(sumOfConfusions([UNEQUAL, EQUAL])[0]).toEqual([11, 2, 0]);
});

const result = (fold: number, confusion: number[][], accuracy: number): RunResult => {
  const clips = confusion.flat().reduce((a, b) => a + b);
  return { fold, accuracy, accuracyMajority: accuracy, clips, epochs: 1, confusion, seconds: 1 };
};

test("a cross-validation's table has balanced accuracy where it is another number, old results or not", () => {
  const summary = summarize([result(1, UNEQUAL, 0.8), result(2, EQUAL, 0.875)]);
  expect(summary.balancedAccuracy).toBeCloseTo((4 / 9 + 7 / 8) / 2, 12);
  expect(summary.recall).toEqual([11 / 13, 4 / 5, null]);
  const table = foldsTable(summary);
  console.log(table.join("\n"));
  expect(table.slice(0, 4)).toEqual([
    "fold  probability  majority  balanced  clips",
    "   1       0.8000    0.8000    0.4444     10",
    "   2       0.8750    0.8750    0.8750      8",
    "mean       0.8375    0.8375    0.6597",
  ]);
  expect(foldsTable(summarize([result(1, EQUAL, 0.875), result(2, EQUAL, 0.875)]))[0]).not.toContain(
    "balanced",
  );
});
