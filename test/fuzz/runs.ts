// A run's folder: its weights, its checkpoints, and its JSON.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../src/gpu/host-random.ts";
import type { optim } from "../../src/index.ts";
import { extractorOf } from "../../src/train/features/extractor.ts";
import { featuresOf } from "../../src/train/features/features.ts";
import type { Arrays } from "../../src/train/files/arrays.ts";
import { readArrays, writeArrays } from "../../src/train/files/safetensors.ts";
import {
  loadCheckpoint,
  loadModel,
  readWeights,
  saveCheckpoint,
} from "../../src/train/learning/checkpoint.ts";
import { buildModel, buildOptimizer } from "../../src/train/learning/model.ts";
import { refusalOf, writeOther } from "../../src/train/learning/openset/file.ts";
import { refuses } from "../../src/train/learning/openset/refusal.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { framesOf, type Recipe } from "../../src/train/recipes/recipe.ts";
import { makeConfig, readConfig } from "../../src/train/runs/config.ts";
import { finishedResult, summarize } from "../../src/train/runs/folds.ts";
import type { EpochMetrics, RunResult } from "../../src/train/runs/metrics.ts";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { EventFile, readEvents } from "../../src/train/runs/tensorboard.ts";
import { type Json, mutateBytes, mutateJson, mutateText, pick } from "./mutate.ts";
import { must, type Target } from "./target.ts";

/** A network as small as it can be. */
const base = findRecipe("blog-mixed");
export const RECIPE: Recipe = { ...base, network: { ...base.network, filters: 2, hidden: [3] }, epochs: 2 };
export const CLASSES = ["cat", "dog", "rain"];

const metricsOf = (epoch: number): EpochMetrics => ({
  epoch,
  loss: 1 / epoch,
  segmentAccuracy: 0.5,
  accuracy: 0.25,
  accuracyMajority: 0.5,
  seconds: 1.5,
  samplesPerSecond: 1e3,
});
const RESULT: RunResult = {
  fold: 5,
  accuracy: 0.5,
  accuracyMajority: 0.25,
  clips: 4,
  epochs: 2,
  confusion: [
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  seconds: 3,
};
const CONFIG = makeConfig({
  data: "synthetic",
  fold: 5,
  folds: { train: [1, 2, 3, 4], validation: null, test: 5 },
  seed: 1,
  classes: CLASSES,
  standardization: { mean: -20, deviation: 15 },
  trainingSegments: 100,
  parameters: 1000,
  adapter: { vendor: "none", architecture: "", description: "", software: true },
  recipe: RECIPE,
  overridden: {},
});

/** Half a second of noise. */
const SOUND = (({ sampleRate } = base.frontEnd, random = new HostRandom(1)) => ({
  sampleRate,
  samples: Float32Array.from({ length: sampleRate / 2 }, () => random.uniform() - 0.5),
}))();

/** When it says "none of these". */
const OTHER = {
  threshold: 0.5,
  segmentThreshold: 0.25,
  keep: 0.9,
  heldOut: { folds: [1, 2], clips: 9, kept: 9 },
};
const DIRECTIONS = { values: new Float32Array(3 * CLASSES.length).fill(3 ** -0.5), size: 3 };

/** A good run, made once; cases copy from it. */
interface Good {
  path: string;
  weights: Arrays["arrays"][];
}
let good: Good;

/** Makes the good run, of two epochs. Wants the device. */
export async function prepareRuns(folder: string): Promise<void> {
  const run = new RunFolder(folder);
  run.writeConfig(CONFIG);
  const weights: Arrays["arrays"][] = [];
  for (const epochs of [1, 2]) {
    const model = buildModel(RECIPE, CLASSES.length, epochs);
    weights.push(await readWeights(model));
    const metrics = [1, 2].slice(0, epochs).map(metricsOf);
    run.writeMetrics(metrics);
    run.writeModel(weights.at(-1)!, { epoch: String(epochs) });
    await saveCheckpoint(run, weights.at(-1)!, buildOptimizer(model, RECIPE), metrics);
  }
  run.writeResult(RESULT);
  writeOther(run, OTHER, DIRECTIONS);
  good = { path: folder, weights };
}

/** A copy of one of the good run's files, damaged. */
function damagedCopy(random: HostRandom, name: string, folder: string): string {
  const path = join(folder, name);
  writeFileSync(path, mutateBytes(random, readFileSync(join(good.path, name))));
  return path;
}

function sameArrays(a: Arrays["arrays"], b: Arrays["arrays"]): boolean {
  const plain = (arrays: Arrays["arrays"]) =>
    Object.entries(arrays)
      .map(([name, { shape, data }]) => [name, [...shape], data])
      .sort();
  return Bun.deepEquals(plain(a), plain(b));
}

/** A safetensors file of any header, without a checksum. */
function unsigned(header: string, body: Uint8Array): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, body]);
}

const jsonTarget = (
  name: string,
  file: string,
  weight: number,
  read: (run: RunFolder, random: HostRandom) => void | Promise<void>,
): Target => ({
  name,
  weight,
  run(random, folder) {
    const text = readFileSync(join(good.path, file), "utf8");
    const damaged =
      random.int(3) === 0 ? mutateText(random, text) : JSON.stringify(mutateJson(random, JSON.parse(text)));
    writeFileSync(join(folder, file), damaged);
    return read(new RunFolder(folder), random);
  },
});

export const runs: Target[] = [
  {
    name: "safetensors",
    weight: 8,
    run(random, folder) {
      const { arrays, metadata } = readArrays(damagedCopy(random, "model.safetensors", folder));
      for (const [name, { shape, data }] of Object.entries(arrays))
        must(
          data.length === shape.reduce((product, n) => product * n, 1),
          `${name} has ${data.length} numbers`,
        );
      if (metadata.sha256 !== undefined)
        must(sameArrays(arrays, good.weights[1]!), "the checksum holds for other numbers");
    },
  },
  {
    name: "safetensors header",
    weight: 8,
    run(random, folder) {
      const { length } = readFileSync(join(good.path, "model.safetensors"));
      const bytes = readFileSync(join(good.path, "model.safetensors"));
      const end = 8 + Number(bytes.readBigUInt64LE());
      const { __metadata__: _, ...header } = JSON.parse(bytes.subarray(8, end).toString());
      const text =
        random.int(2) === 0
          ? mutateText(random, JSON.stringify(header))
          : JSON.stringify(mutateJson(random, header));
      const path = join(folder, "x.safetensors");
      writeFileSync(path, unsigned(text, bytes.subarray(end)));
      const { arrays } = readArrays(path);
      let numbers = 0;
      for (const [name, { shape, data }] of Object.entries(arrays)) {
        must(
          data.length === shape.reduce((product, n) => product * n, 1),
          `${name} has ${data.length} numbers`,
        );
        numbers += data.length;
      }
      must(4 * numbers === length - end, `${numbers} numbers are there`);
      if (random.int(8) === 0)
        loadModel(buildModel(RECIPE, CLASSES.length, 1), { arrays, metadata: {} }, path);
    },
  },
  {
    name: "checkpoints",
    weight: 3,
    async run(random, folder) {
      mkdirSync(join(folder, "checkpoint"));
      const damaged = pick(random, [[2], [2], [1, 2]]);
      for (const epoch of [1, 2]) {
        const name = `checkpoint/epoch-${epoch}.safetensors`;
        if (damaged.includes(epoch)) damagedCopy(random, name, folder);
        else copyFileSync(join(good.path, name), join(folder, name));
      }
      const model = buildModel(RECIPE, CLASSES.length, 3);
      const warnings: string[] = [];
      const metrics = loadCheckpoint(new RunFolder(folder), model, buildOptimizer(model, RECIPE), (line) =>
        warnings.push(line),
      );
      const epochs = metrics.length;
      must(epochs === 1 || epochs === 2, `it goes on from epoch ${epochs}`);
      must(Bun.deepEquals(metrics, [1, 2].slice(0, epochs).map(metricsOf)), "it has other metrics");
      must(sameArrays(await readWeights(model), good.weights[epochs - 1]!), "it has other weights");
      must(warnings.length === 2 - epochs, `${warnings.length} warnings`);
    },
  },
  {
    name: "forged checkpoint", // whose checksum is right
    weight: 3,
    async run(random, folder) {
      const { arrays, metadata } = readArrays(join(good.path, "checkpoint", "epoch-2.safetensors"));
      const run = new RunFolder(folder);
      const forged = { ...metadata };
      const key = pick(random, ["optimizer", "metrics"]);
      forged[key] =
        key === "optimizer" && random.int(3) > 0
          ? JSON.stringify(mutateJson(random, JSON.parse(metadata.optimizer!)))
          : mutateText(random, metadata[key]!);
      const names = Object.entries(arrays);
      if (random.int(4) === 0) names.splice(random.int(names.length), 1);
      mkdirSync(join(folder, "checkpoint"));
      writeArrays(run.checkpointPath(2), Object.fromEntries(names), forged);
      const model = buildModel(RECIPE, CLASSES.length, 3);
      const optimizer = buildOptimizer(model, RECIPE);
      const metrics = loadCheckpoint(run, model, optimizer, () => {});
      must(
        metrics.length === 2 && metrics.every(({ epoch }, i) => epoch === i + 1),
        "its metrics are not of two epochs",
      );
      must(
        optimizer.paramGroups.every((group) => {
          const { lr, momentum, weightDecay } = group as optim.SgdOptions;
          return [lr, momentum, weightDecay].every(Number.isFinite);
        }),
        "its optimizer's numbers are not finite",
      );
    },
  },
  jsonTarget("config.json", "config.json", 10, async (run, random) => {
    const { recipe, classes, seed } = readConfig(run);
    const frames = recipe.frontEnd.kind === "log-mel" ? framesOf(recipe.frontEnd) : 20;
    must(frames >= 20, `segments have ${frames} frames`);
    const changed = !Bun.deepEquals(recipe.frontEnd, RECIPE.frontEnd);
    if (changed && random.int(4) === 0) {
      const { values, clipOf } = await featuresOf([SOUND], extractorOf(recipe.frontEnd));
      must(clipOf.length > 0 && !values.some(Number.isNaN), "it hears what is no number");
    }
    // The network may be another than the weights are of, of any size.
    loadModel(buildModel(recipe, classes.length, seed), new RunFolder(good.path).readModel(), "the good run");
  }),
  jsonTarget("other.json", "other.json", 1, (run) => {
    writeArrays(
      join(run.path, "other.safetensors"),
      readArrays(join(good.path, "other.safetensors")).arrays,
      {},
    );
    const refusal = refusalOf(run, { ...CONFIG, other: { kind: "threshold", keep: 0.9 } }, () => {})!;
    const kept = !refuses(refusal, { probabilities: [1, 0, 0], similarities: [1, 0, 0] });
    must(kept, "it refuses what is as like a class as can be");
  }),
  jsonTarget("result.json", "result.json", 3, (run) => {
    const result = run.readResult();
    const done = finishedResult(run, 1);
    if (done !== null)
      must(Number.isFinite(summarize([done, RESULT, done]).accuracyDeviation), "its mean makes no sense");
    must(result === null || Number.isFinite(result.accuracy), "its accuracy is no number");
  }),
  {
    name: "metrics.jsonl",
    weight: 3,
    run(random, folder) {
      const run = new RunFolder(folder);
      run.writeMetrics([1, 2].map(metricsOf));
      const path = join(folder, "metrics.jsonl");
      const text = readFileSync(path, "utf8");
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Json);
      const structured = () =>
        `${lines.map((line) => JSON.stringify(mutateJson(random, line))).join("\n")}\n`;
      writeFileSync(path, random.int(2) === 0 ? mutateText(random, text) : structured());
      const metrics = run.readMetrics();
      must(
        metrics.every(({ epoch, loss }, i) => epoch === i + 1 && Number.isFinite(loss)),
        "its lines are not of epochs 1, 2, …",
      );
    },
  },
  {
    name: "event files",
    weight: 2,
    run(random, folder) {
      const run = new RunFolder(folder);
      const before = new EventFile(run, 0, () => 1);
      for (const epoch of [1, 2]) {
        before.step(epoch, 1 / epoch);
        before.epoch(metricsOf(epoch), 0.1);
      }
      const path = join(folder, "tensorboard", `events.out.tfevents.1.${hostname()}.${process.pid}.0`);
      const whole = [...readEvents(readFileSync(path))].map(
        ({ tag, step, value }) => `${tag} ${step} ${value}`,
      );
      writeFileSync(path, mutateBytes(random, readFileSync(path)));
      new EventFile(run, 1, () => 2).epoch(metricsOf(2), 0.1);
      const left = [...readEvents(readFileSync(path))].map(
        ({ tag, step, value }) => `${tag} ${step} ${value}`,
      );
      must(Bun.deepEquals(left, whole.slice(0, left.length)), "it keeps events that nobody wrote");
    },
  },
];
