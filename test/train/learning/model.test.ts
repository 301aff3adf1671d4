// The networks and optimizers that recipes mean.
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  buildModel,
  buildOptimizer,
  parameterCount,
  segmentsThatFit,
} from "../../../src/train/learning/model.ts";
import { findRecipe, recipes } from "../../../src/train/recipes/index.ts";
import type { PiczakRecipe, Recipe } from "../../../src/train/recipes/recipe.ts";

setDefaultTimeout(60_000);

test("the networks have as many numbers to learn as their layers say, for ten classes", () => {
  const conv = 80 * 2 * 57 * 6 + 80 + (80 * 80 * 3 + 80);
  const dense = (...sizes: number[]) => sizes.slice(1).reduce((sum, n, i) => sum + n * (sizes[i]! + 1), 0);
  const twice = (inputs: number, outputs: number, kernel: number) =>
    (inputs + outputs) * outputs * kernel + 4 * outputs;
  const waves = [
    40 * 8 * 41 + 50 * 8 * 13 + 50 * 50 * 5 + 2 * (40 + 40 + 50 + 50),
    32 * 64 +
      64 * 32 * 16 +
      2 * (32 + 64) +
      twice(1, 32, 64) +
      twice(32, 64, 4) +
      twice(64, 128, 2) +
      twice(128, 256, 2),
  ];
  const inThreeForms = (name: string, numbers: number) =>
    Object.fromEntries(["", "-bc", "-bc-strong"].map((form) => [name + form, numbers]));
  const wide = (n: number) => Math.ceil(0.8192 * n); // 4096, narrowed alike
  /** By layers of `n` in place of 5000. */
  const wanted = (n: number): Record<string, number> => ({
    "blog-mixed": conv + dense(240, n, 10) + 2 * (80 + 80 + n),
    otograd:
      9 * (2 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128) +
      4 * 240 +
      dense(128, 10),
    transfer: dense(384, 10),
    "blog-bn": conv + dense(240, n, 10) + 2 * (80 + 80 + n),
    blog: conv + dense(240, n, 10),
    "blog-code": conv + dense(240, n, 10) + 2 * 80,
    "paper-short": conv + dense(240, n, n, 10),
    "paper-long": conv + dense(800, n, n, 10),
    m5: 80 * 129 + 3 * (80 * 128 + 128 * 256 + 256 * 512) + 896 + 2 * (80 + 896) + dense(512, 10),
    ...inThreeForms("envnet", waves[0]! + dense(7700, wide(n), wide(n), 10)),
    ...inThreeForms("envnet-v2", waves[1]! + dense(20480, wide(n), wide(n), 10)),
  });
  // Built a hundredth as wide: the paper's networks take 100 MB each.
  const narrow = ({ network, ...recipe }: Recipe): Recipe =>
    "hidden" in network
      ? { ...recipe, network: { ...network, hidden: network.hidden.map((n) => Math.ceil(n / 100)) } }
      : { ...recipe, network };
  // Without its weights, which need not be here, a pretrained network is drawn; its own numbers are not learned.
  const counts = recipes.map((recipe) => {
    const model = buildModel(narrow(recipe), 10, 1);
    return [recipe.name, parameterCount(model)];
  });
  expect(Object.fromEntries(counts)).toEqual(wanted(50));
  console.log(
    "  numbers to learn:",
    Object.entries(wanted(5000))
      .map(([name, n]) => `${name} ${n}`)
      .join(", "),
  );
});

test("a batch goes through the network in parts where an array of it would be larger than the adapter binds", () => {
  const fit = (changes: Partial<PiczakRecipe["network"]>, microBatchSize: number | null = null) => {
    const recipe = findRecipe("paper-long");
    return segmentsThatFit(
      { ...recipe, microBatchSize, network: { ...recipe.network, ...changes } },
      2 ** 27,
    );
  };
  // The first convolution's output, filters × 4 × 96 numbers a segment, is the largest.
  expect([fit({}), fit({ filters: 160 }), fit({}, 256)]).toEqual([1092, 546, 256]);
  expect(fit({ hidden: [100000] })).toBe(335);
});

test("the optimizer: the paper's decay spares biases, the blog's does not", () => {
  const groups = (name: "blog" | "blog-bn" | "paper-short") => {
    const recipe = findRecipe(name);
    const model = buildModel({ ...recipe, network: { ...recipe.network, hidden: [8] } }, 10, 1);
    return buildOptimizer(model, recipe).paramGroups.map(({ params, ...rest }) => ({
      tensors: params.length,
      ...rest,
    })) as object[];
  };
  const sgd = { lr: 0.002, momentum: 0.9, nesterov: true, dampening: 0, maximize: false };
  expect(groups("blog")).toEqual([{ tensors: 8, ...sgd, weightDecay: 0.001 }]);
  expect(groups("blog-bn")).toEqual([{ tensors: 14, ...sgd, weightDecay: 0.001 }]);
  expect(groups("paper-short")).toEqual([
    { tensors: 4, ...sgd, weightDecay: 0.002 },
    { tensors: 4, ...sgd, weightDecay: 0 },
  ]);
});
