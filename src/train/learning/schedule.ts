// How the learning rate goes with the epochs.
import { optim } from "../../index.ts";
import type { Recipe } from "../recipes/recipe.ts";

const { LambdaLR } = optim.lrScheduler;

/**
 * Sets the learning rates of an optimizer as the recipe's schedule says, and is stepped once an epoch; `done` epochs have been.
 * Null where they stay.
 */
export function schedulerOf(
  { optimizer: { lr, schedule }, epochs }: Recipe,
  optimizer: optim.lrScheduler.Scheduled,
  done: number,
): optim.lrScheduler.LambdaLR | null {
  if (schedule === "constant") return null;
  for (const group of optimizer.paramGroups) group.lr = lr; // a checkpoint's is its epoch's
  const scheduler = new LambdaLR(optimizer, (epoch) => (1 + Math.cos((Math.PI * epoch) / epochs)) / 2);
  for (let epoch = 0; epoch < done; epoch++) scheduler.step();
  return scheduler;
}

/** The learning rate of an epoch, counted from 1: see the recipe's schedule. */
export function learningRate(recipe: Recipe, epoch: number): number {
  const group = { lr: recipe.optimizer.lr };
  schedulerOf(recipe, { paramGroups: [group] }, epoch - 1);
  return group.lr;
}
