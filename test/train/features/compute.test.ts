// Features of a dataset's clips: long ones are computed in stretches, and all that cannot be used are named at once.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { Dataset } from "../../../src/train/dataset/dataset.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { FeatureBatches, featuresOf, preparedWave } from "../../../src/train/features/features.ts";
import { preparedSound } from "../../../src/train/features/stretches.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { SoundError } from "../../../src/train/terminal/errors.ts";
import { compute, frontEnd, made, noise } from "./made-sounds.ts";

setDefaultTimeout(120_000);

/** A sound in blocks of a second. */
async function* seconds({ samples, sampleRate }: Waveform): AsyncGenerator<Waveform> {
  for (let at = 0; at < samples.length; at += sampleRate)
    yield { samples: samples.subarray(at, at + sampleRate), sampleRate };
}

const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

test("a clip that is too long to be computed at once has the features that it would have", async () => {
  const [long, short] = [noise(110, 1), noise(2, 2)];
  const waves = [short, long, short];
  const dataset: Dataset = { ...made(waves), blocks: (clip) => seconds(waves[clip]!) };
  const found = await compute(dataset);
  const wanted = await featuresOf(waves, extractorOf(frontEnd));
  expect(found.clipOf).toEqual(wanted.clipOf);
  expect(found.silent).toEqual(wanted.silent);
  const away = largest(found.values, wanted.values);
  expect(away).toBeLessThan(1e-3); // dB
  console.log(
    `  110 s in stretches: ${found.clipOf.length} segments, ${away.toExponential(1)} dB from the whole`,
  );
});

test("its waveform, for mixing, likewise", async () => {
  for (const peakNormalized of [false, true]) {
    const wave = noise(75, 3, { rate: 44100 });
    const which = { ...frontEnd, peakNormalized };
    const found = await preparedSound({ blocks: () => seconds(wave) }, which);
    const wanted = await preparedWave(wave, which);
    expect(found.length).toBe(wanted.length);
    expect(largest(found, wanted)).toBeLessThan(1e-6);
  }
});

test("pieces that cannot be computed are told of, each by itself", async () => {
  const long = { ...frontEnd, segmentSamples: 2 ** 15, segmentStep: 1 }; // 2¹⁵ segments of 128 KiB: refused at once
  const wave = { samples: new Float32Array(2 ** 16), sampleRate: frontEnd.sampleRate };
  const failed: string[] = [];
  const batches = new FeatureBatches<string>(
    extractorOf(long),
    (of) => void failed.push(`${of} was computed`),
    (of, { message }) => {
      failed.push(`${of}: ${message.slice(0, 41)}`);
    },
  );
  for (const of of ["a", "b"]) await batches.add(of, wave);
  await batches.finish();
  expect(failed).toEqual(["a", "b"].map((of) => `${of}: the recipe's front end cannot be computed`));
  const other = new FeatureBatches<string>(extractorOf(long), () => {});
  await other.add("a", wave).catch(() => {});
  expect(other.finish()).rejects.toThrow("the recipe's front end cannot be computed: ");
});

test("a piece whose length no other has does not wait for the last of all", async () => {
  const done: string[] = [];
  const batches = new FeatureBatches<string>(extractorOf(frontEnd), (of) => void done.push(of));
  const piece = (samples: number) => ({
    samples: new Float32Array(samples),
    sampleRate: frontEnd.sampleRate,
  });
  await batches.add("first", piece(2000));
  for (let i = 0; i < 300; i++) await batches.add(`${i}`, piece(1000));
  for (let i = 0; i < 100 && !done.includes("first"); i++) await Bun.sleep(20);
  expect(done).toContain("first");
  expect(done.length).toBeLessThan(301);
  await batches.finish();
  expect(done.length).toBe(301);
});

test("a front end that is impossible for all clips is told as such, and no clip blamed", async () => {
  const dataset = made([noise(2, 4), noise(1, 5), noise(2, 6)]);
  expect(compute(dataset, { ...frontEnd, sampleRate: 1 })).rejects.toThrow(
    /^the recipe's front end cannot be computed: MelSpectrogram: wants 0 ≤ fMin < fMax in Hz/,
  );
});

test("clips that cannot be used are looked for to the end, and named in one line", async () => {
  const good = noise(2, 4);
  const dataset = made(new Array<Waveform>(10).fill(good));
  const failing = (bad: readonly number[]): Dataset => ({
    ...dataset,
    load: async (clip) => {
      if (bad.includes(clip)) throw new SoundError(`/data/audio/${clip}.wav`, "is empty");
      return good;
    },
  });
  expect(compute(failing([3]))).rejects.toThrow(
    "made: 1 clip of 10 cannot be used: 3.wav is empty; mend them, or take their lines out of the CSV",
  );
  expect(compute(failing([0, 1, 2, 3, 4, 5, 9]))).rejects.toThrow(
    "made: 7 clips of 10 cannot be used: 0.wav is empty; 1.wav is empty; 2.wav is empty; 3.wav is empty; 4.wav is empty; and 2 more; mend",
  );
});
