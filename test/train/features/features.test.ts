// Features: every clip has segments, silence is told from sound.

import { expect, setDefaultTimeout, test } from "bun:test";
import { splitFolds } from "../../../src/train/dataset/dataset.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { evaluationSet, trainingSegments } from "../../../src/train/learning/split.ts";
import { findRecipe, recipes } from "../../../src/train/recipes/index.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";

import { compute, frontEnd, made, noise } from "./made-sounds.ts";

setDefaultTimeout(60_000);

test("segments: as many as fit, one at least, in the order of the clips whatever their lengths and rates", async () => {
  const waves = [noise(5, 1), noise(0.3, 2), noise(2, 3, { rate: 44100 }), noise(5, 4), noise(0.952, 5)];
  const features = await compute(made(waves));
  expect([...features.clipOf]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
  expect(features.values.length).toBe(23 * 60 * 41);
  expect(features.values.every(Number.isFinite)).toBe(true);
  const alone = await featuresOf([waves[2]!], extractorOf(frontEnd));
  const size = 60 * 41;
  expect(alone.values).toEqual(features.values.slice(10 * size, 13 * size));
});

test("silence: a silent clip keeps its segments, flagged, and is evaluated by them; a half-silent one is not", async () => {
  const silent: Waveform = { samples: new Float32Array(5 * 22050), sampleRate: 22050 };
  const half = noise(5, 7);
  half.samples.fill(0, 0, 3 * 22050);
  const dataset = made([silent, half, noise(5, 8), noise(5, 9)]);
  const features = await compute(dataset);
  const flags = (clip: number) => [...features.silent].filter((_, s) => features.clipOf[s] === clip).join("");
  expect(flags(0)).toBe("111111111");
  expect(flags(1)).toBe("111110000".slice(0, 9));
  expect(flags(2)).toBe("000000000");
  const set = evaluationSet(dataset, features, 1);
  expect(set.clips).toEqual([0, 1]);
  expect(set.clipOf.filter((clip) => clip === 0).length).toBe(9);
  expect(set.clipOf.filter((clip) => clip === 1).length).toBe(4);
  expect(
    trainingSegments(dataset, features, splitFolds(dataset, 2, false)).every((s) => features.silent[s] === 0),
  ).toBe(true);
});

test("no recipe hears anything in zeros, of a whole clip or a muted stretch; otograd's hears a click", async () => {
  for (const { name, frontEnd } of recipes) {
    const { sampleRate } = frontEnd;
    const flags = async (samples: Float32Array) => [
      ...(await featuresOf([{ samples, sampleRate }], extractorOf(frontEnd))).silent,
    ];
    const zeros = new Float32Array(12 * sampleRate);
    const muted = zeros.slice();
    muted.set(noise(1, 11, { rate: sampleRate }).samples);
    expect([name, ...new Set(await flags(zeros))]).toEqual([name, 1]);
    const half = await flags(muted);
    expect([name, half[0], half.at(-1)]).toEqual([name, 0, 1]);
    if (name !== "otograd") continue;
    const click = zeros.slice();
    click[1000] = 1 / 32768;
    expect((await flags(click))[0]).toBe(0);
  }
});

test("the paper's front end divides a clip by its peak: level does not matter, silence stays finite", async () => {
  const paper = findRecipe("paper-short").frontEnd;
  const loud = noise(2, 1, { level: 0.8 });
  const soft = { ...loud, samples: loud.samples.map((x) => x / 64) };
  const [a, b] = [await featuresOf([loud], extractorOf(paper)), await featuresOf([soft], extractorOf(paper))];
  expect(Math.max(...a.values.map((x, i) => Math.abs(x - b.values[i]!)))).toBeLessThan(1e-3);
  const silent = await featuresOf(
    [{ samples: new Float32Array(44100), sampleRate: 22050 }],
    extractorOf(paper),
  );
  expect([...silent.silent]).toEqual([1, 1, 1]);
  expect(silent.values.every(Number.isFinite)).toBe(true);
});
