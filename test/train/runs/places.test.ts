// Where a run's sounds are: where they were when it began, or by the same name from here.
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../../src/train/runs/config.ts";
import { dataOf, otherOf, placedAt } from "../../../src/train/runs/places.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-places-"));
afterAll(() => rmSync(root, { recursive: true }));
for (const folder of ["mine", "street"]) mkdirSync(join(root, folder));

const begun = {
  data: "mine",
  startedIn: root,
  other: { kind: "class", folder: "street" },
} as Config;

test("names are from the folder that a run began in, if they are there, or else from here", () => {
  expect([dataOf(begun), otherOf(begun)]).toEqual([join(root, "mine"), join(root, "street")]);
  expect(dataOf({ ...begun, data: "gone" })).toBe("gone");
  expect(dataOf({ ...begun, data: "synthetic" })).toBe("synthetic");
});

test("when the dataset is elsewhere now, the other sounds are where they were", () => {
  const there = placedAt(begun, "moved", "/elsewhere");
  expect([there.data, there.startedIn, otherOf(there)]).toEqual([
    "moved",
    "/elsewhere",
    join(root, "street"),
  ]);
  const { other: _, ...without } = begun;
  expect(placedAt(without as Config, "moved", "/elsewhere")).not.toHaveProperty("other");
  expect(placedAt({ ...begun, other: { kind: "threshold", keep: 0.9 } }, "x", "/").other).toEqual({
    kind: "threshold",
    keep: 0.9,
  });
});
