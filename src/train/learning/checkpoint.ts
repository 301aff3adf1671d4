// A network's weights, and all that a training goes on from, on their way to and from where the run is left.
import { nn, type optim, type Tensor, tensor } from "../../index.ts";
import { type Arrays, DamagedFile, type HostArray } from "../files/arrays.ts";
import type { Config } from "../runs/config.ts";
import { type EpochMetrics, parseMetrics } from "../runs/metrics.ts";
import type { Run } from "../runs/run.ts";
import { oneLine, UserError } from "../terminal/errors.ts";
import { counted } from "../terminal/words.ts";
import { buildModel, type Optimizer } from "./model.ts";

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

/** A run's network with the weights that its files hold: they can be read, and found damaged, before the GPU is opened. */
export function networkOf(
  { folder, config }: { readonly folder: { readonly path: string }; readonly config: Config },
  weights: Arrays,
): nn.Module<[Tensor], Tensor> {
  const model = nn.utils.skipInit(() => buildModel(config.recipe, config.classes.length, config.seed));
  loadModel(model, weights, folder.path);
  return model;
}

/** Writes a checkpoint of the epochs done: the weights as given, what the optimizer remembers, and the metrics. */
export async function saveCheckpoint(
  run: Run,
  weights: Record<string, HostArray>,
  optimizer: Optimizer,
  metrics: readonly EpochMetrics[],
  averaged: optim.AveragedModel | null = null,
): Promise<void> {
  const { tensors, ...settings } = optimizer.stateDict();
  const remembered = await toHost(tensors);
  const mean = averaged === null || averaged.nAveraged === 0 ? {} : await readWeights(averaged.module);
  run.writeCheckpoint(
    metrics.length,
    { ...prefixed(MODEL, weights), ...prefixed(OPTIMIZER, remembered), ...prefixed(AVERAGED, mean) },
    {
      averaged: String(averaged?.nAveraged ?? 0),
      optimizer: JSON.stringify(settings),
      metrics: metrics.map((line) => JSON.stringify(line)).join("\n"),
    },
  );
}

/**
 * Brings model and optimizer to where the last checkpoint was written; where that is damaged, to the one before it.
 * @param warn is told of a damaged one, which is removed when another has taken its place
 * @returns the metrics of the epochs done; none where no checkpoint was written yet
 */
export function loadCheckpoint(
  run: Run,
  model: nn.Module,
  optimizer: Optimizer,
  warn: (line: string) => void,
  averaged: optim.AveragedModel | null = null,
): EpochMetrics[] {
  const damaged: { epoch: number; error: DamagedFile }[] = [];
  for (const epoch of run.checkpoints()) {
    try {
      const metrics = restore(run, epoch, model, optimizer, averaged);
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

function restore(
  run: Run,
  epoch: number,
  model: nn.Module,
  optimizer: Optimizer,
  averaged: optim.AveragedModel | null,
): EpochMetrics[] {
  const path = run.checkpointPath(epoch);
  const { arrays, metadata } = run.readCheckpoint(epoch);
  const metrics = (metadata.metrics ?? "").split("\n").map((line, i) => parseMetrics(line, i + 1));
  if (metrics.length !== epoch || metrics.some((line) => line === null))
    throw new DamagedFile(`${path} does not hold the metrics of ${counted(epoch, "epoch")}`);
  loadModel(model, { arrays: stripped(MODEL, arrays), metadata }, path);
  try {
    const settings = JSON.parse(metadata.optimizer ?? "");
    optimizer.loadStateDict({ ...settings, tensors: toDevice(stripped(OPTIMIZER, arrays)) });
  } catch (error) {
    throw new UserError(`${path} does not fit its optimizer: ${oneLine(error)}`, { cause: error });
  }
  const updates = Number(metadata.averaged ?? 0);
  if (averaged !== null && updates > 0) {
    loadModel(averaged.module, { arrays: stripped(AVERAGED, arrays), metadata }, path);
    averaged.nAveraged = updates;
  }
  return metrics as EpochMetrics[];
}

const MODEL = "model.";
const OPTIMIZER = "optimizer.";
const AVERAGED = "averaged.";

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
