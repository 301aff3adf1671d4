// Decibels: the floor and whom it is shared by, and the whole chain from waveform to decibels.
import { describe, expect, test } from "bun:test";
import { type AmplitudeToDbOptions, amplitudeToDb } from "../../src/audio/amplitudeToDb.ts";
import { MelSpectrogram } from "../../src/audio/melScale.ts";
import { resample } from "../../src/audio/resample.ts";
import { toTensor } from "../harness.ts";
import { amplitudeToDb as reference } from "../reference/audio/amplitudeToDb.ts";
import { melScale } from "../reference/audio/melScale.ts";
import { resample as resampleReference } from "../reference/audio/resample.ts";
import { spectrogram } from "../reference/audio/spectrogram.ts";
import { Random } from "../reference/random.ts";
import type { Arr } from "../reference/reference.ts";
import { oneOf, prove, sound, soundNames } from "./prove.ts";

const random = new Random(4);

/** Powers over 200 dB, with zeros among them. */
function powers(shape: readonly number[]): Arr {
  const x = random.array(shape, -16, 4);
  return { shape: x.shape, data: x.data.map((e) => (random.uniform() < 0.05 ? 0 : 10 ** e)) };
}

/** dB. A result near 200 has roundings of 8e-6, and WGSL grants log2 three more. */
const TOLERANCE = 1e-4;

prove<AmplitudeToDbOptions>({
  name: "amplitudeToDb, in dB",
  covers: ["amplitudeToDb"],
  cases: Array.from({ length: 40 }, () => ({
    input: powers(
      oneOf(random, [
        [1, 1],
        [60, 41],
        [3, 60, 41],
        [2, 3, 7, 65],
        [2, 3, 4, 5, 6],
        [2, 1, 128, 300],
      ]),
    ),
    attrs: {
      topDb: oneOf(random, [null, 0, 30, 80]),
      floorDims: oneOf(random, [2, 3] as const),
      multiplier: oneOf(random, [10, 20] as const),
      amin: oneOf(random, [1e-10, 1e-5]),
      ref: oneOf(random, [1, 0.3, 1e-12]),
    },
  })),
  run: amplitudeToDb,
  reference,
  against: "one",
  allowed: () => TOLERANCE,
});

const blog = { sampleRate: 22050, nFft: 1024, winLength: 1024, hopLength: 512, nMels: 60, normalized: true };
prove<AmplitudeToDbOptions>({
  name: "44.1 kHz to mel dB, in dB",
  covers: ["stft.frames", "stft.power", "amplitudeToDb"],
  cases: soundNames.map((kind) => ({
    input: sound(kind, [2, 11_025], random),
    attrs: { topDb: 80, floorDims: 2 },
  })),
  run: (wave, attrs) => amplitudeToDb(new MelSpectrogram(blog).forward(resample(wave, 44100, 22050)), attrs),
  reference: (wave, attrs) => {
    const half = resampleReference(wave, 44100, 22050);
    return reference(melScale(spectrogram(half, blog), blog), attrs);
  },
  against: "one",
  allowed: () => 0.01, // decision 24
});

describe("amplitudeToDb", () => {
  const x = toTensor({ shape: [2, 1, 2], data: Float64Array.of(1, 1e-9, 1e-5, 1e-9) });
  const values = async (options: AmplitudeToDbOptions, shape = [2, 1, 2]) =>
    [...(await amplitudeToDb(x.reshape(shape), options).data())].map(Math.round);

  test("shares its floor as torchaudio does, or by spectrogram", async () => {
    expect(await values({ topDb: 20 })).toEqual([0, -20, -20, -20]);
    expect(await values({ topDb: 20 }, [2, 1, 1, 2])).toEqual([0, -20, -50, -70]);
    expect(await values({ topDb: 20, floorDims: 2 })).toEqual([0, -20, -50, -70]);
    expect(await values({})).toEqual([0, -90, -50, -90]);
  });

  test("keeps not-a-number, and does not hide it under a floor", async () => {
    const bad = toTensor({ shape: [2, 1, 2], data: Float64Array.of(1, Number.NaN, 1, 1) });
    expect([...(await amplitudeToDb(bad).data())].map(Number.isNaN)).toEqual([false, true, false, false]);
    const floored = amplitudeToDb(bad, { topDb: 20, floorDims: 2 });
    expect([...(await floored.data())].map(Number.isNaN)).toEqual([true, true, false, false]);
  });

  test("says what is wrong with its arguments", () => {
    expect(() => amplitudeToDb(x, { topDb: -1 })).toThrow("amplitudeToDb: topDb is at least 0, not -1");
    expect(() => amplitudeToDb(x, { amin: 0 })).toThrow("amplitudeToDb: amin is a number above 0, got 0");
    expect(() => amplitudeToDb(x.reshape([4]))).toThrow("a spectrogram [..., frequencies, frames], got [4]");
  });
});
