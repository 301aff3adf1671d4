// Which folds train, validate and test.
import { expect, test } from "bun:test";
import { checkSplit, type Dataset, splitFolds } from "../../../src/train/dataset/dataset.ts";

const never = new Promise<never>(() => {});

test("folds: the paper validates on the fold before the test fold", () => {
  const clips = [1, 2, 5].map((fold) => ({ name: `${fold}.wav`, fold, label: 0 }));
  const dataset: Dataset = {
    source: "x",
    classes: ["dog"],
    clips,
    folds: 5,
    fingerprint: String,
    load: () => never,
  };
  const whole = (folds: number) => ({
    folds,
    clips: Array.from({ length: folds }, (_, i) => ({ name: `${i}.wav`, fold: i + 1, label: 0 })),
  });
  expect(splitFolds(whole(5), 5, false)).toEqual({ train: [1, 2, 3, 4], validation: null, test: 5 });
  expect(splitFolds(whole(5), 1, true)).toEqual({ train: [2, 3, 4], validation: 5, test: 1 });
  expect(splitFolds(whole(5), 4, true)).toEqual({ train: [1, 2, 5], validation: 3, test: 4 });
  expect(splitFolds(whole(10), 1, true)).toEqual({
    train: [2, 3, 4, 5, 6, 7, 8, 9],
    validation: 10,
    test: 1,
  });
  // Where some folds have no clips, the one before is the next that has.
  expect(splitFolds(dataset, 5, true)).toEqual({ train: [1], validation: 2, test: 5 });
  expect(splitFolds(dataset, 1, true)).toEqual({ train: [2], validation: 5, test: 1 });
  checkSplit(dataset, splitFolds(dataset, 1, false));
  expect(() => checkSplit(dataset, splitFolds(dataset, 3, false))).toThrow(
    /has no clips in fold 3 \(it has folds 1, 2, 5\)/,
  );
});
