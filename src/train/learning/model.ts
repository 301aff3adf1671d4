// The network of a recipe, its optimizer, and what they take.
import type { AdapterFacts } from "../../gpu/device.ts";
import { manualSeed, nn, optim, type Tensor } from "../../index.ts";
import { extractorOf, type FeatureExtractor } from "../features/extractor.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { oneLine, UserError } from "../terminal/errors.ts";
import { kindOf } from "./networks/kinds.ts";

/**
 * What makes a recipe's examples of sounds.
 * @param model gives a network of the recipe's, where a part of it stays as it is and makes them
 */
export function recipeExtractor(
  { frontEnd, network }: Recipe,
  model: () => nn.Module<[Tensor], Tensor>,
): FeatureExtractor {
  const plain = extractorOf(frontEnd);
  const { extractor } = kindOf(network);
  return extractor === undefined ? plain : extractor(model(), plain);
}

/**
 * The recipe's network with initial weights drawn from the seed. Throws UserError where it is too large.
 * @param base what baseOf (networks/base.ts) gave; null where all weights will be loaded into it
 */
export function buildModel(
  { frontEnd, network }: Recipe,
  classes: number,
  seed: number,
  base: nn.StateDict | null = null,
): nn.Module<[Tensor], Tensor> {
  manualSeed(seed);
  try {
    return kindOf(network).build(network, extractorOf(frontEnd).shape, classes, base);
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
  const { frontEnd, network, microBatchSize } = recipe;
  const widest = kindOf(network).widest(network, extractorOf(frontEnd).shape);
  const most = Math.max(2, Math.floor(maxBytes / (4 * widest)));
  return Math.min(microBatchSize ?? most, most);
}

/** How many numbers are learned. */
export function parameterCount(model: nn.Module): number {
  return learned(model).reduce((sum, parameter) => sum + parameter.numel(), 0);
}

/** Whether what one example becomes depends on those that go through the network with it. */
export function hasBatchNorm(model: nn.Module): boolean {
  return model.modules().some((each) => each instanceof nn.BatchNorm1d || each instanceof nn.BatchNorm2d);
}

function learned(model: nn.Module): Tensor[] {
  return model.parameters().filter((parameter) => parameter.requiresGrad);
}

const OPTIMIZERS = { sgd: optim.SGD, adam: optim.Adam, adamw: optim.AdamW };

/** Any of them. */
export type Optimizer = optim.Optimizer<{ lr: number }>;

/** The recipe's optimizer over what the model learns. */
export function buildOptimizer(model: nn.Module, { optimizer }: Recipe): Optimizer {
  const { kind, decaysBiases, schedule: _, ...options } = optimizer;
  const all = learned(model);
  // Weights have two dimensions or more; biases and norms' parameters one.
  const isWeight = (parameter: Tensor) => parameter.ndim > 1;
  const groups = [
    { params: all.filter(isWeight) },
    { params: all.filter((parameter) => !isWeight(parameter)), weightDecay: 0 },
  ].filter(({ params }) => params.length > 0);
  return new OPTIMIZERS[kind](decaysBiases ? all : groups, options);
}
