// Views of pictures: where they may begin, that a picture is a ring to them, and what becomes of their targets.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { audibleStarts, ClipViews, ViewStore } from "../../../src/train/learning/views.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { LogMel, Recipe } from "../../../src/train/recipes/recipe.ts";

setDefaultTimeout(60_000);

const [BANDS, TOTAL, FRAMES] = [8, 12, 8];
const convnet = findRecipe("otograd");
const recipe = {
  ...convnet,
  frontEnd: convnet.frontEnd as LogMel,
  masks: null,
  views: { frames: FRAMES, gain: 0, mixed: 0.5, masked: 1, stretch: 1, shift: 0 },
} satisfies Recipe;

/** Segment s has 100 s + t in frame t of all bands, so that a view says where it is from. */
const values = Float32Array.from({ length: 3 * BANDS * TOTAL }, (_, i) => {
  return 100 * Math.floor(i / (BANDS * TOTAL)) + (i % TOTAL);
});
const features = { shape: [BANDS, TOTAL], values };
const plain = { mean: 0, deviation: 1 };

test("views begin where something is heard, the picture taken for a ring", () => {
  // One loud frame, 2, of twelve: views of four frames with it begin at 11, 0, 1 and 2.
  const picture = Float32Array.from({ length: 2 * TOTAL }, (_, i) => (i % TOTAL === 2 ? 0 : -60));
  expect(audibleStarts(picture, 2, TOTAL, 4)).toEqual([0, 1, 2, 11]);
  expect(audibleStarts(new Float32Array(2 * TOTAL).fill(-80), 2, TOTAL, 4)).toHaveLength(TOTAL); // silence
});

test("a view is frames in a row of one segment, standardised", async () => {
  const store = new ViewStore(features, [2, 0], FRAMES, { mean: 100, deviation: 2 }, 2 ** 27);
  const views = store.drawn([0, 1, 0, 0], new HostRandom(1));
  expect(views.shape).toEqual([4, BANDS, FRAMES]);
  const frames = (await views.mul(2).add(100).tolist()) as number[][][];
  const starts = frames.map((bands, i) => {
    const first = bands[0]![0]! % 100;
    const ring = Array.from({ length: FRAMES }, (_, t) => (i === 1 ? 0 : 200) + ((first + t) % TOTAL));
    for (const band of bands) expect(band).toEqual(ring);
    return first;
  });
  expect(new Set(starts).size).toBeGreaterThan(1);
  console.log(`  views begin at ${starts.join(", ")} of ${TOTAL} frames`);
});

test("a stretched view takes frames faster or slower, all bands alike", async () => {
  const store = new ViewStore(features, [0], FRAMES, plain, 2 ** 27);
  const views = store.drawn(Array(32).fill(0), new HostRandom(3), { stretch: 1.5, shift: 0 });
  const lengths = ((await views.tolist()) as number[][][]).map((bands) => {
    for (const band of bands) expect(band).toEqual(bands[0]!);
    const steps = bands[0]!.slice(1).map((frame, t) => (frame - bands[0]![t]! + TOTAL) % TOTAL);
    for (const step of steps) expect([0, 1, 2]).toContain(step);
    return steps.reduce((a, b) => a + b);
  });
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  expect(shortest).toBeLessThan(FRAMES - 1);
  expect(longest).toBeGreaterThan(FRAMES - 1);
  expect(longest).toBeLessThanOrEqual(1.5 * (FRAMES - 1));
  console.log(`  ${FRAMES} frames of a view are ${shortest + 1} to ${longest + 1} of the segment`);
});

test("a shifted view is so many bands higher or lower, the outermost held", async () => {
  // Band b has b in all frames.
  const bandsOf = Float32Array.from({ length: BANDS * TOTAL }, (_, i) => Math.floor(i / TOTAL));
  const store = new ViewStore({ shape: [BANDS, TOTAL], values: bandsOf }, [0], FRAMES, plain, 2 ** 27);
  const views = store.drawn(Array(64).fill(0), new HostRandom(3), { stretch: 1, shift: 2 });
  const seen = new Set<number>();
  for (const bands of (await views.tolist()) as number[][][]) {
    const by = 3 - bands[3]![0]!;
    seen.add(by);
    bands.forEach((band, b) => {
      expect(band).toEqual(Array(FRAMES).fill(Math.min(BANDS - 1, Math.max(0, b - by))));
    });
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
});

test("the wanted share of views is mixed; their targets are the shares, and the same draws give the same", async () => {
  const store = new ViewStore(features, [0, 1, 2], FRAMES, plain, 2 ** 27);
  const draw = () => new ClipViews(store, [0, 1, 2], recipe, 3).batch([0, 1, 2, 0, 1, 2], new HostRandom(4));
  const { input, targets } = draw();
  expect(input.shape).toEqual([6, 2, BANDS, FRAMES]);
  const rows = (await (targets as typeof input).tolist()) as number[][];
  for (const row of rows) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  const whole = rows.filter((row) => Math.max(...row) === 1).length;
  expect(whole).toBeGreaterThan(0);
  expect(whole).toBeLessThan(6);
  expect(await draw().input.tolist()).toEqual(await input.tolist());
  const alone = new ClipViews(store, [0, 1, 2], { ...recipe, mixing: null }, 3);
  expect(alone.batch([2, 0], new HostRandom(4)).targets).toEqual([2, 0]);
});
