// What all optimizers share: parameter groups, what is remembered of each parameter, and states for checkpoints. A
// launch of a step takes several parameters (kernels/optimizers).
import { empty } from "../../gpu/array.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { filled } from "../../kernels/elementwise/fill.ts";
import type { Slot } from "../../kernels/optimizers/slots.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { eachTime } from "../../tensor/autograd/step.ts";
import { counted, isTensor, show, wantNoMore } from "../../tensor/check.ts";
import { arrayOf, handleOf } from "../../tensor/handle.ts";
import { refuseInPython } from "../../tensor/instead.ts";
import { BOOLEAN, type Check, type Kind, nearest, takes } from "../../tensor/options.ts";
import { outliveScope } from "../../tensor/scope.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { listOf, noParameter } from "../parameter-list.ts";
import { type ZeroGradOptions, zeroGrads } from "../zeroGrad.ts";

/** Parameters with settings of their own; what is left out comes from the optimizer's settings. What else is there, a name say, is kept. */
export type ParamGroup<O> = Partial<O> & { params: Iterable<Tensor>; name?: string };

/** What a setting may have switched on since the last step: a state need not have it. */
const SWITCHED = ["momentum_buffer", "max_exp_avg_sq", "grad_avg"];

/** What is to be learned: tensors, or groups of them. */
export type ParamsOrGroups<O> = Iterable<Tensor> | Iterable<ParamGroup<O>>;

/** What all optimizers but LBFGS take. */
export interface MaximizeOptions {
  /** Whether to climb instead of descend: gradients are taken with the other sign. */
  maximize?: boolean;
}

/** What an optimizer remembers, for checkpoints. All but `tensors` survives JSON. */
export interface OptimizerState<O> {
  /** The settings of each group, and its parameters' numbers, counted over all groups. */
  paramGroups: (O & { params: number[] })[];
  /** How often each parameter was stepped. */
  steps: number[];
  /** By parameter number and PyTorch's name: "0.momentum_buffer". They share memory with the optimizer's. */
  tensors: Record<string, Tensor>;
}

/** When a step of some parameters is: `step` counts from 1; `first` where nobody has written what goes with them yet. */
export interface When {
  readonly step: number;
  readonly first: boolean;
}

interface Memory {
  step: number;
  readonly tensors: Map<string, Tensor>;
}

/**
 * What optimizers have in common: groups of parameters with settings of their own, step(), zeroGrad() and a state that can
 * be saved.
 * @example
 * const halve = (optimizer: optim.Optimizer<{ lr: number }>) => {
 *   for (const group of optimizer.paramGroups) group.lr /= 2;
 * };
 * const sgd = new optim.SGD(new nn.Linear(2, 1).parameters(), { lr: 0.1 });
 * halve(sgd);
 * sgd.paramGroups[0]!.lr; // → 0.05
 */
export abstract class Optimizer<O extends { lr: number } & MaximizeOptions> {
  /** Settings that step() reads anew each time. */
  readonly paramGroups: (O & { readonly params: Tensor[]; name?: string })[];
  private readonly memories = new Map<Tensor, Memory>();
  /** What a group that says nothing else goes by. */
  private readonly settings: Partial<O>;

  /** `known` are the checks of what settings there are, for all groups and for one. */
  constructor(
    parameters: ParamsOrGroups<O>,
    defaults: Partial<O>,
    options: Partial<O> | undefined,
    private readonly known: Settings,
    more: readonly unknown[],
  ) {
    const name = this.constructor.name;
    const given = listOf(name, parameters) as (Tensor | ParamGroup<O>)[];
    known.all(options, more, name);
    this.settings = { maximize: false, ...defaults, ...defined(options ?? {}) };
    const groups = given.some(isTensor)
      ? [{ params: given as Tensor[] }]
      : given.map((group, i) => checkedGroup<O>(name, i, group, known));
    this.paramGroups = groups.map((group) => {
      return { ...this.settings, ...defined(group) } as O & { params: Tensor[] };
    });
    for (const group of this.paramGroups) this.check(group, name);
    this.wantLeaves(name);
  }

  /** Throws where what is to be learned cannot be, or there is nothing. */
  private wantLeaves(name: string): void {
    const all = this.all();
    if (all.length === 0) throw new RangeError(`${name}: the list of parameters is empty`);
    all.forEach((parameter, i) => {
      if (!isTensor(parameter))
        throw new TypeError(`${name}: parameter ${i} is not a tensor, got ${show(parameter)}`);
      const which = `${name}: parameter ${i} ${formatShape(parameter.shape)}`;
      if (handleOf(parameter).node !== null)
        throw new Error(`${which} was computed from others: only leaves can be learned`);
      if (all.indexOf(parameter) !== i) throw new Error(`${which} is listed twice`);
    });
  }

  /** Adds parameters to what is learned, with settings of their own: layers that were frozen until now, say. */
  addParamGroup(group: ParamGroup<O>, ...more: never[]): void {
    const name = `${this.constructor.name}.addParamGroup`;
    wantNoMore(name, more);
    const own = checkedGroup<O>(name, this.paramGroups.length, group, this.known);
    const added = { ...this.settings, ...defined(own) } as O & { params: Tensor[] };
    this.check(added, name);
    this.paramGroups.push(added);
    try {
      this.wantLeaves(name);
    } catch (error) {
      this.paramGroups.pop();
      throw error;
    }
  }

  /** Throws where a group's settings make no sense. */
  protected abstract check(settings: O, name: string): void;

  /** What is remembered of each parameter, by PyTorch's names. */
  protected abstract remembers(settings: O): readonly string[];

  /** Changes parameters. Slots: parameter, gradient, and what is remembered. */
  protected abstract update(slots: readonly Slot[], settings: O, when: When): void;

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
  step(...more: never[]): void {
    wantNoMore(`${this.constructor.name}.step`, more, "compute the loss and call backward() before it");
    eachTime(
      () =>
        noGrad(() => {
          for (const group of this.paramGroups) this.stepGroup(group);
        }),
      () => this.all().map(handleOf),
    );
  }

  private stepGroup(group: O & { readonly params: Tensor[] }): void {
    this.check(group, this.constructor.name); // which the program, or a scheduler, may have changed
    const names = this.remembers(group);
    /** Those whose steps are the same are stepped together. */
    const together = new Map<string, { slots: Slot[]; when: When }>();
    for (const parameter of group.params) {
      const { grad } = handleOf(parameter);
      if (grad === undefined) continue;
      const gradient = group.maximize ? arrayOf(new Tensor(grad.retain(), "a gradient").neg()) : grad;
      const memory = this.memoryOf(parameter);
      const when = { step: ++memory.step, first: !names.some((name) => memory.tensors.has(name)) };
      const slot = [
        arrayOf(parameter),
        gradient,
        ...names.map((name) => arrayOf(remembered(parameter, memory, name, when.first))),
      ];
      const key = `${when.step} ${when.first}`;
      const others = together.get(key);
      if (others === undefined) together.set(key, { slots: [slot], when });
      else others.slots.push(slot);
    }
    for (const { slots, when } of together.values()) this.update(slots, group, when);
  }

  private memoryOf(parameter: Tensor): Memory {
    let memory = this.memories.get(parameter);
    if (memory === undefined) {
      memory = { step: 0, tensors: new Map() };
      this.memories.set(parameter, memory);
    }
    return memory;
  }

  /** Forgets the gradients; with `setToNone: false` they are zeros afterwards, and step() goes on by momentum and decay. */
  zeroGrad(options?: ZeroGradOptions, ...more: never[]): void {
    zeroGrads(this.all(), options, more);
  }

  /** What step() remembers, and the groups' settings: loadStateDict goes on from there. */
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

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Its groups and their settings, as PyTorch prints them. */
  toString(): string {
    const groups = this.paramGroups.map(({ params, ...settings }, i) => {
      const lines = Object.entries(settings).map(([name, value]) => `\n    ${name}: ${show(value)}`);
      return `\n  group ${i}, ${params.length} parameters${lines.join("")}`;
    });
    return `${this.constructor.name}(${groups.join("")}\n)`;
  }

  /** Goes on from a state that stateDict() gave, settings included. Copies. @throws Error where it does not fit */
  loadStateDict(state: OptimizerState<O>): void {
    const { paramGroups, steps, tensors } = state ?? {};
    const all = this.all();
    const name = this.constructor.name;
    if (
      !Array.isArray(paramGroups) ||
      !Array.isArray(steps) ||
      typeof tensors !== "object" ||
      tensors === null
    )
      throw new TypeError(
        `loadStateDict: ${name} goes on from what its stateDict() gave: paramGroups, steps, tensors`,
      );
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
      if (!isTensor(tensor)) throw new TypeError(`loadStateDict: "${key}" is a tensor, got ${show(tensor)}`);
      if (!sameShape(parameter.shape, tensor.shape)) {
        throw new Error(
          `loadStateDict: "${key}" is ${formatShape(tensor.shape)}, its parameter ${formatShape(parameter.shape)}`,
        );
      }
      memory.tensors.set(what!, tensor);
    }
    const settings = paramGroups.map(({ params: _, ...own }) => own as unknown as O);
    for (const [i, each] of settings.entries()) {
      const lacks = Object.keys(this.paramGroups[i]!).filter((key) => key !== "params" && !(key in each));
      try {
        this.check(each, name);
      } catch (error) {
        if (lacks.length === 0) throw error;
        throw new TypeError(
          `loadStateDict: the state has no ${lacks.join(", ")}, and is of another optimizer than ${name}`,
        );
      }
    }
    const needed = paramGroups.flatMap((group, i) => group.params.map(() => this.remembers(settings[i]!)));
    for (const [i, [, memory]] of memories.entries()) {
      const lost = needed[i]!.find((what) => !SWITCHED.includes(what) && !memory.tensors.has(what));
      if (memory.step > 0 && lost !== undefined)
        throw new Error(
          `loadStateDict: ${name}'s state has ${memory.step} steps of parameter ${i} and no "${i}.${lost}": give it the tensors of stateDict() too`,
        );
    }
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

counted(Optimizer.prototype, "loadStateDict stateDict");
refuseInPython(Optimizer.prototype, [
  "addParamGroup",
  "loadStateDict",
  "paramGroups",
  "stateDict",
  "zeroGrad",
]);

/** What goes with a parameter; zeros where it is new but will be read. */
function remembered(parameter: Tensor, { tensors }: Memory, name: string, first: boolean): Tensor {
  const known = tensors.get(name);
  if (known !== undefined) return known;
  const { shape } = parameter;
  const made = new Tensor(first ? empty(shape, "float32", name) : filled(shape, 0), name);
  outliveScope(made);
  tensors.set(name, made);
  return made;
}

/** What is set: an option that is undefined counts as not given. */
export function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Throws unless every setting is a finite number of at least 0. */
export function atLeastZero(name: string, settings: Record<string, number>): void {
  for (const [setting, value] of Object.entries(settings)) {
    if (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY) continue;
    const kind = typeof value === "number" ? RangeError : TypeError;
    throw new kind(`${name}: ${setting} is a number ≥ 0, got ${show(value)}`);
  }
}

/** The checks of which settings an optimizer has: for all groups, and for one, which has `params` too. */
export interface Settings {
  readonly all: Check;
  readonly group: (given: object, who: string) => void;
}

/** Of settings by name, in the order in which PyTorch takes them. */
export function settingsOf(own: Readonly<Record<string, Kind>>): Settings {
  const kinds = { ...own, maximize: BOOLEAN };
  const anything: Kind = { says: "a list of tensors", fits: () => true };
  const known = { params: anything, ...kinds };
  const groupOptions = takes("", 1, known);
  /** Not what is one's own: what is neither a setting nor looks like a slip in one. */
  const isSetting = ([key]: [string, unknown]) => key in known || nearest(key, Object.keys(known)) !== null;
  return {
    all: takes("", 2, kinds),
    group: (given, who) => {
      if (isTensor(given)) groupOptions(given, undefined, who);
      groupOptions(Object.fromEntries(Object.entries(given).filter(isSetting)), undefined, who);
    },
  };
}

/** A group with its parameters as a list. */
function checkedGroup<O>(
  name: string,
  i: number,
  group: unknown,
  known: Settings,
): Partial<O> & { params: Tensor[] } {
  if (typeof group !== "object" || group === null || Array.isArray(group) || "parameters" in group)
    throw noParameter(name, i, group);
  known.group(group, `${name}: group ${i}`);
  const { params, ...own } = group as Partial<O> & { params?: unknown };
  return { ...(own as Partial<O>), params: listOf(`${name}: group ${i}`, params) as Tensor[] };
}
