// The audio front end against torchaudio in float64: each stage alone, then the whole way from a WAV file to what the
// network is fed, on made sounds and, where ESC-10 is there, on real ones. frontend.py made the fixtures.
//
// What is compared. Waveforms and mel power, before decibels: relative to each value itself, of all values that are no
// more than 80 dB below the loudest of their waveform or segment, amplitudeToDb's floor (power also of at least 1e-10,
// which is 0 to amplitudeToDb). Decibels: every value, those on the floor too. The network's input: every value, in dB
// (times the deviation that it was divided by). Along a chain: every fifth frame, of real clips in every fourth segment.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeWav, type Wav } from "../../src/audio/wav.ts";
import { audio, type Tensor, tensor } from "../../src/index.ts";
import { extractorOf } from "../../src/train/features/extractor.ts";
import { featuresOf, levelled, resampled } from "../../src/train/features/features.ts";
import { SegmentStore, standardizationOf } from "../../src/train/learning/batches.ts";
import { findRecipe } from "../../src/train/recipes/index.ts";
import { framesOf, type LogMel } from "../../src/train/recipes/recipe.ts";
import { loadWav } from "../../src/train/sound/load-wav.ts";
import { Draw } from "./draw.ts";
import { Fixture, largestDifference, type Numbers, summarize, worstElement } from "./parity.ts";
import { RATE, sounds, wavBytes } from "./sounds.ts";

setDefaultTimeout(60_000);

const BEFORE_DB = 1e-3;
const DB = 0.01;
const AMIN = 1e-10;
const FRAMES_APART = 5;
const REAL_SEGMENTS_APART = 4;
const REAL = join(import.meta.dir, "../../data/esc10/audio");

const settings = { blog: findRecipe("blog"), paper: findRecipe("paper-short") };
const made = sounds();
const stages = new Fixture("frontend-stages");

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** The largest magnitude of the whole, or of each `size` elements. */
function loudest(x: Numbers, size = x.length): (i: number) => number {
  const peaks: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const part = Math.floor(i / size);
    peaks[part] = Math.max(peaks[part] ?? 0, Math.abs(x[i]!));
  }
  return (i) => peaks[Math.floor(i / size)]!;
}

/** The worst relative error of powers no more than 80 dB below the loudest of each `size` values. */
function powerError(got: Numbers, want: Numbers, size?: number): { worst: number; compared: number } {
  const peak = loudest(want, size);
  return worstElement(got, want, (i) => Math.max(AMIN, 1e-8 * peak(i)));
}

function sampleError(got: Numbers, want: Numbers): { worst: number; compared: number } {
  const peak = loudest(want);
  return worstElement(got, want, (i) => 1e-4 * peak(i) || AMIN);
}

function melSpectrogram({
  sampleRate,
  nFft,
  winLength,
  hopLength,
  nMels,
  normalized,
  melScale,
  norm,
}: LogMel) {
  const options = { sampleRate, nFft, winLength, hopLength, nMels, normalized, melScale, norm };
  return new audio.MelSpectrogram(options);
}

/** The samples that frontend.py takes of a sound for a stage alone. */
function piece(name: string): Tensor {
  const { samples } = decodeWav(wavBytes(made[name]!));
  return tensor(name === "short" ? samples : samples.slice(19800, 21800));
}

test("the sounds are those of the fixtures", () => {
  const digests = Object.entries(made).map(([name, samples]) => [name, sha256(wavBytes(samples))]);
  for (const [name, digest] of digests) expect([name, digest]).toEqual([name, stages.metadata[name!]!]);
});

/** Runs a stage on every sound that the fixture has for it; the worst error, and how many values were compared. */
async function overSounds(
  prefix: string,
  run: (x: Tensor) => Tensor,
  errorOf: (got: Numbers, want: Numbers) => { worst: number; compared: number },
) {
  let [worst, compared] = [0, 0];
  for (const name of stages.below(prefix).filter((name) => name in made)) {
    const error = errorOf(await run(piece(name)).data(), stages.get(prefix + name));
    worst = Math.max(worst, error.worst);
    compared += error.compared;
  }
  return { worst, compared };
}

test("resample: as torchaudio's", async () => {
  const halved = await overSounds("resample/", (x) => audio.resample(x, RATE, RATE / 2), sampleError);
  summarize(
    "resample 44.1 to 22.05 kHz",
    [["samples", halved.worst, BEFORE_DB]],
    `${halved.compared} values`,
  );
  const noise = tensor(decodeWav(wavBytes(made.noise!)).samples.slice(0, 600));
  for (const rate of [16000, 48000]) {
    const got = await audio.resample(noise, rate, RATE / 2).data();
    const { worst, compared } = sampleError(got, stages.get(`resample/noise from ${rate}`));
    summarize(`resample ${rate / 1000} to 22.05 kHz`, [["samples", worst, BEFORE_DB]], `${compared} values`);
  }
});

for (const [name, { frontEnd }] of Object.entries(settings)) {
  test(`MelSpectrogram, ${name}'s settings: as torchaudio's`, async () => {
    const run = (x: Tensor) => melSpectrogram(frontEnd).forward(x);
    const { worst, compared } = await overSounds(`mel/${name}/`, run, powerError);
    expect(compared).toBeGreaterThan(500);
    summarize(`MelSpectrogram, ${name}`, [["power", worst, BEFORE_DB]], `${compared} values`);
  });
}

test("amplitudeToDb and computeDeltas: as torchaudio's", async () => {
  const draw = new Draw();
  const exponents = draw.uniform("exponents", [2, 2, 30, 21], 7, -5);
  const powers = exponents.map((e) => 2 ** Math.round(Math.fround(Math.fround(e) * 3.3)));
  const x = tensor(powers, { shape: [2, 2, 30, 21] });
  const each: [name: string, result: Tensor][] = [
    ["no floor", audio.amplitudeToDb(x)],
    ["a floor for each of a batch", audio.amplitudeToDb(x, { topDb: 80 })],
    ["one floor", audio.amplitudeToDb(x.narrow(0, 0, 1).squeeze(0), { topDb: 80 })],
    ["a floor for each spectrogram", audio.amplitudeToDb(x, { topDb: 80, floorDims: 2 })],
    ["magnitude", audio.amplitudeToDb(x, { topDb: 60, multiplier: 20 })],
  ];
  let worst = 0;
  for (const [name, result] of each)
    worst = Math.max(worst, largestDifference(await result.data(), stages.get(`db/${name}`)));
  summarize("amplitudeToDb", [["dB", worst, DB]]);

  const values = tensor(draw.uniform("values", [2, 10, 41], 40, -40), { shape: [2, 10, 41] });
  for (const winLength of [5, 9]) {
    const got = await audio.computeDeltas(values, { winLength }).data();
    summarize(`computeDeltas, width ${winLength}`, [
      ["dB", largestDifference(got, stages.get(`deltas/${winLength}`)), DB],
    ]);
  }
  expect(draw.digest()).toBe(stages.metadata.drawn!);
});

/** Mel power [segments, 60, 41] of a clip: src/train/features/features.ts's way, short of decibels. */
function melSegments(clip: Wav, frontEnd: LogMel): Tensor {
  const wave = levelled(resampled([clip], frontEnd), frontEnd);
  const cut = audio.segments(wave, { length: frontEnd.segmentSamples, hop: frontEnd.segmentStep });
  return melSpectrogram(frontEnd).forward(cut);
}

/** The frames and segments that the fixtures keep of [segments, rows, frames]. */
function kept(values: Numbers, rows: number, frames: number, segmentsApart: number): number[] {
  const picked: number[] = [];
  for (let segment = 0; segment * rows * frames < values.length; segment += segmentsApart)
    for (let row = segment * rows; row < (segment + 1) * rows; row++)
      for (let frame = 0; frame < frames; frame += FRAMES_APART) picked.push(values[row * frames + frame]!);
  return picked;
}

/** Compares the whole chain on clips; prints a line for each. */
async function compareChain(
  setting: keyof typeof settings,
  clips: Record<string, Wav>,
  reference: (name: string) => Numbers,
  segmentsApart: number,
) {
  const recipe = settings[setting];
  const { frontEnd } = recipe;
  const frames = framesOf(frontEnd);
  const rows = frontEnd.nMels;
  const names = Object.keys(clips);
  const features = await featuresOf(Object.values(clips), extractorOf(frontEnd));
  const all = [...features.clipOf.keys()];
  const audible = all.filter((segment) => features.silent[segment] === 0);
  const standard = standardizationOf(features, audible);
  const labels = all.map(() => 0);
  const store = new SegmentStore(features, all, labels, standard, 2 ** 27);
  const input = await store.input(all, recipe, false).data();
  const size = rows * frames;
  const [mean, deviation] = [...(reference("standardization") as Float32Array)] as [number, number];
  summarize(`WAV to input, ${setting}: mean, deviation`, [
    ["dB", Math.max(Math.abs(standard.mean - mean), Math.abs(standard.deviation - deviation)), DB],
  ]);
  for (const [clip, name] of names.entries()) {
    const first = features.clipOf.indexOf(clip);
    const end = features.clipOf.lastIndexOf(clip) + 1;
    const db = features.values.subarray(first * size, end * size);
    const means = all
      .slice(first, end)
      .map((s) => features.values.subarray(s * size, (s + 1) * size).reduce((a, b) => a + b, 0) / size);
    expect([name, ...features.silent.subarray(first, end)]).toEqual([
      name,
      ...Array.from(reference(`${name}/silent`)),
    ]);

    const silent = features.silent.subarray(first, end).reduce((a, b) => a + b);
    const framesKept = Math.ceil(frames / FRAMES_APART);
    const power = kept(await melSegments(clips[name]!, frontEnd).data(), rows, frames, segmentsApart);
    const { worst, compared } = powerError(power, reference(`${name}/mel`), rows * framesKept);
    const fed = kept(input.subarray(first * 2 * size, end * 2 * size), 2 * rows, frames, segmentsApart);
    summarize(
      `WAV to input, ${setting}: ${name}`,
      [
        ["power", worst, BEFORE_DB],
        ["dB", largestDifference(kept(db, rows, frames, segmentsApart), reference(`${name}/db`)), DB],
        ["means", largestDifference(means, reference(`${name}/means`)), DB],
        ["input", deviation * largestDifference(fed, reference(`${name}/input`)), DB],
      ],
      `${compared} of ${power.length} above the floor, ${silent} of ${end - first} segments silent`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), "otograd-oracle-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  for (const [name, samples] of Object.entries(made))
    writeFileSync(join(folder, `${name}.wav`), wavBytes(samples));
});

async function loadAll(paths: Record<string, string>): Promise<Record<string, Wav>> {
  const loaded = Object.entries(paths).map(
    async ([name, path]) => [name, await loadWav(path)] as [string, Wav],
  );
  return Object.fromEntries(await Promise.all(loaded));
}

for (const setting of ["blog", "paper"] as const) {
  test(`from WAV file to input, ${setting}'s settings: as torchaudio's, on made sounds`, async () => {
    const fixture = new Fixture(`frontend-${setting}`);
    const clips = await loadAll(
      Object.fromEntries(Object.keys(made).map((name) => [name, join(folder, `${name}.wav`)])),
    );
    await compareChain(setting, clips, (name) => fixture.get(name), 1);
  });
}

const real = new Fixture("frontend-real");
const paths = Object.fromEntries(
  Object.keys(real.metadata).flatMap((name) => (name.endsWith(".wav") ? [[name, join(REAL, name)]] : [])),
);
const missing = Object.entries(paths).filter(([, path]) => !existsSync(path));
const others = Object.entries(paths).filter(
  ([name, path]) => existsSync(path) && sha256(readFileSync(path)) !== real.metadata[name],
);
if (missing.length + others.length > 0) {
  const why = missing.length > 0 ? "data/esc10 is not here" : "data/esc10 holds them decoded otherwise";
  console.log(`  the front end was not compared on real clips, ${Object.keys(paths).join(", ")}: ${why}`);
} else {
  for (const setting of ["blog", "paper"] as const) {
    test(`from WAV file to input, ${setting}'s settings: as torchaudio's, on clips of ESC-10`, async () => {
      await compareChain(
        setting,
        await loadAll(paths),
        (name) => real.get(`${setting}/${name}`),
        REAL_SEGMENTS_APART,
      );
    });
  }
}
