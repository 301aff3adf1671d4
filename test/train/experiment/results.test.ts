// What an experiment's runs come to: means, spreads and paired differences worked out by hand, and the rows of the
// table that say them.
import { expect, test } from "bun:test";
import { csvTable } from "../../../src/train/experiment/csv.ts";
import type { Experiment, RunSpec } from "../../../src/train/experiment/file.ts";
import { cellsOf } from "../../../src/train/experiment/plan.ts";
import { type Outcome, secondsFor, spread, summarize } from "../../../src/train/experiment/results.ts";
import { markdownTable } from "../../../src/train/experiment/table.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { type Config, makeConfig } from "../../../src/train/runs/config.ts";

const recipe = { ...findRecipe("blog"), epochs: 10 };
const base: RunSpec = { name: "base", recipe, set: ["epochs=10"], folds: [1, 2], seeds: [1, 2] };
const other: RunSpec = {
  name: "other",
  recipe: { ...recipe, epochs: 20 },
  set: ["masks=null", "epochs=20"],
  folds: [1, 2, 3],
  seeds: [1, 2],
};
const experiment: Experiment = {
  file: "e.toml",
  title: "A | B",
  data: "synthetic",
  folds: 5,
  baseline: "base",
  runs: [base, other],
  references: [
    {
      name: "theirs",
      source: "a book",
      folds: [0.1, 0.2, 0.3, 0.4, 0.5],
      mean: 0.3,
      majority: 0.25,
      beside: "base",
    },
    { name: "people", source: "a poll", folds: null, mean: 0.957, majority: null, beside: null },
  ],
};

/** Accuracies by run, fold and seed; those not listed are not done. */
const ACCURACIES: Record<string, number> = {
  "base 1 1": 0.5,
  "base 1 2": 0.7,
  "base 2 1": 0.9,
  "base 2 2": 0.7,
  "other 1 1": 0.6,
  "other 1 2": 0.6,
  "other 2 1": 1,
  "other 3 1": 0.25,
};

const outcomes: Outcome[] = cellsOf(experiment, "out").map((cell) => {
  const { spec, fold, seed } = cell;
  const accuracy = ACCURACIES[`${spec.name} ${fold} ${seed}`];
  const history = {
    commits: ["abc1234"],
    cpus: ["a processor, 2 cores"],
    nodes: ["node1"],
    error: null,
    last: null,
  };
  if (accuracy === undefined) {
    const failed = { ...history, error: "the loss became NaN" };
    return { cell, state: { kind: "new" }, history: fold === 3 ? failed : history, validation: null };
  }
  const config = makeConfig({
    data: "synthetic",
    fold,
    folds: { train: [4, 5], validation: null, test: fold },
    seed,
    classes: ["a", "b"],
    standardization: { mean: 0, deviation: 1 },
    trainingSegments: 100,
    parameters: 1000,
    adapter: { vendor: "v", architecture: "a", description: "an adapter", software: false },
    recipe: spec.recipe,
    overridden: {},
  });
  const { epochs } = spec.recipe;
  const majority = accuracy / 2;
  const result = {
    fold,
    accuracy,
    accuracyMajority: majority,
    clips: 20,
    epochs,
    confusion: [],
    seconds: 3 * epochs,
  };
  return { cell, state: { kind: "done", config, result }, history, validation: null };
});

test("runs are in the order of seeds, then of the file, then of folds, each with its own folder", () => {
  const paths = outcomes.map(({ cell }) => cell.path);
  expect(paths.slice(0, 6)).toEqual([
    "out/base/fold1-seed1",
    "out/base/fold2-seed1",
    "out/other/fold1-seed1",
    "out/other/fold2-seed1",
    "out/other/fold3-seed1",
    "out/base/fold1-seed2",
  ]);
  expect(new Set(paths).size).toBe(10);
});

test("means and spreads over folds and over seeds", () => {
  const { folds, acrossFolds, acrossSeeds, majority, epochs, seconds, ...rest } = summarize(
    base,
    outcomes,
    "base",
  );
  expect([...folds]).toEqual([
    [1, 0.6],
    [2, 0.8],
  ]);
  expect(acrossFolds.mean).toBeCloseTo(0.7, 12);
  expect(acrossFolds.deviation).toBeCloseTo(0.2 / Math.SQRT2, 12); // of two numbers: their distance / √2
  expect(acrossSeeds.mean).toBeCloseTo(0.7, 12); // both seeds' means are .7
  expect(acrossSeeds.deviation).toBeCloseTo(0, 12);
  expect(majority).toBeCloseTo(0.35, 12);
  expect({ epochs, seconds }).toEqual({ epochs: [10], seconds: 30 });
  expect(rest).toMatchObject({ done: 4, of: 4, gain: { mean: null, deviation: null, pairs: 0 } });
});

test("differences are paired by fold and seed; what has no counterpart does not count", () => {
  const { done, of, folds, acrossSeeds, gain } = summarize(other, outcomes, "base");
  expect({ done, of }).toEqual({ done: 4, of: 6 });
  expect([...folds]).toEqual([
    [1, 0.6],
    [2, 1],
    [3, 0.25],
  ]);
  // Only seed 1 has every fold, and one number has no spread.
  expect(acrossSeeds.mean).toBeCloseTo((0.6 + 1 + 0.25) / 3, 12);
  expect(acrossSeeds.deviation).toBeNull();
  // +.1, −.1 and +.1: mean .1/3, squares about it (.2² + .4² + .2²) / 9 over n − 1 = 2, s/√3.
  expect(gain.pairs).toBe(3);
  expect(gain.mean).toBeCloseTo(0.1 / 3, 12);
  expect(gain.deviation).toBeCloseTo(Math.sqrt((0.04 + 0.16 + 0.04) / 9 / 2 / 3), 12);
  expect(spread([])).toEqual({ mean: null, deviation: null });
  expect(spread([3])).toEqual({ mean: 3, deviation: null });
});

test("the time left is told by the same recipe's epochs where some are done", () => {
  const todo = outcomes.filter(({ state }) => state.kind !== "done");
  expect(secondsFor(todo, outcomes)).toBe(2 * 20 * 3);
  expect(secondsFor(todo, todo)).toBeNull();
  const begun = todo.map(
    (each): Outcome => ({ ...each, state: { kind: "begun", config: {} as Config, epochs: 15 } }),
  );
  expect(secondsFor(begun, outcomes)).toBe(2 * 5 * 3);
});

test("the table: what is measured, what is cited, what failed, and by whom, where and how", () => {
  const now = new Date("2026-01-31T15:30:00Z");
  const table = markdownTable(experiment, outcomes, {
    command: "bun run experiment e.toml",
    version: "1",
    now,
  });
  const lines = table.split("\n");
  expect(lines[0]).toBe("# A | B");
  expect(lines).toContain("Clip accuracy by probability voting; 8 of 10 runs done.");
  for (const line of [
    "command: `bun run experiment e.toml`",
    "data: synthetic",
    "all runs: blog",
    "seeds: 1; 2",
    "adapter: an adapter",
    "processor: a processor, 2 cores",
    "commit: abc1234",
    "table made: 2026-01-31 15:30 UTC",
  ])
    expect(lines).toContain(`- ${line}`);
  expect(lines.filter((line) => line.startsWith("|"))).toEqual([
    "| run | fold 1 | fold 2 | fold 3 | mean | ± folds | ± seeds | majority | against base | runs | epochs | time a run | settings |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    "| base | .6000 | .8000 | – | .7000 | .1414 | .0000 | .3500 |  | 4 | 10 | 30 s |  |",
    "| *theirs* (cited) | .1000 | .2000 | .3000 | .3000 | .1581 |  | .2500 |  |  |  |  | a book |",
    "| other | .6000 | 1.0000 | .2500 | .6167 | .3753 | – | .3083 | +.0333 ± .0667 (3 of 6) | 4 of 6 | 20 | 1 min 0 s | masks = null |",
    "| *people* (cited) | – | – | – | .9570 | – |  | – |  |  |  |  | a poll |",
  ]);
  expect(lines).toContain(
    "(cited): not measured here; the last column names the source. Its mean is over all 5 folds.",
  );
  expect(lines.filter((line) => line.includes("NaN"))).toEqual([
    "- other, fold 3, seed 2: the loss became NaN",
  ]);
});

test("runs of several nodes and adapters: which was made where, and that their last digits are not to be compared", () => {
  const elsewhere = (outcome: Outcome, node: string, description: string, later?: string): Outcome => {
    if (outcome.state.kind !== "done") return outcome;
    const adapter = { ...outcome.state.config.adapter, description };
    const config = {
      ...outcome.state.config,
      adapter,
      ...(later !== undefined && { laterAdapters: [{ ...adapter, description: later }] }),
    };
    const history = { ...outcome.history, nodes: later === undefined ? [node] : [node, "node3"] };
    return { ...outcome, state: { ...outcome.state, config }, history };
  };
  const making = { command: "c", version: "1", now: new Date(0) };
  const placesOf = (some: Outcome[]) =>
    markdownTable(experiment, some, making)
      .split("\n")
      .filter((line) => /^- (node|adapter)|Not all runs|Made on/.test(line));
  const two = outcomes.map((each, i) => elsewhere(each, i < 2 ? "node1" : "node2", "an adapter"));
  expect(placesOf(two)).toEqual([
    "- adapter: an adapter",
    "- nodes: node1; node2",
    "Made on:",
    "- node1: an adapter: base, fold 1, seed 1; base, fold 2, seed 1",
    "- node2: an adapter: other, fold 1, seed 1; other, fold 2, seed 1; other, fold 3, seed 1; " +
      "base, fold 1, seed 2; base, fold 2, seed 2; other, fold 1, seed 2",
  ]);
  // Of more than eight in one place it is said how many.
  const many = [...two, ...two.slice(2)];
  expect(placesOf(many).slice(2)).toEqual([
    "Made on (table.csv says where each run was):",
    "- node1: an adapter: base, fold 1, seed 1; base, fold 2, seed 1",
    "- node2: an adapter: 12 runs",
  ]);
  // One run was begun on one and ended on another, and all others were made on one.
  const moved = outcomes.map((each, i) => elsewhere(each, "node1", "A", i === 0 ? "B" : undefined));
  expect(placesOf(moved).slice(0, 5)).toEqual([
    "- adapter: A; B",
    "- nodes: node1; node3",
    "Not all runs were made on the same adapter: each rounds in its own way, so that the last digits are not to be compared.",
    "Made on:",
    "- node1, then node3: A, then B: base, fold 1, seed 1",
  ]);
  expect(csvTable(experiment, moved).split("\n")[1]).toContain(",A; B,node1; node3,");
});

test("runs that say none of these: what they kept and refused, all folds together", () => {
  const spec: RunSpec = { ...base, without: ["dog"], other: { kind: "threshold", keep: 0.9 } };
  const counts = { known: 10, unknown: 4, classes: [{ name: "dog", clips: 4, refused: 3 }], refused: 3 };
  const measured = cellsOf({ ...experiment, runs: [spec] }, "out").map((cell, i): Outcome => {
    const done = outcomes.find((each) => each.state.kind === "done")!;
    if (done.state.kind !== "done") throw new Error("none is done");
    const openSet = { ...counts, kept: 9 - i, auroc: 0.9 - i / 10 };
    return { ...done, cell, state: { ...done.state, result: { ...done.state.result, openSet } } };
  });
  const making = { command: "c", version: "1", now: new Date(0) };
  const rows = markdownTable(
    { ...experiment, baseline: null, runs: [spec], references: [] },
    measured,
    making,
  );
  const row = rows.split("\n").find((line) => line.startsWith("| base"))!;
  console.log(row);
  expect(rows).toContain("| majority | known kept | unknown refused | AUROC | runs |");
  expect(row).toContain("| 30 of 40, .7500 | 12 of 16, .7500 | .7500 |");
  expect(rows).toContain("without = dog, other = threshold, keep 0.9");
  expect(csvTable({ ...experiment, references: [] }, measured).split("\n")[1]).toContain(",10,9,4,3,0.9,");
});

test("where folds are held out for validation, the table says how well they are told", () => {
  const making = { command: "c", version: "1", now: new Date(0) };
  expect(markdownTable(experiment, outcomes, making)).not.toContain("| validation |");
  const held = outcomes.map((each) => ({
    ...each,
    validation:
      each.state.kind === "done" && each.cell.spec === base
        ? each.cell.fold / 10 + each.cell.seed / 100
        : null,
  }));
  expect(summarize(base, held, "base").validation).toBeCloseTo(0.165, 12); // folds' means .115 and .215
  expect(summarize(other, held, "base").validation).toBeNull();
  const table = markdownTable(experiment, held, making);
  expect(table).toMatch(/\| majority \| validation \|/);
  expect(table).toMatch(/^\| base .*\| \.3500 \| \.1650 \|/m);
  console.log(`  ${table.split("\n").find((line) => line.startsWith("| base"))}`);
});
