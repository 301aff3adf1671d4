// Tensor's other shapes, and its pieces.
import { checkShape, formatShape, resolveShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { expand } from "../../kernels/shapes/broadcast.ts";
import { pad } from "../../kernels/shapes/pad.ts";
import { permute } from "../../kernels/shapes/permute.ts";
import { reshape } from "../../kernels/shapes/reshape.ts";
import { slice } from "../../kernels/shapes/slice.ts";
import { axisOf, isList, show, wantNoMore, wantNumber, wantNumbers } from "../check.ts";
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
  /** Drops a dimension of size 1; all of them if no dim is given. */
  squeeze(dim?: number): Self {
    if (dim === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const at = axisOf(dim, this.ndim, "squeeze");
    return this.shape[at] === 1 ? this.reshape(this.shape.toSpliced(at, 1)) : (this as unknown as Self);
  }
  unsqueeze(dim: number): Self {
    return this.reshape(this.shape.toSpliced(axisOf(dim, this.ndim + 1, "unsqueeze"), 0, 1));
  }
  /**
   * Repeats dimensions of size 1, and adds others in front; −1 keeps one as it is. What is there to be read is one copy:
   * a tensor is always laid out row by row.
   */
  expand(shape: Shape, ...more: never[]): Self {
    return this.expanded("expand", shape, more);
  }

  private expanded(name: string, shape: Shape, more: readonly unknown[] = []): Self {
    wantNumbers(name, "the shape is a list", shape, more);
    wantNoMore(name, more);
    const added = shape.length - this.ndim;
    const to = Array.from(shape, (n, d) => (n === -1 && d >= added ? this.shape[d - added]! : n));
    if (added < 0 || !this.shape.every((n, d) => n === to[d + added] || n === 1))
      throw new RangeError(`${name}: ${formatShape(this.shape)} does not broadcast to ${formatShape(shape)}`);
    checkShape(to, name);
    return sameShape(to, this.shape) ? (this as unknown as Self) : this.apply(expand, [this], { shape: to });
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
  transpose(dim0: number, dim1: number): Self {
    const dims = this.shape.map((_, axis) => axis);
    const a = axisOf(dim0, this.ndim, "transpose");
    const b = axisOf(dim1, this.ndim, "transpose");
    [dims[a], dims[b]] = [dims[b]!, dims[a]!];
    return this.permute(dims);
  }
  /** Elements start … end − 1 of each dim, every step-th; negative positions count from the end, null takes all. */
  slice(ranges: readonly (readonly [start: number, end?: number, step?: number] | null)[]): Self {
    if (
      !Array.isArray(ranges) ||
      !ranges.every((range) => range === null || range === undefined || isList(range))
    ) {
      throw new TypeError(
        `slice: wants a list of ranges, one [start, end, step] or null for each dim, got ${show(ranges)}`,
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
          `slice: dim ${axis} wants whole numbers and a step ≥ 1, got [${start}, ${end}, ${step}]`,
        );
      }
      attrs.starts.push(clamp(start));
      attrs.ends.push(Math.max(clamp(end), clamp(start)));
      attrs.steps.push(step);
    });
    return this.apply(slice, [this], attrs);
  }
  /** `length` elements of one dim from `start` on, which counts from the end where it is negative. */
  narrow(dim: number, start: number, length: number): Self {
    const at = axisOf(dim, this.ndim, "narrow");
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
        `narrow: ${start} … ${start + length} is out of range for dim ${dim} of ${formatShape(this.shape)}`,
      );
    }
    return this.slice(this.shape.map((_, i) => (i === at ? [first, first + length] : null)));
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
