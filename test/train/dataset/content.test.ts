// What a dataset holds: files that are the same, byte for byte, do not pass unnoticed where that spoils a training or its test.
import { afterAll, expect, test } from "bun:test";
import { contentOf, copiesIn } from "../../../src/train/dataset/content.ts";
import { openDataset } from "../../../src/train/dataset/open.ts";
import { Heard, never } from "./fetch-tiny.ts";
import { Places } from "./lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

test("each copy is told with the first of its kind; what has no hash is like nothing else", () => {
  expect(copiesIn(["a", "b", "a", null, "a", null, "b"])).toEqual([
    [2, 0],
    [4, 0],
    [6, 1],
  ]);
});

/** What is said of a folder with these files, each a clip of a class and a fold. */
async function said(clips: [content: string, name: string, fold: number][], other?: string[]) {
  const folder = places.lay({
    ...Object.fromEntries(clips.map(([content], i) => [`${i}.wav`, content])),
    "list.csv": ["file,class,fold", ...clips.map(([, name, fold], i) => `${i}.wav,${name},${fold}`)].join(
      "\n",
    ),
  });
  const progress = new Heard();
  const dataset = openDataset(folder, other && { other: places.lay(other) });
  await contentOf(dataset, null, { progress, stop: never() });
  return progress.lines.map((line) => line.replaceAll(folder, "HERE"));
}

test("a sound of two classes, or in two folds, has a line", async () => {
  expect(
    await said([
      ["a", "dog", 1],
      ["b", "rain", 1],
      ["c", "dog", 2],
      ["c", "dog", 2],
    ]),
  ).toEqual([]);
  expect(
    await said([
      ["a", "dog", 1],
      ["b", "rain", 1],
      ["a", "dog", 2],
      ["c", "rain", 2],
    ]),
  ).toEqual(["note: HERE: 1 clip is the same file as one of another fold: 2.wav is 0.wav"]);
  expect(
    await said([
      ["a", "dog", 1],
      ["a", "rain", 1],
      ["b", "dog", 2],
      ["b", "dog", 1],
      ["a", "rain", 2],
    ]),
  ).toEqual([
    "note: HERE: 2 clips are the same file as one of another class: 1.wav is 0.wav; 4.wav is 0.wav",
  ]);
  const background = ["street.wav"]; // which holds its own name
  expect(
    await said(
      [
        ["street.wav", "dog", 1],
        ["b", "rain", 1],
        ["c", "dog", 2],
      ],
      background,
    ),
  ).toEqual(["note: HERE: 1 clip is the same file as one of another class: other/street.wav is 0.wav"]);
});
