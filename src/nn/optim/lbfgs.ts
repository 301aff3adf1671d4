// L-BFGS (Nocedal 1980; Liu & Nocedal 1989), as torch.optim.LBFGS defines it.
//
// A step computes the loss and its gradient several times and must know both as numbers to go on, so that it is awaited.
// The gradient is read back each time and the direction found on the host, in float64.

import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { counted, isTensor, show, wantFunction, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { tensor } from "../../tensor/creation.ts";
import { refuseInPython } from "../../tensor/instead.ts";
import { promised } from "../../tensor/methods/promised.ts";
import { NUMBER, oneOf, orNull, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { listOf } from "../parameter-list.ts";
import { type ZeroGradOptions, zeroGrads } from "../zeroGrad.ts";
import { atLeastZero, defined } from "./optimizer.ts";
import { type Point, strongWolfe } from "./wolfe.ts";

/** LBFGS's settings. */
export interface LbfgsOptions {
  lr?: number;
  /** Directions that a step goes along, at most. Default 20. */
  maxIter?: number;
  /** Losses that a step computes, at most. Default 5/4 of maxIter. */
  maxEval?: number;
  /** A step ends where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad?: number;
  /** A step ends where neither the loss nor any parameter changes by more. Default 1e-9. */
  toleranceChange?: number;
  /** How many changes of the gradient are remembered. Default 100. */
  historySize?: number;
  /** How far to go along a direction: `lr`, or as far as the strong Wolfe conditions want. Default null. */
  lineSearchFn?: "strongWolfe" | null;
}

type Settings = Required<LbfgsOptions>;

const check = takes("LBFGS", 2, {
  lr: NUMBER,
  maxIter: NUMBER,
  maxEval: NUMBER,
  toleranceGrad: NUMBER,
  toleranceChange: NUMBER,
  historySize: NUMBER,
  lineSearchFn: orNull(oneOf("strongWolfe")),
});

/** What an LBFGS remembers, for checkpoints. */
export interface LbfgsState {
  settings: Settings;
  memory: Memory | null;
}

interface Memory {
  direction: Float64Array;
  t: number;
  /** Of the last steps: changes of the gradient, of the parameters, and one over the product of both. */
  changes: Float64Array[];
  moves: Float64Array[];
  inverses: number[];
  /** Of the inverse Hessian, to begin with. */
  scale: number;
  gradient: Float64Array;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a ← a + factor · b */
function addTo(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

const largest = (a: Float64Array) => a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * For losses that are the same function each time, such as those of all data at once; one group of parameters.
 * @example
 * const weight = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.LBFGS([weight], { lineSearchFn: "strongWolfe" });
 * await optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = weight.square().sum();
 *   loss.backward();
 *   return loss;
 * });
 * weight.abs().lt(1e-4).all(); // → true
 */
export class LBFGS {
  readonly paramGroups: (Settings & { params: Tensor[] })[];
  private memory: Memory | null = null;

  constructor(parameters: Iterable<Tensor>, options?: LbfgsOptions, ...more: never[]) {
    const params = listOf("LBFGS", parameters) as Tensor[];
    check(options, more);
    const wrong = params.findIndex((parameter) => !isTensor(parameter));
    if (wrong >= 0) {
      const groups = "params" in Object(params[wrong]) ? ": it has one group of parameters alone" : "";
      throw new TypeError(`LBFGS: parameter ${wrong} is not a tensor, got ${show(params[wrong])}${groups}`);
    }
    if (params.length === 0) throw new RangeError("LBFGS: the list of parameters is empty");
    const maxIter = options?.maxIter ?? 20;
    const settings = {
      lr: 1,
      maxIter,
      maxEval: Math.floor((maxIter * 5) / 4),
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearchFn: null,
      ...defined(options ?? {}),
    };
    const { lr, maxEval, toleranceGrad, toleranceChange, historySize } = settings;
    atLeastZero("LBFGS", { lr, toleranceGrad, toleranceChange });
    wantWhole("LBFGS", { maxIter, maxEval, historySize }, 1);
    this.paramGroups = [{ ...settings, params }];
  }

  get lr(): number {
    return this.paramGroups[0]!.lr;
  }
  set lr(value: number) {
    atLeastZero("LBFGS", { lr: value });
    this.paramGroups[0]!.lr = value;
  }

  /** Forgets the gradients; with `setToNone: false` they are zeros afterwards. */
  zeroGrad(options?: ZeroGradOptions, ...more: never[]): void {
    zeroGrads(this.paramGroups[0]!.params, options, more);
  }

  /**
   * Goes along several directions. `closure` forgets the gradients, computes the loss, calls backward() and returns the
   * loss; it may be async. Resolves to the first loss.
   */
  step(closure: () => Tensor | Promise<Tensor>, ...more: never[]): Promise<number> {
    return promised("step()", async () => {
      wantFunction("LBFGS.step", "the closure", closure);
      wantNoMore("LBFGS.step", more);
      return await this.minimise(closure);
    });
  }

  private async minimise(closure: () => Tensor | Promise<Tensor>): Promise<number> {
    const { maxIter, maxEval, toleranceGrad, toleranceChange, lineSearchFn } = this.paramGroups[0]!;
    let { loss, gradient } = await this.evaluate(closure);
    const firstLoss = loss;
    let evaluations = 1;
    if (largest(gradient) <= toleranceGrad) return firstLoss;
    const at = await this.parameters();
    for (let i = 1; i <= maxIter; i++) {
      const memory = this.turn(gradient);
      const { direction, t } = memory;
      const slope = dot(gradient, direction);
      const lossBefore = loss;
      if (slope > -toleranceChange) break;
      if (lineSearchFn !== null) {
        const here = Float64Array.from(at);
        const found = await strongWolfe(
          async (t): Promise<Point> => {
            const there = Float64Array.from(here);
            addTo(there, direction, t);
            this.moveTo(there);
            const { loss, gradient } = await this.evaluate(closure);
            return { t, loss, gradient, slope: dot(gradient, direction) };
          },
          { t: 0, loss, gradient, slope },
          t,
          largest(direction),
          1e-9,
        );
        ({ loss, gradient } = found.point);
        memory.t = found.point.t;
        evaluations += found.evaluations;
        addTo(at, direction, memory.t);
        this.moveTo(at);
      } else {
        addTo(at, direction, t);
        this.moveTo(at);
        if (i === maxIter) break;
        ({ loss, gradient } = await this.evaluate(closure));
        evaluations++;
      }
      if (evaluations >= maxEval || largest(gradient) <= toleranceGrad) break;
      if (largest(direction) * Math.abs(memory.t) <= toleranceChange) break;
      if (Math.abs(loss - lossBefore) < toleranceChange) break;
    }
    return firstLoss;
  }

  /** The next direction, and how far along it at first. */
  private turn(gradient: Float64Array): Memory {
    const { lr, historySize } = this.paramGroups[0]!;
    const known = this.memory;
    if (known === null) {
      const sum = gradient.reduce((total, value) => total + Math.abs(value), 0);
      const direction = gradient.map((value) => -value);
      this.memory = {
        direction,
        t: Math.min(1, 1 / sum) * lr,
        changes: [],
        moves: [],
        inverses: [],
        scale: 1,
        gradient: Float64Array.from(gradient),
      };
      return this.memory;
    }
    const { changes, moves, inverses } = known;
    const change = Float64Array.from(gradient);
    addTo(change, known.gradient, -1);
    const move = known.direction.map((value) => value * known.t);
    const product = dot(change, move);
    if (product > 1e-10) {
      if (changes.length === historySize) for (const list of [changes, moves, inverses]) list.shift();
      changes.push(change);
      moves.push(move);
      inverses.push(1 / product);
      known.scale = product / dot(change, change);
    }
    const direction = gradient.map((value) => -value);
    const shares: number[] = [];
    for (let i = changes.length - 1; i >= 0; i--) {
      shares[i] = dot(moves[i]!, direction) * inverses[i]!;
      addTo(direction, changes[i]!, -shares[i]!);
    }
    for (let i = 0; i < direction.length; i++) direction[i]! *= known.scale;
    for (let i = 0; i < changes.length; i++)
      addTo(direction, moves[i]!, shares[i]! - dot(changes[i]!, direction) * inverses[i]!);
    known.direction = direction;
    known.t = lr;
    known.gradient = Float64Array.from(gradient);
    return known;
  }

  /** The loss and its gradient, zeros where a parameter has none. */
  private async evaluate(closure: () => Tensor | Promise<Tensor>) {
    const value = await closure();
    if (!isTensor(value))
      throw new TypeError(`LBFGS.step: the closure returns the loss, a tensor, got ${show(value)}`);
    const { params } = this.paramGroups[0]!;
    const [loss, ...gradients] = await Promise.all([
      value.item(),
      ...params.map(async (p) => (p.grad === null ? new Float32Array(p.numel()) : p.grad.data())),
    ]);
    return { loss: loss as number, gradient: inARow(gradients as Float32Array[]) };
  }

  private async parameters(): Promise<Float64Array> {
    const { params } = this.paramGroups[0]!;
    return inARow((await Promise.all(params.map((parameter) => parameter.data()))) as Float32Array[]);
  }

  /** Overwrites the parameters. */
  private moveTo(values: Float64Array): void {
    let at = 0;
    for (const parameter of this.paramGroups[0]!.params) {
      const own = Float32Array.from(values.subarray(at, at + parameter.numel()));
      noGrad(() => parameter.copy_(tensor(own, { shape: parameter.shape })));
      at += own.length;
    }
  }

  /** A copy: numbers, words and Float64Arrays, as structuredClone takes them. */
  stateDict(): LbfgsState {
    const { params: _, ...settings } = this.paramGroups[0]!;
    return structuredClone({ settings, memory: this.memory });
  }

  /** Goes on from a state that stateDict() gave, settings included. @throws Error where it does not fit */
  loadStateDict(state: LbfgsState): void {
    const { settings, memory } = state ?? {};
    if (typeof settings !== "object" || memory === undefined)
      throw new TypeError(`loadStateDict: LBFGS goes on from what its stateDict() gave: settings, memory`);
    const group = this.paramGroups[0]!;
    const size = group.params.reduce((sum, parameter) => sum + parameter.numel(), 0);
    if (memory !== null && memory.direction.length !== size)
      throw new Error(
        `loadStateDict: LBFGS has ${size} numbers to learn, the state ${memory.direction.length}`,
      );
    Object.assign(group, settings);
    this.memory = structuredClone(memory);
  }
}

counted(LBFGS.prototype, "loadStateDict stateDict");
refuseInPython(LBFGS.prototype, ["loadStateDict", "paramGroups", "stateDict", "zeroGrad"]);

function inARow(arrays: readonly Float32Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
