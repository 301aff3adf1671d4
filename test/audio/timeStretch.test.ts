// The complex STFT, its inverse and the phase vocoder, each by itself; time stretching and pitch shifting that they
// make up; and whether the reference itself does what the names promise.
import { describe, expect, test } from "bun:test";
import { istft } from "../../src/audio/istft.ts";
import { phaseVocoder } from "../../src/audio/phaseVocoder.ts";
import { stft } from "../../src/audio/stft.ts";
import { pitchShift, timeStretch } from "../../src/audio/timeStretch.ts";
import { toTensor } from "../harness.ts";
import * as reference from "../reference/audio/timeStretch.ts";
import { Random } from "../reference/random.ts";
import type { Arr } from "../reference/reference.ts";
import { expectRefused } from "../refuses.ts";
import { type AudioCase, oneOf, prove, ROUNDING, sound, soundNames } from "./prove.ts";

const random = new Random(33);
const LEADS = [[], [1], [3], [2, 2]];

interface Framing {
  nFft: number;
  hop: number;
}

const framings: Framing[] = [4, 8, 32, 64, 128, 256, 512].flatMap((nFft) => [
  { nFft, hop: nFft / 4 },
  { nFft, hop: random.int(1, nFft) },
]);

prove<Framing>({
  name: "stft (complex)",
  covers: ["stft.spectrum"],
  cases: framings.flatMap(({ nFft, hop }) =>
    soundNames.map((kind) => ({
      input: sound(
        kind,
        [...oneOf(random, LEADS), nFft + hop * random.int(0, 9) + random.int(0, hop - 1)],
        random,
      ),
      attrs: { nFft, hop },
      floor: 1e-4, // a bin that is 80 dB below the loudest still has its phase
    })),
  ),
  run: (x, { nFft, hop }) => stft(x, { nFft, hopLength: hop }),
  reference: (x, { nFft, hop }) => reference.stft(x, nFft, hop),
  against: "pair",
  allowed: () => 1e-3, // of any bin down to 80 dB below the loudest: decision 24
});

/** Drawn STFTs with frames and single bins of 0, which have no phase. */
function spectra(shape: number[]): Arr {
  const x = random.array([...shape, 2]);
  for (let i = 0; i < x.data.length; i += 2) {
    const silent = random.uniform() < 0.1;
    const level = 10 ** random.between(-6, 0);
    x.data[i] = silent ? 0 : level * x.data[i]!;
    x.data[i + 1] = silent ? 0 : level * x.data[i + 1]!;
  }
  return x;
}

const FAINT = 1.5 * 2 ** -126;
/** At twice the pace, the phase of the second frame, which is hardly there, stays in those that follow. */
const faint: Arr = {
  shape: [2, 4, 2],
  data: Float64Array.of(1, 0, 0, FAINT, 1, 0, 0.5, 0.5, 0, 1, FAINT, FAINT, 1, 0, 0.5, 0.5),
};

prove<{ rate: number }>({
  name: "phaseVocoder",
  covers: ["phaseVocoder.forward"],
  // In float32 7 · 0.7 is below 4.9 and 10 · 1.1 is 11: frames that a step must not take for its neighbours.
  cases: [0.25, 0.7, 0.9, 1, 1.1, 4 / 3, 2, 7.5].flatMap((rate) =>
    [
      [5, 1],
      [3, 2],
      [2, 17, 33],
      [2, 3, 5, 100],
    ]
      .map((shape) => ({ input: spectra(shape), attrs: { rate } }))
      .concat(rate === 2 ? [{ input: faint, attrs: { rate } }] : []),
  ),
  run: (x, { rate }) => phaseVocoder(x, rate),
  reference: (x, { rate }) => reference.phaseVocoder(x, rate, 3),
  against: "pair",
  // Every output is one more product of phases: their errors are independent.
  allowed: ({ input, attrs: { rate } }) => (16 + 8 * Math.sqrt(input.shape.at(-2)! / rate)) * ROUNDING,
});

interface Inverse {
  hop: number;
  trim: number;
  length: number;
}

prove<Inverse>({
  name: "istft",
  covers: ["istft"],
  cases: framings
    .filter(({ nFft, hop }) => hop <= nFft / 2)
    .flatMap(({ nFft, hop }) =>
      [nFft / 2, 0].map((trim) => {
        const frames = random.int(4, 12);
        const reached = nFft + hop * (frames - 1) - trim;
        // To where the last window is still half open; or past the end, where nothing is, half a window of nothing.
        const length = trim === 0 ? reached + 9 : reached - nFft / 2;
        return {
          input: random.array([...oneOf(random, LEADS), nFft / 2 + 1, frames, 2]),
          attrs: { hop, trim, length },
        };
      }),
    ),
  run: (x, { hop, trim, length }) => istft(x, { hopLength: hop, trim, length }),
  reference: (x, { hop, trim, length }) => reference.istft(x, hop, trim, length),
  against: "peak",
  allowed: () => 16 * ROUNDING,
});

interface Stretch {
  rate: number;
  nFft?: number;
}

/**
 * Sounds of every kind, at small transforms; and at librosa's own, a few frames. The tone has a little noise in it: by
 * itself it leaves most bins to rounding, which differs, and which then is their phase when the clip's end comes, where
 * they are loud.
 */
function clips<A extends { nFft?: number }>(attrs: readonly A[]): AudioCase<A>[] {
  return attrs.flatMap((a) => {
    const { nFft = 2048 } = a;
    const kinds = nFft === 2048 ? (["noise"] as const) : soundNames;
    return kinds.map((kind) => {
      const samples = nFft === 2048 ? 2000 : random.int(1, 12 * nFft);
      const input = sound(kind, [...oneOf(random, [[], [2]]), samples], random);
      if (kind === "sine") input.data = input.data.map((x) => x + random.between(-1e-3, 1e-3));
      return { input, attrs: a };
    });
  });
}

/** Bins that are more than 80 dB below the loudest may have any phase: decision 24. */
const allowed = () => 1e-4;

prove<Stretch>({
  name: "timeStretch",
  covers: [],
  cases: clips<Stretch>([
    ...[0.5, 0.8, 0.95, 1, 1.1, 1.3, 3].flatMap((rate) => [64, 128].map((nFft) => ({ rate, nFft }))),
    { rate: 0.8 },
    { rate: 1.2 },
  ]),
  run: (x, { rate, nFft }) => timeStretch(x, rate, { nFft }),
  reference: (x, { rate, nFft }) => reference.timeStretch(x, rate, nFft),
  against: "peak",
  allowed,
});

interface Shift {
  semitones: number;
  nFft?: number;
}

prove<Shift>({
  name: "pitchShift",
  covers: [],
  cases: clips<Shift>([
    ...[-12, -4, -0.5, 0, 2, 6, 12].map((semitones) => ({ semitones, nFft: 64 })),
    { semitones: -3 },
    { semitones: 4 },
  ]),
  run: (x, { semitones, nFft }) => pitchShift(x, 22_050, semitones, { nFft }),
  reference: (x, { semitones, nFft }) => reference.pitchShift(x, 22_050, semitones, nFft),
  against: "peak",
  allowed,
});

/** A tone of `step` radians a sample. */
const tone = (samples: number, step: number): Arr => ({
  shape: [samples],
  data: Float64Array.from({ length: samples }, (_, t) => 0.5 * Math.sin(step * t)),
});

/** The share of a signal's energy, its ends aside, that a tone of `step` radians a sample has. */
function shareOf(step: number, data: ArrayLike<number>): number {
  const middle = Array.from(data).slice(data.length / 5, (4 * data.length) / 5);
  let [energy, re, im] = [0, 0, 0];
  for (const [t, x] of middle.entries()) {
    energy += x * x;
    re += x * Math.cos(step * t);
    im += x * Math.sin(step * t);
  }
  return (2 * (re * re + im * im)) / (middle.length * energy);
}

describe("the reference's definition", () => {
  const [nFft, step] = [128, 0.6];

  test("a stretched tone keeps its frequency and its loudness, and gets its length", () => {
    for (const rate of [0.8, 1.3]) {
      const { data } = reference.timeStretch(tone(2000, step), rate, nFft);
      expect(data.length).toBe(Math.round(2000 / rate));
      expect(shareOf(step, data)).toBeGreaterThan(0.995);
      expect(Math.max(...data.slice(300, -300))).toBeCloseTo(0.5, 1);
    }
  });

  test("a rate of 1, and no semitones, give the signal back", () => {
    const noise = random.array([1000]);
    for (const { data } of [
      reference.timeStretch(noise, 1, 128),
      reference.pitchShift(noise, 8000, 0, 128),
    ]) {
      const worst = data.reduce((most, x, t) => Math.max(most, Math.abs(x - noise.data[t]!)), 0);
      expect(worst).toBeLessThan(1e-9);
    }
  });

  test("twelve semitones up double a frequency, twelve down halve it, four up are a third", () => {
    for (const semitones of [12, -12, 4]) {
      const { data } = reference.pitchShift(tone(2000, step), 8000, semitones, nFft);
      expect(data.length).toBe(2000);
      expect(shareOf(step * 2 ** (semitones / 12), data)).toBeGreaterThan(0.99);
    }
  });
});

describe("timeStretch and pitchShift", () => {
  const clip = toTensor(sound("sine", [4, 22_050], random));

  test("lengths are librosa's: rounded, a half to the even number; pitch shifts keep theirs", () => {
    const lengths = [0.8, 0.9, 1, 1.2].map((rate) => timeStretch(clip, rate).shape);
    expect(lengths).toEqual([
      [4, 27_562],
      [4, 24_500],
      [4, 22_050],
      [4, 18_375],
    ]); // 22050 / 0.8 = 27562.5
    expect(pitchShift(clip, 22_050, -4).shape).toEqual([4, 22_050]);
  });

  test("many waves are stretched like each by itself, whatever is worked on at once", async () => {
    const options = { nFft: 64, hopLength: 1 }; // a wave's transforms fill what is worked on at once
    const waves = toTensor(sound("noise", [3, 16_000], random));
    const all = await timeStretch(waves, 0.9, options).data();
    const each = [0, 1, 2].map((i) => timeStretch(waves.narrow(0, i, 1), 0.9, options).data());
    expect([...all]).toEqual((await Promise.all(each)).flatMap((data) => [...data]));
  });

  test("each wave may have its own number of semitones", async () => {
    const two = toTensor(sound("noise", [2, 22_050], random));
    const both = await pitchShift(two, 22_050, [-3, 2]).narrow(0, 1, 1).data();
    const alone = await pitchShift(two, 22_050, 2).narrow(0, 1, 1).data();
    // A driver may round rows of another batch differently (SwiftShader does). Of a pure tone most bins hold nothing else,
    // and have any phase; noise is in all of them.
    const furthest = Math.max(...both.map((value, i) => Math.abs(value - alone[i]!)));
    expect(furthest / Math.max(...alone.map(Math.abs))).toBeLessThan(1e-5);
  });

  test("a clip of five seconds an octave up sounds an octave higher", async () => {
    const hz = 440;
    const step = (2 * Math.PI * hz) / 22_050;
    const shifted = await pitchShift(toTensor(tone(110_250, step)), 22_050, 12).data();
    expect(shareOf(2 * step, shifted)).toBeGreaterThan(0.99);
  });

  test("say what is wrong with their arguments", () => {
    const x = toTensor(random.array([2, 100]));
    expectRefused([
      [() => timeStretch(x, 0), "timeStretch: rate is a number above 0, got 0"],
      [() => timeStretch(x, 1000), "timeStretch: at rate 1000 nothing is left of 100 samples"],
      [
        () => timeStretch(x, 1, { nFft: 100 }),
        "timeStretch: nFft is a power of two from 4 to 65536, not 100",
      ],
      [() => timeStretch(x, 1, { hopLength: 0.5 }), "timeStretch: hopLength is a whole number ≥ 1"],
      [() => pitchShift(x, 22_050, Number.NaN), "pitchShift: semitones are from -48 to 48, not NaN"],
      [
        () => pitchShift(x, 22_050, [1, 2, 3]),
        "pitchShift: 3 numbers of semitones do not fit 2 waves: one for each, or a number for all",
      ],
      [() => pitchShift(x, 0.5, 1), "pitchShift: sampleRate is a whole number ≥ 1, got 0.5"],
    ]);
  });
});
