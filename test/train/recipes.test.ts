// What each recipe means, pinned: a changed number here is a changed experiment.
import { expect, test } from "bun:test";
import { framesOf } from "../../src/train/features.ts";
import { buildModel, buildOptimizer, parameterCount } from "../../src/train/model.ts";
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

test("the networks have as many numbers to learn as their layers say, for ten classes", () => {
  const conv = 80 * 2 * 57 * 6 + 80 + (80 * 80 * 3 + 80);
  const dense = (...sizes: number[]) => sizes.slice(1).reduce((sum, n, i) => sum + n * (sizes[i]! + 1), 0);
  const counts = recipes.map((recipe) => [recipe.name, parameterCount(buildModel(recipe, 10, 1))]);
  expect(Object.fromEntries(counts)).toEqual({
    "blog-bn": conv + dense(240, 5000, 10) + 2 * (80 + 80 + 5000),
    blog: conv + dense(240, 5000, 10),
    "paper-short": conv + dense(240, 5000, 5000, 10),
  });
});

test("the optimizer: the paper's decay spares biases, the blog's does not", () => {
  const groups = (name: string) => {
    const recipe = findRecipe(name);
    const model = buildModel({ ...recipe, network: { ...recipe.network, hidden: [8] } }, 10, 1);
    return buildOptimizer(model, recipe).paramGroups.map(({ params, ...rest }) => ({
      tensors: params.length,
      ...rest,
    }));
  };
  const sgd = { lr: 0.002, momentum: 0.9, nesterov: true, dampening: 0 };
  expect(groups("blog")).toEqual([{ tensors: 8, ...sgd, weightDecay: 0.001 }]);
  expect(groups("blog-bn")).toEqual([{ tensors: 14, ...sgd, weightDecay: 0.001 }]);
  expect(groups("paper-short")).toEqual([
    { tensors: 4, ...sgd, weightDecay: 0.002 },
    { tensors: 4, ...sgd, weightDecay: 0 },
  ]);
});

test("an unknown recipe is answered with those that exist", () => {
  expect(() => findRecipe("paper")).toThrow(
    "there is no recipe 'paper'; there are blog-bn, blog, paper-short",
  );
});
