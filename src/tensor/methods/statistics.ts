// Tensor's reductions that are more than a sum: products, variance, norms, counts, and what holds of all elements or of any.
import { formatShape } from "../../gpu/shape.ts";
import { prod } from "../../kernels/reductions/prod.ts";
import { logsumexp, norm, std, variance } from "../../kernels/reductions/sumOf.ts";
import { axesOf, show, wantNoMore } from "../check.ts";
import { BOOLEAN, dimLeftOut, type Keepdim, keepdimOf, NUMBER, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { type Dims, Reductions } from "./reductions.ts";

/** PyTorch's second argument is whether to correct by 1, true or false: which has no place here. */
const spreadOptions = takes("var", 2, { correction: NUMBER, keepdim: BOOLEAN }, []);

/** What is taken off the number of elements in the denominator (default 1), and whether reduced dims stay. */
export interface SpreadOptions {
  correction?: number;
  keepdim?: boolean;
}

/** f(x), and 0 where x is 0: so is its gradient, which would be 0 · ∞ of a root behind a square. */
export function besideZeros<T extends Statistics<T>>(x: T, f: (x: T) => T): T {
  const none = x.eq(0);
  return f(x.maskedFill(none, 1)).maskedFill(none, 0);
}

export abstract class Statistics<Self extends Statistics<Self>> extends Reductions<Self> {
  private deviation(
    name: "var" | "std" | "varMean" | "stdMean" | "variance",
    dim: Dims | SpreadOptions | undefined,
    options: SpreadOptions | undefined,
    more: readonly unknown[],
  ): Self {
    if (dimLeftOut(dim, options)) return this.deviation(name, undefined, dim, more);
    if (typeof options === "object" && options !== null && "unbiased" in options)
      throw new TypeError(
        `${name}: there is no option unbiased: write correction: ${options.unbiased === false ? 0 : 1}`,
      );
    spreadOptions(options, more, name);
    this.requireFloat(name);
    const { correction = 1, keepdim = false } = options ?? {};
    const attrs = { axes: axesOf(dim, this.ndim, name), keepDim: keepdim, correction };
    return this.apply(name.startsWith("std") ? std : variance, [this], attrs);
  }

  /**
   * Variance over the given dims, with n − correction in the denominator: where that is not above 0, infinite, or NaN if
   * there is no deviation. The options may stand where the dim does: over all of them then.
   * @shape any → without dim
   * @example tensor([1, 2, 3]).var(); // → 1
   */
  var(dim?: Dims | SpreadOptions, options?: SpreadOptions, ...more: never[]): Self {
    return this.deviation("var", dim, options, more);
  }
  /** var.
   * @shape any → without dim
   * @example tensor([1, 3]).variance(); // → 2 */
  variance(dim?: Dims | SpreadOptions, options?: SpreadOptions, ...more: never[]): Self {
    return this.deviation("variance", dim, options, more);
  }
  /** The square root of var. Where it is 0, so is its gradient, as in PyTorch.
   * @shape any → without dim
   * @example tensor([1, 2, 3]).std(); // → 1 */
  std(dim?: Dims | SpreadOptions, options?: SpreadOptions, ...more: never[]): Self {
    return this.deviation("std", dim, options, more);
  }
  /** var and mean.
   * @shape any → without dim, without dim
   * @example tensor([1, 2, 3]).varMean(); // → [1, 2] */
  varMean(
    dim?: Dims | SpreadOptions,
    options?: SpreadOptions,
    ...more: never[]
  ): [variance: Self, mean: Self] {
    if (dimLeftOut(dim, options)) return this.varMean(undefined, dim, ...more);
    return [this.deviation("varMean", dim, options, more), this.mean(dim, options?.keepdim)];
  }
  /** std and mean.
   * @shape any → without dim, without dim
   * @example tensor([1, 2, 3]).stdMean(); // → [1, 2] */
  stdMean(dim?: Dims | SpreadOptions, options?: SpreadOptions, ...more: never[]): [std: Self, mean: Self] {
    if (dimLeftOut(dim, options)) return this.stdMean(undefined, dim, ...more);
    return [this.deviation("stdMean", dim, options, more), this.mean(dim, options?.keepdim)];
  }

  /** Product over the given dims. Its gradient is right where elements are 0, too.
   * @shape any → without dim
   * @example tensor([2, 3, 4]).prod(); // → 24 */
  prod(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    this.requireFloat("prod");
    const attrs = { axes: axesOf(dim, this.ndim, "prod"), keepDim: keepdimOf("prod", keepdim, more) };
    return this.apply(prod, [this], attrs);
  }
  /** ln Σ eˣ over the given dims, without overflow.
   * @shape any → without dim
   * @example tensor([0, 0]).logsumexp(0); // → 0.6931 */
  logsumexp(dim: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    this.requireFloat("logsumexp");
    const attrs = {
      axes: axesOf(dim, this.ndim, "logsumexp"),
      keepDim: keepdimOf("logsumexp", keepdim, more),
    };
    if (attrs.axes.some((axis) => this.shape[axis] === 0))
      return scope(() => this.sum(attrs.axes, attrs.keepDim).add(-Infinity), "logsumexp"); // of nothing: ln 0
    return this.apply(logsumexp, [this], attrs);
  }
  /**
   * (Σ |x|ᵖ)^(1/p) over the given dims; for p = ∞ the largest magnitude, for −∞ the smallest, for 0 how many are not 0.
   * "fro" is 2. Where it is 0, so is its gradient.
   * @shape any → without dim
   * @example tensor([3, 4]).norm(); // → 5
   */
  norm(p: number | "fro" = 2, dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    if (typeof p !== "number" && p !== "fro")
      throw new TypeError(
        `norm: p is a number or "fro", got ${show(p)}${typeof p === "object" ? ": it comes before the dim" : ""}`,
      );
    this.requireFloat("norm");
    const kept = keepdimOf("norm", keepdim, more, 3);
    const axes = axesOf(dim, this.ndim, "norm");
    if (p === 2 || p === "fro") return this.apply(norm, [this], { axes, keepDim: kept });
    return scope(() => {
      if (p === 0) return this.ne(0).float().sum(axes, kept);
      const size = this.abs();
      if (p === 1) return size.sum(axes, kept);
      if (Math.abs(p) === Infinity) return size.reduce(p > 0 ? "amax" : "amin", axes, kept, [], "norm");
      const powers = p > 0 && p < 1 ? besideZeros(size, (some) => some.pow(p)) : size.pow(p);
      return besideZeros(powers.sum(axes, kept), (sum) => sum.pow(1 / p));
    }, "norm");
  }

  /** How many elements of the given dims are not 0: int32.
   * @shape any → without dim
   * @example tensor([0, 1, 2]).countNonzero(); // → 2 */
  countNonzero(dim?: Dims, ...more: never[]): Self {
    wantNoMore("countNonzero", more);
    const axes = axesOf(dim, this.ndim, "countNonzero");
    return scope(() => this.ne(0).sum(axes), "countNonzero");
  }
  /** Whether any element of the given dims is not 0.
   * @shape any → without dim
   * @example tensor([false, true]).any(); // → true */
  any(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    const [axes, kept] = [axesOf(dim, this.ndim, "any"), keepdimOf("any", keepdim, more)];
    return scope(() => this.ne(0).sum(axes, kept).gt(0), "any");
  }
  /** Whether all elements of the given dims are not 0.
   * @shape any → without dim
   * @example tensor([false, true]).all(); // → false */
  all(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    const [axes, kept] = [axesOf(dim, this.ndim, "all"), keepdimOf("all", keepdim, more)];
    return scope(() => this.eq(0).sum(axes, kept).eq(0), "all");
  }

  /** Sum of what is not NaN.
   * @shape any → without dim
   * @example tensor([1, NaN, 2]).nansum(); // → 3 */
  nansum(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    const kept = keepdimOf("nansum", keepdim, more);
    return scope(() => this.maskedFill(this.isnan(), 0).sum(dim, kept), "nansum");
  }
  /** Mean of what is not NaN.
   * @shape any → without dim
   * @example tensor([1, NaN, 2]).nanmean(); // → 1.5 */
  nanmean(dim?: Dims, keepdim?: Keepdim, ...more: never[]): Self {
    const kept = keepdimOf("nanmean", keepdim, more);
    return scope(() => {
      const numbers = this.eq(this as unknown as Self).sum(dim, kept);
      return this.nansum(dim, kept).div(numbers);
    }, "nanmean");
  }

  /** Sum of the diagonal of a matrix.
   * @shape [n, m] → []
   * @example tensor([[1, 2], [3, 4]]).trace(); // → 5 */
  trace(): Self {
    if (this.ndim !== 2) throw new RangeError(`trace: wants a matrix, got ${formatShape(this.shape)}`);
    return scope(() => this.diagonal().sum(), "trace");
  }
}
