// An experiment's file: what may stand in it, and that every mistake is one line that names the file and the key.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readExperiment } from "../../../src/train/experiment/file.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { override, parseSetting } from "../../../src/train/recipes/settings.ts";
import { expectRefused } from "../../refuses.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-experiment-file-"));
afterAll(() => rmSync(root, { recursive: true }));

/** What `data` is does not matter here: it has five folds. */
const five = () => [1, 2, 3, 4, 5];

function read(text: string, name = "e.toml") {
  const path = join(root, name);
  writeFileSync(path, text);
  return readExperiment(path, five);
}

const PLAIN = '[[run]]\nname = "a"\nrecipe = "blog"\n';

test("what stands above holds for all runs, and a run may say otherwise", () => {
  const text = `
    title = "Two of a kind"
    data = "data/esc10"
    recipe = "paper-short"
    folds = [1, 5]
    seeds = [7]
    epochs = 3
    baseline = "as-it-is"
    set = { "optimizer.lr" = 0.01, batchSize = 100 }

    [[run]]
    name = "as-it-is"

    [[run]]
    name = "other"
    recipe = "blog"
    folds = "all"
    seeds = [0, 4294967295]
    epochs = 9
    set.optimizer.lr = 0.5
    set.network = { form = "batch-norm", hidden = [30, 40] }
    set.masks = "null"`;
  const { title, data, baseline, references, runs } = read(text);
  expect({ title, data, baseline, references }).toEqual({
    title: "Two of a kind",
    data: "data/esc10",
    baseline: "as-it-is",
    references: [],
  });
  const paper = findRecipe("paper-short");
  const blog = findRecipe("blog");
  expect(runs).toEqual([
    {
      name: "as-it-is",
      recipe: { ...paper, optimizer: { ...paper.optimizer, lr: 0.01 }, batchSize: 100, epochs: 3 },
      set: ["optimizer.lr=0.01", "batchSize=100", "epochs=3"],
      folds: [1, 5],
      seeds: [7],
    },
    {
      name: "other",
      recipe: {
        ...blog,
        optimizer: { ...blog.optimizer, lr: 0.5 },
        network: { ...blog.network, form: "batch-norm", hidden: [30, 40] },
        masks: null,
        batchSize: 100,
        epochs: 9,
      },
      set: [
        "optimizer.lr=0.5",
        "batchSize=100",
        "network.form=batch-norm",
        "network.hidden=[30,40]",
        "masks=null",
        "epochs=9",
      ],
      folds: [1, 2, 3, 4, 5],
      seeds: [0, 4294967295],
    },
  ]);
});

test("a run's own epochs hold, whether given by themselves or among its settings", () => {
  const epochs = (top: string, own: string) => read(`${top}\n${PLAIN}${own}`).runs[0]!.recipe.epochs;
  expect(epochs("epochs = 3", "set.epochs = 4")).toBe(4);
  expect(epochs("set.epochs = 3", "epochs = 4")).toBe(4);
  expect(epochs("set.epochs = 3", "")).toBe(3);
});

test("nothing but a name and a recipe is needed; JSON says the same", () => {
  const { file: _, ...fromToml } = read(PLAIN);
  const { file, ...fromJson } = read('{"run": [{"name": "a", "recipe": "blog"}]}', "e.json");
  expect(fromJson).toEqual(fromToml);
  expect(fromToml).toEqual({
    title: "e",
    data: null,
    folds: 5,
    baseline: null,
    references: [],
    runs: [{ name: "a", recipe: findRecipe("blog"), set: [], folds: [1, 2, 3, 4, 5], seeds: [1] }],
  });
});

test("runs that say none of these: which classes are left out, and what share of known sounds is kept", () => {
  const { runs } = read(
    `other = "threshold"\n${PLAIN}without = ["dog", "rain"]\n[[run]]\nname = "b"\nrecipe = "blog"\nkeep = 0.95`,
  );
  expect(runs.map(({ without, other }) => ({ without, other }))).toEqual([
    { without: ["dog", "rain"], other: { kind: "threshold", keep: 0.9 } },
    { without: undefined, other: { kind: "threshold", keep: 0.95 } },
  ]);
});

test("a reference has an accuracy for each fold, whose mean is taken, or a mean alone", () => {
  const folds =
    '[[reference]]\nname = "p"\nsource = "s"\nfolds = [0.7, 0.8, 0.9, 1, 0.6]\nmajority = 0.5\nbeside = "a"\n';
  const mean = '[[reference]]\nname = "q"\nsource = "s"\nmean = 0.957\n';
  expect(read(PLAIN + folds + mean).references).toEqual([
    { name: "p", source: "s", folds: [0.7, 0.8, 0.9, 1, 0.6], mean: 0.8, majority: 0.5, beside: "a" },
    { name: "q", source: "s", folds: null, mean: 0.957, majority: null, beside: null },
  ]);
});

const REFERENCE = '[[reference]]\nname = "p"\n';

test("every mistake is named with its file and its key", () => {
  const mistakes: [text: string, message: string][] = [
    ["", "e.toml: run wants one or more tables, [[run]] above each, got nothing"],
    ["run = []", "e.toml: run wants one or more tables, [[run]] above each, got []"],
    ["run = [3]", "e.toml: run 1: wants a table, got 3"],
    [
      'data = "x"\nfold = 3',
      "e.toml: there is no key 'fold' here; there are title, data, baseline, recipe, folds, ",
    ],
    ["data = 3", "e.toml: data wants a line of text, got 3"],
    [
      '[[run]]\nrecipe = "blog"',
      "e.toml: run 1: name wants at most 100 letters, digits and any of _ . + - (it names a folder), but not the experiment's own table.md, ",
    ],
    ['[[run]]\nname = "../a"', "e.toml: run '../a': name wants at most 100 letters"],
    [`[[run]]\nname = "${"a".repeat(101)}"`, "': name wants at most 100 letters"],
    ['[[run]]\nname = "a"', "e.toml: run 'a': recipe is missing"],
    [
      `${PLAIN}[[run]]\nname = "b"\nrecipe = "blogg"`,
      "e.toml: run 'b': there is no recipe 'blogg'; there are ",
    ],
    [PLAIN + PLAIN, "e.toml: the name 'a' is given twice"],
    [
      `${PLAIN}[[run]]\nname = "A"\nrecipe = "blog"`,
      "e.toml: the name 'A' is given twice but for capitals: it names a folder",
    ],
    [
      `${PLAIN}set.optimizer.lr = 0.1\nset."optimizer.lr" = 0.2`,
      "e.toml: run 'a': set.optimizer.lr is given twice",
    ],
    [
      `${PLAIN}sed = 1`,
      "e.toml: run 'a': there is no key 'sed' here; there are name, recipe, folds, seeds, epochs, set",
    ],
    [
      `${PLAIN}folds = [0]`,
      "e.toml: run 'a': folds wants \"all\", or a list of different folds from 1 to 5, got [0]",
    ],
    [`${PLAIN}folds = [6]`, "got [6]"],
    [`${PLAIN}folds = [1, 1]`, "got [1,1]"],
    [`${PLAIN}folds = []`, "got []"],
    [`${PLAIN}folds = "some"`, 'got "some"'],
    [`folds = 3\n${PLAIN}`, "e.toml: folds wants"],
    [
      `${PLAIN}seeds = [1.5]`,
      "e.toml: run 'a': seeds wants a list of different whole numbers from 0 to 4294967295, got [1.5]",
    ],
    [`${PLAIN}seeds = 1`, "got 1"],
    [`${PLAIN}epochs = 0`, "e.toml: run 'a': epochs wants a whole number from 1 up, got 0"],
    [`${PLAIN}without = ["a", "a"]`, 'without wants a list of different names of classes, got ["a","a"]'],
    [`${PLAIN}other = "data"`, 'other wants "threshold", got "data"'],
    [`${PLAIN}keep = 0.9`, "e.toml: run 'a': keep is for other = \"threshold\""],
    [`${PLAIN}other = "threshold"\nkeep = 1`, "keep wants a share between 0 and 1, got 1"],
    [`${PLAIN}set = 3`, "e.toml: run 'a': set wants a table such as { \"optimizer.lr\" = 0.01 }, got 3"],
    [
      `${PLAIN}set = { lr = 1 }`,
      "e.toml: run 'a': set lr: there is no such setting; did you mean optimizer.lr?",
    ],
    [`set.optimizer.lr = "fast"\n${PLAIN}`, "e.toml: run 'a': set optimizer.lr=\"fast\": expected number"],
    [`${PLAIN}set.network.deltaWidth = 2020-01-01`, "e.toml: run 'a': set network.deltaWidth="],
    ...["table.md", "table.csv", "lock", "Lock", "slurm", "config.json"].map((name): [string, string] => [
      `[[run]]\nname = "${name}"`,
      `e.toml: run '${name}': name wants at most 100 letters`,
    ]),
    [
      `${PLAIN}set.optimizer.lr = inf`,
      "e.toml: run 'a': set.optimizer.lr wants numbers that JSON has, got Infinity",
    ],
    [`${PLAIN}set.averages = nan`, "e.toml: run 'a': set.averages wants numbers that JSON has, got NaN"],
    [
      `set.network.hidden = [8, nan]\n${PLAIN}`,
      "e.toml: set.network.hidden wants numbers that JSON has, got [8,NaN]",
    ],
    [`${PLAIN}seeds = [nan]`, "4294967295, got [NaN]"],
    [`${PLAIN}set = { masks = {} }`, "e.toml: run 'a': set masks={}: masks.mels: expected number"],
    [
      `${PLAIN}epochs = 3\nset.epochs = 4`,
      "e.toml: run 'a': epochs and set.epochs give the same setting: give one",
    ],
    [`epochs = 3\nset.epochs = 4\n${PLAIN}`, "e.toml: epochs and set.epochs give the same setting: give one"],
    [
      `${PLAIN}set.frontEnd.segmentSamples = 100`,
      "e.toml: run 'a': set: segments of 100 samples are 1 frames long, the network wants 20 at least",
    ],
    [`baseline = "b"\n${PLAIN}`, "e.toml: baseline: there is no run 'b'; there are a"],
    [PLAIN + REFERENCE, "e.toml: reference 'p': source wants a line of text, got nothing"],
    [`${PLAIN}${REFERENCE}source = "s"`, "e.toml: reference 'p': wants folds, or else a mean"],
    [
      `${PLAIN}${REFERENCE}source = "s"\nfolds = [0.5]`,
      "reference 'p': folds wants 5 accuracies from 0 to 1, fold 1 first, got [0.5]",
    ],
    [
      `${PLAIN}${REFERENCE}source = "s"\nmean = 78.5`,
      "reference 'p': mean wants an accuracy from 0 to 1, got 78.5",
    ],
    [
      `${PLAIN}${REFERENCE}source = "s"\nmean = 0.5\nbeside = "q"`,
      "reference 'p': beside: there is no run 'q'",
    ],
    ["data = \n", "e.toml, line 1: not well-formed TOML (Missing value"],
    [`${PLAIN}x = [\n  1,\n  2,\n]\ny = 1 2\n`, "e.toml, line 8: not well-formed TOML ("],
  ];
  expectRefused(mistakes.map(([text, message]) => [() => read(text), message] as const));
  expectRefused([
    [() => readExperiment(join(root, "none.toml"), five), "none.toml: there is no such file or folder"],
    [() => read('{"run": ', "e.json"), "e.json: not well-formed JSON ("],
    [() => read("[]", "e.json"), "e.json: "],
  ]);
  console.log(`experiment: ${mistakes.length + 3} faulty files, each answered in one line`);
});

const FILES = join(import.meta.dir, "../../../experiments");

test("the files in experiments/ are well-formed, and name recipes and settings that there are", () => {
  const files = readdirSync(FILES).filter((name) => name.endsWith(".toml"));
  expect(files.length).toBeGreaterThanOrEqual(3);
  const runs = files.map((name) => readExperiment(join(FILES, name), five).runs);
  const cells = runs.map((specs) =>
    specs.reduce((sum, { folds, seeds }) => sum + folds.length * seeds.length, 0),
  );
  console.log(
    `experiment: ${files.map((name, i) => `${name} ${runs[i]!.length} rows, ${cells[i]} runs`).join("; ")}`,
  );
});

test("the ablation misses nothing: its single deviations together are the blog's code", () => {
  const { runs } = readExperiment(join(FILES, "ablation-esc10.toml"), five);
  const single = runs.filter(
    ({ recipe, set }) => recipe.name === "paper-short" && !set.some((each) => each.startsWith("batchSize")),
  );
  expect(single.length).toBeGreaterThan(5);
  const together = override(
    findRecipe("paper-short"),
    single.flatMap(({ set }) => set.map(parseSetting)),
  );
  const { name, description, ...all } = runs.find((run) => run.name === "all")!.recipe;
  expect(together).toMatchObject(all);
  // But for the batch size, of which one deviation says nothing, "all" is the recipe blog-code.
  const { batchSize } = findRecipe("paper-short");
  expect({ ...all, name, description }).toEqual({ ...findRecipe("blog-code"), batchSize });
});
