// Tensor's reductions, and softmax, which reduces too.
import type { DeviceArray } from "../../gpu/array.ts";
import { gather } from "../../kernels/indexing/picking.ts";
import { argmaxArray } from "../../kernels/reductions/argmax.ts";
import { reduce } from "../../kernels/reductions/reduce.ts";
import { logSoftmax, softmax } from "../../kernels/reductions/softmax.ts";
import { axesOf, axisOf, isTensor, show, wantNoMore } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { BOOLEAN, type Keepdim, keepdimOf, NUMBER, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Indexing } from "./indexing.ts";

const extremesOptions = takes("aminmax", 1, { dim: NUMBER, keepdim: BOOLEAN });

/** A dimension, several of them, or all where none is given or the list is empty, as in PyTorch. */
export type Dims = number | readonly number[];

/** What is chosen along a dimension, and where it was: int32. */
export interface Chosen<T> {
  values: T;
  indices: T;
  /** Both in this order: `const [values, indices] = x.max(1)`, or `x.max(1)[0]`. */
  [Symbol.iterator](): IterableIterator<T, undefined>;
  readonly 0: T;
  readonly 1: T;
}

/** The smallest and the largest, by name or in this order. */
export interface Extremes<T> {
  min: T;
  max: T;
  [Symbol.iterator](): IterableIterator<T, undefined>;
  readonly 0: T;
  readonly 1: T;
}

/** Two values by name that can be taken in their order too, as PyTorch's named tuples. What goes over an object's own names sees each once. */
export function asTuple<T, V extends object>(named: V): V & Pick<Chosen<T>, 0 | 1 | typeof Symbol.iterator> {
  const values = Object.values(named);
  const hidden = {
    [Symbol.iterator]: { value: () => values[Symbol.iterator]() },
    0: { value: values[0] },
    1: { value: values[1] },
  };
  return Object.defineProperties(named, hidden) as ReturnType<typeof asTuple<T, V>>;
}

export abstract class Reductions<Self extends Reductions<Self>> extends Indexing<Self> {
  /** @param who what was called, where it is another */
  protected reduce(
    name: "sum" | "mean" | "amax" | "amin",
    dim: Dims | undefined,
    keepdim: Keepdim | undefined,
    more: readonly unknown[] = [],
    who: string = name,
  ): Self {
    if (name === "mean") this.requireFloat(name);
    const attrs = { axes: axesOf(dim, this.ndim, who), keepDim: keepdimOf(who, keepdim, more), who };
    return this.apply(reduce[name], [this], attrs);
  }

  /**
   * Sum over a dim, several, or all where none is given or the list is empty; the others likewise. With keepdim, given as
   * true or { keepdim: true }, what was reduced stays with size 1.
   * @shape any → without dim
   * @example tensor([[1, 2], [3, 4]]).sum(0); // → [4, 6]
   */
  sum(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    return this.reduce("sum", dim, keepdim, more);
  }
  /** The mean over all, or over one or several dims; see sum.
   * @shape any → without dim
   * @example tensor([[1, 2], [3, 4]]).mean(1); // → [1.5, 3.5] */
  mean(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    return this.reduce("mean", dim, keepdim, more);
  }
  /** Largest value over the given dims; NaN where one is. Equals share the gradient.
   * @shape any → without dim
   * @example tensor([[1, 5], [3, 4]]).amax(1); // → [5, 4] */
  amax(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    return this.reduce("amax", dim, keepdim, more);
  }
  /** Smallest value over the given dims; NaN where one is. Equals share the gradient.
   * @shape any → without dim
   * @example tensor([[1, 5], [3, 4]]).amin(1); // → [1, 3] */
  amin(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    return this.reduce("amin", dim, keepdim, more);
  }
  /** The smallest and the largest of all elements, or along a dim.
   * @shape any → without dim, without dim
   * @example tensor([3, 1, 2]).aminmax(); // → { min: 1, max: 3 } */
  aminmax(options?: { dim?: number; keepdim?: boolean }, ...more: never[]): Extremes<Self> {
    extremesOptions(options, more);
    const { dim, keepdim } = options ?? {};
    const of = (name: "amin" | "amax") => this.reduce(name, dim, keepdim, [], "aminmax");
    return asTuple({ min: of("amin"), max: of("amax") });
  }

  /** The largest of all elements; equals share the gradient.
   * @shape any → []
   * @shape any → without dim, without dim
   * @shape any, any → broadcast
   * @example tensor([3, 1, 2]).max(); // → 3 */
  max(): Self;
  /** The largest elements along a dim, and where each is, the first of equals, which gets the gradient. */
  max(dim: number, keepdim?: Keepdim): Chosen<Self>;
  /** maximum(other). */
  max(other: Self): Self;
  max(dimOrOther?: number | Self, keepdim?: Keepdim, ...more: never[]): Self | Chosen<Self> {
    return this.extreme("max", dimOrOther, keepdim, more);
  }
  /** The smallest of all elements; equals share the gradient.
   * @shape any → []
   * @shape any → without dim, without dim
   * @shape any, any → broadcast
   * @example tensor([3, 1, 2]).min(); // → 1 */
  min(): Self;
  /** The smallest elements along a dim, and where each is, the first of equals, which gets the gradient. */
  min(dim: number, keepdim?: Keepdim): Chosen<Self>;
  /** minimum(other). */
  min(other: Self): Self;
  min(dimOrOther?: number | Self, keepdim?: Keepdim, ...more: never[]): Self | Chosen<Self> {
    return this.extreme("min", dimOrOther, keepdim, more);
  }

  private extreme(
    name: "max" | "min",
    dim: number | Self | undefined,
    keepdim: Keepdim | undefined,
    more: readonly unknown[],
  ): Self | Chosen<Self> {
    if (dim === undefined && keepdim === undefined)
      return this.reduce(`a${name}`, undefined, false, more, name);
    if (isTensor(dim)) {
      wantNoMore(name, keepdim === undefined ? more : [keepdim, ...more]);
      return name === "max" ? this.maximum(dim) : this.minimum(dim);
    }
    if (Array.isArray(dim))
      throw new TypeError(`${name}: the dim is a whole number, got ${show(dim)}: a${name}() takes several`);
    const kept = keepdimOf(name, keepdim, more);
    return this.asOneChosen(name, (x) => {
      const at = axisOf(dim, x.ndim, name);
      return x.chosen(name, kept, at, (array) => argmaxArray(array, at, true, `a${name}`, name));
    });
  }

  /** asOne of what chooses along a dim. */
  protected asOneChosen(name: string, f: (x: Self) => Chosen<Self>): Chosen<Self> {
    if (this.ndim > 0) return f(this as unknown as Self);
    return scope(() => {
      const { values, indices } = f(this.reshape([1]));
      return asTuple({ values: values.reshape([]), indices: indices.reshape([]) });
    }, name);
  }

  /** Elements picked along a dimension by the positions that `find` gives, of size 1 there. */
  protected chosen(
    name: string,
    keepdim: boolean,
    dim: number,
    find: (x: DeviceArray) => DeviceArray,
  ): Chosen<Self> {
    const indices = this.wrap(find(arrayOf(this)), name);
    const values = this.apply(gather, [this, indices], { axis: dim, distinct: true });
    if (keepdim) return asTuple({ values, indices });
    return asTuple({ values: values.squeeze(dim), indices: indices.squeeze(dim) });
  }

  private position(name: "argmax" | "argmin", dim: number | undefined, keepdim: boolean): Self {
    const which = name === "argmax" ? "amax" : "amin";
    if (dim !== undefined)
      return this.asOne(name, (x) =>
        this.wrap(argmaxArray(arrayOf(x), axisOf(dim, x.ndim, name), keepdim, which, name), name),
      );
    const flat = arrayOf(this).view([this.numel()]);
    const index = argmaxArray(flat, 0, keepdim, which, name);
    flat.release();
    const shape = keepdim ? this.shape.map(() => 1) : [];
    const whole = index.view(shape);
    index.release();
    return this.wrap(whole, name);
  }

  /** Index of the largest value along a dim (over all elements if none is given): int32, the first of equals.
   * @shape any → without dim
   * @example tensor([[1, 5], [4, 3]]).argmax(1); // → [1, 0] */
  argmax(dim?: number, keepdim?: Keepdim, ...more: never[]): Self {
    return this.position("argmax", dim, keepdimOf("argmax", keepdim, more));
  }
  /** Index of the smallest value along a dim (over all elements if none is given): int32, the first of equals.
   * @shape any → without dim
   * @example tensor([[1, 5], [4, 3]]).argmin(1); // → [0, 1] */
  argmin(dim?: number, keepdim?: Keepdim, ...more: never[]): Self {
    return this.position("argmin", dim, keepdimOf("argmin", keepdim, more));
  }

  /** eˣ / Σ eˣ along a dim; see F.softmax.
   * @shape any → the same
   * @example tensor([0, 0]).softmax(0); // → [0.5, 0.5] */
  softmax(dim: number): Self {
    this.requireFloat("softmax");
    return this.asOne("softmax", (x) => this.apply(softmax, [x], { axis: axisOf(dim, x.ndim, "softmax") }));
  }
  /** ln(eˣ / Σ eˣ) along a dim; see F.logSoftmax.
   * @shape any → the same
   * @example tensor([0, 0]).logSoftmax(0); // → [-0.6931, -0.6931] */
  logSoftmax(dim: number): Self {
    this.requireFloat("logSoftmax");
    return this.asOne("logSoftmax", (x) =>
      this.apply(logSoftmax, [x], { axis: axisOf(dim, x.ndim, "logSoftmax") }),
    );
  }
}
