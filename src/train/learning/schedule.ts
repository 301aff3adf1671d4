// How the learning rate goes with the epochs.
import type { Recipe } from "../recipes/recipe.ts";

/** The learning rate of an epoch, counted from 1: see the recipe's schedule. */
export function learningRate({ optimizer, epochs }: Recipe, epoch: number): number {
  const { lr, schedule } = optimizer;
  return schedule === "constant" ? lr : (lr * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs))) / 2;
}
