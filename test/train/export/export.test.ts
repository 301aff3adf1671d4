// A trained network as an ONNX model, run by ONNX Runtime: every clip of a fold has the probabilities that `predict` gives,
// in every recipe's front end; the network alone has those of its own; and the model says what it is.
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  audio,
  F,
  loadSafetensors,
  manualSeed,
  nn,
  noGrad,
  randn,
  saveSafetensors,
  type Tensor,
  tensor,
} from "../../../src/index.ts";
import { openSynthetic } from "../../../src/train/dataset/synthetic.ts";
import { toOnnx } from "../../../src/train/export/export.ts";
import { tagsToOnnx } from "../../../src/train/export/tags.ts";
import { AUDIO_SET, pictures } from "../../../src/train/features/audio-set.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { listen } from "../../../src/train/features/stretches.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { buildModel, recipeExtractor } from "../../../src/train/learning/model.ts";
import { kindOf } from "../../../src/train/learning/networks/kinds.ts";
import { Transfer } from "../../../src/train/learning/networks/transfer.ts";
import { type Refusal, refuses, scoreOf } from "../../../src/train/learning/openset/refusal.ts";
import { type Hearing, Predictor, verdict } from "../../../src/train/predict/predictor.ts";
import { Tagger } from "../../../src/train/predict/tagger.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Recipe } from "../../../src/train/recipes/recipe.ts";
import type { Waveform } from "../../../src/train/sound/waveform.ts";
import { load } from "./onnx-runtime.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const ALLOWED = 1e-5;
const RATE = 22_050;
const BYTES = 2 ** 27;
const dataset = openSynthetic();
const { classes } = dataset;
/** Of decibels; of other examples there is none. */
const standardizationOf = ({ network }: Recipe) =>
  kindOf(network).standardized ? { mean: -28, deviation: 17 } : { mean: 0, deviation: 1 };

/** A recipe's network with a narrow dense part, whose batch norms know these sounds, so that it tells some apart. */
async function network(name: string, waves: Waveform[]): Promise<{ net: nn.Module; recipe: Recipe }> {
  const recipe: Recipe = structuredClone(findRecipe(name));
  if ("hidden" in recipe.network)
    recipe.network.hidden = recipe.network.hidden.map((n) => Math.ceil(n / 100));
  if ("init" in recipe.network) recipe.network.init = "kaiming-normal";
  const net = buildModel(recipe, classes.length, 3);
  for (const module of net.modules())
    if (module instanceof nn.BatchNorm2d || module instanceof nn.BatchNorm1d) module.momentum = 1;
  if (net instanceof Transfer) {
    const { samples } = waves[0]!;
    noGrad(() => net.network.train().forward(pictures(tensor(samples, { shape: [1, samples.length] }))));
    net.network.eval();
  }
  const features = await featuresOf(
    waves,
    recipeExtractor(recipe, () => net),
  );
  const all = [...features.clipOf.keys()];
  const labels = all.map(() => 0); // not looked at
  const store = new SegmentStore(features, all, labels, standardizationOf(recipe), BYTES);
  noGrad(() => net.forward(store.input(all, recipe, false)));
  return { net: net.eval(), recipe };
}

/** The probabilities of a sound, and of its segments, as `bun run predict` has them. */
async function predicted(predictor: Predictor, wave: Waveform, recipe: Recipe): Promise<Hearing> {
  const hearing: Hearing = { segments: [], silent: [], pending: 0 };
  const sound = {
    async *blocks() {
      yield wave;
    },
  };
  for await (const stretch of listen(sound, recipe.frontEnd)) await predictor.add(hearing, stretch);
  return hearing;
}

/** As a model is given a sound. */
const atRate = async ({ samples, sampleRate }: Waveform, rate: number): Promise<Float32Array> =>
  (await audio.resample(tensor(samples), sampleRate, rate).data()) as Float32Array;

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, each) => Math.max(most, each), 0);

/** Runs sounds both ways; returns by how much a probability differs at the most, and of how many classes they are. */
async function compare(name: string, waves: Waveform[]) {
  const { net, recipe } = await network(name, waves);
  const standardization = standardizationOf(recipe);
  const { bytes } = await toOnnx(net, { recipe, classes, standardization }, "wave");
  const run = await load(bytes);
  const predictor = new Predictor(net, { recipe, classes, standardization }, BYTES);
  const hearings = await Promise.all(waves.map((wave) => predicted(predictor, wave, recipe)));
  await predictor.finish();
  const best = new Set<number>();
  let worst = 0;
  let silent = 0;
  for (const [i, wave] of waves.entries()) {
    const heard = verdict(hearings[i]!);
    const samples = await atRate(wave, recipe.frontEnd.sampleRate);
    const made = await run({ wave: { data: samples, shape: [samples.length] } });
    expect(Array.from(made.silent!.data, Boolean)).toEqual(hearings[i]!.silent);
    expect(made.probabilities!.shape).toEqual([classes.length]);
    silent += hearings[i]!.silent.filter(Boolean).length;
    worst = Math.max(
      worst,
      furthest(made.probabilities!.data, heard.probabilities),
      furthest(
        made.segments!.data,
        hearings[i]!.segments.flatMap((row) => [...row]),
      ),
    );
    best.add(heard.probabilities.indexOf(Math.max(...heard.probabilities)));
  }
  console.log(
    `  ${name}: ${waves.length} sounds, ${silent} silent segments, ${best.size} classes: ${worst.toExponential(1)} of ${ALLOWED}`,
  );
  expect(worst).toBeLessThanOrEqual(ALLOWED);
  return best;
}

const fold = (n: number) => dataset.clips.flatMap((clip, i) => (clip.fold === n ? [i] : []));
const wavesOf = (clips: readonly number[]): Promise<Waveform[]> =>
  Promise.all(clips.map((clip) => dataset.load(clip)));

test("every clip of a fold has the same probabilities", async () => {
  const best = await compare("blog-bn", await wavesOf(fold(5)));
  expect(best.size).toBeGreaterThan(2); // the network tells them apart
});

test("so have sounds in other front ends, shorter than a segment, silent, or both", async () => {
  const [first, second] = await wavesOf(fold(2).slice(3, 5));
  const { samples, sampleRate } = first!;
  const short = { samples: samples.subarray(sampleRate / 2, 0.65 * sampleRate), sampleRate };
  const silence = { samples: new Float32Array(sampleRate), sampleRate };
  const nothing = { samples: new Float32Array(100), sampleRate };
  for (const name of ["paper-short", "otograd", "paper-long"])
    await compare(name, [first!, second!, short, silence, nothing]);
});

test("so have sounds in networks that hear waveforms", async () => {
  const [first, second] = await wavesOf(fold(3).slice(0, 2));
  await compare("m5", [first!, second!, { ...first!, samples: new Float32Array(40_000) }]);
});

test("so have sounds in a network that was trained on AudioSet", async () => {
  const [first, second] = await wavesOf(fold(4).slice(2, 4));
  await compare("transfer", [first!, second!, { ...first!, samples: first!.samples.subarray(0, 31_234) }]);
});

test("so have sounds that are named, shorter than two seconds too", async () => {
  manualSeed(5);
  const network = new nn.MN({ width: 0.1, classes: 12 });
  const waves = await wavesOf(fold(4).slice(0, 1));
  waves.push({ ...waves[0]!, samples: waves[0]!.samples.subarray(0, 31_234) });
  const { sampleRate } = AUDIO_SET;
  const samples = await Promise.all(waves.map((wave) => atRate(wave, sampleRate)));
  const first = tensor(samples[0]!, { shape: [1, samples[0]!.length] });
  for (const module of network.modules()) if (module instanceof nn.BatchNorm2d) module.momentum = 1;
  noGrad(() => network.forward(pictures(first)));
  const published = { name: "small", description: "drawn", network: network.eval(), settings: AUDIO_SET };
  const names = Array.from({ length: 12 }, (_, i) => `sound ${i}`);
  const { bytes, about } = await tagsToOnnx({ ...published, classes: names });
  expect(about).toEqual({ classes: names, sampleRate, network: "small", description: "drawn" });
  const run = await load(bytes);
  const tagger = new Tagger(network, AUDIO_SET, names.length);
  const taggings = samples.map(() => tagger.begin());
  for (const [i, each] of samples.entries()) await tagger.add(taggings[i]!, { start: 0, samples: each });
  await tagger.finish();
  let worst = 0;
  for (const [i, data] of samples.entries()) {
    const { probabilities } = await run({ wave: { data, shape: [data.length] } });
    expect(probabilities!.shape).toEqual([names.length]);
    worst = Math.max(worst, furthest(probabilities!.data, tagger.hearing(taggings[i]!).hearing.whole!));
  }
  console.log(`  names: ${worst.toExponential(1)} of ${ALLOWED}`);
  expect(worst).toBeLessThanOrEqual(ALLOWED);
});

test("so has what says that a sound is none of the classes: a threshold, or a class", async () => {
  const waves = await wavesOf(fold(1).slice(0, 6));
  const { net, recipe } = await network("blog-bn", [...waves, ...(await wavesOf(fold(2)))]);
  const standardization = standardizationOf(recipe);
  const size = (net.modules().findLast((module) => module instanceof nn.Linear) as nn.Linear).weight
    .shape[1]!;
  manualSeed(4);
  const values = F.normalize(randn([classes.length, size]).relu(), { dim: 1 });
  const directions = { values: (await values.data()) as Float32Array, size };
  const silence = { samples: new Float32Array(30_000), sampleRate: RATE };
  const sounds = [...waves, silence];
  const hear = async (refusal: Refusal) => {
    const predictor = new Predictor(net as never, { recipe, classes, standardization, refusal }, BYTES);
    const hearings = await Promise.all(sounds.map((wave) => predicted(predictor, wave, recipe)));
    await predictor.finish();
    return hearings.map(verdict);
  };
  const open = { kind: "threshold", directions, threshold: -1, segmentThreshold: -1 } as const;
  const scores = (await hear(open)).slice(0, 6).map((said) => scoreOf(open, said));
  const middle = scores.toSorted((a, b) => a - b)[3]!;
  const best = (await hear(open))[0]!.probabilities;
  const label = best.indexOf(Math.max(...best));
  let worst = 0;
  for (const refusal of [
    { ...open, threshold: middle - 1e-5 },
    { kind: "class", label },
  ] as const) {
    const { bytes } = await toOnnx(net, { recipe, classes, standardization, refusal }, "wave");
    const run = await load(bytes);
    const told = await hear(refusal);
    const others: boolean[] = [];
    for (const [i, sound] of sounds.entries()) {
      const samples = await atRate(sound, RATE);
      const made = await run({ wave: { data: samples, shape: [samples.length] } });
      others.push(Boolean(made.other!.data[0]));
      if (refusal.kind === "threshold")
        worst = Math.max(worst, furthest(made.similarities!.data, told[i]!.similarities!));
    }
    expect(others).toEqual(told.map((said) => !said.silent && refuses(refusal, said)));
    expect(new Set(others).size).toBe(2);
  }
  console.log(`  similarities: ${worst.toExponential(1)} of ${ALLOWED}`);
  expect(worst).toBeLessThanOrEqual(ALLOWED);
});

test("the network alone has the same log-probabilities", async () => {
  for (const name of ["paper-short", "blog-code"]) {
    const { net, recipe } = await network(name, await wavesOf([0]));
    const { bytes, inputs, outputs } = await toOnnx(
      net,
      { recipe, classes, standardization: standardizationOf(recipe) },
      "segments",
    );
    expect([inputs, outputs]).toEqual([["segments"], ["log_probabilities"]]);
    const run = await load(bytes);
    const data = Float32Array.from({ length: 3 * 2 * 60 * 41 }, (_, i) => Math.sin(i * i));
    const shape = [3, 2, 60, 41];
    const want: Tensor = noGrad(() => net.forward(tensor(data, { shape })));
    const { log_probabilities } = await run({ segments: { data, shape } });
    expect(log_probabilities!.shape).toEqual([3, classes.length]);
    expect(furthest(log_probabilities!.data, await want.data())).toBeLessThanOrEqual(ALLOWED);
  }
});

test("with weights as float16 it is the network that these weights make", async () => {
  const { net, recipe } = await network("paper-short", await wavesOf([0]));
  const run = { recipe, classes, standardization: standardizationOf(recipe) };
  const whole = await toOnnx(net, run, "segments");
  const half = await toOnnx(net, run, "segments", { half: true });
  net.loadStateDict(loadSafetensors(await saveSafetensors(net.stateDict(), {}, { half: true })));
  const data = Float32Array.from({ length: 2 * 60 * 41 }, (_, i) => Math.sin(i * i));
  const shape = [1, 2, 60, 41];
  const want = await noGrad(() => net.forward(tensor(data, { shape }))).data();
  const { log_probabilities } = await (await load(half.bytes))({ segments: { data, shape } });
  const share = half.bytes.length / whole.bytes.length;
  console.log(`  ${half.bytes.length} bytes, ${share.toFixed(3)} of float32's`);
  expect(furthest(log_probabilities!.data, want)).toBeLessThanOrEqual(ALLOWED);
  expect(share).toBeLessThan(0.55);
});

test("the model says which rate a sound is to have, if any", async () => {
  const { net, recipe } = await network("blog-bn", await wavesOf([0]));
  const standardization = standardizationOf(recipe);
  for (const [resamples, says] of [
    [true, "full scale ±1, 22050 samples a second"],
    [false, "full scale ±1, its samples as they are, whatever their rate"],
  ] as const) {
    const run = {
      recipe: { ...recipe, frontEnd: { ...recipe.frontEnd, resamples } },
      classes,
      standardization,
    };
    expect(Buffer.from((await toOnnx(net, run, "wave")).bytes).includes(says)).toBe(true);
  }
});

test("the model has the classes' names and all settings with it", async () => {
  const { net, recipe } = await network("blog-bn", await wavesOf([0]));
  const standardization = standardizationOf(recipe);
  const run = { recipe, classes, standardization, fold: 5, seed: 1 };
  const { bytes, about, opset } = await toOnnx(net, run, "segments");
  expect(opset).toBe(17);
  expect(about).toEqual({ classes, sampleRate: RATE, standardization, recipe, testFold: 5, seed: 1 });
  const file = Buffer.from(bytes);
  for (const [key, value] of Object.entries(about)) {
    const text = JSON.stringify(value);
    // A key, the length of the value in up to two bytes behind one of its kind, and the value.
    const between = file.indexOf(text, file.indexOf(key)) - (file.indexOf(key) + key.length);
    expect([key, between]).toEqual([key, text.length < 128 ? 2 : 3]);
  }
});
