// The training set: altered copies are of the training clips alone and by the recipe's bounds, and nothing of a fold
// that is tested or validated reaches what training sees.

import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed, type Tensor } from "../../../src/index.ts";
import { type Dataset, splitFolds } from "../../../src/train/dataset/dataset.ts";
import { alterationsFor, drawAlterations } from "../../../src/train/features/augment.ts";
import { computeFeatures, copiesFeatures } from "../../../src/train/features/compute.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import type { Features, Keep } from "../../../src/train/features/features.ts";
import { epochBatches, epochRandom } from "../../../src/train/learning/batches.ts";
import { trainingSegments } from "../../../src/train/learning/split.ts";
import { trainingData, trainingSet } from "../../../src/train/learning/training-set.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Recipe } from "../../../src/train/recipes/recipe.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Stop } from "../../../src/train/terminal/talk.ts";

setDefaultTimeout(60_000);

const progress = new Progress();
progress.begin = progress.say = () => {};
const stop: Stop = { signal: null, onFirst: "" };
const session = { progress, stop };

const paper = findRecipe("paper-short");
const CLASSES = ["dog", "rain", "crying_baby"];

interface Sound {
  name: string;
  fold: number;
  /** Index into CLASSES. */
  label: number;
  wave: Waveform;
}

function noise(seconds: number, seed: number, level = 0.1): Waveform {
  const random = new HostRandom(seed);
  const samples = Float32Array.from({ length: Math.round(seconds * 22050) }, () => level * random.normal());
  return { samples, sampleRate: 22050 };
}

/** One clip of each class in each fold. */
const sounds: Sound[] = Array.from({ length: 15 }, (_, i) => ({
  name: `sound ${i}`,
  fold: Math.floor(i / 3) + 1,
  label: i % 3,
  wave: noise(1.5 + (i % 2), i),
}));

function datasetOf(clips: Sound[]): Dataset {
  return {
    source: "made",
    classes: CLASSES,
    clips,
    folds: 5,
    fingerprint: (clip) => clips[clip]!.name,
    load: async (clip) => clips[clip]!.wave,
  };
}

/** The features of a list of clips, by the front end that all recipes here have. */
const known = new Map<Sound[], Promise<Features>>();
function featuresOf(clips: Sound[]): Promise<Features> {
  if (!known.has(clips))
    known.set(clips, computeFeatures(datasetOf(clips), extractorOf(paper.frontEnd), session));
  return known.get(clips)!;
}

/** All that an epoch's steps are given, hashed. */
async function trainingInput(clips: Sound[], recipe: Recipe) {
  const dataset = datasetOf(clips);
  const features = await featuresOf(clips);
  const extractor = extractorOf(recipe.frontEnd);
  const keep: Keep = (_, compute) => compute();
  const sources = { dataset, recipe, extractor, features, keep, maxBytes: 2 ** 27 };
  const set = await trainingSet(sources, splitFolds(dataset, 5, recipe.validates), 3, session);
  const data = await trainingData(sources, set, session);
  const { order, gpuSeed } = epochRandom(1, 1);
  manualSeed(gpuSeed);
  const steps: unknown[] = [];
  for (const positions of epochBatches(data.size, 16, order)) {
    const { input, targets } = data.batch(positions, order);
    const labels = "shape" in targets ? [...(await (targets as Tensor).data())] : targets;
    steps.push({ input: Bun.hash((await input.data()) as Float32Array), labels });
  }
  return { segments: data.size, standardization: set.standardization, steps };
}

const RECIPES: Record<string, Partial<Recipe>> = {
  "as they are, with masks": { masks: { mels: 22, frames: 30 } },
  "with altered copies": { augmentation: { ...paper.augmentation!, copies: 2 } },
  "with copies that are only delayed": { augmentation: { ...paper.augmentation!, classes: null, copies: 2 } },
  "mixed as spectrograms": { mixing: "spectrograms" },
  "mixed in power": { mixing: "power" },
  "mixed between classes": { mixing: "between-class" },
  "of two clips a class": { examples: 2 },
};
// Fold 4 validates, fold 5 tests. A new clip comes first, so that every other clip's number changes too.
const others: Sound[] = [
  { name: "new", fold: 5, label: 1, wave: noise(3, 99) },
  ...sounds.map((sound, i) => (sound.fold < 4 ? sound : { ...sound, wave: noise(4, 100 + i, 0.9) })),
];
const trained = sounds.map((sound) =>
  sound.name === "sound 1" ? { ...sound, wave: noise(1.5, 98) } : sound,
);
for (const [what, changes] of Object.entries(RECIPES)) {
  test(`changing the clips of the test and validation folds changes no training input (${what})`, async () => {
    const recipe = { ...paper, augmentation: null, ...changes };
    const before = await trainingInput(sounds, recipe);
    expect(await trainingInput(others, recipe)).toEqual(before);
    expect(await trainingInput(trained, recipe)).not.toEqual(before);
    console.log(`  training input of ${before.segments} segments, ${what}: the same`);
  });
}

test("a clip's copies have its length, sound different, and begin with silence where they are delayed", async () => {
  const dataset = datasetOf(sounds);
  const clips = [2, 1]; // a baby, altered; rain, delayed
  const alterations = alterationsFor({ ...paper.augmentation!, copies: 3 }, CLASSES);
  const copies = await copiesFeatures(dataset, clips, alterations, extractorOf(paper.frontEnd), {
    what: "",
    ...session,
  });
  const plain = await computeFeatures(dataset, extractorOf(paper.frontEnd), session);
  const count = (clip: number) => plain.clipOf.filter((each) => each === clip).length;
  expect([...copies.clipOf]).toEqual([...Array(3 * count(2)).fill(0), ...Array(3 * count(1)).fill(1)]);
  expect(copies.values.every(Number.isFinite)).toBe(true);
  const ofClip2 = plain.values.subarray(plain.clipOf.indexOf(2) * 60 * 41).subarray(0, count(2) * 60 * 41);
  for (let copy = 0; copy < 3; copy++) {
    const altered = copies.values.subarray(copy * ofClip2.length, (copy + 1) * ofClip2.length);
    const off =
      altered.reduce((sum, decibel, k) => sum + Math.abs(decibel - ofClip2[k]!), 0) / altered.length;
    expect(off).toBeGreaterThan(1);
  }
  const frames = copies.shape[1]!;
  drawAlterations("sound 1", "rain", alterations, 22050).forEach(({ delay }, copy) => {
    const first = (3 * count(2) + copy * count(1)) * 60 * frames;
    const quiet = Math.max(0, Math.floor(delay / 512) - 2); // frames that end before the sound begins
    for (let t = 0; t < Math.min(quiet, frames); t++)
      expect(copies.values[first + t]!).toBe(Math.min(...copies.values.subarray(first, first + 60 * frames)));
  });
  const again = await copiesFeatures(dataset, clips, alterations, extractorOf(paper.frontEnd), {
    what: "",
    ...session,
  });
  expect(again).toEqual(copies);
});

test("a clip may be so long that its copies are made some at a time, or in pieces", async () => {
  const extractor = extractorOf(paper.frontEnd);
  const copiesOf = async (seconds: number, copies: number) => {
    const dataset = datasetOf([{ name: "long", fold: 1, label: 1, wave: noise(seconds, 5) }]);
    const alterations = alterationsFor({ ...paper.augmentation!, copies }, CLASSES);
    const { values, silent } = await copiesFeatures(dataset, [0], alterations, extractor, {
      what: "",
      ...session,
    });
    return { values, segments: silent.length };
  };
  const [four, one] = [await copiesOf(30, 4), await copiesOf(30, 1)]; // more than three do not fit at once
  expect(four.segments).toBe(4 * one.segments);
  const off = one.values.map((decibel, k) => Math.abs(decibel - four.values[k]!));
  expect(off.reduce((most, each) => Math.max(most, each))).toBeLessThan(1e-3);
  const segmentsOf = (seconds: number) => Math.floor((seconds * 22050 - 20480) / 10240) + 1;
  expect((await copiesOf(100, 1)).segments).toBe(2 * segmentsOf(50));
});

test("some clips of each class are drawn by the seed, all of their segments with them", async () => {
  const dataset = datasetOf(sounds);
  const features = await featuresOf(sounds);
  const drawn = (examples: number, seed: number) => {
    const segments = trainingSegments(dataset, features, splitFolds(dataset, 5, true), examples, seed);
    const clips = [...new Set(segments.map((segment) => features.clipOf[segment]!))];
    const all = features.clipOf.filter((clip, s) => clips.includes(clip) && features.silent[s] === 0);
    expect(segments.length).toBe(all.length);
    expect(clips.every((clip) => [1, 2, 3].includes(dataset.clips[clip]!.fold))).toBe(true);
    return clips;
  };
  const labels = (clips: number[]) => clips.map((clip) => dataset.clips[clip]!.label).sort();
  expect(labels(drawn(1, 1))).toEqual([0, 1, 2]);
  expect(labels(drawn(2, 1))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(drawn(9, 1)).toHaveLength(9); // there are no more
  expect(drawn(1, 1)).toEqual(drawn(1, 1));
  expect(new Set([1, 2, 3, 4, 5].map((seed) => drawn(1, seed).join())).size).toBeGreaterThan(2);
  expect(drawn(2, 1)).toEqual(expect.arrayContaining(drawn(1, 1)));
});
