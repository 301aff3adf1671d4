// Long sounds in stretches: their segments are those of the whole sound, whatever its rate and however it arrives, and
// no stretch is long.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { audio, tensor } from "../../../src/index.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { FeatureBatches, featuresOf } from "../../../src/train/features/features.ts";
import { listen, type Stretch, stretches } from "../../../src/train/features/stretches.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { FrontEnd } from "../../../src/train/recipes/recipe.ts";
import { Sound } from "../../../src/train/sound/sound-file.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-stretches-"));
afterAll(() => rmSync(root, { recursive: true }));
const { frontEnd } = findRecipe("blog-bn");
const paper = findRecipe("paper-short").frontEnd;
const unresampled = findRecipe("blog-code").frontEnd;

/** Noise whose level swings, with silence in it. */
function noise(seconds: number, sampleRate: number, level = 0.1): Waveform {
  const random = new HostRandom(1, sampleRate);
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    const swing = 1 + Math.sin((3 * i) / sampleRate);
    return level * swing * (2 * random.uniform() - 1);
  });
  samples.fill(0, samples.length / 2, samples.length / 2 + 2 * sampleRate);
  return { samples, sampleRate };
}

/** A waveform in blocks of uneven lengths. */
async function* inBlocks({ samples, sampleRate }: Waveform, length: number) {
  for (let at = 0, i = 0; at < samples.length; i++) {
    const end = Math.min(samples.length, at + length + (i % 3));
    yield { samples: samples.subarray(at, end), sampleRate };
    at = end;
  }
}

/** The features of all stretches, in order. */
async function featuresIn(source: AsyncIterable<Stretch>, front: FrontEnd) {
  const values: Float32Array[] = [];
  const silent: boolean[][] = [];
  let [next, longest, count] = [0, 0, 0];
  const batches = new FeatureBatches<number>(extractorOf(front), (of, features) => {
    values[of] = features.values;
    silent[of] = features.silent;
  });
  for await (const stretch of source) {
    expect(stretch.segment).toBe(next);
    next += Math.floor((stretch.length - front.segmentSamples) / front.segmentStep) + 1;
    longest = Math.max(longest, stretch.samples.length);
    await batches.add(count++, stretch);
  }
  await batches.finish();
  return {
    values: Float32Array.from(values.flatMap((each) => [...each])),
    silent: silent.flat(),
    count,
    longest,
  };
}

test("a sound in stretches has the very segments of the whole sound, at any rate", async () => {
  for (const sampleRate of [8000, 11025, 22050, 44100, 48000, 44101]) {
    const wave = noise(6.1, sampleRate);
    const whole = await featuresOf([wave], extractorOf(frontEnd));
    for (const most of [1, 3]) {
      const parts = await featuresIn(stretches(inBlocks(wave, 5000), frontEnd, most), frontEnd);
      expect([sampleRate, parts.count]).toEqual([sampleRate, Math.ceil(whole.silent.length / most)]);
      expect(whole.values).toEqual(parts.values);
      expect(parts.silent).toEqual([...whole.silent].map(Boolean));
    }
  }
});

test("a sound shorter than a segment is repeated, in a stretch as where it is whole", async () => {
  const { segmentSamples, sampleRate: target } = frontEnd;
  for (const [seconds, sampleRate] of [
    [0.3, 44100],
    [0.11, 8000],
    [0.9, 48000],
    [0.25, 22050],
    [1e-3, 44101],
  ] as const) {
    const swings = noise(seconds, sampleRate).samples;
    const samples = Float32Array.from(swings, (x, i) => x + 0.1 * Math.sin(i / 2)); // no part of it silent
    const whole = await featuresOf([{ samples, sampleRate }], extractorOf(frontEnd));
    const parts = await featuresIn(stretches(inBlocks({ samples, sampleRate }, 1000), frontEnd, 2), frontEnd);
    expect(parts.count).toBe(1);
    expect(whole.values).toEqual(parts.values);
    const heard = (await audio.resample(tensor(samples), sampleRate, target).data()) as Float32Array;
    const again = Float32Array.from({ length: segmentSamples }, (_, i) => heard[i % heard.length]!);
    expect(
      (await featuresOf([{ samples: again, sampleRate: target }], extractorOf(frontEnd))).values,
    ).toEqual(whole.values);
    expect([...whole.silent]).toEqual([0]);
  }
});

test("short sounds are one stretch, and a sound that ends with a segment has nothing after it", async () => {
  const rate = frontEnd.sampleRate;
  const { segmentSamples, segmentStep } = frontEnd;
  const two = segmentSamples + segmentStep;
  const lengths = async (samples: number, most: number) => {
    const found: number[] = [];
    const wave = { samples: new Float32Array(samples), sampleRate: rate };
    for await (const { length, whole } of stretches(inBlocks(wave, 1000), frontEnd, most)) {
      expect(whole).toBe(samples < two);
      found.push(length);
    }
    return found;
  };
  expect(await lengths(1, 2)).toEqual([segmentSamples]);
  expect(await lengths(two - 1, 2)).toEqual([segmentSamples]);
  expect(await lengths(two, 2)).toEqual([two]);
  expect(await lengths(two + segmentStep, 2)).toEqual([two, segmentSamples]);
  expect(await lengths(two + segmentStep - 1, 2)).toEqual([two]);
});

test("sounds of almost one length are computed together", async () => {
  const kinds = new Set<string>();
  for (const samples of [220_500, 220_544, 219_900]) {
    const wave = { samples: new Float32Array(samples), sampleRate: 44100 };
    for await (const { samples, length } of stretches(inBlocks(wave, 1e6), frontEnd, 64))
      kinds.add(`${samples.length} ${length}`);
  }
  expect(kinds.size).toBe(1);
});

test("a file of 40 s: one peak for all of it, as if it had been read at once", async () => {
  for (const front of [frontEnd, paper, unresampled]) {
    const wave = noise(40, 8000, 0.01);
    wave.samples[300_000] = -0.9; // the peak, in the last stretch
    const stored = Float32Array.from(wave.samples, (x) => Math.round(x * 32768) / 32768);
    const file = new WaveFile();
    const integers = Int16Array.from(stored, (x) => x * 32768);
    file.fromScratch(1, 8000, "16", integers);
    writeFileSync(join(root, "long.wav"), file.toBuffer());
    const whole = await featuresOf([{ samples: stored, sampleRate: 8000 }], extractorOf(front));
    using sound = await Sound.open(join(root, "long.wav"));
    const parts = await featuresIn(listen(sound, front), front);
    expect(parts.count).toBe(Math.ceil(whole.silent.length / 64));
    expect(sound.seconds).toBe(40);
    expect(parts.silent).toEqual([...whole.silent].map(Boolean));
    // Dividing by the peak in two ways may round differently; nothing else may.
    const worst = parts.values.reduce((most, x, i) => Math.max(most, Math.abs(x - whole.values[i]!)), 0);
    expect(parts.values.length).toBe(whole.values.length);
    expect(worst).toBeLessThan(front === paper ? 1e-3 : 1e-30);
    console.log(
      `  ${parts.silent.length} segments, stretches: ${parts.count}, at most ${worst} dB from those of the whole sound`,
    );
  }
});

test("hours of sound: no stretch is long, whatever the rate", async () => {
  for (const [rate, seconds] of [
    [8000, 3600],
    [192_000, 180],
    [1_000_000, 60],
  ] as const) {
    const second = { samples: new Float32Array(rate), sampleRate: rate };
    const blocks = (async function* () {
      for (let i = 0; i < seconds; i++) yield second;
    })();
    let [longest, segments] = [0, 0];
    for await (const { samples, length } of stretches(blocks, frontEnd, 64)) {
      longest = Math.max(longest, samples.length);
      segments += Math.floor((length - frontEnd.segmentSamples) / frontEnd.segmentStep) + 1;
    }
    expect(longest).toBeLessThan(2 ** 22 + 3 * rate);
    const { sampleRate, segmentSamples, segmentStep } = frontEnd;
    expect(segments).toBe(Math.floor((seconds * sampleRate - segmentSamples) / segmentStep) + 1);
  }
});
