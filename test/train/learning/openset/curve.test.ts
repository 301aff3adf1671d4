// What is refused against what is kept: curves and areas worked out by hand, and thresholds that keep what they promise.
import { expect, test } from "bun:test";
import { HostRandom } from "../../../../src/gpu/host-random.ts";
import {
  areaUnder,
  meanCurve,
  pointAt,
  refusedAt,
  rocCurve,
} from "../../../../src/train/learning/openset/curve.ts";
import { fewestFor, KEEPS_ALL, thresholdKeeping } from "../../../../src/train/learning/openset/threshold.ts";

const SCORES = { known: [0.9, 0.8, 0.7, 0.4], unknown: [0.7, 0.3] };

test("the curve goes from all kept to all refused, a point for each threshold that makes a difference", () => {
  const curve = rocCurve(SCORES);
  console.log(curve.map(({ kept, refused }) => `${kept} kept, ${refused} refused`).join("; "));
  expect(curve.map(({ kept, refused }) => [kept, refused])).toEqual([
    [1, 0], // from 0.3 on
    [1, 0.5], // 0.4
    [0.75, 0.5], // 0.7, which a known and an unknown clip have
    [0.5, 1], // 0.8
    [0.25, 1],
    [0, 1],
  ]);
  expect(pointAt(SCORES, 0.7)).toEqual({ threshold: 0.7, kept: 0.75, refused: 0.5 });
  expect([refusedAt(curve, 1), refusedAt(curve, 0.75), refusedAt(curve, 0.6), refusedAt(curve, 0.5)]).toEqual(
    [0.5, 0.5, 0.5, 1],
  );
});

test("the area is how often a known clip beats an unknown one, a tie being half", () => {
  expect(areaUnder(SCORES)).toBe((2 + 2 + 1.5 + 1) / 8);
  expect(areaUnder({ known: [1, 2], unknown: [0, 0.5] })).toBe(1);
  expect(areaUnder({ known: [0], unknown: [1] })).toBe(0);
  expect(areaUnder({ known: [1], unknown: [] })).toBeNaN();
});

test("the mean of curves is taken where they keep the same share", () => {
  const perfect = rocCurve({ known: [1, 1], unknown: [0] });
  const upsideDown = rocCurve({ known: [0, 0], unknown: [1] });
  const mean = meanCurve([perfect, upsideDown]);
  expect([mean[0], mean[50], mean[100]]).toEqual([
    { kept: 0, refused: 1 },
    { kept: 0.5, refused: 0.5 },
    { kept: 1, refused: 0.5 },
  ]);
});

test("a threshold keeps the share of new sounds that it is asked for, and refuses nothing where there are too few", () => {
  expect(thresholdKeeping([5, 1, 4, 2, 3, 9, 8, 7, 6], 0.9)).toBe(1); // the 9th of 9
  expect(thresholdKeeping([5, 1, 4, 2, 3, 9, 8, 7, 6], 0.5)).toBe(5);
  expect(thresholdKeeping([5, 1, 4, 2, 3, 8, 7, 6], 0.9)).toBe(KEEPS_ALL);
  expect(thresholdKeeping([], 0.5)).toBe(KEEPS_ALL);
  expect([fewestFor(0.9), fewestFor(0.5), fewestFor(0.95)]).toEqual([9, 1, 19]);
  const random = new HostRandom(7);
  let kept = 0;
  for (let i = 0; i < 4000; i++) {
    const threshold = thresholdKeeping(
      Array.from({ length: 20 }, () => random.uniform()),
      0.9,
    );
    kept += 1 - threshold; // of a uniform score
  }
  console.log(`asked for 0.9, kept ${(kept / 4000).toFixed(4)}`);
  expect(kept / 4000).toBeGreaterThan(0.9); // ⌈0.9 · 21⌉ = 19 of 20: 19 / 21 = 0.905 on average
  expect(kept / 4000).toBeLessThan(0.91);
});
