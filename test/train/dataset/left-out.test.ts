// A dataset without some of its classes: what trains and tests never meets their clips, which are in folds of their own.
import { expect, test } from "bun:test";
import { splitFolds } from "../../../src/train/dataset/dataset.ts";
import { classesNamed, className, leaveOut, unknownFold } from "../../../src/train/dataset/left-out.ts";
import { openSynthetic } from "../../../src/train/dataset/synthetic.ts";

const whole = openSynthetic();

test("classes are numbered anew, clips keep their places, and left-out ones have a fold of their own", () => {
  const dataset = leaveOut(whole, ["waves", "tone"]);
  expect(dataset.classes).toEqual(whole.classes.filter((name) => name !== "waves" && name !== "tone"));
  expect(dataset.clips.length).toBe(whole.clips.length);
  for (const [i, { name, fold, label }] of dataset.clips.entries()) {
    const before = whole.clips[i]!;
    expect([name, dataset.fingerprint(i)]).toEqual([before.name, whole.fingerprint(i)]);
    expect(className(dataset, label)).toBe(whole.classes[before.label]!);
    expect(fold).toBe(label >= 0 ? before.fold : unknownFold(before.fold));
  }
  const { train, test: tested } = splitFolds(dataset, 2, false);
  const met = dataset.clips.filter(({ fold }) => fold === tested || train.includes(fold));
  expect(met.every(({ label }) => label >= 0)).toBe(true);
  expect(met.length).toBe(whole.clips.length - dataset.clips.filter(({ label }) => label < 0).length);
});

test("--without takes a class as it stands, commas and all, and else names with commas between", () => {
  const classes = ["dog", "rain", "Speech, child", "a,,b"];
  expect(classesNamed({ classes }, ["dog, rain"])).toEqual(["dog", "rain"]);
  expect(classesNamed({ classes }, ["Speech, child", "dog,dog", "a,,b"])).toEqual([
    "Speech, child",
    "dog",
    "a,,b",
  ]);
  expect(() => classesNamed({ classes }, ["dog,,rain"])).toThrow(
    "--without wants names of classes with commas between them, got 'dog,,rain'",
  );
});

test("a class that is not there, and too few that are left, are one clear line", () => {
  expect(() => leaveOut(whole, ["cat"])).toThrow(/^--without: synthetic has no class 'cat'; it has tone, /);
  expect(() => leaveOut(whole, whole.classes.slice(1))).toThrow(
    "--without leaves 1 of 8 classes; telling sounds apart takes two",
  );
});
