// Batches: what the network is fed, checked by plain loops.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed } from "../../../src/index.ts";
import type { Features } from "../../../src/train/features/features.ts";
import {
  epochBatches,
  epochRandom,
  SegmentStore,
  standardizationOf,
} from "../../../src/train/learning/batches.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

setDefaultTimeout(60_000);

const [SEGMENTS, MELS, FRAMES] = [7, 6, 9];
const random = new HostRandom(5);
const features: Features = {
  shape: [MELS, FRAMES],
  values: Float32Array.from({ length: SEGMENTS * MELS * FRAMES }, () => -40 + 10 * random.normal()),
  clipOf: Uint32Array.from({ length: SEGMENTS }, (_, i) => i),
  silent: new Uint32Array(SEGMENTS),
};
const recipe = { ...findRecipe("blog-bn"), masks: null };
const standard = { mean: -40, deviation: 10 };

/** Deltas of one row with the window 2n + 1, its ends repeated (Davis and Mermelstein's regression). */
function deltas(row: number[], width: number): number[] {
  const n = (width - 1) / 2;
  const at = (t: number) => row[Math.min(Math.max(t, 0), row.length - 1)]!;
  const steps = Array.from({ length: n }, (_, i) => i + 1);
  const norm = 2 * steps.reduce((sum, k) => sum + k * k, 0);
  return row.map((_, t) => steps.reduce((sum, k) => sum + k * (at(t + k) - at(t - k)), 0) / norm);
}

test("standardisation: mean 0 and deviation 1 over the given segments alone", () => {
  const { mean, deviation } = standardizationOf(features, [1, 3]);
  const size = MELS * FRAMES;
  const values = [1, 3].flatMap((s) => [...features.values.subarray(s * size, (s + 1) * size)]);
  const mu = values.reduce((a, b) => a + b) / values.length;
  expect(mean).toBeCloseTo(mu, 10);
  expect(deviation).toBeCloseTo(
    Math.sqrt(values.reduce((sum, x) => sum + (x - mu) ** 2, 0) / values.length),
    10,
  );
  expect(standardizationOf({ ...features, values: features.values.map(() => -100) }, [0]).deviation).toBe(1);
});

for (const [what, maxBytes] of [
  ["in one piece", 1e9],
  ["in pieces of two", 2 * MELS * FRAMES * 4],
] as const) {
  test(`a batch is [n, 2, mels, frames]: standardised log-mel, then its deltas (store ${what})`, async () => {
    const segments = [6, 0, 2, 4, 5];
    const store = new SegmentStore(features, segments, [60, 0, 20, 40, 50], standard, maxBytes);
    const order = [4, 0, 2];
    const input = store.input(order, recipe, false);
    expect(input.shape).toEqual([3, 2, MELS, FRAMES]);
    const data = await input.data();
    let worst = 0;
    order.forEach((position, i) => {
      for (let m = 0; m < MELS; m++) {
        const from = (segments[position]! * MELS + m) * FRAMES;
        const row = [...features.values.subarray(from, from + FRAMES)].map((x) => (x + 40) / 10);
        const delta = deltas(row, 5);
        for (let t = 0; t < FRAMES; t++) {
          const at = (channel: number) => data[((i * 2 + channel) * MELS + m) * FRAMES + t]!;
          worst = Math.max(worst, Math.abs(at(0) - row[t]!), Math.abs(at(1) - delta[t]!));
        }
      }
    });
    expect(worst).toBeLessThan(1e-5);
  });
}

test("masks set one band of mels and one of frames to 0 before the deltas are taken, and only in training", async () => {
  const masked = { ...recipe, masks: { mels: 3, frames: 4 } };
  const positions = Array.from({ length: 210 }, (_, i) => i);
  const segments = positions.map((i) => i % SEGMENTS);
  const store = new SegmentStore(features, segments, segments, standard, 1e9);
  const plain = await store.input(positions, masked, false).data();
  manualSeed(1);
  const data = await store.input(positions, masked, true).data();
  manualSeed(1);
  expect(await store.input(positions, masked, true).data()).toEqual(data);
  const widest = { mels: 0, frames: 0 };
  for (const i of positions) {
    const at = (channel: number, m: number, t: number) => ((i * 2 + channel) * MELS + m) * FRAMES + t;
    const mels = Array.from({ length: MELS }, (_, m) => m);
    const frames = Array.from({ length: FRAMES }, (_, t) => t);
    const hiddenMels = mels.filter((m) => frames.every((t) => data[at(0, m, t)] === 0));
    const hiddenFrames = frames.filter((t) => mels.every((m) => data[at(0, m, t)] === 0));
    for (const [hidden, what] of [
      [hiddenMels, "mels"],
      [hiddenFrames, "frames"],
    ] as const) {
      if (hidden.length > 0) expect(hidden.at(-1)! - hidden[0]!).toBe(hidden.length - 1);
      widest[what] = Math.max(widest[what], hidden.length);
    }
    for (const m of mels) {
      const hidden = (t: number) => hiddenMels.includes(m) || hiddenFrames.includes(t);
      const row = frames.map((t) => (hidden(t) ? 0 : plain[at(0, m, t)]!));
      expect([...data.subarray(at(0, m, 0), at(0, m, FRAMES))]).toEqual(row);
      deltas(row, 5).forEach((delta, t) => {
        expect(data[at(1, m, t)]!).toBeCloseTo(delta, 5);
      });
    }
  }
  expect(widest).toEqual({ mels: 3, frames: 4 });
});

test("an epoch visits every segment once, in an order of its own, and leaves no batch of one", () => {
  const first = epochBatches(101, 20, epochRandom(1, 1).order);
  expect(first.map((batch) => batch.length)).toEqual([20, 20, 20, 20, 21]);
  expect(first.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, i) => i));
  expect(epochBatches(101, 20, epochRandom(1, 1).order)).toEqual(first);
  for (const other of [epochRandom(1, 2).order, epochRandom(2, 1).order]) {
    expect(epochBatches(101, 20, other)).not.toEqual(first);
  }
  expect(epochBatches(5, 20, epochRandom(1, 1).order)[0]!.length).toBe(5);
});
