// The mel filter bank, mel bands of a spectrogram, and the whole way from waveform to mel spectrogram.
import { describe, expect, test } from "bun:test";
import { MelScale, MelSpectrogram, melFilterBank } from "../../src/audio/melScale.ts";
import { device } from "../../src/gpu/device.ts";
import { toTensor } from "../harness.ts";
import * as reference from "../reference/audio/melScale.ts";
import { type SpectrogramOptions, spectrogram } from "../reference/audio/spectrogram.ts";
import { Random } from "../reference/random.ts";
import { type AudioCase, prove, ROUNDING, sound, soundNames } from "./prove.ts";

const random = new Random(3);
const scales: reference.MelOptions[] = [
  { sampleRate: 22050, nMels: 60 },
  { sampleRate: 22050, nMels: 60, norm: "slaney", melScale: "slaney" },
  { sampleRate: 44100, nMels: 128, norm: "slaney" },
  { sampleRate: 16000, nMels: 23, fMin: 50, fMax: 7000, melScale: "slaney" },
  { sampleRate: 32000, nMels: 128, fMax: 15000, melScale: "kaldi" },
  { sampleRate: 8001, nMels: 1 },
  { sampleRate: 8000, nMels: 2, fMin: 3000, fMax: 3010 }, // between two bins: bands of nothing
];

test("melFilterBank is the reference's", () => {
  for (const options of scales) {
    for (const bins of [2, 3, 33, 201, 513]) {
      const expected = reference.melFilterBank(bins, options);
      const got = melFilterBank(bins, options);
      expect(got.length).toBe(expected.data.length);
      for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - expected.data[i]!)).toBeLessThan(1e-12);
    }
  }
});

// The sums are of positive numbers, so that each is right to its own roundings.
const allowed = (bins: number) => (16 + 2 * Math.sqrt(bins)) * ROUNDING;

prove<reference.MelOptions>({
  name: "MelScale",
  // covers: ["melScale.forward", "melScale.fours"]
  covers: ["melScale.forward", ...(device().adapter.software ? ["melScale.fours"] : [])],
  cases: scales.flatMap((attrs) =>
    [
      [2, 1],
      [33, 5],
      [3, 513, 65],
      [201, 40],
      [2, 2, 201, 64],
    ].map((shape) => ({ input: random.array(shape, 0, 1), attrs })),
  ),
  run: (x, attrs) => new MelScale(attrs).forward(x),
  reference: reference.melScale,
  against: "value",
  allowed: ({ input }) => allowed(input.shape.at(-2)!),
});

type Options = reference.MelOptions & SpectrogramOptions;
const blog: Options = {
  sampleRate: 22050,
  nFft: 1024,
  winLength: 1024,
  hopLength: 512,
  nMels: 60,
  normalized: true,
};
const paper: Options = { ...blog, normalized: false, norm: "slaney", melScale: "slaney" };
const odd: Options = {
  sampleRate: 16000,
  nFft: 400,
  winLength: 300,
  hopLength: 77,
  nMels: 23,
  fMin: 50,
  power: 1,
};

const audioSet: Options = {
  sampleRate: 32000,
  nFft: 1024,
  winLength: 800,
  hopLength: 320,
  nMels: 128,
  fMax: 15000,
  melScale: "kaldi",
  periodic: false,
};

const cases: AudioCase<Options>[] = [blog, paper, odd, audioSet].flatMap((attrs) =>
  soundNames.flatMap((kind) =>
    [[513], [700], [2, 6001]].map((shape) => ({
      input: sound(kind, shape, random),
      attrs,
      floor: 10 ** (-4 * (attrs.power ?? 2)),
    })),
  ),
);
cases.push({
  input: sound("noise", [2, 10_000], random),
  attrs: { ...odd, nFft: 64, winLength: 64, hopLength: 1 },
});

prove<Options>({
  name: "MelSpectrogram",
  covers: ["stft.frames", "stft.power", "stft.direct"],
  cases,
  run: (wave, attrs) => new MelSpectrogram(attrs).forward(wave),
  reference: (wave, attrs) => reference.melScale(spectrogram(wave, attrs), attrs),
  against: "value",
  allowed: ({ attrs: { power = 2 } }) => 5e-4 * power, // 1e-3 of any power down to 80 dB below the loudest: decision 24
});

describe("says what is wrong:", () => {
  const mel = (options: object) => () => new MelSpectrogram(options);
  test.each([
    [{ nMels: 0 }, "MelSpectrogram: nMels is a whole number ≥ 1, got 0"],
    [{ sampleRate: 0 }, "MelSpectrogram: sampleRate is a whole number ≥ 1, got 0"],
    [{ fMin: 4000, fMax: 300 }, "MelSpectrogram: wants 0 ≤ fMin < fMax in Hz, got fMin 4000 and fMax 300"],
    [{ norm: "slany" }, 'MelSpectrogram: norm is "slaney" or null, not "slany"'],
    [{ melScale: "bark" }, 'MelSpectrogram: melScale is "htk", "slaney" or "kaldi", not "bark"'],
    [
      { melScale: "kaldi", norm: "slaney" },
      "MelSpectrogram: Kaldi's triangles are straight in mel and of one height: norm is null",
    ],
    [{ nFft: 1 }, "MelSpectrogram: nFft is at least 2"],
  ])("%o", (options, message) => {
    expect(mel(options)).toThrow(message);
  });

  test("a spectrogram without frames", () => {
    const x = toTensor({ shape: [3], data: new Float64Array(3) });
    expect(() => new MelScale().forward(x)).toThrow(
      "MelScale: wants a spectrogram [..., bins, frames], got [3]",
    );
  });
});

test("options that are left out are torchaudio's", () => {
  const { spectrogram: s, mel } = new MelSpectrogram();
  expect(s).toEqual({
    nFft: 400,
    winLength: 400,
    hopLength: 200,
    power: 2,
    normalized: false,
    center: true,
    periodic: true,
  });
  expect(mel).toEqual({ sampleRate: 16000, nMels: 128, fMin: 0, fMax: 8000, norm: null, melScale: "htk" });
});
