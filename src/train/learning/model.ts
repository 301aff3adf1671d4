// The network of a recipe, its optimizer, and what they take.
import type { AdapterFacts } from "../../gpu/device.ts";
import { manualSeed, nn, optim } from "../../index.ts";
import { framesOf, type Recipe } from "../recipes/recipe.ts";
import { oneLine, UserError } from "../terminal/errors.ts";

/** The recipe's network with initial weights drawn from the seed. Throws UserError where it is too large. */
export function buildModel(recipe: Recipe, classes: number, seed: number): nn.Module {
  manualSeed(seed);
  const { frontEnd, network } = recipe;
  try {
    return new nn.Piczak({ classes, frames: framesOf(frontEnd), melBands: frontEnd.nMels, ...network });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`the recipe's network cannot be made: ${oneLine(error)}`, { cause: error });
  }
}

/** The most bytes that one array on the GPU may take. */
export function largestArray({ limits }: AdapterFacts): number {
  return Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
}

/** How many segments can go through the recipe's network at once where an array takes at most `maxBytes`. */
export function segmentsThatFit(recipe: Recipe, maxBytes: number): number {
  const { network, frontEnd, microBatchSize } = recipe;
  const frames = framesOf(frontEnd);
  const input = 2 * frontEnd.nMels * frames;
  const firstConvolution = network.filters * 4 * (frames - 5);
  const largest = Math.max(input, firstConvolution, ...network.hidden);
  const most = Math.max(2, Math.floor(maxBytes / (4 * largest)));
  return Math.min(microBatchSize ?? most, most);
}

/** How many numbers are learned. */
export function parameterCount(model: nn.Module): number {
  return model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
}

/** The recipe's optimizer over the model's parameters. */
export function buildOptimizer(model: nn.Module, recipe: Recipe): optim.SGD {
  const { decaysBiases, schedule: _, ...options } = recipe.optimizer;
  if (decaysBiases) return new optim.SGD(model.parameters(), options);
  // Weights have two dimensions or more; biases and batch norm's parameters one.
  const weights = model.parameters().filter((parameter) => parameter.ndim > 1);
  const others = model.parameters().filter((parameter) => parameter.ndim <= 1);
  return new optim.SGD([{ params: weights }, { params: others, weightDecay: 0 }], options);
}
