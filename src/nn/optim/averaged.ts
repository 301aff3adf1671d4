// Averages of a model's weights over its training, by torch.optim.swa_utils' names: all alike (Izmailov et al. 2018), or
// exponential (Polyak & Juditsky 1992).
import { moveAverages } from "../../kernels/optimizers/average.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { eachTime } from "../../tensor/autograd/step.ts";
import { isTensor, show, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { tensor } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, type Kind, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { deepcopy, wantModule } from "../copy.ts";
import { FIELDS } from "../held.ts";
import { BatchNorm1d, BatchNorm2d } from "../layers/norm.ts";
import { type AnyModule, Buffer, Module } from "../module.ts";

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
 * A copy of a model whose weights are averages: updateParameters(model) takes in the model's own as they are then. A state that is
 * loaded says how often it was updated (`n_averaged`, as PyTorch's do), and the average goes on from there; an `avgFn`, which is told
 * the number, wants `averaged.nAveraged = await averaged.stateDict().n_averaged.item()` before.
 * @shape any, more → any, more
 * @example
 * const model = new nn.Linear(1, 1);
 * const average = new optim.AveragedModel(model);
 * average.updateParameters(model);
 * average.forward(ones([3, 1])).shape; // → [3, 1]
 */
export class AveragedModel<M extends AnyModule = AnyModule> extends Module {
  readonly module: M;
  /** How often it was updated, on the GPU: part of the state, which may be loaded at any time. */
  private readonly counter = new Buffer(tensor(0, { dtype: "int32" }));
  /** The same here, NaN where it was not read yet, of the counter's version; and the updates since the reading began. */
  private known = { count: 0, version: arrayOf(this.counter).version, since: 0 };
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

  /** How often it was updated; NaN after a state was loaded, until the next update's reading of it has come. */
  get nAveraged(): number {
    return this.known.version === arrayOf(this.counter).version ? this.known.count : Number.NaN;
  }
  set nAveraged(count: number) {
    wantWhole("AveragedModel", { nAveraged: count }, 0);
    noGrad(() => this.counter.fill_(count));
    this.known = { count, version: arrayOf(this.counter).version, since: 0 };
  }

  override [FIELDS](): [name: string, value: unknown][] {
    return [
      ["module", this.module],
      ["n_averaged", this.counter],
    ];
  }

  forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return this.module.forward(...(inputs as never[])) as ReturnType<M["forward"]>;
  }

  /** Takes in the model's parameters; the first time they are the average. */
  updateParameters(model: M, ...more: never[]): void {
    wantModule("AveragedModel.updateParameters", model);
    wantNoMore("AveragedModel.updateParameters", more);
    eachTime(() => this.update(model));
  }

  private update(model: M): void {
    const buffers = pairs(this.module.namedBuffers(), model.namedBuffers());
    const parameters = pairs(this.module.namedParameters(), model.namedParameters());
    const averaged = [...parameters, ...(this.useBuffers ? buffers : [])];
    const { nAveraged, avgFn } = this;
    if (Number.isNaN(nAveraged) && avgFn !== undefined)
      throw new Error(
        "AveragedModel.updateParameters: avgFn is told how often the state that was loaded was updated: write averaged.nAveraged = await averaged.stateDict().n_averaged.item() before",
      );
    if (Number.isNaN(nAveraged)) this.moveUnread(averaged);
    else if (avgFn !== undefined && nAveraged > 0)
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
    noGrad(() => this.counter.add_(1));
    this.known.count++;
    this.known.since++;
    this.known.version = arrayOf(this.counter).version;
  }

  /** Moves the averages by a weight that is computed beside the counter, which is read meanwhile. */
  private moveUnread(averaged: readonly (readonly [own: Tensor, other: Tensor])[]): void {
    const { version } = arrayOf(this.counter);
    if (this.known.version !== version) {
      const reading = { count: Number.NaN, version, since: 0 };
      this.known = reading;
      const arrive = (count: number) => {
        reading.count = count + reading.since;
      };
      this.counter.item().then(arrive, () => {}); // what cannot be read any more is told by the next operation
    }
    noGrad(() => {
      const isFirst = this.counter.eq(0);
      const weight = this.decay === undefined ? this.counter.float().add(1).reciprocal() : 1 - this.decay;
      for (const [own, other] of averaged)
        own.copy_(where(isFirst, other, own.add(other.sub(own).mul(weight))));
    });
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
    if (other === undefined || other.numel() !== tensor.numel())
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
    .map((module) => module as { momentum: number | null } & (BatchNorm1d | BatchNorm2d));
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
