// Crops to learn from: where they are cut, how fast they are played, what they are mixed with.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { audio, type Tensor, tensor } from "../../../src/index.ts";
import { cropOf, WaveCrops, withoutZeros } from "../../../src/train/learning/crops.ts";
import { drawMixtures, mixedTargets } from "../../../src/train/learning/mixing.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Crops, Recipe } from "../../../src/train/recipes/recipe.ts";

setDefaultTimeout(60_000);

const ramp = (length: number, from = 1) => Float32Array.from({ length }, (_, i) => from + i);

test("zeros go at the ends, and nowhere else; a wave of zeros stays", () => {
  expect([...withoutZeros(Float32Array.of(0, 0, 1, 0, 2, 0))]).toEqual([1, 0, 2]);
  expect([...withoutZeros(Float32Array.of(0, 0))]).toEqual([0, 0]);
});

test("a crop is from anywhere, with silence on either side of the wave", () => {
  const random = new HostRandom(1);
  const starts = new Map<number, number>();
  for (let i = 0; i < 3000; i++) {
    const crop = cropOf(ramp(20), 8, { padding: 0.5, stretch: 1, gain: 0 }, random);
    const first = crop.findIndex((value) => value !== 0);
    const start = crop[first]! - 1 - first; // of the wave's own samples
    starts.set(start, (starts.get(start) ?? 0) + 1);
    expect([...crop]).toEqual(
      Array.from({ length: 8 }, (_, t) => (start + t >= 0 && start + t < 20 ? start + t + 1 : 0)),
    );
  }
  expect([...starts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i - 4)); // −4 … 16
  expect(Math.min(...starts.values())).toBeGreaterThan(90); // 143 on average
});

test("a wave that is shorter than its crop lies anywhere in it, or beyond its edge in part", () => {
  for (let seed = 0; seed < 20; seed++) {
    const crop = cropOf(ramp(3), 10, { padding: 0.5, stretch: 1, gain: 0 }, new HostRandom(seed));
    const inside = [...crop].filter((value) => value !== 0);
    expect("123").toContain(inside.join(""));
    expect(inside.length).toBeGreaterThan(0);
  }
});

test("stretched crops go through the wave at another rate, between its samples in a straight line", () => {
  const settings: Crops = { padding: 0, stretch: 1.25, gain: 0 };
  const rates: number[] = [];
  for (let seed = 0; seed < 300; seed++) {
    const crop = cropOf(ramp(400), 50, settings, new HostRandom(seed));
    const rate = (crop[49]! - crop[0]!) / 49;
    rates.push(rate);
    for (let t = 0; t < 50; t++) expect(Math.abs(crop[t]! - (crop[0]! + rate * t))).toBeLessThan(1e-3);
  }
  const logs = rates.map((rate) => Math.log(rate) / Math.log(1.25));
  expect(
    [Math.min(...logs), Math.max(...logs)].map((u) => Math.abs(u) > 0.97 && Math.abs(u) < 1.001),
  ).toEqual([true, true]);
  expect(Math.abs(logs.reduce((a, b) => a + b) / logs.length)).toBeLessThan(0.1);
});

const SAMPLES = 5294;
const CLASSES = 3;
const numbers = new HostRandom(8);
const waves = Array.from({ length: 6 }, (_, clip) =>
  Float32Array.from({ length: 9000 + 100 * clip }, () => 0.1 * (clip + 1) * numbers.normal()),
);
const labels = [0, 1, 2, 0, 1, 2];

function cropsFor(name: string, crops: Crops): { data: WaveCrops; recipe: Recipe & { crops: Crops } } {
  const found = findRecipe(name);
  const frontEnd = { ...found.frontEnd, segmentSamples: SAMPLES };
  const recipe = { ...found, frontEnd, crops };
  return { data: new WaveCrops(waves, labels, recipe, CLASSES), recipe };
}

/** The crops of waves, as the data draws them. */
const drawn = (positions: readonly number[], crops: Crops, random: HostRandom): Tensor => {
  const rows = positions.flatMap((p) => [...cropOf(waves[p]!, SAMPLES, crops, random)]);
  return tensor(rows, { shape: [positions.length, SAMPLES] });
};

test("an epoch has a crop of each clip: [n, 1, samples], with its label; the same random numbers, the same crops", async () => {
  const crops = { padding: 0.5, stretch: 1, gain: 0 };
  const { data } = cropsFor("envnet", crops);
  expect(data.size).toBe(6);
  const { input, targets } = data.batch([4, 0, 2], new HostRandom(3));
  expect([input.shape, targets]).toEqual([
    [3, 1, SAMPLES],
    [1, 0, 2],
  ]);
  expect(await input.data()).toEqual(await drawn([4, 0, 2], crops, new HostRandom(3)).data());
});

test("mixed crops: two of other classes at a drawn share, and then louder or softer", async () => {
  const crops = { padding: 0.25, stretch: 1.25, gain: 6 };
  const { data, recipe } = cropsFor("envnet-bc-strong", crops);
  const positions = [5, 1, 3, 0];
  const { input, targets } = data.batch(positions, new HostRandom(4));
  const random = new HostRandom(4);
  const own = drawn(positions, crops, random);
  const mixtures = drawMixtures(positions, labels, random);
  const other = drawn(
    mixtures.map(({ partner }) => partner),
    crops,
    random,
  );
  const shares = mixtures.map(({ share }) => share);
  const mixed = audio.mixBetweenClass(own, other, shares, recipe.frontEnd.sampleRate);
  const got = (await input.data()) as Float32Array;
  const want = (await mixed.data()) as Float32Array;
  const decibels = positions.map((_, row) => {
    const sum = (of: Float32Array) =>
      of.subarray(row * SAMPLES, (row + 1) * SAMPLES).reduce((a, x) => a + x * x, 0);
    return 10 * Math.log10(sum(got) / sum(want));
  });
  for (const [row, db] of decibels.entries()) {
    expect(Math.abs(db)).toBeLessThan(6);
    const gain = 10 ** (db / 20);
    for (let t = row * SAMPLES; t < (row + 1) * SAMPLES; t += 97)
      expect(got[t]!).toBeCloseTo(gain * want[t]!, 5);
  }
  expect(new Set(decibels.map((db) => db.toFixed(2))).size).toBe(4);
  expect(await (targets as Tensor).data()).toEqual(
    await mixedTargets(positions, mixtures, labels, CLASSES).data(),
  );
});
