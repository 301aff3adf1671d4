// Averages of a model's weights over its training, by torch.optim.swa_utils' names: all alike (Izmailov et al. 2018), or
// exponential (Polyak & Juditsky 1992).
import { moveAverages } from "../../kernels/optimizers/average.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { isTensor, show, wantNoMore } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, type Kind, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { deepcopy, wantModule } from "../copy.ts";
import { BatchNorm1d, BatchNorm2d } from "../layers/norm.ts";
import { type AnyModule, Module } from "../module.ts";

/** How an AveragedModel averages. */
export interface AveragedModelOptions {
  /** An exponential average that keeps so much of itself each time, .999 say. Default: the mean of all. */
  decay?: number;
  /** An average of one's own, in PyTorch's form: of the average, the model's parameter and how many were averaged so far. */
  avgFn?: (averaged: Tensor, parameter: Tensor, numAveraged: number) => Tensor;
  /** Whether buffers are averaged too. Default false: they are the model's last ones. */
  useBuffers?: boolean;
}

const FUNCTION: Kind = { says: "a function", fits: (value) => typeof value === "function" };
const averagedOptions = takes("AveragedModel", 2, { decay: NUMBER, avgFn: FUNCTION, useBuffers: BOOLEAN });

/**
 * A copy of a model whose weights are averages: updateParameters(model) takes in the model's own as they are then.
 * @shape any, more → any, more
 * @example
 * const model = new nn.Linear(1, 1);
 * const average = new optim.AveragedModel(model);
 * average.updateParameters(model);
 * average.forward(ones([3, 1])).shape; // → [3, 1]
 */
export class AveragedModel<M extends AnyModule = AnyModule> extends Module {
  readonly module: M;
  /** How often it was updated. */
  nAveraged = 0;
  private readonly decay: number | undefined;
  private readonly avgFn: AveragedModelOptions["avgFn"];
  private readonly useBuffers: boolean;

  constructor(model: M, options?: AveragedModelOptions, ...more: never[]) {
    super();
    wantModule("AveragedModel", model);
    averagedOptions(options, more);
    const { decay, avgFn, useBuffers = false } = options ?? {};
    if (decay !== undefined && !(decay >= 0 && decay <= 1))
      throw new RangeError(`AveragedModel: decay is a number from 0 to 1, got ${decay}`);
    if (decay !== undefined && avgFn !== undefined)
      throw new TypeError("AveragedModel: give decay or avgFn, one of both at most");
    this.module = deepcopy(model);
    this.decay = decay;
    this.avgFn = avgFn;
    this.useBuffers = useBuffers;
  }

  forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return this.module.forward(...(inputs as never[])) as ReturnType<M["forward"]>;
  }

  /** Takes in the model's parameters; the first time they are the average. */
  updateParameters(model: M, ...more: never[]): void {
    wantModule("AveragedModel.updateParameters", model);
    wantNoMore("AveragedModel.updateParameters", more);
    const buffers = pairs(this.module.namedBuffers(), model.namedBuffers());
    const parameters = pairs(this.module.namedParameters(), model.namedParameters());
    const averaged = [...parameters, ...(this.useBuffers ? buffers : [])];
    const { nAveraged, avgFn } = this;
    if (avgFn !== undefined && nAveraged > 0)
      noGrad(() => {
        for (const [own, other] of averaged) own.copy_(avgFn(own.detach(), other.detach(), nAveraged));
      });
    else {
      const weight = nAveraged === 0 ? 1 : this.decay === undefined ? 1 / (nAveraged + 1) : 1 - this.decay;
      moveAverages(
        averaged.map((each) => each.map(arrayOf)),
        weight,
      );
    }
    if (!this.useBuffers)
      noGrad(() => {
        for (const [own, other] of buffers) own.copy_(other);
      });
    this.nAveraged++;
  }

  override ignoredKeys(): readonly string[] {
    return ["n_averaged"];
  }
}

/** What has the same name in the copy and in the model. */
function pairs(
  own: readonly [name: string, tensor: Tensor][],
  others: readonly [name: string, tensor: Tensor][],
): [own: Tensor, other: Tensor][] {
  const byName = new Map(others);
  return own.map(([name, tensor]) => {
    const other = byName.get(name);
    if (other === undefined || other.size !== tensor.size)
      throw new RangeError(
        `AveragedModel.updateParameters: the model has no "${name}" of this size any more`,
      );
    return [tensor, other];
  });
}

/** What a loader gives: inputs, or lists whose first is the input. */
type Inputs = Tensor | readonly [Tensor, ...unknown[]] | readonly Tensor[];

/**
 * Computes batch norm's running statistics anew, as the means over the loader's batches: of averaged weights nobody has any. The
 * model is what it was otherwise, its training mode included.
 * @example
 * const norm = new nn.BatchNorm1d(1);
 * await optim.updateBn([tensor([[1], [3]])], new nn.Sequential(norm));
 * norm.runningMean; // → [2]
 */
export async function updateBn(
  loader: Iterable<Inputs> | AsyncIterable<Inputs>,
  model: AnyModule,
  ...more: never[]
): Promise<void> {
  if (
    typeof loader !== "object" ||
    loader === null ||
    !(Symbol.iterator in loader || Symbol.asyncIterator in loader)
  )
    throw new TypeError(`updateBn: the loader gives batches, got ${show(loader)}`);
  wantModule("updateBn", model);
  wantNoMore("updateBn", more);
  const norms = model
    .modules()
    .filter(
      (module) =>
        (module instanceof BatchNorm1d || module instanceof BatchNorm2d) && module.runningMean !== null,
    )
    .map((module) => module as { momentum: number } & (BatchNorm1d | BatchNorm2d));
  if (norms.length === 0) return;
  const before = norms.map(({ momentum }) => momentum);
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.train();
  try {
    let batches = 0;
    for await (const batch of loader) {
      const input = (isTensor(batch) ? batch : (batch as readonly unknown[])[0]) as Tensor;
      // The first takes the place of what there was, and each its share of the mean.
      for (const norm of norms) norm.momentum = 1 / (batches + 1);
      noGrad(() => model.forward(...([input] as never[])));
      batches++;
    }
  } finally {
    for (const [i, norm] of norms.entries()) norm.momentum = before[i]!;
    for (const [module, training] of modes) module.training = training;
  }
}
