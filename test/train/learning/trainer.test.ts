// Whole trainings, small enough for a test: that it learns, repeats itself, resumes exactly, stops cleanly, keeps
// the last good model when the loss explodes, and holds its memory flat.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, optim } from "../../../src/index.ts";
import { type Dataset, splitFolds } from "../../../src/train/dataset/dataset.ts";
import { openSynthetic } from "../../../src/train/dataset/synthetic.ts";
import { computeFeatures } from "../../../src/train/features/compute.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import type { Features } from "../../../src/train/features/features.ts";
import { SegmentStore, standardizationOf } from "../../../src/train/learning/batches.ts";
import { loadCheckpoint, loadModel } from "../../../src/train/learning/checkpoint.ts";
import { evaluate } from "../../../src/train/learning/evaluate.ts";
import { MixedSegments, PlainSegments } from "../../../src/train/learning/mixing.ts";
import { buildModel, buildOptimizer } from "../../../src/train/learning/model.ts";
import { evaluationSet, trainingSegments } from "../../../src/train/learning/split.ts";
import { type Job, type Testing, Trainer } from "../../../src/train/learning/trainer.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { PiczakRecipe, Recipe } from "../../../src/train/recipes/recipe.ts";
import type { EpochMetrics, RunResult } from "../../../src/train/runs/metrics.ts";
import { RunFolder } from "../../../src/train/runs/run-folder.ts";
import { Interrupted, UserError } from "../../../src/train/terminal/errors.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { type Stop, throwIfStopped } from "../../../src/train/terminal/talk.ts";

const root = mkdtempSync(join(tmpdir(), "otograd-training-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A progress that tells a test when an epoch is over. */
class Quiet extends Progress {
  onEpoch: () => void = () => {};
  onUpdate: () => void = () => {};
  override say(): void {
    this.onEpoch();
  }
  override begin(): void {}
  override beginEpoch(): void {}
  override update(): void {
    this.onUpdate();
  }
}

setDefaultTimeout(60_000);

const FOLD = 5;
const CLASSES = ["chirp_up", "noise", "clicks"];
const base = findRecipe("blog-bn");
const recipe: PiczakRecipe = {
  ...base,
  frontEnd: { ...base.frontEnd, segmentStep: 20_991 }, // no overlap: half of the segments
  network: { ...base.network, filters: 20, hidden: [64] },
  epochs: 4,
  batchSize: 32,
};

let dataset: Dataset;
let features: Features;
beforeAll(async () => {
  dataset = threeClasses(openSynthetic());
  features = await computeFeatures(dataset, extractorOf(recipe.frontEnd), {
    progress: new Quiet(),
    stop: { signal: null, onFirst: "" },
  });
});

/** Half of the clips of three of the synthetic classes. */
function threeClasses(all: Dataset): Dataset {
  const labels = CLASSES.map((name) => all.classes.indexOf(name));
  const kept = all.clips.flatMap(({ label }, i) => (labels.includes(label) && i % 2 === 0 ? [i] : []));
  return {
    source: "three synthetic classes",
    classes: CLASSES,
    clips: kept.map((i) => ({ ...all.clips[i]!, label: labels.indexOf(all.clips[i]!.label) })),
    folds: all.folds,
    fingerprint: (clip) => all.fingerprint(kept[clip]!),
    load: (clip) => all.load(kept[clip]!),
  };
}

/** A job whose run is left in a folder. */
type FolderJob = Job & { readonly run: RunFolder };

/** All that a training wants, with a run folder of its own. */
function job(name: string, { seed = 1, ...changes }: Partial<Recipe> & { seed?: number } = {}) {
  const mine: Recipe = { ...recipe, ...changes };
  const split = splitFolds(dataset, FOLD, false);
  const segments = trainingSegments(dataset, features, split);
  const standard = standardizationOf(features, segments);
  const store = (which: number[]) =>
    new SegmentStore(
      features,
      which,
      which.map((s) => dataset.clips[features.clipOf[s]!]!.label),
      standard,
      2 ** 27,
    );
  const set = evaluationSet(dataset, features, FOLD);
  const test: Testing = { set, store: store(set.segments) };
  const model = buildModel(mine, CLASSES.length, seed);
  const stop: Stop = { signal: null, onFirst: "" };
  const progress = new Quiet();
  const run = new RunFolder(join(root, name));
  run.writeConfig({ recipe: mine });
  const optimizer = buildOptimizer(model, mine);
  const made: FolderJob = {
    savingShare: Number.POSITIVE_INFINITY, // every epoch is saved, on busy machines too
    recipe: mine,
    fold: FOLD,
    seed,
    classes: CLASSES.length,
    model,
    optimizer,
    averaged: mine.averages === null ? null : new optim.AveragedModel(model),
    training:
      mine.mixing === null
        ? new PlainSegments(store(segments), mine)
        : new MixedSegments(store(segments), mine, CLASSES.length),
    microBatchSize: mine.microBatchSize ?? mine.batchSize,
    validation: null,
    test,
    run,
    resume: run.path,
    progress,
    stop,
    profile: null,
  };
  return { ...made, progress, stop };
}

/** The metrics of a run, without those that a clock made. */
function metricsOf(run: RunFolder) {
  return run.readMetrics().map((line) => {
    const { seconds: _, samplesPerSecond: __, residentBytes: ___, gpuBytes: ____, ...rest } = line;
    return rest;
  });
}

const bytesOf = (run: RunFolder) => readFileSync(join(run.path, "model.safetensors"));
const resultOf = (run: RunFolder): RunResult =>
  JSON.parse(readFileSync(join(run.path, "result.json"), "utf8"));

test("it learns; the run's folder says how well, and its model does so again when read back", async () => {
  const learned = job("learns", { epochs: 12 });
  const result = await new Trainer(learned).run();
  const metrics = metricsOf(learned.run);
  console.log(
    `training: loss ${metrics.map(({ loss }) => loss.toFixed(3)).join(" ")}; accuracy ${result.accuracy} of ${result.clips} clips`,
  );
  expect(metrics.length).toBe(12);
  expect(metrics.at(-1)!.loss).toBeLessThan(0.6 * metrics[0]!.loss);
  expect(result.accuracy).toBeGreaterThan(0.6); // guessing gives 1/3
  expect(result).toEqual(resultOf(learned.run));
  expect(result.accuracy).toBe(metrics.at(-1)!.accuracy);
  expect(result.confusion.flat().reduce((a, b) => a + b)).toBe(result.clips);
  expect(result.clips).toBe(dataset.clips.filter((clip) => clip.fold === FOLD).length);

  const again = job("unused", { seed: 99 });
  loadModel(again.model, learned.run.readModel(), "the run");
  const { accuracy, confusion } = await evaluate(
    again.model,
    again.test.store,
    again.test.set,
    CLASSES.length,
    recipe,
  );
  expect({ accuracy, confusion }).toEqual({ accuracy: result.accuracy, confusion: result.confusion });
});

test("the same seed gives the same metrics and weights, another seed others", async () => {
  const [a, b, c] = [
    job("seed-a", { epochs: 2 }),
    job("seed-b", { epochs: 2 }),
    job("seed-c", { epochs: 2, seed: 2 }),
  ];
  for (const each of [a, b, c]) await new Trainer(each).run();
  expect(metricsOf(b.run)).toEqual(metricsOf(a.run));
  expect(bytesOf(b.run)).toEqual(bytesOf(a.run));
  expect(metricsOf(c.run)).not.toEqual(metricsOf(a.run));
});

const straightRuns = new Map<Partial<Recipe>, Promise<RunFolder>>();
const AS_IT_IS: Partial<Recipe> = {};

/** The run, made once, of a job that nothing stopped. */
function straightRun(changes = AS_IT_IS): Promise<RunFolder> {
  const made = straightRuns.get(changes) ?? run(job(`straight ${straightRuns.size}`, changes));
  straightRuns.set(changes, made);
  return made;

  async function run(straight: FolderJob) {
    await new Trainer(straight).run();
    return straight.run;
  }
}

/** Brings a job to where its last checkpoint is. */
function restored(
  { run, model, optimizer, averaged }: FolderJob,
  warn: (line: string) => void = () => {},
): EpochMetrics[] {
  const metrics = loadCheckpoint(run, model, optimizer, warn, averaged);
  run.writeMetrics(metrics);
  return metrics;
}

const resumable: Record<string, Partial<Recipe>> = {
  "batch norm": AS_IT_IS,
  dropout: { network: { ...findRecipe("blog").network, filters: 20, hidden: [64] } },
  "mixing, masks, dropout, a cosine schedule, micro-batches": {
    mixing: "spectrograms",
    network: { ...recipe.network, dropout: 0.5 },
    optimizer: { ...recipe.optimizer, schedule: { kind: "cosine", warmup: 0, to: 0 } },
    microBatchSize: 12,
  },
  "AdamW, a warm-up and steps, balanced classes, averaged weights": {
    averages: 3,
    optimizer: {
      kind: "adamw",
      lr: 0.001,
      schedule: { kind: "step", warmup: 1, milestones: [3], gamma: 0.1 },
      weightDecay: 0.01,
      decaysBiases: false,
      betas: [0.9, 0.999],
      eps: 1e-8,
    },
    classWeights: "balanced",
  },
};
for (const [what, changes] of Object.entries(resumable)) {
  test(`a run resumed from its checkpoint ends as if it had never stopped (${what})`, async () => {
    const straight = await straightRun(changes);
    const first = job(`resumed ${what}`, changes);
    first.progress.onEpoch = () => {
      if (metricsOf(first.run).length === 2) first.stop.signal = "SIGTERM";
    };
    expect(await new Trainer(first).run().catch((error) => error)).toBeInstanceOf(Interrupted);
    const second = job(`resumed ${what}`, changes);
    const done = restored(second);
    expect(done.length).toBe(2);
    await new Trainer(second, done).run();
    expect(metricsOf(second.run)).toEqual(metricsOf(straight));
    expect(bytesOf(second.run)).toEqual(bytesOf(straight));
  });
}

test("a signal behind a training, while the next fold is made ready, says how to go on, in words that a shell takes", () => {
  const begun = job("of two words");
  expect(() => throwIfStopped({ ...begun.stop, signal: "SIGINT" }, "stopped")).toThrow(/^stopped$/);
  new Trainer(begun);
  begun.stop.signal = "SIGHUP";
  const how = `go on with --resume '${begun.run.path}'`;
  expect(() => throwIfStopped(begun.stop, "stopped")).toThrow(`stopped; ${how}`);
  expect(begun.stop.onSecond).toBe(`no epoch was saved yet; ${how}`);
});

test("averaged weights of a run that is made longer are those of its new last epochs", async () => {
  const short = job("made longer", { averages: 2, epochs: 2 });
  await new Trainer(short).run();
  const longer = job("made longer", { averages: 2, epochs: 4 });
  const done = restored(longer);
  expect([done.length, longer.averaged!.nAveraged]).toEqual([2, 2]);
  await new Trainer(longer, done).run();
  expect(longer.averaged!.nAveraged).toBe(2);
  // The same without the sum of epochs 1 and 2.
  await new Trainer(job("as long", { averages: 2, epochs: 2 })).run();
  const plain = job("as long", { averages: 2, epochs: 4 });
  const before = restored(plain);
  plain.averaged!.nAveraged = 0;
  await new Trainer(plain, before).run();
  expect(bytesOf(longer.run)).toEqual(bytesOf(plain.run));

  const warnings: string[] = [];
  const overlapping = job("as long", { averages: 2, epochs: 5 }); // of the sum of 3 and 4, one is among the last two
  overlapping.progress.warn = (line) => void warnings.push(line);
  new Trainer(overlapping, restored(overlapping));
  expect(overlapping.averaged!.nAveraged).toBe(2);
  expect(warnings).toEqual([
    "the mean of the last 2 epochs will have 1 earlier in it, too: their sum is all that was kept",
  ]);
});

test("a damaged checkpoint is named, and the one before it takes its place; the run ends the same", async () => {
  const straight = await straightRun();
  const first = job("damaged");
  first.progress.onEpoch = () => {
    if (metricsOf(first.run).length === 3) first.stop.signal = "SIGTERM";
  };
  await new Trainer(first).run().catch(() => {});
  expect(first.run.checkpoints()).toEqual([3, 2]);
  const path = first.run.checkpointPath(3);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);

  const second = job("damaged");
  const warnings: string[] = [];
  const done = restored(second, (line) => warnings.push(line));
  expect(warnings).toEqual([
    `${path} is not a usable safetensors file: its checksum does not match its contents; going on from epoch 2 instead`,
  ]);
  expect(done.length).toBe(2);
  await new Trainer(second, done).run();
  expect(metricsOf(second.run)).toEqual(metricsOf(straight));
  expect(bytesOf(second.run)).toEqual(bytesOf(straight));

  for (const epoch of second.run.checkpoints()) writeFileSync(second.run.checkpointPath(epoch), "");
  expect(() => restored(job("damaged"))).toThrow(
    /epoch-4.safetensors is not a usable .*; .*epoch-3.safetensors is not .*; no other checkpoint is in /,
  );
});

test("a signal within an epoch: the batch is finished, the model saved and tested, the result marked", async () => {
  const stopped = job("stopped");
  let updates = 0;
  stopped.progress.onUpdate = () => {
    if (++updates === 1) stopped.stop.signal = "SIGINT";
  };
  const error = await new Trainer(stopped).run().catch((caught) => caught);
  expect(error).toBeInstanceOf(Interrupted);
  expect(error.exitCode).toBe(130);
  expect(error.message).toBe(
    `stopped after 0 of 4 epochs; what was learned is in ${stopped.run.path}; go on with --resume ${stopped.run.path}, from epoch 1`,
  );
  expect(resultOf(stopped.run)).toMatchObject({
    epochs: 0,
    interrupted: "SIGINT",
    clips: stopped.test.set.clips.length,
  });
  loadModel(job("unused").model, stopped.run.readModel(), "the run");
});

test("a signal between epochs: the checkpoint is of the epoch that ended", async () => {
  const stopped = job("stopped-between");
  stopped.progress.onEpoch = () => {
    stopped.stop.signal = "SIGTERM";
  };
  const error = await new Trainer(stopped).run().catch((caught) => caught);
  expect(error.exitCode).toBe(143);
  expect(resultOf(stopped.run)).toMatchObject({ epochs: 1, interrupted: "SIGTERM" });
  const next = job("stopped-between");
  expect(restored(next).length).toBe(1);
});

test("resumed with nothing left to do, a run stopped within an epoch holds its last whole epoch's model again", async () => {
  const stopped = job("stopped-in-two");
  stopped.progress.onUpdate = () => {
    if (metricsOf(stopped.run).length === 1) stopped.stop.signal = "SIGINT";
  };
  const error = await new Trainer({ ...stopped, resume: "all folds" }).run().catch((caught) => caught);
  expect(error.message).toEndWith("; go on with --resume 'all folds', from epoch 2");
  const inside = bytesOf(stopped.run);

  const next = job("stopped-in-two", { epochs: 1 });
  const result = await new Trainer(next, restored(next)).run();
  expect(bytesOf(next.run)).not.toEqual(inside);
  const again = job("unused");
  loadModel(again.model, next.run.readModel(), "the run");
  const { test, recipe: used } = again;
  const { accuracy } = await evaluate(again.model, test.store, test.set, CLASSES.length, used);
  expect(result).toMatchObject({ epochs: 1, accuracy });
});

test("a loss that is no longer finite stops the run in its step; the last good model is kept", async () => {
  const exploding = job("exploding");
  let model: Buffer | undefined;
  exploding.progress.onEpoch = () => {
    exploding.optimizer.lr = 1e30;
  };
  exploding.progress.onUpdate = () => {
    if (existsSync(join(exploding.run.path, "model.safetensors"))) model ??= bytesOf(exploding.run);
  };
  const error = await new Trainer(exploding).run().catch((caught) => caught);
  const steps = Math.ceil(exploding.training.size / recipe.batchSize);
  expect(error).toBeInstanceOf(UserError);
  const [, value, step] =
    /^the loss became (\S+) in step (\d+) \(epoch 2\): .*keeps the model of epoch 1$/.exec(error.message)!;
  console.log(`training: ${error.message.replaceAll(root, "ROOT")}`);
  expect(["NaN", "Infinity"]).toContain(value!);
  expect(Number(step)).toBeGreaterThan(steps + 1);
  expect(Number(step)).toBeLessThanOrEqual(2 * steps);
  expect(model).toEqual(bytesOf(exploding.run));
  expect(resultOf(exploding.run)).toMatchObject({
    epochs: 1,
    interrupted: `the loss became ${value} in step ${step}`,
  });
});

test("three epochs and fifty evaluations leave memory where it was", async () => {
  const flat = job("flat", { epochs: 1, network: { ...recipe.network, filters: 80 } });
  await new Trainer(flat).run();
  const once = () => evaluate(flat.model, flat.test.store, flat.test.set, CLASSES.length, recipe);
  for (let i = 0; i < 5; i++) await once();
  Bun.gc(true);
  const before = { ...memory(), rss: process.memoryUsage().rss };
  const more = { ...flat, recipe: { ...flat.recipe, epochs: 4 } };
  await new Trainer(more, flat.run.readMetrics()).run();
  for (let i = 0; i < 50; i++) await once();
  Bun.gc(true);
  await new Promise((resolve) => setTimeout(resolve, 50)); // finalizers run between turns
  const after = { ...memory(), rss: process.memoryUsage().rss };
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `memory: ${before.tensors} → ${after.tensors} tensors, ${mb(before.bytesInUse)} → ${mb(after.bytesInUse)} in use, ` +
      `${mb(before.rss)} → ${mb(after.rss)} resident`,
  );
  expect(after.tensors).toBeLessThan(before.tensors + 100);
  expect(after.bytesInUse).toBeLessThan(before.bytesInUse + 2 ** 21);
  expect(after.bytesInUse + after.bytesInPool).toBeLessThan(1.3 * (before.bytesInUse + before.bytesInPool));
  expect(after.rss).toBeLessThan(before.rss + 48 * 2 ** 20);
}, 180_000);
