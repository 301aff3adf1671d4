// Tensor's other shapes, and its pieces.
import { checkShape, formatShape, resolveShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { expand } from "../../kernels/shapes/broadcast.ts";
import { permute } from "../../kernels/shapes/permute.ts";
import { reshape } from "../../kernels/shapes/reshape.ts";
import { slice } from "../../kernels/shapes/slice.ts";
import { axisOf, isList, show, wantNoMore, wantNumber, wantNumbers, wantTensor } from "../check.ts";
import { handleOf } from "../handle.ts";
import { naming } from "../naming.ts";
import { scope } from "../scope.ts";
import { Activations } from "./activations.ts";

export abstract class Shapes<Self extends Shapes<Self>> extends Activations<Self> {
  /** A copy with memory of its own, on the tape.
   * @shape any → the same
   * @example tensor([1, 2]).clone(); // → [1, 2] */
  clone(): Self {
    const copy = this.slice([]);
    handleOf(copy).origin = "clone"; // PyTorch's is no view either
    return copy;
  }

  /** What `f` makes of a number as a dim of one element, and of anything else as it is: PyTorch's numbers have dims 0 and −1. */
  protected asOne(name: string, f: (x: Self) => Self): Self {
    if (this.ndim > 0) return f(this as unknown as Self);
    return scope(() => f(this.reshape([1])).reshape([]), name);
  }

  /** The same elements under another shape; one dimension may be −1. Shares memory.
   * @shape any → [...shape]
   * @example arange(4).reshape([2, -1]); // → [[0, 1], [2, 3]] */
  reshape(shape: Shape, ...more: never[]): Self {
    wantNumbers("reshape", "the shape is a list", shape, more);
    wantNoMore("reshape", more);
    const resolved = resolveShape(shape, this.numel(), this.shape);
    checkShape(resolved, "reshape");
    return this.apply(reshape, [this], { shape: resolved });
  }
  /** Joins dimensions start … end into one.
   * @shape any → any
   * @example zeros([2, 3, 4]).flatten(1).shape; // → [2, 12] */
  flatten(start = 0, end = -1): Self {
    if (this.ndim === 0) return this.reshape([1]);
    const from = axisOf(start, this.ndim, "flatten");
    const to = axisOf(end, this.ndim, "flatten");
    const middle = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape([...this.shape.slice(0, from), middle, ...this.shape.slice(to + 1)]);
  }
  /** Drops a dimension of size 1; all of them if no dim is given.
   * @shape any → without dim
   * @example zeros([2, 1, 3]).squeeze(1).shape; // → [2, 3] */
  squeeze(dim?: number): Self {
    if (dim === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const at = axisOf(dim, Math.max(1, this.ndim), "squeeze");
    return this.shape[at] === 1 ? this.reshape(this.shape.toSpliced(at, 1)) : (this as unknown as Self);
  }
  /** With a dim of size 1 at this place.
   * @shape [..., ...] → [..., 1, ...]
   * @example zeros([2, 3]).unsqueeze(1).shape; // → [2, 1, 3] */
  unsqueeze(dim: number): Self {
    return this.reshape(this.shape.toSpliced(axisOf(dim, this.ndim + 1, "unsqueeze"), 0, 1));
  }
  /**
   * Repeats dimensions of size 1, and adds others in front; −1 keeps one as it is. What is there to be read is one copy:
   * a tensor is always laid out row by row.
   * @shape any → [...shape]
   * @example tensor([[1], [2]]).expand([2, 2]); // → [[1, 1], [2, 2]]
   */
  expand(shape: Shape, ...more: never[]): Self {
    return this.expanded("expand", shape, more);
  }

  protected expanded(name: string, shape: Shape, more: readonly unknown[] = []): Self {
    wantNumbers(name, "the shape is a list", shape, more);
    wantNoMore(name, more);
    const added = shape.length - this.ndim;
    const to = Array.from(shape, (n, d) => (n === -1 && d >= added ? this.shape[d - added]! : n));
    if (added < 0 || !this.shape.every((n, d) => n === to[d + added] || n === 1))
      throw new RangeError(`${name}: ${formatShape(this.shape)} does not broadcast to ${formatShape(shape)}`);
    checkShape(to, name);
    return sameShape(to, this.shape) ? (this as unknown as Self) : this.apply(expand, [this], { shape: to });
  }

  /** Reorders dimensions: result dimension i is this tensor's dimension dims[i].
   * @shape any → any
   * @example zeros([2, 3, 4]).permute([2, 0, 1]).shape; // → [4, 2, 3] */
  permute(dims: readonly number[], ...more: never[]): Self {
    wantNumbers("permute", "the dimensions are a list", dims, more);
    wantNoMore("permute", more);
    const order = dims.map((axis) => axisOf(axis, this.ndim, "permute"));
    if (order.length !== this.ndim || new Set(order).size !== this.ndim) {
      throw new RangeError(`permute: [${dims}] does not name each of the ${this.ndim} dimensions once`);
    }
    return this.apply(permute, [this], { dims: order });
  }
  /** Swaps two dimensions.
   * @shape [..., n, ..., m, ...] → [..., m, ..., n, ...]
   * @example zeros([2, 3, 4]).transpose(1, 2).shape; // → [2, 4, 3] */
  transpose(dim0: number, dim1: number): Self {
    const dims = this.shape.map((_, axis) => axis);
    const rank = Math.max(1, this.ndim); // a number has dims 0 and −1 too
    const [a, b] = [axisOf(dim0, rank, "transpose"), axisOf(dim1, rank, "transpose")];
    if (a === b) return this as unknown as Self;
    [dims[a], dims[b]] = [dims[b]!, dims[a]!];
    return this.permute(dims);
  }
  /** Elements start … end − 1 of each dim, every step-th; negative positions count from the end, null takes all.
   * @shape [...sizes] → [...shorter]
   * @example tensor([1, 2, 3, 4]).slice([[1, 3]]); // → [2, 3] */
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
  /** `length` elements of one dim from `start` on, which counts from the end where it is negative.
   * @shape [..., n, ...] → [..., length, ...]
   * @example tensor([1, 2, 3, 4]).narrow(0, 1, 2); // → [2, 3] */
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

  // Dims in another order -------------------------------------------------------------------------------------

  /** Dims `source` moved to `destination`; the others stay in order.
   * @shape any → any
   * @example zeros([2, 3, 4]).movedim(0, 2).shape; // → [3, 4, 2] */
  movedim(
    source: number | readonly number[],
    destination: number | readonly number[],
    ...more: never[]
  ): Self {
    wantNoMore("movedim", more);
    const list = (name: string, dims: number | readonly number[]) => {
      const some = typeof dims === "number" ? [dims] : dims;
      wantNumbers("movedim", `${name} is a dim or a list`, some);
      return some.map((d) => axisOf(d, this.ndim, "movedim"));
    };
    const [from, to] = [list("the source", source), list("the destination", destination)];
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length)
      throw new RangeError(`movedim: ${show(source)} do not go to ${show(destination)} one by one`);
    const order = this.shape.map(() => -1);
    for (const [i, d] of to.entries()) order[d] = from[i]!;
    const rest = this.shape.map((_, d) => d).filter((d) => !from.includes(d));
    return this.permute(order.map((d) => (d === -1 ? rest.shift()! : d)));
  }
  /** movedim.
   * @shape any → any
   * @example zeros([2, 3, 4]).moveaxis(0, 2).shape; // → [3, 4, 2] */
  moveaxis(
    source: number | readonly number[],
    destination: number | readonly number[],
    ...more: never[]
  ): Self {
    return naming("moveaxis", () => this.movedim(source, destination, ...more));
  }
  /** transpose.
   * @shape [..., n, ..., m, ...] → [..., m, ..., n, ...]
   * @example zeros([2, 3]).swapaxes(0, 1).shape; // → [3, 2] */
  swapaxes(dim0: number, dim1: number): Self {
    return naming("swapaxes", () => this.transpose(dim0, dim1));
  }
  /** transpose.
   * @shape [..., n, ..., m, ...] → [..., m, ..., n, ...]
   * @example zeros([2, 3]).swapdims(0, 1).shape; // → [3, 2] */
  swapdims(dim0: number, dim1: number): Self {
    return naming("swapdims", () => this.transpose(dim0, dim1));
  }
  /** A matrix with rows and columns swapped; one dimension, or none, as it is.
   * @shape [] → []
   * @shape [n] → [n]
   * @shape [n, m] → [m, n]
   * @example tensor([[1, 2], [3, 4]]).t(); // → [[1, 3], [2, 4]] */
  t(): Self {
    if (this.ndim > 2)
      throw new RangeError(
        `t: wants at most two dimensions, got ${formatShape(this.shape)}: transpose swaps two of them`,
      );
    return this.ndim < 2 ? (this as unknown as Self) : this.transpose(0, 1);
  }
  /** t(), written as PyTorch's and NumPy's property. */
  get T(): Self {
    return naming("T", () => this.t());
  }
  /** The last two dims swapped. */
  get mT(): Self {
    return naming("mT", () => this.transpose(-2, -1));
  }

  // Other shapes ----------------------------------------------------------------------------------------------

  /** Number of dimensions.
   * @example zeros([2, 3]).dim(); // → 2 */
  dim(): number {
    return this.ndim;
  }
  /** One dimension.
   * @shape any → [count]
   * @example tensor([[1, 2], [3, 4]]).ravel(); // → [1, 2, 3, 4] */
  ravel(): Self {
    return this.reshape([this.numel()]);
  }
  /** A dim as several, of which one may be −1.
   * @shape [..., n, ...] → [..., ...sizes, ...]
   * @example zeros([2, 6]).unflatten(1, [2, 3]).shape; // → [2, 2, 3] */
  unflatten(dim: number, sizes: Shape, ...more: never[]): Self {
    const at = axisOf(dim, this.ndim, "unflatten");
    wantNumbers("unflatten", "the sizes are a list", sizes, more, false);
    wantNoMore("unflatten", more);
    const known = sizeOf(sizes.filter((n) => n !== -1));
    const found = sizes.map((n) => (n === -1 ? this.shape[at]! / known : n));
    if (!found.every((n) => Number.isInteger(n) && n >= 0) || sizeOf(found) !== this.shape[at])
      throw new RangeError(`unflatten: ${this.shape[at]} of dim ${dim} do not fit ${formatShape(sizes)}`);
    return this.reshape([...this.shape.slice(0, at), ...found, ...this.shape.slice(at + 1)]);
  }
  /** reshape: memory is always laid out row by row here.
   * @shape any → [...shape]
   * @example arange(4).view([2, 2]); // → [[0, 1], [2, 3]] */
  view(shape: Shape, ...more: never[]): Self {
    wantNumbers("view", "the shape is a list", shape, more);
    wantNoMore("view", more);
    return naming("view", () => this.reshape(shape));
  }
  /** reshape to the other's shape.
   * @shape any, [...shape] → [...shape]
   * @example arange(4).viewAs(zeros([2, 2])); // → [[0, 1], [2, 3]] */
  viewAs(other: Self, ...more: never[]): Self {
    wantTensor("viewAs", "the other", other);
    wantNoMore("viewAs", more);
    return naming("viewAs", () => this.reshape(other.shape));
  }
  /** reshape to the other's shape.
   * @shape any, [...shape] → [...shape]
   * @example arange(4).reshapeAs(zeros([2, 2])); // → [[0, 1], [2, 3]] */
  reshapeAs(other: Self, ...more: never[]): Self {
    wantTensor("reshapeAs", "the other", other);
    wantNoMore("reshapeAs", more);
    return naming("reshapeAs", () => this.reshape(other.shape));
  }
  /** expand to the other's shape.
   * @shape any, [...shape] → [...shape]
   * @example tensor([1, 2]).expandAs(zeros([2, 2])); // → [[1, 2], [1, 2]] */
  expandAs(other: Self, ...more: never[]): Self {
    wantTensor("expandAs", "the other", other);
    wantNoMore("expandAs", more);
    return this.expanded("expandAs", other.shape);
  }
  /** expand.
   * @shape any → [...shape]
   * @example tensor([1, 2]).broadcastTo([2, 2]); // → [[1, 2], [1, 2]] */
  broadcastTo(shape: Shape, ...more: never[]): Self {
    return this.expanded("broadcastTo", shape, more);
  }
}
