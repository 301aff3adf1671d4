// The learning rate by epoch.
import { expect, test } from "bun:test";
import { endlessWarmup, learningRate } from "../../../src/train/learning/schedule.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import type { Schedule } from "../../../src/train/recipes/recipe.ts";

const recipe = { ...findRecipe("blog-bn"), epochs: 4 };
const rates = (schedule: Schedule) =>
  [1, 2, 3, 4].map((epoch) =>
    learningRate({ ...recipe, optimizer: { ...recipe.optimizer, schedule } }, epoch),
  );

test("the cosine schedule is torch's CosineAnnealingLR, stepped once an epoch", () => {
  expect(rates({ kind: "constant", warmup: 0 })).toEqual([0.002, 0.002, 0.002, 0.002]);
  const torch = [0.002, 0.0017071067811865474, 0.001, 0.00029289321881345256]; // lr 0.002, T_max 4
  for (const [i, rate] of rates({ kind: "cosine", warmup: 0, to: 0 }).entries())
    expect(rate).toBeCloseTo(torch[i]!, 15);
  const least = rates({ kind: "cosine", warmup: 0, to: 0.001 }); // eta_min 0.001
  for (const [i, rate] of least.entries()) expect(rate).toBeCloseTo(0.001 + torch[i]! / 2, 15);
});

test("the step schedule is torch's MultiStepLR, and a warm-up rises to where the others begin", () => {
  const close = (schedule: Schedule, wanted: number[]) => {
    for (const [i, rate] of rates(schedule).entries()) expect(rate).toBeCloseTo(wanted[i]!, 15);
  };
  close({ kind: "step", warmup: 0, milestones: [1, 3], gamma: 0.1 }, [0.002, 0.0002, 0.0002, 0.00002]);
  close({ kind: "constant", warmup: 3 }, [0.0005, 0.001, 0.0015, 0.002]);
  close({ kind: "cosine", warmup: 2, to: 0 }, [0.002 / 3, 0.004 / 3, 0.002, 0.001]);
  close({ kind: "step", warmup: 1, milestones: [3], gamma: 0.5 }, [0.001, 0.002, 0.002, 0.001]);
});

test("a warm-up that takes the whole training is told of", () => {
  const of = (warmup: number) =>
    endlessWarmup({
      ...recipe,
      optimizer: { ...recipe.optimizer, schedule: { kind: "cosine", warmup, to: 0 } },
    });
  expect(of(3)).toBeNull();
  expect(of(4)).toBe(
    "the warm-up takes 4 epochs, and the training has 4: the learning rate rises to 0.00160, and never to 0.002",
  );
});
