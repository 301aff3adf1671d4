// The table of evaluate: all by all where it fits, and else each class's mistakes, in lines that need not be wide.
import { expect, test } from "bun:test";
import { confusionTable } from "../../../src/train/commands/confusion-table.ts";

const CLASSES = ["dog", "rain", "犬"];
const CONFUSION = [
  [3, 0, 1],
  [2, 10, 5],
  [0, 0, 0],
];

const TABLE = [
  "",
  "    said to be →   0  1  2  recall",
  "  0 dog            3  ·  1    0.75",
  "  1 rain           2 10  5    0.59",
  "  2 犬             ·  ·  ·       –",
];

test("a row a class, a column a class", () => {
  expect(confusionTable(CLASSES, CONFUSION)).toEqual(TABLE);
  expect(confusionTable(CLASSES, CONFUSION, TABLE[1]!.length)).toEqual(TABLE);
});

test("where that is too wide, what each class was said to be instead, the most frequent first", () => {
  expect(confusionTable(CLASSES, CONFUSION, TABLE[1]!.length - 1)).toEqual([
    "",
    "class  recall  said to be (--json has the whole table)",
    "dog      0.75  犬 1",
    "rain     0.59  犬 5, dog 2",
    "犬          –",
  ]);
});
