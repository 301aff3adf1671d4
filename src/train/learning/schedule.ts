// How the learning rate goes with the epochs.
import { optim } from "../../index.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { counted } from "../terminal/words.ts";

const { LambdaLR } = optim.lrScheduler;

/**
 * Sets the learning rates of an optimizer as the recipe's schedule says, and is stepped once an epoch; `done` epochs have been.
 * Null where they stay.
 */
export function schedulerOf(
  recipe: Recipe,
  optimizer: optim.lrScheduler.Scheduled,
  done: number,
): optim.lrScheduler.LambdaLR | null {
  const { lr, schedule } = recipe.optimizer;
  if (schedule.kind === "constant" && schedule.warmup === 0) return null;
  for (const group of optimizer.paramGroups) group.lr = lr; // a checkpoint's is its epoch's
  const scheduler = new LambdaLR(optimizer, (epoch) => shareOf(recipe, epoch));
  for (let epoch = 0; epoch < done; epoch++) scheduler.step();
  return scheduler;
}

/** What share of lr an epoch has, counted from 0. */
function shareOf({ optimizer: { lr, schedule }, epochs }: Recipe, epoch: number): number {
  const { warmup } = schedule;
  if (epoch < warmup) return (epoch + 1) / (warmup + 1);
  if (schedule.kind === "constant") return 1;
  if (schedule.kind === "step")
    return schedule.gamma ** schedule.milestones.filter((milestone) => milestone <= epoch).length;
  const least = schedule.to / lr;
  return least + ((1 - least) * (1 + Math.cos((Math.PI * (epoch - warmup)) / (epochs - warmup)))) / 2;
}

/** The learning rate of an epoch, counted from 1: see the recipe's schedule. */
export function learningRate(recipe: Recipe, epoch: number): number {
  const group = { lr: recipe.optimizer.lr };
  schedulerOf(recipe, { paramGroups: [group] }, epoch - 1);
  return group.lr;
}

/** That a training ends before its warm-up does, in words; null where it does not. */
export function endlessWarmup(recipe: Recipe): string | null {
  const { lr, schedule } = recipe.optimizer;
  if (schedule.warmup < recipe.epochs) return null;
  const reached = learningRate(recipe, recipe.epochs).toPrecision(3);
  return `the warm-up takes ${counted(schedule.warmup, "epoch")}, and the training has ${recipe.epochs}: the learning rate rises to ${reached}, and never to ${lr}`;
}
