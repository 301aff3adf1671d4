// The gradients of the front end and of the augmentations, against differences of the float64 references; and that
// nothing is recorded where none will be asked for.
import { expect, test } from "bun:test";
import { audio, noGrad, tensor } from "otograd";
import { phaseVocoder as vocoder } from "../../src/audio/phaseVocoder.ts";
import { kernels } from "../../src/gpu/kernel.ts";
import { handleOf } from "../../src/tensor/handle.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { check } from "../harness.ts";
import { amplitudeToDb, type DbOptions } from "../reference/audio/amplitudeToDb.ts";
import { computeDeltas } from "../reference/audio/computeDeltas.ts";
import { delay } from "../reference/audio/delay.ts";
import { freqTimeMask, type MaskOptions } from "../reference/audio/freqTimeMask.ts";
import { type MelOptions, melScale } from "../reference/audio/melScale.ts";
import * as mixing from "../reference/audio/mixBetweenClass.ts";
import { peakNormalize } from "../reference/audio/peakNormalize.ts";
import { preemphasis } from "../reference/audio/preemphasis.ts";
import { resample } from "../reference/audio/resample.ts";
import { segments } from "../reference/audio/segments.ts";
import { type SpectrogramOptions, spectrogram } from "../reference/audio/spectrogram.ts";
import { phaseVocoder, pitchShift, timeStretch } from "../reference/audio/timeStretch.ts";
import { Random } from "../reference/random.ts";
import { type Arr, arr } from "../reference/reference.ts";
import { linear, smooth } from "./gradient.ts";

const random = new Random(77);
const waves = (...shape: number[]) => random.array(shape);
/** Powers that are no less than a tenth, so that their logarithms are no larger than they. */
const powers = (...shape: number[]) => random.array(shape, 0.1, 3);
const last = ({ inputs: [x] }: { inputs: Arr[] }) => x!.shape.at(-1)!;

check<{ from: number; to: number }>({
  name: "resample",
  covers: ["resample.backward"],
  run: ([x], { from, to }) => audio.resample(x!, from, to),
  reference: linear(([x], { from, to }) => resample(x!, from, to)),
  cases: [
    { inputs: [waves(2, 41)], attrs: { from: 2, to: 1 } },
    { inputs: [waves(30)], attrs: { from: 1, to: 3 } },
    { inputs: [waves(2, 1, 37)], attrs: { from: 441, to: 160 } },
    { inputs: [waves(3, 20)], attrs: { from: 160, to: 441 } },
    { inputs: [waves(2, 1)], attrs: { from: 3, to: 2 } },
  ],
  terms: ({ attrs: { from, to } }) => 14 * Math.ceil(Math.max(from / to, to / from)),
});

test("the gradient of a resampled wave is right where samples times the rate take more than 32 bits", async () => {
  const [samples, from, to] = [40_000, 131_071, 131_070];
  const x = tensor(random.array([samples]).data, { shape: [samples], requiresGrad: true });
  const y = audio.resample(x, from, to);
  const dy = tensor(random.array([y.numel()]).data, { shape: [y.numel()] });
  y.backward(dy);
  // Neither is near an end of the wave; and what is linear has Σ y · dy = Σ x · dx.
  const far = (i: number) => i > 35_000 && i < 39_000;
  const inner = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => far(i));
  const [dx, above] = [inner(await x.grad!.data()), inner(await dy.data())];
  const energy = (values: number[]) => values.reduce((sum, v) => sum + v * v, 0);
  expect(energy(dx) / energy(above)).toBeGreaterThan(0.9);
  const dot = async (a: Tensor, b: Tensor) => (await a.mul(b).sum().item()) as number;
  expect(await dot(x, x.grad!)).toBeCloseTo(await dot(y, dy), 1);
});

check<number[]>({
  name: "delay",
  covers: ["delay.backward"],
  run: ([x], delays) => audio.delay(x!, delays),
  reference: linear(([x], delays) => delay(x!, delays)),
  cases: [
    { inputs: [waves(4, 9)], attrs: [0, 3, 9, 8] },
    { inputs: [waves(1, 1)], attrs: [0] },
    { inputs: [waves(3, 120)], attrs: [1, 70, 0] }, // launched along y as well
  ],
});

check<{ length: number; hop: number }>({
  name: "segments",
  covers: ["frames.add"],
  run: ([x], attrs) => audio.segments(x!, attrs),
  reference: linear(([x], { length, hop }) => segments(x!, length, hop)),
  cases: [
    { inputs: [waves(2, 20)], attrs: { length: 7, hop: 3 } },
    { inputs: [waves(2, 3, 11)], attrs: { length: 4, hop: 5 } },
    { inputs: [waves(9)], attrs: { length: 9, hop: 1 } },
  ],
  terms: ({ attrs: { length, hop } }) => Math.ceil(length / hop),
});

check<number>({
  name: "preemphasis",
  covers: [],
  run: ([x], coeff) => audio.preemphasis(x!, coeff),
  reference: linear(([x], coeff) => preemphasis(x!, coeff)),
  cases: [
    { inputs: [waves(2, 21)], attrs: 0.97 },
    { inputs: [waves(1)], attrs: 0.5 },
  ],
  terms: () => 2,
});

check<null>({
  name: "peakNormalize",
  covers: [],
  run: ([x]) => audio.peakNormalize(x!),
  reference: smooth(([x]) => peakNormalize(x!)),
  cases: [waves(3, 17), waves(1, 1), waves(40)].map((x) => ({ inputs: [x], attrs: null })),
  terms: last,
});

check<SpectrogramOptions>({
  name: "Spectrogram",
  covers: ["power", "dft.factors", "frames.cut", "frames.add"],
  run: ([x], attrs) => new audio.Spectrogram(attrs).forward(x!),
  reference: smooth(([x], attrs) => spectrogram(x!, attrs)),
  cases: [
    { inputs: [waves(2, 40)], attrs: { nFft: 16, hopLength: 5 } },
    { inputs: [waves(31)], attrs: { nFft: 8, winLength: 6, power: 1, center: false } },
    { inputs: [waves(3, 9)], attrs: { nFft: 16, hopLength: 3, power: 3 } }, // mirrored at both ends at once
    { inputs: [waves(1, 25)], attrs: { nFft: 10, normalized: true } },
    { inputs: [waves(2, 30)], attrs: { nFft: 16, winLength: 11, hopLength: 5, periodic: false } },
    { inputs: [waves(15)], attrs: { nFft: 9, winLength: 7, hopLength: 3, periodic: false } },
    { inputs: [waves(2, 14)], attrs: { nFft: 9, hopLength: 4, power: 3 } },
    { inputs: [arr([1, 12])], attrs: { nFft: 8 } }, // silence
  ],
  terms: ({ attrs: { nFft } }) => 4 * nFft,
});

const mel = { sampleRate: 8000, nMels: 5 };
check<MelOptions>({
  name: "MelScale",
  covers: ["melScale.forward"],
  run: ([x], attrs) => new audio.MelScale(attrs).forward(x!),
  reference: linear(([x], attrs) => melScale(x!, attrs)),
  cases: [
    { inputs: [powers(2, 17, 4)], attrs: mel },
    { inputs: [powers(9, 3)], attrs: { ...mel, norm: "slaney", melScale: "slaney" } },
    { inputs: [powers(1, 2, 5, 2)], attrs: { ...mel, nMels: 12, fMin: 300 } }, // some bands have no bin
    { inputs: [powers(2, 17, 3)], attrs: { ...mel, melScale: "kaldi", fMax: 3500 } },
  ],
  terms: () => 17,
});

check<DbOptions & { multiplier?: 10 | 20 }>({
  name: "amplitudeToDb",
  covers: [],
  run: ([x], attrs) => audio.amplitudeToDb(x!, attrs),
  reference: smooth(([x], attrs) => amplitudeToDb(x!, attrs)),
  cases: [
    { inputs: [powers(3, 4, 5)], attrs: {} },
    { inputs: [powers(3, 4, 5)], attrs: { topDb: 5, floorDims: 2, multiplier: 20 } },
    { inputs: [powers(2, 2, 4, 3)], attrs: { topDb: 8, amin: 0.5, ref: 2 } },
  ],
  terms: ({ inputs: [x] }) => x!.data.length,
});

check<number>({
  name: "computeDeltas",
  covers: ["computeDeltas.backward"],
  run: ([x], winLength) => audio.computeDeltas(x!, { winLength }),
  reference: linear(([x], winLength) => computeDeltas(x!, winLength)),
  cases: ([[3, 12], [2, 4], [2, 3, 2], [4, 1], [9, 37]] as const).flatMap((shape) =>
    [3, 5, 9].map((winLength) => ({ inputs: [waves(...shape)], attrs: winLength })),
  ), // biome-ignore format: shapes
  terms: ({ attrs }) => 4 * attrs,
});

check<MaskOptions>({
  name: "freqTimeMask",
  covers: ["freqTimeMask"],
  run: ([x], attrs) => audio.freqTimeMask(x!, attrs),
  reference: linear(([x], attrs) => freqTimeMask(x!, attrs)),
  cases: [[4, 2, 6, 7], [3, 5, 9], [6, 6]].map((shape, draw) => ({
    inputs: [random.array(shape)],
    attrs: { freqMaskParam: 4, timeMaskParam: 6, maskValue: 3, random: { seed: 5, draw } },
  })), // biome-ignore format: shapes
});

const RATE = 160; // windows of 16 samples

check<null>({
  name: "aWeightedGain",
  covers: [],
  run: ([x]) => audio.aWeightedGain(x!, RATE),
  reference: smooth(([x]) => mixing.gain(x!, RATE, 16)),
  cases: [waves(3, 50), waves(20)].map((x) => ({ inputs: [x], attrs: null })),
  terms: () => 64,
  ulps: 8, // a logarithm
});

check<number[]>({
  name: "mixBetweenClass",
  covers: [],
  run: ([a, b], ratios) => audio.mixBetweenClass(a!, b!, ratios, RATE),
  reference: smooth(([a, b], ratios) => mixing.mixBetweenClass(a!, b!, ratios, RATE, 16)),
  cases: [
    { inputs: [waves(3, 30), waves(3, 30)], attrs: [0.5, 0.1, 0.9] },
    { inputs: [waves(24), waves(24)], attrs: [0.7] },
  ],
  terms: () => 64,
  ulps: 8,
});

check<number>({
  name: "phaseVocoder",
  covers: ["phaseVocoder.backward"],
  run: ([x], rate) => vocoder(x!, rate),
  reference: smooth(([x], rate) => phaseVocoder(x!, rate, 2)),
  cases: [1, 0.7, 1.6, 3].map((rate) => ({
    inputs: [random.awayFrom([0], [2, 5, 6, 2], -2, 2)],
    attrs: rate,
  })),
  terms: () => 12,
  ulps: 16, // directions are normalized, frame after frame
});

test("where a spectrum is 0, the phase vocoder's gradient is 0", async () => {
  const x = tensor(new Float32Array(24), { shape: [3, 4, 2], requiresGrad: true });
  vocoder(x, 0.7).sum().backward();
  expect(new Set(await x.grad!.data())).toEqual(new Set([0]));
});

type Stretch = { rate: number };
const frames = { nFft: 8, hopLength: 2 };

check<Stretch>({
  name: "timeStretch",
  covers: [],
  run: ([x], { rate }) => audio.timeStretch(x!, rate, frames),
  reference: smooth(([x], { rate }) => timeStretch(x!, rate, frames.nFft, frames.hopLength)),
  cases: [0.8, 1.25].map((rate) => ({ inputs: [waves(2, 24)], attrs: { rate } })),
  terms: () => 64,
  ulps: 40, // 1 / |X| where |X| is small
});

test("pitchShift has the gradient of what it is made of", async () => {
  const x = tensor(Float32Array.from(waves(30).data), { requiresGrad: true });
  audio.pitchShift(x, 1000, 3, frames).square().sum().backward();
  const gradient = await x.grad!.data();
  expect(gradient.length).toBe(30);
  const reference = smooth<null>(([wave]) => pitchShift(wave!, 1000, 3, frames.nFft, frames.hopLength));
  const input = { shape: [30], data: Float64Array.from(await x.data()) };
  const y = reference.forward([input], null);
  const above = { shape: y.shape, data: y.data.map((value) => 2 * value) };
  const wanted = reference.backward([input], null, above)[0]!.data;
  const largest = Math.max(...wanted.map(Math.abs));
  const off = Math.max(...wanted.map((value, i) => Math.abs(value - gradient[i]!))) / largest;
  console.log(`  pitchShift: gradient off by at most ${off.toExponential(1)}`);
  expect(off).toBeLessThan(1e-5);
});

test("a spectrogram's gradient does not hang on how many clips are taken together", async () => {
  // 8 MiB are taken at once: two such clips have no room in that, three short ones do.
  const spectrogram = new audio.Spectrogram({ nFft: 16, hopLength: 1 });
  const gradient = async (x: Float32Array, clips: number) => {
    const wave = tensor(x, { shape: [clips, x.length / clips], requiresGrad: true });
    spectrogram.forward(wave).square().sum().backward();
    return [...(await wave.grad!.data())];
  };
  for (const [clips, samples] of [
    [2, 33_000],
    [3, 50],
  ] as const) {
    const x = Float32Array.from(waves(clips, samples).data);
    const together = await gradient(x, clips);
    for (let i = 0; i < clips; i++) {
      const [from, to] = [i * samples, (i + 1) * samples];
      expect(together.slice(from, to)).toEqual(await gradient(x.slice(from, to), 1));
    }
  }
});

/** How often kernels were launched. */
const launches = () =>
  [...kernels.values()].flatMap(({ launches }) => [...launches.values()]).reduce((a, b) => a + b, 0);

test("where no gradient will be asked for, nothing is recorded, and nothing else is launched", async () => {
  const wave = () => tensor(Float32Array.from(waves(2, 400).data), { shape: [2, 400] });
  const grid = () => tensor(Float32Array.from(powers(2, 8, 9).data), { shape: [2, 8, 9] });
  const melSpectrogram = new audio.MelSpectrogram({ sampleRate: 8000, nFft: 64, nMels: 8 });
  const FUNCTIONS: [name: string, launches: number, run: (learned: boolean) => Tensor][] = [
    ["resample", 1, (learned) => audio.resample(given(wave(), learned), 3, 2)],
    ["delay", 1, (learned) => audio.delay(given(wave(), learned), 7)],
    ["segments", 0, (learned) => audio.segments(given(wave(), learned), { length: 100, hop: 50 })],
    ["peakNormalize", 3, (learned) => audio.peakNormalize(given(wave(), learned))],
    ["Spectrogram", 2, (learned) => new audio.Spectrogram({ nFft: 64 }).forward(given(wave(), learned))],
    ["MelSpectrogram", 3, (learned) => melSpectrogram.forward(given(wave(), learned))],
    ["amplitudeToDb", 2, (learned) => audio.amplitudeToDb(given(grid(), learned), { topDb: 80 })],
    ["computeDeltas", 1, (learned) => audio.computeDeltas(given(grid(), learned))],
    ["freqTimeMask", 2, (learned) => audio.freqTimeMask(given(grid(), learned), { freqMaskParam: 3 })],
  ];
  for (const [name, wanted, run] of FUNCTIONS) {
    const before = launches();
    const plain = run(false);
    expect([name, launches() - before]).toEqual([name, wanted]);
    expect([name, plain.requiresGrad, handleOf(plain).node]).toEqual([name, false, null]);
    const within = noGrad(() => run(true));
    expect([name, within.requiresGrad]).toEqual([name, false]);
    expect([name, run(true).requiresGrad]).toEqual([name, true]);
  }
});

/** The tensor, as one to learn if asked. */
function given(x: Tensor, learned: boolean): Tensor {
  x.requiresGrad = learned;
  return x;
}
