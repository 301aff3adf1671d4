// Between-class mixing and the loudness it goes by: every kind of sound against every other, loud and quiet, at
// several sample rates, and what the formula promises.
import { describe, expect, test } from "bun:test";
import { aWeightedGain, aWeighting, aWeightingWindow } from "../../src/audio/aWeighting.ts";
import { mixBetweenClass } from "../../src/audio/mixBetweenClass.ts";
import { toTensor } from "../harness.ts";
import { aWeight, gain, mixBetweenClass as reference } from "../reference/audio/mixBetweenClass.ts";
import { Random } from "../reference/random.ts";
import type { Arr } from "../reference/reference.ts";
import { expectRefused } from "../refuses.ts";
import { type AudioCase, oneOf, prove, ROUNDING, sound, soundNames } from "./prove.ts";

const random = new Random(32);
/** Sample rates and their windows, small ones first: the reference transforms by plain sums. */
const RATES = [
  [2000, 256],
  [8000, 1024],
  [16_000, 2048],
  [22_050, 2048],
] as const;

interface Mix {
  sampleRate: number;
  window: number;
  ratios: number[];
}

/** [2, waves, samples]: the sounds that are mixed, each wave louder or quieter than full scale. */
function pairs(waves: number, samples: number): Arr {
  const shape = [2, waves, samples];
  const data = new Float64Array(2 * waves * samples);
  for (let row = 0; row < 2 * waves; row++) {
    const { data: one } = sound(oneOf(random, soundNames), [samples], random);
    const level = 10 ** random.between(-3, 0);
    data.set(
      one.map((x) => level * x),
      row * samples,
    );
  }
  return { shape, data };
}

const half = ({ data, shape }: Arr, which: number): Arr => ({
  shape: shape.slice(1),
  data: data.slice((which * data.length) / 2, ((which + 1) * data.length) / 2),
});

const cases: AudioCase<Mix>[] = RATES.flatMap(([sampleRate, window], i) =>
  [window, 2 * window + 17].map((samples) => {
    const waves = 12 - 3 * i;
    const ratios = Array.from({ length: waves }, (_, w) => (w === 0 ? 0.5 : random.between(0.01, 0.99)));
    return { input: pairs(waves, samples), attrs: { sampleRate, window, ratios } };
  }),
);

// Power is summed over up to 1025 bins, its logarithm is good to 2^-21 of dB's 10 log10(2), or to a rounding of itself.
const GAIN_ERROR = 10 * Math.log10(Math.E) * 64 * ROUNDING + 10 * Math.log10(2) * 2 ** -20 + 160 * ROUNDING;

prove<Mix>({
  name: "aWeightedGain",
  covers: [],
  cases,
  run: (x, { sampleRate }) => aWeightedGain(x, sampleRate),
  reference: (x, { sampleRate, window }) => gain(x, sampleRate, window),
  against: "one", // dB
  allowed: () => GAIN_ERROR,
});

prove<Mix>({
  name: "mixBetweenClass",
  covers: ["mixBetweenClass"],
  cases,
  run: (x, { ratios, sampleRate }) => {
    const [a, b] = [0, 1].map((i) => x.narrow(0, i, 1).squeeze(0)) as [typeof x, typeof x];
    return mixBetweenClass(a, b, ratios, sampleRate);
  },
  reference: (x, { ratios, sampleRate, window }) =>
    reference(half(x, 0), half(x, 1), ratios, sampleRate, window),
  against: "peak",
  // A share's relative error is at most that of the gains' difference, 10^(dB / 20), with exp2's and the division's own.
  allowed: () => (2 * GAIN_ERROR * Math.LN10) / 20 + 64 * ROUNDING,
});

describe("A-weighting", () => {
  test("is the curve's: 0 dB at 1 kHz, its published values elsewhere, and never below -80", () => {
    // IEC 61672-1, table 3, in dB to one decimal place.
    const published = { 31.5: -39.4, 100: -19.1, 250: -8.6, 1000: 0, 2500: 1.3, 4000: 1, 10000: -2.5 };
    for (const [hz, dB] of Object.entries(published)) {
      const exact = Number(hz) === 31.5 ? 10 ** 1.5 : Number(hz); // the nominal frequency's true one
      expect(Math.abs(aWeighting(exact) - dB)).toBeLessThan(0.1);
    }
    for (const hz of [0, 1, 20, 500, 22_050]) expect(aWeighting(hz)).toBeCloseTo(aWeight(hz), 9);
    expect(aWeighting(0)).toBe(-80);
  });

  test("looks through windows of about a tenth of a second, of the lengths in the authors' code", () => {
    expect([16_000, 22_050, 44_100].map(aWeightingWindow)).toEqual([2048, 2048, 4096]);
  });

  test("to the ear, a tone of 200 Hz is 10.9 dB quieter than one of 1 kHz and the same amplitude", async () => {
    const tone = (hz: number) => (t: number) => Math.sin((2 * Math.PI * hz * t) / 22_050);
    const data = Float64Array.from({ length: 8192 }, (_, i) => tone(i < 4096 ? 1000 : 200)(i % 4096));
    const [high, low] = await aWeightedGain(toTensor({ shape: [2, 4096], data }), 22_050).data();
    expect(Math.abs(high! - low! - (aWeight(1000) - aWeight(200)))).toBeLessThan(0.1);
  });
});

describe("mixBetweenClass", () => {
  const a = sound("noise", [4096], random);
  const b = sound("sine", [4096], random);
  const mixed = async (x: Arr, y: Arr, r: number) =>
    mixBetweenClass(toTensor(x), toTensor(y), r, 22_050).data();
  const times = (k: number, { shape, data }: Arr): Arr => ({ shape, data: data.map((x) => k * x) });

  test("the share of 1 is the first sound, that of 0 the second", async () => {
    expect(await mixed(a, b, 1)).toEqual(Float32Array.from(a.data));
    expect(await mixed(a, b, 0)).toEqual(Float32Array.from(b.data));
  });

  test("turning one sound down changes the mix's volume alone", async () => {
    const quiet = await mixed(times(0.25, a), b, 0.3);
    const loud = await mixed(a, b, 0.3);
    const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
    // p a : (1 - p) b stays the same ratio, so the two are parallel.
    expect(dot(quiet, loud) ** 2 / (dot(quiet, quiet) * dot(loud, loud))).toBeCloseTo(1, 5);
  });

  test("says what is wrong with its arguments", () => {
    const [x, y] = [toTensor(a), toTensor(b)];
    const short = toTensor(sound("noise", [100], random));
    expectRefused([
      [
        () => mixBetweenClass(x, short, 0.5, 22_050),
        "mixBetweenClass: wants two of the same shape, got [4096] and [100]",
      ],
      [() => mixBetweenClass(x, y, 1.5, 22_050), "mixBetweenClass: a ratio is from 0 to 1, not 1.5"],
      [() => mixBetweenClass(x, y, [0.5, 0.5], 22_050), "mixBetweenClass: 2 ratios do not fit 1 waves"],
      [
        () => mixBetweenClass(short, short, 0.5, 22_050),
        "mixBetweenClass: clips of 100 samples are shorter than nFft 2048: pad them",
      ],
      [() => aWeightedGain(x, 0), "aWeightedGain: sampleRate is a whole number ≥ 1, got 0"],
    ]);
  });
});
