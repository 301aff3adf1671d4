// What fuzzing found, or reading the code for it, each as a test of its own.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { readArrays, writeArrays } from "../../src/train/files/safetensors.ts";
import { loadCheckpoint } from "../../src/train/learning/checkpoint.ts";
import { buildModel, buildOptimizer } from "../../src/train/learning/model.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { override, parseSetting } from "../../src/train/recipes/settings.ts";
import { readConfig } from "../../src/train/runs/config.ts";
import { summarize } from "../../src/train/runs/folds.ts";
import type { RunResult } from "../../src/train/runs/metrics.ts";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { UserError } from "../../src/train/terminal/errors.ts";
import { CLASSES, prepareRuns, RECIPE } from "./runs.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-found-"));
afterAll(() => rmSync(root, { recursive: true }));
const good = join(root, "good");
beforeAll(() => prepareRuns(good));

test("--set cannot reach what all objects share", () => {
  const set = (text: string) => override(findRecipe("paper-short"), [parseSetting(text)]);
  expect(() => set("augmentation.classes.__proto__.pitch=[0,1]")).toThrow(UserError);
  expect(() => set("augmentation.classes.constructor.pitch=[0,1]")).toThrow(/stretch/);
  expect(Object.hasOwn(Object.prototype, "pitch") || "pitch" in Object).toBe(false);
});

test("config.json: a seed, a network or segments that cannot be are the file's fault, and named", () => {
  const text = readFileSync(join(good, "config.json"), "utf8");
  const cases: [path: string, value: unknown, said: RegExp][] = [
    ["seed", 2 ** 32, /seed: too big/],
    ["seed", -1, /seed: too small/],
    ["standardization.deviation", 0, /standardization.deviation: too small/],
    ["recipe.frontEnd.hopLength", 1e6, /1 frames long/],
    ["recipe.frontEnd.hopLength", 1, /too large/],
    ["recipe.frontEnd.segmentStep", 1, /would overlap/],
    ["recipe.frontEnd.nFft", 1e9, /recipe.frontEnd.nFft: too big/],
    ["recipe.network.hidden", new Array(1000).fill(3), /recipe.network.hidden: too big/],
    ["recipe.network.hidden", [1e9], /network cannot be made: .* needs /],
    ["recipe.network.filters", 2 ** 31, /network cannot be made: .* needs /],
  ];
  for (const [path, value, said] of cases) {
    const config = JSON.parse(text);
    const names = path.split(".");
    const table = names.slice(0, -1).reduce((at, name) => at[name], config);
    table[names.at(-1)!] = value;
    const run = new RunFolder(root);
    writeFileSync(join(root, "config.json"), JSON.stringify(config));
    const open = () => {
      const { recipe, classes, seed } = readConfig(run);
      return buildModel(recipe, classes.length, seed);
    };
    expect(open).toThrow(UserError);
    expect(open).toThrow(said);
  }
});

test("a checkpoint whose optimizer has words for numbers is refused", () => {
  const { arrays, metadata } = readArrays(join(good, "checkpoint", "epoch-2.safetensors"));
  const run = new RunFolder(join(root, "forged"));
  const optimizer = metadata.optimizer!.replace(/"lr":[\d.]+/, '"lr":"0.1"');
  writeArrays(run.checkpointPath(2), arrays, { ...metadata, optimizer });
  const model = buildModel(RECIPE, CLASSES.length, 1);
  expect(() => loadCheckpoint(run, model, buildOptimizer(model, RECIPE), () => {})).toThrow(
    /does not fit its optimizer: SGD: lr is a number ≥ 0, got "0.1"/,
  );
});

test("a checkpoint that lost its checksum is damaged; a model without one may be PyTorch's", () => {
  const run = new RunFolder(join(root, "unsigned"));
  run.writeConfig({});
  mkdirSync(join(run.path, "checkpoint"));
  for (const name of ["model.safetensors", "checkpoint/epoch-2.safetensors"]) {
    const bytes = readFileSync(join(good, name));
    bytes.write("sha257", bytes.indexOf("sha256"));
    writeFileSync(join(run.path, name), bytes);
  }
  expect(() => run.readCheckpoint(2)).toThrow(/it has no checksum/);
  expect(Object.keys(run.readModel().arrays).length).toBeGreaterThan(5);
});

test("folds whose results are of different numbers of classes have no sum", () => {
  const result = (fold: number, classes: number): RunResult => ({
    fold,
    accuracy: 1,
    accuracyMajority: 1,
    clips: 1,
    epochs: 1,
    confusion: Array.from({ length: classes }, () => new Array<number>(classes).fill(0)),
    seconds: 1,
  });
  const message = "the results of folds 1 and 2 are of 3 and 2 classes: a result.json is damaged";
  for (const classes of [2, 4]) {
    const said = message.replace("2 classes", `${classes} classes`);
    expect(() => summarize([result(1, 3), result(2, classes)])).toThrow(said);
  }
});

test("an array named __proto__ is an array like others", () => {
  const path = join(root, "proto.safetensors");
  const header = '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
  expect(Object.keys(readArrays(path).arrays)).toEqual(["__proto__"]);
});

test("the checksum is over names and metadata too: no damage to a file passes", () => {
  const bytes = readFileSync(join(good, "model.safetensors"));
  const path = join(root, "damaged.safetensors");
  const key = bytes.indexOf("sha256"); // without it a file is read as it is, like others' files
  let refused = 0;
  for (let i = 0; i < 300; i++) {
    const at = new HostRandom(3, i).int(bytes.length);
    if (at >= key && at < key + 6) continue;
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1 + new HostRandom(4, i).int(255);
    writeFileSync(path, damaged);
    expect(() => readArrays(path)).toThrow(UserError);
    refused++;
  }
  console.log(`found: ${refused} safetensors files with one byte damaged, all refused`);
});

test("results reach a slow reader whole, though the process ends at once", async () => {
  const program = `
    import { writeOut } from ${JSON.stringify(join(import.meta.dir, "../../src/train/terminal/stdout.ts"))};
    writeOut("x".repeat(1_000_000));
    process.exit(0);`;
  const child = Bun.spawn(["bash", "-c", `"${process.execPath}" -e '${program}' | (sleep 0.5; wc -c)`], {
    stdout: "pipe",
  });
  expect((await new Response(child.stdout).text()).trim()).toBe("1000000");
});
