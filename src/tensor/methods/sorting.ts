// Tensor's elements in order along a dimension.

import { where } from "../../kernels/elementwise/where.ts";
import { gather } from "../../kernels/indexing/picking.ts";
import { concat } from "../../kernels/shapes/concat.ts";
import { sortedPositions } from "../../kernels/sorting/sort.ts";
import { axisOf, isList, show, wantNoMore, wantProbability, wantWhole } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { BOOLEAN, dimLeftOut, type Keepdim, keepdimOf, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { asTuple, type Chosen } from "./reductions.ts";
import { Scans } from "./scans.ts";

const SORT = { descending: BOOLEAN, stable: BOOLEAN };
const sortOptions = takes("sort", 2, SORT);
const topkOptions = takes("topk", 3, { largest: BOOLEAN, sorted: BOOLEAN });

/** Sorting is always stable: equals stay in their order. */
export interface SortOptions {
  descending?: boolean;
  stable?: boolean;
}

/** Whether the largest are taken (the default) or the smallest; they are in order whatever `sorted` says. */
interface TopkOptions {
  largest?: boolean;
  sorted?: boolean;
}

export abstract class Sorting<Self extends Sorting<Self>> extends Scans<Self> {
  /** Positions of the first `most` elements in order along an axis, off the tape. */
  private order(name: string, axis: number, most: number, descending: boolean): Self {
    return this.wrap(sortedPositions(arrayOf(this), axis, most, descending), name);
  }

  /** Elements at positions of which none is named twice along the axis. */
  private taken(indices: Self, axis: number): Chosen<Self> {
    return asTuple({ values: this.apply(gather, [this, indices], { axis, distinct: true }), indices });
  }

  /**
   * Sorted along a dim, and where each element was (int32). A NaN comes after every number; descending, the other way
   * round. Equals stay in their order. The options may stand where the dim does, which is the last one then.
   * @shape any → the same, the same
   * @example tensor([3, 1, 2]).sort(); // → { values: [1, 2, 3], indices: [1, 2, 0] }
   */
  sort(dim: number | SortOptions = -1, options?: SortOptions, ...more: never[]): Chosen<Self> {
    if (dimLeftOut(dim, options)) return this.sort(-1, dim, ...more);
    sortOptions(options, more);
    return this.asOneChosen("sort", (x) => {
      const axis = axisOf(dim, x.ndim, "sort");
      return x.taken(x.order("sort", axis, x.shape[axis]!, options?.descending ?? false), axis);
    });
  }
  /** Where the elements of each dim were before sorting: int32.
   * @shape any → the same
   * @example tensor([3, 1, 2]).argsort(); // → [1, 2, 0] */
  argsort(dim: number | SortOptions = -1, options?: SortOptions, ...more: never[]): Self {
    if (dimLeftOut(dim, options)) return this.argsort(-1, dim, ...more);
    sortOptions(options, more, "argsort");
    return this.asOne("argsort", (x) => {
      const axis = axisOf(dim, x.ndim, "argsort");
      return x.order("argsort", axis, x.shape[axis]!, options?.descending ?? false);
    });
  }
  /** The k largest elements along a dim, or the smallest, in order, and where each was (int32); see sort.
   * @shape [..., n, ...] → [..., k, ...], [..., k, ...]
   * @example tensor([3, 1, 2]).topk(2); // → { values: [3, 2], indices: [0, 2] } */
  topk(k: number, dim: number | TopkOptions = -1, options?: TopkOptions, ...more: never[]): Chosen<Self> {
    if (dimLeftOut(dim, options)) return this.topk(k, -1, dim, ...more);
    topkOptions(options, more);
    if (this.ndim === 0) wantWhole("topk", { k }, 1); // none of it would be no number
    return this.asOneChosen("topk", (x) => {
      const axis = axisOf(dim, x.ndim, "topk");
      x.wantRank("topk", k, axis, 0);
      return x.taken(x.order("topk", axis, k, options?.largest ?? true), axis);
    });
  }
  /** The k-th smallest element along a dim, k from 1, and where it was (int32).
   * @shape any → without dim, without dim
   * @example tensor([3, 1, 2]).kthvalue(2); // → { values: 2, indices: 2 } */
  kthvalue(k: number, dim = -1, keepdim?: Keepdim, ...more: never[]): Chosen<Self> {
    const kept = keepdimOf("kthvalue", keepdim, more, 3);
    return this.asOneChosen("kthvalue", (x) => {
      const axis = axisOf(dim, x.ndim, "kthvalue");
      x.wantRank("kthvalue", k, axis, 1);
      return scope(
        () => x.picked(x.order("kthvalue", axis, k, false).narrow(axis, k - 1, 1), axis, kept),
        "kthvalue",
      );
    });
  }

  private wantRank(name: string, k: number, axis: number, least: number): void {
    wantWhole(name, { k }, least);
    if (k > this.shape[axis]!)
      throw new RangeError(`${name}: k is at most the ${this.shape[axis]} elements of dim ${axis}, got ${k}`);
  }

  /** Elements at one position each along the axis. */
  private picked(indices: Self, axis: number, keepdim: boolean): Chosen<Self> {
    const chosen = this.taken(indices, axis);
    if (keepdim) return chosen;
    return asTuple({ values: chosen.values.squeeze(axis), indices: indices.squeeze(axis) });
  }

  /** The middle one of all elements in order, of two the smaller; NaN where one is.
   * @shape any → []
   * @shape any → without dim, without dim
   * @example tensor([3, 1, 2]).median(); // → 2 */
  median(): Self;
  /** The same along a dim, and where it was (int32). */
  median(dim: number, keepdim?: Keepdim): Chosen<Self>;
  median(dim?: number, keepdim?: Keepdim, ...more: never[]): Self | Chosen<Self> {
    this.requireFloat("median");
    if (dim === undefined) {
      wantNoMore("median", keepdim === undefined ? more : [keepdim, ...more]);
      return scope(() => this.reshape([this.numel()]).median(0).values, "median");
    }
    const kept = keepdimOf("median", keepdim, more);
    if (this.ndim === 0) return this.asOneChosen("median", (x) => x.median(dim));
    const axis = axisOf(dim, this.ndim, "median");
    const n = this.shape[axis]!;
    if (n === 0) throw new RangeError(`median: dim ${dim} has no elements`);
    return scope(() => {
      const order = this.order("median", axis, n, false);
      const [middle, last] = [order.narrow(axis, Math.floor((n - 1) / 2), 1), order.narrow(axis, n - 1, 1)];
      const most = this.detach().gather(axis, last);
      const index = this.apply(where, [most.ne(most), last, middle], undefined);
      return this.picked(index, axis, kept);
    }, "median");
  }

  /**
   * What a share q, from 0 to 1, of the elements of a dim is not above, between two elements in proportion; of all elements
   * if no dim is given; NaN where one is. Of several q, a dim in front has them.
   * @shape any → without dim
   * @shape any → [q, ...]
   * @example tensor([0, 1, 2, 3]).quantile(0.5); // → 1.5
   */
  quantile(q: number | readonly number[], dim?: number, keepdim?: Keepdim, ...more: never[]): Self {
    this.requireFloat("quantile");
    const kept = keepdimOf("quantile", keepdim, more, 3);
    const shares = typeof q === "number" ? [q] : q;
    if (!isList(shares)) throw new TypeError(`quantile: q is a share or a list of them, got ${show(q)}`);
    wantProbability("quantile", Object.fromEntries(shares.map((share, i) => [`q ${i}`, share])));
    const axis = dim === undefined ? 0 : axisOf(dim, Math.max(1, this.ndim), "quantile");
    return scope(() => {
      const all = dim === undefined || this.ndim === 0;
      const x = all ? this.reshape([this.numel()]) : (this as unknown as Self);
      const n = x.shape[axis]!;
      if (n === 0) throw new RangeError("quantile: there are no elements");
      const { values } = x.sort(axis);
      const last = values.narrow(axis, n - 1, 1);
      const found = shares.map((share) => {
        const place = share * (n - 1);
        const [low, high] = [Math.floor(place), Math.ceil(place)];
        const lower = values.narrow(axis, low, 1);
        const between = lower.add(
          values
            .narrow(axis, high, 1)
            .sub(lower)
            .mul(place - low),
        );
        const one = low === high ? lower : between;
        const some = this.apply(where, [last.ne(last), last, one], undefined);
        if (!kept) return some.squeeze(axis);
        return all ? some.reshape(this.shape.map(() => 1)) : some;
      });
      if (typeof q === "number") return found[0]!;
      return this.apply(
        concat,
        found.map((each) => each.unsqueeze(0)),
        { axis: 0 },
      );
    }, "quantile");
  }
}
