// Tensor's elements and slices by index: picked, written, added.
import { fromHost } from "../../gpu/array.ts";
import { broadcastShapes, formatShape, sameShape } from "../../gpu/shape.ts";
import { filled } from "../../kernels/elementwise/fill.ts";
import { where } from "../../kernels/elementwise/where.ts";
import { gather, indexSelect } from "../../kernels/indexing/picking.ts";
import { indexAdd, scatter, scatterAdd } from "../../kernels/indexing/placing.ts";
import { requireFit } from "../../kernels/shared/require.ts";
import { numberType } from "../../kernels/shared/types.ts";
import { axisOf, isList, isTensor, show, wantNoMore, wantNumber, wantOperand, wantTensor } from "../check.ts";
import { checkIndices, indexArray } from "../from-host.ts";
import { NUMBER, takes } from "../options.ts";
import { outliveScope, scope } from "../scope.ts";
import { promised } from "./promised.ts";
import { Rearranging } from "./rearranging.ts";

const indexAddOptions = takes("indexAdd", 4, { alpha: NUMBER });

/** Whole numbers of one dimension: a list, or an int32 or uint32 tensor. */
export type Indices<T> = T | readonly number[];

export abstract class Indexing<Self extends Indexing<Self>> extends Rearranging<Self> {
  /**
   * The slices of the first dim, for loops: `for (const row of x)`. Each is computed, by a launch of its own, when the loop comes to
   * it; `tolist()` reads all numbers at once.
   * @shape [n, ...row] → [...row], more
   * @throws TypeError for a tensor without dimensions
   * @example [...tensor([[1, 2], [3, 4]])].length; // → 2
   */
  *[Symbol.iterator](): Generator<Self, undefined, undefined> {
    if (this.ndim === 0) throw new TypeError("iteration over a 0-d tensor: await x.item() reads its number");
    for (let i = 0; i < this.shape[0]!; i++) yield this.select(0, i);
  }

  /** An index [n] of a dimension of `count`, as a tensor. Wrong ones are refused where they come from the host. */
  private indicesOf(name: string, index: Indices<Self>, count: number): Self {
    if (!isTensor(index) && !isList(index))
      throw new TypeError(
        `${name}: the index is a list of whole numbers or an int32 or uint32 tensor, got ${show(index)}`,
      );
    if (!isTensor(index)) return this.wrap(indexArray(index, count, `${name}: index`), "a list of indices");
    if (index.shape.length > 1)
      throw new RangeError(
        `${name}: the index has one dimension, got ${formatShape(index.shape)}${name === "indexSelect" ? ": F.embedding(index, x) takes rows by any" : ""}`,
      );
    checkIndices(`${name}: an index`, index, count);
    return index.ndim === 0 ? index.reshape([1]) : index;
  }

  /**
   * Slices index[0], index[1], … of a dim; index is a list or an int32 or uint32 tensor of one dimension. Indices that are none are
   * refused where they come from the host; those that the GPU computed give NaN.
   * @shape [..., n, ...], [m] → [..., m, ...]
   * @example tensor([[1, 2], [3, 4]]).indexSelect(0, [1]); // → [[3, 4]]
   */
  indexSelect(dim: number, index: Indices<Self>, ...more: never[]): Self {
    if (isTensor(dim) || isList(dim))
      throw new TypeError(`indexSelect: the dim comes first: indexSelect(0, ${show(dim)})`);
    const at = axisOf(dim, this.ndim, "indexSelect");
    wantNoMore("indexSelect", more);
    return scope(
      () =>
        this.apply(indexSelect, [this, this.indicesOf("indexSelect", index, this.shape[at]!)], { axis: at }),
      "indexSelect",
    );
  }

  protected slices(dim: number, index: readonly number[]): Self {
    return this.indexSelect(dim, index);
  }

  /** The dim and index of gather, scatter and scatterAdd, checked. */
  private along(name: string, dim: number, index: Self): number {
    const at = axisOf(dim, this.ndim, name);
    wantTensor(name, "the index", index);
    requireFit(name, this.shape, index.shape, at);
    checkIndices(`${name}: an index`, index, this.shape[at]!);
    return at;
  }

  /**
   * torch.gather: along `dim`, element i of the result is this[index[i]]; the other coordinates stay. An index past the
   * end is refused where it comes from the host; one that the GPU computed gives NaN.
   * @shape any, [...index] → [...index]
   * @example tensor([[1, 2], [3, 4]]).gather(1, tensor(new Uint32Array([1, 0])).reshape([2, 1])); // → [[2], [3]]
   */
  gather(dim: number, index: Self): Self {
    return this.apply(gather, [this, index], { axis: this.along("gather", dim, index) });
  }
  /**
   * gather, with this and the index broadcast to each other but along `dim`; over all elements, flat, if none is given.
   * @shape any, [...index] → any
   * @example
   * const x = tensor([[3, 1, 2]]);
   * x.takeAlongDim(x.argsort(1), 1); // → [[1, 2, 3]]
   */
  takeAlongDim(index: Self, dim?: number, ...more: never[]): Self {
    wantTensor("takeAlongDim", "the index", index);
    wantNoMore("takeAlongDim", more);
    return scope(() => {
      if (dim === undefined) return this.reshape([this.numel()]).gather(0, index.reshape([index.numel()]));
      const at = axisOf(dim, this.ndim, "takeAlongDim");
      if (index.ndim !== this.ndim)
        throw new RangeError(
          `takeAlongDim: the index ${formatShape(index.shape)} wants as many dimensions as ${formatShape(this.shape)}`,
        );
      const one = (x: Self) => x.shape.with(at, 1);
      const shape = broadcastShapes(one(this as unknown as Self), one(index), "takeAlongDim");
      return this.expand(shape.with(at, this.shape[at]!)).gather(
        at,
        index.expand(shape.with(at, index.shape[at]!)),
      );
    }, "takeAlongDim");
  }
  /** The elements at positions of the flat tensor, in the index's shape.
   * @shape any, [...index] → [...index]
   * @example tensor([[1, 2], [3, 4]]).take(tensor(new Uint32Array([3]))); // → [4] */
  take(index: Self, ...more: never[]): Self {
    wantTensor("take", "the index", index);
    wantNoMore("take", more);
    return scope(
      () =>
        this.reshape([this.numel()])
          .gather(0, index.reshape([index.numel()]))
          .reshape(index.shape),
      "take",
    );
  }

  /**
   * torch.scatter: a copy in which, along `dim`, element index[i] is the source's element i; the other coordinates stay.
   * Of several for one place the last stays. The source may be a number.
   * @shape any, [...index], [...source] → the same
   * @example zeros([3]).scatter(0, tensor(new Uint32Array([2, 0])), tensor([5, 6])); // → [6, 0, 5]
   */
  scatter(dim: number, index: Self, source: Self | number, ...more: never[]): Self {
    wantNoMore("scatter", more);
    const at = this.along("scatter", dim, index);
    wantOperand("scatter", "the source", source);
    return scope(() => {
      const from = typeof source === "number" ? this.filled(source, index.shape) : source;
      return this.apply(scatter, [this, index, from], { axis: at });
    }, "scatter");
  }
  /** torch.scatter_add: a copy to which, along `dim`, the source's element i is added at index[i]. In a fixed order.
   * @shape any, [...index], [...source] → the same
   * @example zeros([3]).scatterAdd(0, tensor(new Uint32Array([2, 2])), tensor([5, 6])); // → [0, 0, 11] */
  scatterAdd(dim: number, index: Self, source: Self, ...more: never[]): Self {
    wantNoMore("scatterAdd", more);
    const at = this.along("scatterAdd", dim, index);
    wantTensor("scatterAdd", "the source", source);
    return this.apply(scatterAdd, [this, index, source], { axis: at });
  }
  /** torch.index_add: a copy to which slice i of the source, times alpha, is added at slice index[i] of `dim`. In a fixed order.
   * @shape any, [m], any → the same
   * @example zeros([3]).indexAdd(0, [2, 2], tensor([5, 6])); // → [0, 0, 11] */
  indexAdd(
    dim: number,
    index: Indices<Self>,
    source: Self,
    options?: { alpha?: number },
    ...more: never[]
  ): Self {
    const at = axisOf(dim, this.ndim, "indexAdd");
    wantTensor("indexAdd", "the source", source);
    indexAddOptions(options, more);
    const { alpha = 1 } = options ?? {};
    return scope(() => {
      const places = this.indicesOf("indexAdd", index, this.shape[at]!);
      const added = alpha === 1 ? source : source.mul(alpha);
      return this.apply(indexAdd, [this, places, added], { axis: at });
    }, "indexAdd");
  }
  /** A copy in which slice index[i] of `dim` is slice i of the source.
   * @shape any, [m], any → the same
   * @example zeros([3]).indexCopy(0, [2, 0], tensor([5, 6])); // → [6, 0, 5] */
  indexCopy(dim: number, index: Indices<Self>, source: Self, ...more: never[]): Self {
    const at = axisOf(dim, this.ndim, "indexCopy");
    wantTensor("indexCopy", "the source", source);
    wantNoMore("indexCopy", more);
    return scope(() => {
      const places = this.indicesOf("indexCopy", index, this.shape[at]!);
      if (formatShape(source.shape) !== formatShape(this.shape.with(at, places.numel())))
        throw new RangeError(
          `indexCopy: the source is ${formatShape(this.shape.with(at, places.numel()))} for ${places.numel()} indices of dim ${dim}, got ${formatShape(source.shape)}`,
        );
      return this.apply(scatter, [this, this.spread(places, at), source], { axis: at });
    }, "indexCopy");
  }
  /** A copy in which the slices of `dim` that the index names hold one value.
   * @shape any, [m] → the same
   * @example zeros([3]).indexFill(0, [0, 2], 7); // → [7, 0, 7] */
  indexFill(dim: number, index: Indices<Self>, value: number, ...more: never[]): Self {
    const at = axisOf(dim, this.ndim, "indexFill");
    wantNumber("indexFill", "the value", value);
    wantNoMore("indexFill", more);
    return scope(() => {
      const places = this.indicesOf("indexFill", index, this.shape[at]!);
      const from = this.filled(value, this.shape.with(at, places.numel()));
      return this.apply(scatter, [this, this.spread(places, at), from], { axis: at });
    }, "indexFill");
  }

  private filled(value: number, shape: readonly number[]): Self {
    return this.wrap(filled(shape, value, this.dtype), "a number");
  }

  /** An index [n] of a dimension as one of every element. */
  private spread(index: Self, dim: number): Self {
    return index
      .reshape(this.shape.map((_, d) => (d === dim ? index.numel() : 1)))
      .expand(this.shape.with(dim, index.numel()));
  }

  /** A copy with `value` where the mask, which broadcasts, is not 0. No gradient goes there. Whole numbers and bools stay what
   * they are; of whole numbers, a value that is not whole makes floats.
   * @shape any, any, any → broadcast
   * @example tensor([1, 2]).maskedFill(tensor([true, false]), 0); // → [0, 2] */
  maskedFill(mask: Self, value: number | Self, ...more: never[]): Self {
    wantTensor("maskedFill", "the mask", mask);
    wantOperand("maskedFill", "the value", value);
    wantNoMore("maskedFill", more);
    const shape = broadcastShapes(this.shape, mask.shape, "maskedFill");
    if (formatShape(shape) !== formatShape(this.shape))
      throw new RangeError(
        `maskedFill: a mask ${formatShape(mask.shape)} does not broadcast to ${formatShape(this.shape)}`,
      );
    return scope(() => {
      // To a bool every number is true or false.
      const dtype = (number: number) => (this.dtype === "bool" ? "bool" : numberType(number, this.dtype));
      const filler = typeof value === "number" ? this.number(value, dtype(value)) : value;
      return this.apply(where, [mask, filler, this], undefined);
    }, "maskedFill");
  }

  // How many elements there are is known only once they are read: these are awaited.

  /** Where elements are not 0: int32 [elements, dims]. Waits for the GPU.
   * @shape any → [count, ndim]
   * @example tensor([0, 5, 6]).nonzero(); // → [[1], [2]] */
  nonzero(...more: never[]): Promise<Self> {
    return promised(
      "nonzero()",
      async () => {
        wantNoMore("nonzero", more);
        const [data, shape] = [await this.data(), this.shape];
        const found: number[] = [];
        for (let i = 0; i < data.length; i++) {
          if (data[i] === 0) continue;
          let rest = i;
          const at = shape.map(() => 0);
          for (let d = shape.length - 1; d >= 0; d--) {
            at[d] = rest % shape[d]!;
            rest = Math.floor(rest / shape[d]!);
          }
          found.push(...at);
        }
        const rows = shape.length === 0 ? Number(data[0] !== 0) : found.length / shape.length;
        return this.wrap(fromHost(Int32Array.from(found), [rows, shape.length]), "nonzero");
      },
      this,
    );
  }
  /** The elements where a mask, which broadcasts, is not 0: [elements], with a gradient. Waits for the GPU.
   * @shape any, any → [count]
   * @example tensor([1, 2, 3]).maskedSelect(tensor([true, false, true])); // → [1, 3] */
  maskedSelect(mask: Self, ...more: never[]): Promise<Self> {
    return promised(
      "maskedSelect()",
      async () => {
        wantTensor("maskedSelect", "the mask", mask);
        wantNoMore("maskedSelect", more);
        const shape = broadcastShapes(this.shape, mask.shape, "maskedSelect");
        // Read after the await: by then this may have changed in place, and a scope around the call may be over.
        const whole = sameShape(shape, this.shape) ? this.clone() : this.expand(shape);
        outliveScope(whole);
        const flat = await mask.expand(shape).reshape([-1]).nonzero();
        return whole.take(flat.reshape([flat.shape[0]!]));
      },
      this,
    );
  }
}
