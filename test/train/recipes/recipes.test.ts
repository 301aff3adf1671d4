// What each recipe means, pinned: a changed number here is a changed experiment.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { init } from "../../../src/index.ts";
import type { Dataset } from "../../../src/train/dataset/dataset.ts";
import { openDataset } from "../../../src/train/dataset/open.ts";
import { computeFeatures } from "../../../src/train/features/compute.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { findRecipe, recipes } from "../../../src/train/recipes/index.ts";
import { framesOf } from "../../../src/train/recipes/recipe.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";

setDefaultTimeout(60_000);
const quiet = new Progress();
quiet.begin = quiet.say = () => {};

const TORCHAUDIO = {
  kind: "log-mel",
  sampleRate: 22050,
  resamples: true,
  peakNormalized: false,
  segmentSamples: 20991,
  segmentStep: 10496,
  nFft: 1024,
  winLength: 1024,
  hopLength: 512,
  nMels: 60,
  normalized: true,
  melScale: "htk",
  norm: null,
  topDb: 80,
  silenceDb: -70,
  silenceIncludesEqual: false,
};
const LIBROSA = {
  ...TORCHAUDIO,
  peakNormalized: true,
  segmentSamples: 20480,
  segmentStep: 10240,
  normalized: false,
  melScale: "slaney",
  norm: "slaney",
  silenceIncludesEqual: true,
};
const BLOG = {
  frontEnd: TORCHAUDIO,
  masks: { mels: 22, frames: 30 },
  crops: null,
  views: null,
  averages: null,
  mixing: null,
  augmentation: null,
  examples: null,
  classWeights: null,
  validates: false,
  network: {
    kind: "piczak",
    deltaWidth: 5,
    form: "dropout",
    filters: 80,
    conv2Norm: false,
    convDropout: 0.5,
    hidden: [5000],
    dropout: 0.5,
    head: "plain",
    init: "kaiming-normal",
  },
  optimizer: {
    kind: "sgd",
    lr: 0.002,
    schedule: { kind: "constant", warmup: 0 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.001,
    decaysBiases: true,
  },
  epochs: 300,
  batchSize: 100,
  microBatchSize: null,
};
const PAPER = {
  ...BLOG,
  frontEnd: LIBROSA,
  masks: null,
  augmentation: {
    seed: 1,
    copies: 10, // ESC-10
    maxDelay: 1,
    classes: {
      dog: { pitch: [-4, 4], stretch: [0.95, 1.1] },
      rooster: { pitch: [-3, 2], stretch: [0.95, 1.1] },
      rain: { pitch: [0, 0], stretch: [1, 1] },
      sea_waves: { pitch: [0, 0], stretch: [0.9, 1.2] },
      crackling_fire: { pitch: [0, 0], stretch: [1, 1] },
      crying_baby: { pitch: [-3, 6], stretch: [0.8, 1.3] },
      sneezing: { pitch: [-4, 4], stretch: [0.9, 1.2] },
      clock_tick: { pitch: [0, 0], stretch: [1, 1] },
      helicopter: { pitch: [0, 0], stretch: [0.9, 1.2] },
      chainsaw: { pitch: [-4, 2], stretch: [0.9, 1.2] },
    },
    delayedCopies: 4, // ESC-50
  },
  validates: true,
  network: { ...BLOG.network, deltaWidth: 9, hidden: [5000, 5000], init: "paper" },
  optimizer: { ...BLOG.optimizer, weightDecay: 0.002, decaysBiases: false },
  batchSize: 1000,
};
const BATCH_NORM = { ...BLOG.network, form: "batch-norm", convDropout: 0, dropout: 0 };

const PINNED: Record<string, object> = {
  "blog-mixed": {
    ...BLOG,
    frontEnd: { ...TORCHAUDIO, peakNormalized: true, segmentStep: 5248 },
    masks: null,
    mixing: "power",
    network: { ...BATCH_NORM, dropout: 0.5 },
    optimizer: { ...BLOG.optimizer, lr: 0.01, schedule: { kind: "cosine", warmup: 0, to: 0 } },
    epochs: 50,
  },
  "blog-bn": { ...BLOG, network: BATCH_NORM, epochs: 100 },
  blog: BLOG,
  "blog-code": {
    ...BLOG,
    frontEnd: { ...TORCHAUDIO, resamples: false },
    network: { ...BLOG.network, conv2Norm: true, head: "activated" },
  },
  "paper-short": PAPER,
  "paper-long": {
    ...PAPER,
    frontEnd: { ...LIBROSA, segmentSamples: 51200, segmentStep: 25600 },
    optimizer: { ...PAPER.optimizer, lr: 0.01 },
    epochs: 150,
  },
};

const ENVNET = {
  ...BLOG,
  frontEnd: {
    kind: "waveform",
    sampleRate: 16000,
    resamples: true,
    peakNormalized: false,
    segmentSamples: 24014,
    segmentStep: 6220,
    silenceDb: -70,
  },
  masks: null,
  crops: { padding: 0.5, stretch: 1, gain: 0 },
  network: { kind: "envnet", hidden: [4096, 4096], dropout: 0.5 },
  optimizer: {
    kind: "sgd",
    lr: 0.01,
    schedule: { kind: "step", warmup: 0, milestones: [300, 450], gamma: 0.1 },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
    decaysBiases: true,
  },
  epochs: 600,
  batchSize: 64,
};
/** Mixed between classes, and strongly augmented. */
const BC = {
  mixing: "between-class",
  optimizer: { ...ENVNET.optimizer, schedule: { ...ENVNET.optimizer.schedule, milestones: [600, 900] } },
  epochs: 1200,
};
const STRONG = { crops: { padding: 0.5, stretch: 1.25, gain: 6 } };
const ENVNET_V2 = {
  ...ENVNET,
  frontEnd: { ...ENVNET.frontEnd, sampleRate: 44100, segmentSamples: 66650, segmentStep: 17094 },
  network: { ...ENVNET.network, kind: "envnet-v2" },
};
Object.assign(PINNED, {
  otograd: {
    ...BLOG,
    frontEnd: {
      ...LIBROSA,
      segmentSamples: 110250,
      segmentStep: 55125,
      nMels: 64,
      silenceDb: -99.99,
      silenceIncludesEqual: false,
    },
    masks: { mels: 8, frames: 13 },
    views: { frames: 129, gain: 12, mixed: 1, masked: 2, stretch: 1.25, shift: 4 },
    mixing: "power",
    network: { kind: "convnet", widths: [16, 32, 64, 128], pool: "max", dropout: 0 },
    optimizer: {
      kind: "sgd",
      lr: 0.02,
      schedule: { kind: "cosine", warmup: 5, to: 1e-5 },
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.005,
      decaysBiases: false,
    },
    epochs: 200,
    averages: 30,
    batchSize: 32,
  },
  transfer: {
    ...ENVNET,
    frontEnd: {
      kind: "audio-set",
      sampleRate: 32000,
      resamples: true,
      peakNormalized: false,
      segmentSamples: 160000,
      segmentStep: 80000,
      silenceDb: -90,
    },
    crops: null,
    views: null,
    averages: null,
    mixing: null,
    network: { kind: "transfer", weights: "mn04_as", width: 0.4, tunes: 0, hidden: [], dropout: 0 },
    optimizer: {
      kind: "sgd",
      lr: 0.1,
      schedule: { kind: "cosine", warmup: 0, to: 0 },
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.001,
      decaysBiases: false,
    },
    epochs: 20,
    batchSize: 32,
  },
  m5: {
    ...ENVNET,
    frontEnd: {
      ...ENVNET.frontEnd,
      sampleRate: 8820,
      peakNormalized: true,
      segmentSamples: 32000,
      segmentStep: 6050,
    },
    crops: null,
    views: null,
    averages: null,
    network: { kind: "m5", filters: 80, kernelSize: 128 },
    optimizer: {
      kind: "adam",
      lr: 0.002,
      schedule: { kind: "step", warmup: 0, milestones: [20], gamma: 0.1 },
      weightDecay: 1e-4,
      decaysBiases: true,
      betas: [0.9, 0.999],
      eps: 1e-8,
    },
    epochs: 40,
    batchSize: 8,
  },
  envnet: ENVNET,
  "envnet-bc": { ...ENVNET, ...BC },
  "envnet-bc-strong": { ...ENVNET, ...BC, ...STRONG },
  "envnet-v2": ENVNET_V2,
  "envnet-v2-bc": { ...ENVNET_V2, ...BC },
  "envnet-v2-bc-strong": { ...ENVNET_V2, ...BC, ...STRONG },
});

test("every recipe is pinned", () => {
  expect(recipes.map(({ name }) => name).sort()).toEqual(Object.keys(PINNED).sort());
});

for (const { name, description, ...recipe } of recipes) {
  test(`${name} is what it was`, () => {
    expect(recipe as object).toEqual(PINNED[name]!);
    expect(description.length).toBeGreaterThan(20);
    if (recipe.frontEnd.kind === "log-mel")
      expect(framesOf(recipe.frontEnd)).toBe({ "paper-long": 101, otograd: 216 }[name] ?? 41);
  });
}

// Audible segments of every sixteenth clip of ESC-10, by fold. Silence is what its front end says of the clip alone.
const AUDIBLE: Record<string, number[]> = {
  "blog-mixed": [54, 82, 81, 81, 89],
  blog: [28, 41, 41, 41, 43],
  "blog-code": [56, 90, 87, 88, 87],
  "paper-short": [28, 42, 41, 41, 45],
  "paper-long": [12, 15, 15, 14, 15],
};

const found = existsSync("data/esc10/meta/esc50.csv");
if (!found) console.log("recipes: no data/esc10, so that its segments are not counted");
test.skipIf(!found)("segments of ESC-10, fold by fold", async () => {
  const all = openDataset("data/esc10");
  const clips = all.clips.filter((_, clip) => clip % 16 === 0);
  const waves = clips.map((_, i) => all.load(16 * i));
  const some: Dataset = { ...all, clips, load: (clip) => waves[clip]!, blocks: undefined };
  await init();
  for (const [name, audible] of Object.entries(AUDIBLE)) {
    const { frontEnd } = findRecipe(name);
    const { clipOf, silent } = await computeFeatures(some, extractorOf(frontEnd), {
      progress: quiet,
      stop: { signal: null, onFirst: "" },
    });
    const inFold = (fold: number) =>
      clipOf.reduce((n, clip, s) => n + Number(silent[s] === 0 && clips[clip]!.fold === fold), 0);
    expect([name, ...[1, 2, 3, 4, 5].map(inFold)]).toEqual([name, ...audible]);
    const lengths = (await Promise.all(waves)).map(
      ({ samples }) => samples.length / (frontEnd.resamples ? 2 : 1),
    );
    const fit = (n: number) =>
      Math.floor((Math.ceil(n) - frontEnd.segmentSamples) / frontEnd.segmentStep) + 1;
    expect(clipOf.length).toBe(lengths.map(fit).reduce((a, b) => a + b));
  }
});

test("an unknown recipe is answered with those that exist", () => {
  expect(() => findRecipe("paper")).toThrow(
    "there is no recipe 'paper'; there are otograd, transfer, blog-bn, blog-mixed, blog, blog-code, paper-short, paper-long, m5, envnet, envnet-bc, envnet-bc-strong, envnet-v2, envnet-v2-bc, envnet-v2-bc-strong",
  );
});
