// Tensor's other shapes, its pieces, and indexing.
import { formatShape, resolveShape, type Shape, sizeOf } from "../../gpu/shape.ts";
import { embedding, gather, requireFit } from "../../kernels/indexing/gather.ts";
import { pad } from "../../kernels/shapes/pad.ts";
import { permute } from "../../kernels/shapes/permute.ts";
import { reshape } from "../../kernels/shapes/reshape.ts";
import { slice } from "../../kernels/shapes/slice.ts";
import { axisOf, isList, isTensor, show, wantNoMore, wantNumber, wantNumbers, wantTensor } from "../check.ts";
import { checkIndices, indexArray } from "../from-host.ts";
import { scope } from "../scope.ts";
import { Elementwise } from "./elementwise.ts";

export abstract class Shapes<Self extends Shapes<Self>> extends Elementwise<Self> {
  /** A copy with memory of its own, on the tape. */
  clone(): Self {
    return this.slice([]);
  }

  /** The same elements under another shape; one dimension may be −1. Shares memory. */
  reshape(shape: Shape, ...more: never[]): Self {
    wantNumbers("reshape", "the shape is a list", shape, more);
    wantNoMore("reshape", more);
    return this.apply(reshape, [this], { shape: resolveShape(shape, this.size, this.shape) });
  }
  /** Joins dimensions start … end into one. */
  flatten(start = 0, end = -1): Self {
    if (this.ndim === 0) return this.reshape([1]);
    const from = axisOf(start, this.ndim, "flatten");
    const to = axisOf(end, this.ndim, "flatten");
    const middle = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape([...this.shape.slice(0, from), middle, ...this.shape.slice(to + 1)]);
  }
  /** Drops a dimension of size 1; all of them if no axis is given. */
  squeeze(axis?: number): Self {
    if (axis === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const at = axisOf(axis, this.ndim, "squeeze");
    return this.shape[at] === 1 ? this.reshape(this.shape.toSpliced(at, 1)) : (this as unknown as Self);
  }
  unsqueeze(axis: number): Self {
    return this.reshape(this.shape.toSpliced(axisOf(axis, this.ndim + 1, "unsqueeze"), 0, 1));
  }
  /** Reorders dimensions: result dimension i is this tensor's dimension dims[i]. */
  permute(dims: readonly number[], ...more: never[]): Self {
    wantNumbers("permute", "the dimensions are a list", dims, more);
    wantNoMore("permute", more);
    const order = dims.map((axis) => axisOf(axis, this.ndim, "permute"));
    if (order.length !== this.ndim || new Set(order).size !== this.ndim) {
      throw new RangeError(`permute: [${dims}] does not name each of the ${this.ndim} dimensions once`);
    }
    return this.apply(permute, [this], { dims: order });
  }
  /** Swaps two dimensions. */
  transpose(axis0: number, axis1: number): Self {
    const dims = this.shape.map((_, axis) => axis);
    const a = axisOf(axis0, this.ndim, "transpose");
    const b = axisOf(axis1, this.ndim, "transpose");
    [dims[a], dims[b]] = [dims[b]!, dims[a]!];
    return this.permute(dims);
  }
  /** Elements start … end − 1 of each axis, every step-th; negative positions count from the end, null takes all. */
  slice(ranges: readonly (readonly [start: number, end?: number, step?: number] | null)[]): Self {
    if (
      !Array.isArray(ranges) ||
      !ranges.every((range) => range === null || range === undefined || isList(range))
    ) {
      throw new TypeError(
        `slice: wants a list of ranges, one [start, end, step] or null for each axis, got ${show(ranges)}`,
      );
    }
    if (ranges.length > this.ndim) {
      throw new RangeError(`slice: ${ranges.length} ranges for a tensor ${formatShape(this.shape)}`);
    }
    const attrs = { starts: [] as number[], ends: [] as number[], steps: [] as number[] };
    this.shape.forEach((n, axis) => {
      const [start = 0, end = n, step = 1] = ranges[axis] ?? [];
      const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + n : at, 0), n);
      if (![start, end, step].every(Number.isInteger) || step < 1) {
        throw new RangeError(
          `slice: axis ${axis} wants whole numbers and a step ≥ 1, got [${start}, ${end}, ${step}]`,
        );
      }
      attrs.starts.push(clamp(start));
      attrs.ends.push(Math.max(clamp(end), clamp(start)));
      attrs.steps.push(step);
    });
    return this.apply(slice, [this], attrs);
  }
  /** `length` elements of one axis from `start` on, which counts from the end where it is negative. */
  narrow(axis: number, start: number, length: number): Self {
    const at = axisOf(axis, this.ndim, "narrow");
    wantNumber("narrow", "start", start);
    wantNumber("narrow", "length", length);
    const n = this.shape[at]!;
    const first = start < 0 ? start + n : start;
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(length) ||
      first < 0 ||
      length < 0 ||
      first + length > n
    ) {
      throw new RangeError(
        `narrow: ${start} … ${start + length} is out of range for axis ${axis} of ${formatShape(this.shape)}`,
      );
    }
    return this.slice(this.shape.map((_, i) => (i === at ? [first, first + length] : null)));
  }
  /**
   * Rows index[0], index[1], … of the first axis (whole slices); index is a list or a uint32 tensor of any shape. Indices
   * that are no row are refused where they come from the host; those that the GPU computed give rows of NaN.
   */
  indexSelect(index: Self | readonly number[], ...more: never[]): Self {
    if (!isTensor(index) && !isList(index)) {
      const axis = typeof index === "number" ? ": it picks rows of the first axis: indexSelect([0, 1])" : "";
      throw new TypeError(
        `indexSelect: the index is a list of whole numbers or a uint32 tensor, got ${show(index)}${axis}`,
      );
    }
    wantNoMore("indexSelect", more);
    if (this.ndim === 0) throw new RangeError("indexSelect: a scalar has no rows");
    const [count, ...row] = this.shape as [number, ...number[]];
    if (isTensor(index)) checkIndices("indexSelect: an index", index, count);
    return scope(() => {
      const rows = isTensor(index)
        ? index
        : this.wrap(indexArray(index, count, "indexSelect: index"), "a list of indices");
      const picked = this.apply(embedding, [this.reshape([count, sizeOf(row)]), rows], undefined);
      return picked.reshape([...rows.shape, ...row]);
    }, "indexSelect");
  }
  /**
   * torch.gather: along `axis`, element i of the result is this[index[i]]; the other coordinates stay. An index past the
   * end is refused where it comes from the host; one that the GPU computed gives NaN.
   */
  gather(axis: number, index: Self): Self {
    const at = axisOf(axis, this.ndim, "gather");
    wantTensor("gather", "the index", index);
    requireFit(this.shape, index.shape, at);
    checkIndices("gather: an index", index, this.shape[at]!);
    return this.apply(gather, [this, index], { axis: at });
  }
  /** Adds `before` and `after` elements of `value` to each axis. */
  pad(padding: readonly (readonly [before: number, after: number])[], value = 0): Self {
    if (!Array.isArray(padding) || !padding.every((pair) => isList(pair) && pair.length === 2)) {
      throw new TypeError(
        `pad: wants a pair [before, after] for each of the ${this.ndim} axes of ${formatShape(this.shape)}, got ${show(padding)}`,
      );
    }
    wantNumber("pad", "value", value);
    return this.apply(pad, [this], { padding, value });
  }
}
