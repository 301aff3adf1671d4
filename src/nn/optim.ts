// Optimizers by torch.optim's names and defaults. A step is one launch a parameter (kernels/sgd, kernels/adam).

import { empty } from "../gpu/array.ts";
import { formatShape, sameShape } from "../gpu/shape.ts";
import { adamStep } from "../kernels/optimizers/adam.ts";
import { sgdStep } from "../kernels/optimizers/sgd.ts";
import { noGrad, outliveScope } from "../tensor/autograd.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Parameters with settings of their own; what is left out comes from the optimizer's settings. */
export type ParamGroup<O> = Partial<O> & { params: Iterable<Tensor> };

/** What is to be learned: tensors, or groups of them. */
export type ParamsOrGroups<O> = Iterable<Tensor> | Iterable<ParamGroup<O>>;

/** What an optimizer remembers, for checkpoints. All but `tensors` survives JSON. */
export interface OptimizerState<O> {
  /** The settings of each group, and its parameters' numbers, counted over all groups. */
  paramGroups: (O & { params: number[] })[];
  /** How often each parameter was stepped. */
  steps: number[];
  /** By parameter number and PyTorch's name: "0.momentum_buffer". They share memory with the optimizer's. */
  tensors: Record<string, Tensor>;
}

interface Memory {
  step: number;
  readonly tensors: Map<string, Tensor>;
}

abstract class Optimizer<O extends { lr: number }> {
  /** Settings that step() reads anew each time. */
  readonly paramGroups: (O & { readonly params: Tensor[] })[];
  private readonly memories = new Map<Tensor, Memory>();

  constructor(parameters: ParamsOrGroups<O>, defaults: Partial<O>, options: Partial<O>) {
    const settings = { ...defaults, ...defined(options) };
    const given = [...parameters] as (Tensor | ParamGroup<O>)[];
    const name = this.constructor.name;
    const groups = given.some((item) => item instanceof Tensor)
      ? [{ params: given as Tensor[] }]
      : (given as ParamGroup<O>[]);
    this.paramGroups = groups.map((group) => {
      return { ...settings, ...defined(group), params: [...group.params] } as O & { params: Tensor[] };
    });
    for (const group of this.paramGroups) this.check(group, name);
    const all = this.all();
    if (all.length === 0) throw new RangeError(`${name}: the list of parameters is empty`);
    all.forEach((parameter, i) => {
      if (!(parameter instanceof Tensor)) throw new TypeError(`${name}: parameter ${i} is not a tensor`);
      const which = `${name}: parameter ${i} ${formatShape(parameter.shape)}`;
      if (parameter.node !== null)
        throw new Error(`${which} was computed from others: only leaves can be learned`);
      if (all.indexOf(parameter) !== i) throw new Error(`${which} is listed twice`);
    });
  }

  /** Throws where a group's settings make no sense. */
  protected abstract check(settings: O, name: string): void;

  /** Changes one parameter that has a gradient. `step` is 1 the first time; `remembered` gives its own tensors. */
  protected abstract update(
    parameter: Tensor,
    settings: O,
    step: number,
    remembered: (name: string) => { tensor: Tensor; first: boolean },
  ): void;

  private all(): Tensor[] {
    return this.paramGroups.flatMap((group) => group.params);
  }

  /** The learning rate of the first group. Setting it sets all groups'; `paramGroups[i].lr` is one's own. */
  get lr(): number {
    return this.paramGroups[0]!.lr;
  }
  set lr(value: number) {
    for (const group of this.paramGroups) {
      this.check({ ...group, lr: value }, this.constructor.name);
      group.lr = value;
    }
  }

  /** Changes every parameter that has a gradient, in place. */
  step(): void {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        if (parameter.gradArray === undefined) continue;
        const memory = this.memoryOf(parameter);
        memory.step++;
        this.update(parameter, group, memory.step, (name) => {
          const known = memory.tensors.get(name);
          if (known !== undefined) return { tensor: known, first: false };
          const tensor = new Tensor(empty(parameter.shape, "float32", name), name);
          outliveScope(tensor);
          memory.tensors.set(name, tensor);
          return { tensor, first: true };
        });
      }
    }
  }

  private memoryOf(parameter: Tensor): Memory {
    let memory = this.memories.get(parameter);
    if (memory === undefined) {
      memory = { step: 0, tensors: new Map() };
      this.memories.set(parameter, memory);
    }
    return memory;
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const parameter of this.all()) parameter.grad = null;
  }

  stateDict(): OptimizerState<O> {
    const all = this.all();
    const tensors: Record<string, Tensor> = {};
    for (const [i, parameter] of all.entries()) {
      for (const [name, tensor] of this.memories.get(parameter)?.tensors ?? []) {
        tensors[`${i}.${name}`] = tensor.detach();
      }
    }
    let next = 0;
    return {
      paramGroups: this.paramGroups.map((group) => ({ ...group, params: group.params.map(() => next++) })),
      steps: all.map((parameter) => this.memories.get(parameter)?.step ?? 0),
      tensors,
    };
  }

  /** Goes on from a state that stateDict() gave, settings included. Copies. @throws Error where it does not fit */
  loadStateDict({ paramGroups, steps, tensors }: OptimizerState<O>): void {
    const all = this.all();
    const name = this.constructor.name;
    const sizes = (groups: readonly { params: readonly unknown[] }[]) =>
      groups.map((group) => group.params.length).join(" + ");
    if (sizes(paramGroups) !== sizes(this.paramGroups) || steps.length !== all.length) {
      throw new Error(
        `loadStateDict: ${name} has ${sizes(this.paramGroups)} parameters, the state ${sizes(paramGroups)}`,
      );
    }
    const memories = all.map((parameter, i): [Tensor, Memory] => [
      parameter,
      { step: steps[i]!, tensors: new Map() },
    ]);
    for (const [key, tensor] of Object.entries(tensors)) {
      const [, i, what] = /^(\d+)\.(.+)$/.exec(key) ?? [];
      const entry = memories[Number(i)];
      if (entry === undefined) throw new Error(`loadStateDict: ${name} has no parameter for "${key}"`);
      const [parameter, memory] = entry;
      if (!sameShape(parameter.shape, tensor.shape)) {
        throw new Error(
          `loadStateDict: "${key}" is ${formatShape(tensor.shape)}, its parameter ${formatShape(parameter.shape)}`,
        );
      }
      memory.tensors.set(what!, tensor);
    }
    const settings = paramGroups.map(({ params: _, ...own }) => own as unknown as O);
    for (const each of settings) this.check(each, name);
    for (const [i, each] of settings.entries()) Object.assign(this.paramGroups[i]!, each);
    for (const [parameter, memory] of memories) {
      for (const [what, tensor] of memory.tensors) {
        const own = noGrad(() => tensor.clone());
        outliveScope(own);
        memory.tensors.set(what, own);
      }
      this.memories.set(parameter, memory);
    }
  }
}

/** What is set: an option that is undefined counts as not given. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function atLeastZero(name: string, settings: Record<string, number>): void {
  for (const [setting, value] of Object.entries(settings)) {
    if (!(typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new RangeError(`${name}: ${setting} is a number ≥ 0, got ${value}`);
  }
}

export interface SgdOptions {
  lr: number;
  momentum?: number;
  dampening?: number;
  /** L2: adds weightDecay · θ to the gradient. */
  weightDecay?: number;
  /** Nesterov's momentum. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent with momentum as torch.optim.SGD defines it:
 * g += weightDecay · θ; v = momentum · v + (1 − dampening) · g (v = g in the first step); θ −= lr · v, or
 * lr · (g + momentum · v) with Nesterov's.
 */
export class SGD extends Optimizer<Required<SgdOptions>> {
  constructor(parameters: ParamsOrGroups<SgdOptions>, options: SgdOptions) {
    super(parameters, { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false }, options);
  }

  protected check(
    { lr, momentum, dampening, weightDecay, nesterov }: Required<SgdOptions>,
    name: string,
  ): void {
    atLeastZero(name, { lr, momentum, dampening, weightDecay });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError(`${name}: nesterov wants a momentum above 0 and no dampening`);
    }
  }

  protected update(
    parameter: Tensor,
    settings: Required<SgdOptions>,
    _: number,
    remembered: (name: string) => { tensor: Tensor; first: boolean },
  ): void {
    const velocity = settings.momentum === 0 ? null : remembered("momentum_buffer");
    sgdStep(parameter.array, parameter.gradArray!, velocity?.tensor.array ?? null, {
      ...settings,
      first: velocity?.first ?? false,
    });
  }
}

export interface AdamOptions {
  lr?: number;
  /** Decay of the running mean of gradients and of their squares. */
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

/** Adam as torch.optim.Adam defines it; weight decay goes through the gradient. */
export class Adam extends Optimizer<Required<AdamOptions>> {
  protected readonly decoupled: boolean = false;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 }, options);
  }

  protected check({ lr, betas, eps, weightDecay }: Required<AdamOptions>, name: string): void {
    atLeastZero(name, { lr, eps, weightDecay });
    if (betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1))
      throw new RangeError(`${name}: betas are two numbers from 0 up to 1, got [${betas.join(", ")}]`);
  }

  protected update(
    parameter: Tensor,
    settings: Required<AdamOptions>,
    step: number,
    remembered: (name: string) => { tensor: Tensor; first: boolean },
  ): void {
    const [mean, square] = [remembered("exp_avg"), remembered("exp_avg_sq")];
    const first = mean.first || square.first; // also after a state without them
    adamStep(parameter.array, parameter.gradArray!, mean.tensor.array, square.tensor.array, {
      ...settings,
      decoupled: this.decoupled,
      step,
      first,
    });
  }
}

/** Adam with weight decay on the weights themselves (Loshchilov & Hutter 2019): torch.optim.AdamW. */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: ParamsOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { weightDecay: 0.01, ...defined(options) });
  }
}
