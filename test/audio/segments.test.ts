// Cutting clips into segments, and clips at their own full scale.
import { describe, expect, test } from "bun:test";
import { peakNormalize, segments } from "../../src/audio/segments.ts";
import { toTensor } from "../harness.ts";
import { peakNormalize as peakReference } from "../reference/audio/peakNormalize.ts";
import { segments as reference } from "../reference/audio/segments.ts";
import { Random } from "../reference/random.ts";
import { oneOf, prove, ROUNDING, sound, soundNames } from "./prove.ts";

const random = new Random(6);

interface Cut {
  length: number;
  hop: number;
}

const drawn = Array.from({ length: 40 }, () => {
  const length = random.int(1, 200);
  const n = length + random.int(0, 400);
  const lead = oneOf(random, [[], [1], [3], [2, 5], [2, 2, 3]]);
  return { input: random.array([...lead, n]), attrs: { length, hop: random.int(1, 250) } };
});
const blog: Cut = { length: 512 * 41 - 1, hop: (512 * 41) / 2 };
const paper: Cut = { length: 512 * 40, hop: 512 * 20 };

prove<Cut>({
  name: "segments",
  covers: ["copy.pick"],
  cases: [
    ...drawn,
    { input: random.array([2, 50_000]), attrs: blog },
    { input: random.array([2, 50_000]), attrs: paper },
    { input: random.array([3, 25_000, 2]), attrs: { length: 1, hop: 1 } }, // more rows than one dimension of a launch
  ],
  run: segments,
  reference: (x, { length, hop }) => reference(x, length, hop),
  against: "one",
  allowed: () => 0,
});

prove<null>({
  name: "peakNormalize",
  covers: ["peakNormalize.peaks", "peakNormalize.scale"],
  cases: [
    ...soundNames.flatMap((kind) =>
      [[1], [3, 2], [5, 63], [2, 2, 65], [3, 5000], [2, 20_001]].map((shape) => {
        const input = sound(kind, shape, random);
        const quiet = input.data.map((x) => x * 1e-3);
        return { input: { shape: input.shape, data: quiet }, attrs: null };
      }),
    ),
    { input: random.array([66_000, 2]), attrs: null }, // more rows than one dimension of a launch
  ],
  run: peakNormalize,
  reference: peakReference,
  against: "value",
  allowed: () => 4 * ROUNDING,
});

describe("segments", () => {
  test("of five seconds at 22,050 Hz: nine in the paper's setting and in the blog's", () => {
    const clip = toTensor({ shape: [1, 110_250], data: new Float64Array(110_250) });
    expect(segments(clip, paper).shape).toEqual([9, 20_480]);
    expect(segments(clip, blog).shape).toEqual([9, 20_991]);
  });

  test("says what is wrong with its arguments", () => {
    const x = toTensor(random.array([2, 10]));
    expect(() => segments(x, { length: 11, hop: 1 })).toThrow(
      "segments: [2, 10] has 10 values a clip, a segment wants 11: pad it",
    );
    expect(() => segments(x, { length: 5, hop: 0 })).toThrow("segments: hop is a whole number ≥ 1, got 0");
  });
});

test("peakNormalize keeps not-a-number", async () => {
  const x = toTensor({ shape: [2, 2], data: Float64Array.of(1, Number.NaN, 2, 1) });
  const [a, b, c, d] = await peakNormalize(x).data();
  expect([Number.isNaN(a), Number.isNaN(b), c, d]).toEqual([true, true, 1, 0.5]);
});
