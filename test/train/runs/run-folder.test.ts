// The run folder: never written over, read back whole, half a line at the end forgiven.
import { afterAll, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EpochMetrics } from "../../../src/train/runs/metrics.ts";
import { defaultRunPath, RunFolder } from "../../../src/train/runs/run-folder.ts";
import { UserError } from "../../../src/train/terminal/errors.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-runs-"));
afterAll(() => rmSync(root, { recursive: true }));

const metrics = (epoch: number): EpochMetrics => ({
  epoch,
  loss: 1 / epoch,
  segmentAccuracy: 0.5,
  accuracy: 0.5,
  accuracyMajority: 0.25,
  seconds: 1,
  samplesPerSecond: 100,
});

test("a folder with something in it is refused, an empty or new one is not, and neither is touched", () => {
  const used = join(root, "used");
  mkdirSync(used);
  RunFolder.fresh(used);
  writeFileSync(join(used, "config.json"), "{}");
  expect(() => RunFolder.fresh(used)).toThrow(/used is not empty: name another with --run/);
  const next = join(root, "a", "b");
  const run = RunFolder.fresh(next);
  expect(existsSync(next)).toBe(false);
  run.writeConfig({ seed: 1 });
  expect(run.readConfig()).toEqual({ seed: 1 });
});

test("metrics are a line an epoch; a line cut short by a kill is left out", () => {
  const run = RunFolder.fresh(join(root, "m"));
  run.writeConfig({});
  for (const epoch of [1, 2, 3]) run.appendMetrics(metrics(epoch));
  appendFileSync(join(run.path, "metrics.jsonl"), '{"epoch":4,"lo');
  const took = { residentBytes: expect.any(Number) };
  expect(run.readMetrics()).toEqual([1, 2, 3].map((epoch) => ({ ...metrics(epoch), ...took })));
});

test("a damaged line of metrics is named; so is a result that is none", () => {
  const run = RunFolder.fresh(join(root, "damaged"));
  for (const [line, text] of [
    [2, "{nope}\n"],
    [2, "12\n"],
    [2, "null\n"],
    [2, `${JSON.stringify(metrics(3))}\n`],
    [2, `${JSON.stringify({ ...metrics(2), loss: "low" })}\n`],
    [1, "\n"],
  ] as const) {
    run.writeMetrics(line === 1 ? [] : [metrics(1)]);
    appendFileSync(join(run.path, "metrics.jsonl"), text);
    expect(() => run.readMetrics()).toThrow(`metrics.jsonl is damaged: line ${line} is not of epoch ${line}`);
  }
  for (const text of ["1", "[]", '{"fold":1}', '{"fold":1,"accuracy":1,"confusion":[[1,2]]}']) {
    writeFileSync(join(run.path, "result.json"), text);
    expect(() => run.readResult()).toThrow(/result.json is damaged: /);
  }
  const whole = {
    fold: 1,
    accuracyMajority: 0.5,
    clips: 2,
    epochs: 1,
    confusion: [
      [1, 1],
      [0, 0],
    ],
    seconds: 1,
  };
  for (const accuracy of [1e200, -0.5]) {
    writeFileSync(join(run.path, "result.json"), JSON.stringify({ ...whole, accuracy }));
    expect(() => run.readResult()).toThrow(/result.json is damaged: accuracy /);
  }
});

test("a folder that a killed run left before it began is as good as new", () => {
  const path = join(root, "left");
  mkdirSync(path);
  for (const name of ["lock", "config.json.tmp-4711"]) writeFileSync(join(path, name), "");
  expect(RunFolder.fresh(path).path).toBe(path);
});

test("the last two checkpoints are kept", () => {
  const run = RunFolder.fresh(join(root, "checkpoints"));
  expect(run.checkpoints()).toEqual([]);
  for (const epoch of [1, 2, 9, 10]) run.writeCheckpoint(epoch, {}, {});
  expect(run.checkpoints()).toEqual([10, 9]);
});

test("what is no run folder is named", () => {
  expect(() => RunFolder.existing(join(root, "none"))).toThrow(/there is no run folder/);
  const experiment = join(root, "experiment");
  mkdirSync(experiment);
  writeFileSync(join(root, "file"), "");
  for (const folder of [experiment, join(root, "file")])
    expect(() => RunFolder.existing(folder)).toThrow(/is not a run folder: it has no config.json/);
  for (const seed of [2, 1]) {
    mkdirSync(join(experiment, "a", `fold1-seed${seed}`), { recursive: true });
    writeFileSync(join(experiment, "a", `fold1-seed${seed}`, "config.json"), "{}");
  }
  for (const folder of [experiment, join(experiment, "a")])
    expect(() => RunFolder.existing(folder)).toThrow(
      `${folder} is not a run folder, but has runs in it: name one of them, as ${experiment}/a/fold1-seed1`,
    );
  const broken = join(root, "broken");
  mkdirSync(broken);
  writeFileSync(join(broken, "config.json"), "{");
  mkdirSync(join(broken, "checkpoint"));
  for (const inside of ["config.json", "checkpoint"])
    expect(() => RunFolder.existing(join(broken, inside))).toThrow(
      `${broken}/${inside} is in a run's folder: name that, ${broken}`,
    );
  expect(() => RunFolder.existing(broken).readConfig()).toThrow(/config.json: it is not JSON/);
});

test("a folder that cannot be made is one clear line", () => {
  writeFileSync(join(root, "file"), "");
  expect(() => RunFolder.fresh(join(root, "file", "run"))).toThrow(
    /^cannot make the run folder .*: .*file is a file$/,
  );
  const run = new RunFolder(join(root, "file", "run"));
  expect(() => run.writeConfig({})).toThrow(UserError);
  expect(() => run.writeConfig({})).toThrow(/^cannot write .*config.json: a file is in the way of a folder$/);
});

/** Nothing is read-only to root. */
test.if(process.getuid?.() !== 0)(
  "a run in a folder that cannot be written in is refused before any work",
  async () => {
    const folder = join(root, "read-only");
    mkdirSync(folder);
    const run = new RunFolder(folder);
    run.refuseReadOnly();
    chmodSync(folder, 0o555);
    expect(() => run.refuseReadOnly()).toThrow(
      /^cannot write in the run folder .*read-only: permission denied$/,
    );
    chmodSync(folder, 0o755);
  },
);

test("the default name says when, what and which fold", () => {
  const now = new Date(2026, 0, 31, 15, 30, 12);
  expect(defaultRunPath("blog-bn", 5, now)).toBe("runs/2026-01-31-153012-blog-bn-fold5");
  expect(defaultRunPath("blog-bn", "all", now)).toBe("runs/2026-01-31-153012-blog-bn-folds-all");
});
