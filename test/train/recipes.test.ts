// What each recipe means, pinned: a changed number here is a changed experiment.
import { expect, test } from "bun:test";
import { framesOf } from "../../src/train/features.ts";
import { findRecipe, recipes } from "../../src/train/recipes/index.ts";

const TORCHAUDIO = {
  sampleRate: 22050,
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

const PINNED: Record<string, object> = {
  "blog-bn": {
    frontEnd: TORCHAUDIO,
    deltaWidth: 5,
    masks: { mels: 22, frames: 30 },
    validates: false,
    network: { form: "batch-norm", hidden: [5000], init: "kaiming-normal" },
    optimizer: { lr: 0.002, momentum: 0.9, nesterov: true, weightDecay: 0.001, decaysBiases: true },
    epochs: 100,
    batchSize: 100,
  },
  blog: {
    frontEnd: TORCHAUDIO,
    deltaWidth: 5,
    masks: { mels: 22, frames: 30 },
    validates: false,
    network: { form: "dropout", hidden: [5000], init: "kaiming-normal" },
    optimizer: { lr: 0.002, momentum: 0.9, nesterov: true, weightDecay: 0.001, decaysBiases: true },
    epochs: 300,
    batchSize: 100,
  },
  "paper-short": {
    frontEnd: {
      ...TORCHAUDIO,
      peakNormalized: true,
      segmentSamples: 20480,
      segmentStep: 10240,
      normalized: false,
      melScale: "slaney",
      norm: "slaney",
      silenceIncludesEqual: true,
    },
    deltaWidth: 9,
    masks: null,
    validates: true,
    network: { form: "dropout", hidden: [5000, 5000], init: "paper" },
    optimizer: { lr: 0.002, momentum: 0.9, nesterov: true, weightDecay: 0.002, decaysBiases: false },
    epochs: 300,
    batchSize: 1000,
  },
};

test("every recipe is pinned", () => {
  expect(recipes.map(({ name }) => name).sort()).toEqual(Object.keys(PINNED).sort());
});

for (const { name, description, ...recipe } of recipes) {
  test(`${name} is what it was`, () => {
    expect(recipe as object).toEqual(PINNED[name]!);
    expect(description.length).toBeGreaterThan(20);
    expect(framesOf(recipe.frontEnd)).toBe(41);
  });
}

test("an unknown recipe is answered with those that exist", () => {
  expect(() => findRecipe("paper")).toThrow(
    "there is no recipe 'paper'; there are blog-bn, blog, paper-short",
  );
});
