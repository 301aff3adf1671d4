// The dataset of an earlier run: where it is not that, what is other is named.
import { afterAll, expect, test } from "bun:test";
import { datasetOf, type OpenRun } from "../../../src/train/learning/open-run.ts";
import { Places } from "../dataset/lay-out.ts";

const places = new Places();
afterAll(() => places.remove());

const run = (classes: string[], data = "synthetic") =>
  ({
    folder: { path: "runs/a" },
    config: { data, classes, opening: {}, folds: { test: null } },
  }) as unknown as OpenRun;

test("classes that are not those that were learned are named", () => {
  const folder = places.lay(["dog/a.wav", "rain/b.wav"]);
  expect(datasetOf(run(["dog", "rain"]), folder).classes).toEqual(["dog", "rain"]);
  const cases: [learned: string[], other: string][] = [
    [["dog", "rain", "wind"], "it has no wind"],
    [["dog", "cat", "wind"], "it has no cat, wind, but rain"],
    [["dog"], "it has rain besides"],
    [["rain", "dog"], "they are in another order"],
    [["dog", "rain", ..."abcdefg"], "it has no a, b, c, d, e, and 2 more"],
  ];
  for (const [learned, other] of cases)
    expect(() => datasetOf(run(learned), folder)).toThrow(
      `${folder} has other classes than runs/a was trained on: ${other}`,
    );
});

test("sounds that are not where they were are asked for; others that are named are those that are missed", () => {
  expect(() => datasetOf(run(["dog", "rain"], "gone"))).toThrow(
    "runs/a was trained on gone, which is not there: --data names the place where its sounds are now",
  );
  expect(() => datasetOf(run(["dog", "rain"], "gone"), "gone")).toThrow(/^no dataset at gone: /);
});
