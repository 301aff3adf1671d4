// Which clips are of one recording, by their names; and folds that keep recordings whole and have equal shares of every class.
import { expect, test } from "bun:test";
import { makeFolds } from "../../../src/train/dataset/made-folds.ts";
import { recordingsOf } from "../../../src/train/dataset/recordings.ts";

/** Names that belong together, by the place of the first of them. */
function together(...names: string[]): number[] {
  const all = recordingsOf(
    [...names, "rest.wav", "others.wav"].map((name) => ({ name, label: 0 })),
    "names",
  );
  return all.slice(0, names.length).map((each) => all.indexOf(each));
}

test("one recording is a name up to a trailing number or letter", () => {
  expect(together("street-3.wav", "street-4.wav", "street_12.flac", "market-3.wav")).toEqual([0, 0, 0, 3]);
  expect(together("12a.wav", "12b.wav", "13a.wav")).toEqual([0, 0, 2]);
  expect(together("rec_a.wav", "rec_b.wav", "rec c.wav")).toEqual([0, 0, 0]);
  expect(together("dog.wav", "dog (2).wav", "dog3.wav", "cat.wav")).toEqual([0, 0, 0, 3]);
  expect(together("x/take1.wav", "x/take2.wav", "y/take1.wav")).toEqual([0, 0, 2]); // another folder
  expect(together("1.wav", "2.wav", "12.wav")).toEqual([0, 1, 2]); // nothing but a number
  expect(together("bark.wav", "bars.wav", "ab.wav", "ac.wav")).toEqual([0, 1, 2, 3]); // a word's last letter
});

test("the names of ESC-50 and UrbanSound8K say it themselves, across classes", () => {
  expect(together("1-100032-A-0.wav", "1-100032-B-0.wav", "1-100038-A-14.wav")).toEqual([0, 0, 2]);
  const names = [
    "dog/1-17367-A-10.wav",
    "rain/1-17367-B-0.wav",
    "dog/57584-0-0-6.wav",
    "rain/57584-3-0-1.wav",
  ];
  const [a, b, c, d] = recordingsOf(
    names.map((name, i) => ({ name, label: i % 2 })),
    "names",
  );
  expect([a === b, c === d, a === c]).toEqual([true, true, false]);
});

test("where names only count a class's clips, each is a recording", () => {
  const places = [
    "a/x1",
    "a/x2",
    "a/x3",
    "b/x1",
    "b/x2",
    "b/y1",
    "dog/dog-1",
    "dog/more/Dog 2",
    "dog/dog",
    "dog/bark_1",
    "dog/bark_2",
  ];
  const label = (place: string) => ["a", "b", "dog"].indexOf(place.split("/")[0]!);
  const files = places.map((place) => ({ name: `${place}.wav`, label: label(place) }));
  const all = recordingsOf(files, "names");
  expect(all.map((each) => all.indexOf(each))).toEqual([0, 1, 2, 3, 3, 5, 6, 7, 8, 9, 9]);
});

test("it may be told to go by folders, or to take each clip for a recording", () => {
  const files = ["a/one/x1", "a/one/y", "a/two/x1", "a/z"].map((place) => ({
    name: `${place}.wav`,
    label: 0,
  }));
  const told = (how: "folders" | "clips") => {
    const all = recordingsOf(files, how);
    return all.map((each) => all.indexOf(each));
  };
  expect(told("folders")).toEqual([0, 0, 2, 3]);
  expect(told("clips")).toEqual([0, 1, 2, 3]);
});

/** How many clips of each class each fold has. */
function shares(clips: readonly { label: number }[], foldOf: readonly number[], folds: number): number[][] {
  const table = Array.from({ length: folds }, () => new Array<number>(3).fill(0));
  clips.forEach(({ label }, i) => {
    if (foldOf[i]! > 0) table[foldOf[i]! - 1]![label]!++;
  });
  return table;
}

test("folds have equal shares of every class, whatever the order of the clips; the seed draws them", () => {
  const clips = Array.from({ length: 60 }, (_, i) => ({ label: i % 3, recording: `r${i}` }));
  const { folds, foldOf } = makeFolds(clips, { seed: 1 });
  expect(folds).toBe(5);
  expect(shares(clips, foldOf, 5)).toEqual(Array(5).fill([4, 4, 4]));
  const backwards = makeFolds(clips.toReversed(), { seed: 1 }).foldOf.toReversed();
  expect(backwards).toEqual(foldOf);
  expect(makeFolds(clips, { seed: 2 }).foldOf).not.toEqual(foldOf);
  expect(makeFolds(clips, { seed: 1, count: 10 }).folds).toBe(10);
});

test("a recording is never torn, and shares stay as equal as they can", () => {
  const clips = Array.from({ length: 90 }, (_, i) => ({
    label: i % 3,
    recording: `r${i % 3}-${Math.floor(Math.sqrt(i))}`,
  }));
  const { foldOf, folds } = makeFolds(clips, { seed: 3 });
  const foldsOfRecording = new Map<string, Set<number>>();
  clips.forEach(({ recording }, i) => {
    foldsOfRecording.set(recording, (foldsOfRecording.get(recording) ?? new Set()).add(foldOf[i]!));
  });
  expect([...foldsOfRecording.values()].every(({ size }) => size === 1)).toBe(true);
  const counts = shares(clips, foldOf, folds).flat(); // 6 a fold and class, recordings of up to 7
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
  console.log(
    `  ${foldsOfRecording.size} recordings in ${folds} folds, ${Math.min(...counts)} to ${Math.max(...counts)} clips a class`,
  );
});

test("fewer folds where there are too few recordings; a class with one always trains", () => {
  const clips = (...counts: number[]) =>
    counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, i) => ({ label, recording: `${label} ${i}` })),
    );
  expect(makeFolds(clips(3, 2, 2), { seed: 1 }).folds).toBe(3);
  const { folds, foldOf, single } = makeFolds(clips(4, 1, 2), { seed: 1 });
  expect([folds, single, foldOf[4]]).toEqual([4, [1], 0]);
  expect(foldOf.filter((fold) => fold === 0).length).toBe(1);
  expect(makeFolds(clips(1, 1, 1), { seed: 1 })).toEqual({ folds: 0, foldOf: [0, 0, 0], single: [0, 1, 2] });
});
