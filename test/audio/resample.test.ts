// Resampling: up and down, whole ratios and odd ones, clips shorter than the filter.

import { describe, expect, test } from "bun:test";
import { resample } from "../../src/audio/resample.ts";
import { copiesToTextures } from "../../src/gpu/bindings.ts";
import { device } from "../../src/gpu/device.ts";
import { toTensor } from "../harness.ts";
import { resample as reference } from "../reference/audio/resample.ts";
import { Random } from "../reference/random.ts";
import { type AudioCase, oneOf, prove, sound, soundNames } from "./prove.ts";

interface Rates {
  from: number;
  to: number;
  options?: { lowpassFilterWidth?: number; rolloff?: number };
}

const random = new Random(1);
const rates: Rates[] = [
  { from: 44100, to: 22050 },
  { from: 22050, to: 44100 },
  { from: 16000, to: 22050 },
  { from: 48000, to: 22050 },
  { from: 44100, to: 8000 },
  { from: 3, to: 2 },
  { from: 1, to: 7 },
  { from: 40, to: 1 },
  { from: 48000, to: 16000 },
  { from: 44100, to: 44099 },
  { from: 44100, to: 22050, options: { lowpassFilterWidth: 16, rolloff: 0.8 } },
];
const cases: AudioCase<Rates>[] = rates.flatMap((attrs) =>
  [[1], [2], [3, 7], [2, 3, 64], [127], [2, 1000], [4099]].map((shape) => ({
    input: sound(oneOf(random, soundNames), shape, random),
    attrs,
    floor: 1e-4,
  })),
);
for (const kind of soundNames)
  cases.push({ input: sound(kind, [2, 3000], random), attrs: rates[0]!, floor: 1e-4 });

prove<Rates>({
  name: "resample",
  // covers: ["resample.forward", "resample.near", "resample.nearTexels"]
  covers: [
    "resample.forward",
    ...(device().adapter.software ? ["resample.near"] : []),
    ...(copiesToTextures(0) ? ["resample.nearTexels"] : []),
  ],
  cases,
  run: (wave, { from, to, options }) => resample(wave, from, to, options),
  reference: (wave, { from, to, options }) =>
    reference(wave, from, to, options?.lowpassFilterWidth, options?.rolloff),
  against: "sample",
  allowed: () => 1e-3, // of any sample down to 80 dB below the loudest: decision 24
});

describe("resample", () => {
  const wave = toTensor({ shape: [2, 5], data: new Float64Array(10) });

  test("gives the waveform itself where the rates are equal", () => {
    expect(resample(wave, 8000, 8000)).toBe(wave);
  });

  test("says what is wrong with its arguments", () => {
    expect(() => resample(wave, 44100.5, 22050)).toThrow(
      "resample: origFreq is a whole number ≥ 1, got 44100.5",
    );
    expect(() => resample(wave, 44100, 0)).toThrow("resample: newFreq is a whole number ≥ 1, got 0");
    expect(() => resample(wave, 2, 1, { rolloff: 0 })).toThrow(
      "resample: rolloff is a number above 0, got 0",
    );
    expect(() => resample(toTensor({ shape: [2, 0], data: new Float64Array(0) }), 2, 1)).toThrow(
      "resample: wants [..., samples], no size of which is 0, got [2, 0]",
    );
  });
});
