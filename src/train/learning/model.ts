// The network of a recipe, and its way to and from the run's folder.
import { manualSeed, nn, optim, type Tensor, tensor } from "../../index.ts";
import { type Arrays, DamagedFile, type HostArray } from "../files/safetensors.ts";
import { framesOf, type Recipe } from "../recipes/recipe.ts";
import { type EpochMetrics, parseMetrics, type RunFolder } from "../runs/run-folder.ts";
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

/** Parameters and buffers, on the host, by PyTorch's names. */
export function readWeights(model: nn.Module): Promise<Record<string, HostArray>> {
  return toHost(model.stateDict());
}

/** Puts a file's weights into the model. Throws UserError where they do not fit. */
export function loadModel(model: nn.Module, { arrays }: Arrays, from: string): void {
  try {
    model.loadStateDict(toDevice(arrays));
  } catch (error) {
    throw new UserError(`the weights in ${from} do not fit its network: ${oneLine(error)}`, { cause: error });
  }
}

/** Writes a checkpoint of the epochs done: the weights as given, what the optimizer remembers, and the metrics. */
export async function saveCheckpoint(
  run: RunFolder,
  weights: Record<string, HostArray>,
  optimizer: optim.SGD,
  metrics: readonly EpochMetrics[],
): Promise<void> {
  const { tensors, ...settings } = optimizer.stateDict();
  const remembered = await toHost(tensors);
  run.writeCheckpoint(
    metrics.length,
    { ...prefixed(MODEL, weights), ...prefixed(OPTIMIZER, remembered) },
    { optimizer: JSON.stringify(settings), metrics: metrics.map((line) => JSON.stringify(line)).join("\n") },
  );
}

/**
 * Brings model and optimizer to where the last checkpoint was written; where that is damaged, to the one before it.
 * @param warn is told of a damaged one, which is removed when another has taken its place
 * @returns the metrics of the epochs done; none where no checkpoint was written yet
 */
export function loadCheckpoint(
  run: RunFolder,
  model: nn.Module,
  optimizer: optim.SGD,
  warn: (line: string) => void,
): EpochMetrics[] {
  const damaged: { epoch: number; error: DamagedFile }[] = [];
  for (const epoch of run.checkpoints()) {
    try {
      const metrics = restore(run, epoch, model, optimizer);
      for (const { epoch: later, error } of damaged) {
        warn(`${error.message}; going on from epoch ${epoch} instead`);
        run.removeCheckpoint(later);
      }
      return metrics;
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      damaged.push({ epoch, error });
    }
  }
  if (damaged.length === 0) return [];
  const what = damaged.map(({ error }) => error.message).join("; ");
  throw new UserError(`${what}; no other checkpoint is in ${run.path}`, { cause: damaged[0]!.error });
}

function restore(run: RunFolder, epoch: number, model: nn.Module, optimizer: optim.SGD): EpochMetrics[] {
  const path = run.checkpointPath(epoch);
  const { arrays, metadata } = run.readCheckpoint(epoch);
  const metrics = (metadata.metrics ?? "").split("\n").map((line, i) => parseMetrics(line, i + 1));
  if (metrics.length !== epoch || metrics.some((line) => line === null))
    throw new DamagedFile(`${path} does not hold the metrics of ${epoch} epochs`);
  loadModel(model, { arrays: stripped(MODEL, arrays), metadata }, path);
  try {
    const settings = JSON.parse(metadata.optimizer ?? "");
    optimizer.loadStateDict({ ...settings, tensors: toDevice(stripped(OPTIMIZER, arrays)) });
  } catch (error) {
    throw new UserError(`${path} does not fit its optimizer: ${oneLine(error)}`, { cause: error });
  }
  return metrics as EpochMetrics[];
}

const MODEL = "model.";
const OPTIMIZER = "optimizer.";

function prefixed<T>(prefix: string, table: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [prefix + name, value]));
}

function stripped<T>(prefix: string, table: Record<string, T>): Record<string, T> {
  const mine = Object.entries(table).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(mine.map(([name, value]) => [name.slice(prefix.length), value]));
}

async function toHost(tensors: Record<string, Tensor>): Promise<Record<string, HostArray>> {
  const read = Object.entries(tensors).map(async ([name, each]): Promise<[string, HostArray]> => {
    return [name, { shape: each.shape, data: await each.data() }];
  });
  return Object.fromEntries(await Promise.all(read));
}

function toDevice(arrays: Record<string, HostArray>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, { shape })]),
  );
}
