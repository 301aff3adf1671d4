// Both voting schemes on numbers small enough to check by hand.
import { expect, test } from "bun:test";
import { accuracyOf, confusionOf, vote } from "../../../src/train/learning/voting.ts";

test("probability and majority voting differ where one sure segment faces two unsure ones", () => {
  const probabilities = [
    [0.9, 0.1, 0.0], // clip 0: one sure of class 0 …
    [0.3, 0.4, 0.3], // … two leaning to class 1
    [0.3, 0.4, 0.3],
    [0.1, 0.2, 0.7], // clip 1
  ].flat();
  const votes = vote(probabilities, 3, [0, 0, 0, 1], 2);
  expect([...votes.byProbability]).toEqual([0, 2]);
  expect([...votes.byMajority]).toEqual([1, 2]);
  expect(votes.probabilities[0]).toBeCloseTo(0.5, 12);
});

test("a tie between segments goes to the more probable class, and segments may come in any order", () => {
  const probabilities = [
    [0.6, 0.4], // clip 1
    [0.1, 0.9], // clip 0
    [0.2, 0.8], // clip 1: 1 against 1, class 1 has 1.2 of 2
  ].flat();
  const votes = vote(probabilities, 2, [1, 0, 1], 2);
  expect([...votes.byMajority]).toEqual([1, 1]);
});

test("more segments always outvote fewer, however sure those are", () => {
  const rows = [
    [1, 0],
    [1, 0],
    [0.49, 0.51],
    [0.49, 0.51],
    [0.49, 0.51],
  ];
  const votes = vote(rows.flat(), 2, [0, 0, 0, 0, 0], 1);
  expect([...votes.byMajority]).toEqual([1]);
  expect([...votes.byProbability]).toEqual([0]);
});

test("a clip without a segment is a fault, never a clip less", () => {
  expect(() => vote([0.5, 0.5], 2, [0], 2)).toThrow("clip 1 has no segments");
});

test("accuracy and confusion count every clip", () => {
  expect(accuracyOf([0, 1, 1, 2], [0, 1, 2, 2])).toBe(0.75);
  expect(confusionOf([0, 1, 1, 2], [0, 1, 2, 2], 3)).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 1],
  ]);
});
