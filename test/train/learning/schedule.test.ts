// The learning rate by epoch.
import { expect, test } from "bun:test";
import { learningRate } from "../../../src/train/learning/schedule.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";

const recipe = { ...findRecipe("blog-bn"), epochs: 4 };

test("the cosine schedule is torch's CosineAnnealingLR, stepped once an epoch", () => {
  const rates = (schedule: "constant" | "cosine") =>
    [1, 2, 3, 4].map((epoch) =>
      learningRate({ ...recipe, optimizer: { ...recipe.optimizer, schedule } }, epoch),
    );
  expect(rates("constant")).toEqual([0.002, 0.002, 0.002, 0.002]);
  const torch = [0.002, 0.0017071067811865474, 0.001, 0.00029289321881345256]; // lr 0.002, T_max 4
  for (const [i, rate] of rates("cosine").entries()) expect(rate).toBeCloseTo(torch[i]!, 15);
});
