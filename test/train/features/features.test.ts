// Features: every clip has segments, silence is told from sound, the cache gives back the same bits or none.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { type Clip, type Dataset, splitFolds } from "../../../src/train/dataset/dataset.ts";
import { type CacheOptions, cachedFeatures, cacheKey } from "../../../src/train/features/cache.ts";
import { computeFeatures } from "../../../src/train/features/compute.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { evaluationSet, trainingSegments } from "../../../src/train/learning/split.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Stop } from "../../../src/train/terminal/signals.ts";

setDefaultTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), "otograd-features-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A progress that keeps its lines to itself. */
class Quiet extends Progress {
  readonly lines: string[] = [];
  override say(line: string): void {
    this.lines.push(line);
  }
  override begin(): void {}
}
const stop: Stop = { signal: null, onFirst: "" };
const { frontEnd } = findRecipe("blog-bn");
const compute = (dataset: Dataset, which = frontEnd) =>
  computeFeatures(dataset, which, { progress: new Quiet(), stop });

function noise(seconds: number, seed: number, { rate = 22050, level = 0.1 } = {}): Waveform {
  const random = new HostRandom(seed);
  const samples = Float32Array.from(
    { length: Math.round(seconds * rate) },
    () => level * (2 * random.uniform() - 1),
  );
  return { samples, sampleRate: rate };
}

/** The clips of a dataset, as they are. */
const whole = (dataset: Dataset) => ({ clips: dataset.clips.map((_, i) => i), settings: null });

/** A dataset of given sounds, two a fold. */
function made(waves: Waveform[]): Dataset {
  const clips = waves.map(
    (_, i): Clip => ({ name: `${i}.wav`, fold: (Math.floor(i / 2) % 5) + 1, label: i % 2 }),
  );
  return {
    source: "made",
    classes: ["a", "b"],
    clips,
    fingerprint: (clip) => Bun.hash(waves[clip]!.samples).toString(),
    load: async (clip) => waves[clip]!,
  };
}

test("segments: as many as fit, one at least, in the order of the clips whatever their lengths and rates", async () => {
  const waves = [noise(5, 1), noise(0.3, 2), noise(2, 3, { rate: 44100 }), noise(5, 4), noise(0.952, 5)];
  const features = await compute(made(waves));
  expect([...features.clipOf]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
  expect(features.values.length).toBe(23 * 60 * 41);
  expect(features.values.every(Number.isFinite)).toBe(true);
  const alone = await featuresOf([waves[2]!], frontEnd);
  const size = 60 * 41;
  expect(alone.values).toEqual(features.values.slice(10 * size, 13 * size));
});

test("silence: a silent clip keeps its segments, flagged, and is evaluated by them; a half-silent one is not", async () => {
  const silent: Waveform = { samples: new Float32Array(5 * 22050), sampleRate: 22050 };
  const half = noise(5, 7);
  half.samples.fill(0, 0, 3 * 22050);
  const dataset = made([silent, half, noise(5, 8), noise(5, 9)]);
  const features = await compute(dataset);
  const flags = (clip: number) => [...features.silent].filter((_, s) => features.clipOf[s] === clip).join("");
  expect(flags(0)).toBe("111111111");
  expect(flags(1)).toBe("111110000".slice(0, 9));
  expect(flags(2)).toBe("000000000");
  const set = evaluationSet(dataset, features, 1);
  expect(set.clips).toEqual([0, 1]);
  expect(set.clipOf.filter((clip) => clip === 0).length).toBe(9);
  expect(set.clipOf.filter((clip) => clip === 1).length).toBe(4);
  expect(
    trainingSegments(dataset, features, splitFolds(2, false)).every((s) => features.silent[s] === 0),
  ).toBe(true);
});

test("the paper's front end divides a clip by its peak: level does not matter, silence stays finite", async () => {
  const paper = findRecipe("paper-short").frontEnd;
  const loud = noise(2, 1, { level: 0.8 });
  const soft = { ...loud, samples: loud.samples.map((x) => x / 64) };
  const [a, b] = [await featuresOf([loud], paper), await featuresOf([soft], paper)];
  expect(Math.max(...a.values.map((x, i) => Math.abs(x - b.values[i]!)))).toBeLessThan(1e-3);
  const silent = await featuresOf([{ samples: new Float32Array(44100), sampleRate: 22050 }], paper);
  expect([...silent.silent]).toEqual([1, 1, 1]);
  expect(silent.values.every(Number.isFinite)).toBe(true);
});

test("the cache: read back bit for bit; damaged, it is computed anew with a note; unwritable, it is done without", async () => {
  const folder = join(root, "cache");
  const dataset = made(Array.from({ length: 10 }, (_, i) => noise(1, i)));
  const progress = new Quiet();
  let computed = 0;
  const get = (where: string | null = folder) => {
    const options: CacheOptions = { folder: where, adapter: "test", progress };
    return cachedFeatures(dataset, whole(dataset), frontEnd, options, () => {
      computed++;
      return compute(dataset);
    });
  };
  const first = await get();
  const second = await get();
  expect(computed).toBe(1);
  expect(second).toEqual(first);
  expect(readdirSync(folder).length).toBe(1);

  const file = join(folder, readdirSync(folder)[0]!);
  const bytes = readFileSync(file);
  for (const damage of [
    () => bytes.subarray(0, bytes.length - 4),
    () => Buffer.alloc(0),
    () => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]),
  ]) {
    writeFileSync(file, damage());
    const before = computed;
    expect(await get()).toEqual(first);
    expect(computed).toBe(before + 1);
    expect(progress.lines.some((line) => line.includes("the cached features are computed anew"))).toBe(true);
    expect(readFileSync(file)).toEqual(bytes);
  }

  writeFileSync(join(root, "file"), "");
  expect(await get(join(root, "file"))).toEqual(first);
  expect(progress.lines.at(-1)).toContain("the features are not kept for the next run");
  expect(await get(null)).toEqual(first);
});

test("the cache's key changes with the sounds, their order, each setting, and the adapter", () => {
  const waves = Array.from({ length: 4 }, (_, i) => noise(0.1, i));
  const key = (of: Waveform[], adapter = "a", settings: object | null = null, which = frontEnd) =>
    cacheKey(made(of), { ...whole(made(of)), settings }, which, adapter);
  const keys = new Set([key(waves), key(waves.toReversed()), key(waves.slice(1)), key(waves, "b")]);
  keys.add(key(waves, "a", { copies: 1 })).add(key(waves, "a", { copies: 2 }));
  const settings = Object.entries(frontEnd);
  for (const [name, value] of settings) {
    const other = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}x`;
    keys.add(key(waves, "a", null, { ...frontEnd, [name]: other }));
  }
  expect(keys.size).toBe(6 + settings.length);
});
