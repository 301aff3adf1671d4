// Tensor's elements in other places: repeated, turned round, shifted, cut apart, with borders, parts of matrices.
import { formatShape, type Shape, stridesOf } from "../../gpu/shape.ts";
import { border } from "../../kernels/shapes/border.ts";
import { pad } from "../../kernels/shapes/pad.ts";
import { strided } from "../../kernels/shapes/strided.ts";
import { triangle } from "../../kernels/shapes/triangle.ts";
import { unfold } from "../../kernels/shapes/unfold.ts";
import { axesOf, axisOf, show, wantInteger, wantNoMore, wantNumbers, wantWhole } from "../check.ts";
import { NUMBER, oneOf, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Shapes } from "./shapes.ts";

const padOptions = takes("pad", 2, {
  mode: oneOf("constant", "reflect", "replicate", "circular"),
  value: NUMBER,
});

/** How a tensor is continued over its ends. */
export interface PadOptions {
  /** Default "constant". */
  mode?: "constant" | "reflect" | "replicate" | "circular";
  /** What constant borders hold. Default 0. */
  value?: number;
}

export abstract class Rearranging<Self extends Rearranging<Self>> extends Shapes<Self> {
  // Repeated --------------------------------------------------------------------------------------------------

  /** All of it repeats[0], repeats[1], … times along each dim; more numbers than dims add dims in front.
   * @shape [...sizes] → [...sizes · repeats]
   * @example tensor([1, 2]).repeat([2, 2]); // → [[1, 2, 1, 2], [1, 2, 1, 2]] */
  repeat(repeats: Shape, ...more: never[]): Self {
    return this.repeated("repeat", repeats, more);
  }
  /** repeat, in which missing numbers in front are 1.
   * @shape [...sizes] → [...sizes · repeats]
   * @example tensor([1, 2]).tile([2]); // → [1, 2, 1, 2] */
  tile(repeats: Shape, ...more: never[]): Self {
    wantNumbers("tile", "the repeats are a list", repeats, more);
    const missing = Math.max(0, this.ndim - repeats.length);
    return this.repeated("tile", [...Array<number>(missing).fill(1), ...Array.from(repeats)], more);
  }

  private repeated(name: string, repeats: Shape, more: readonly unknown[]): Self {
    wantNumbers(name, "the repeats are a list", repeats, more);
    wantNoMore(name, more);
    wantWhole(name, Object.fromEntries(Array.from(repeats, (n, d) => [`repeat ${d}`, n])), 0);
    const added = repeats.length - this.ndim;
    if (added < 0)
      throw new RangeError(
        `${name}: ${formatShape(repeats)} has fewer numbers than ${formatShape(this.shape)} has dimensions`,
      );
    return scope(() => {
      let x = this.reshape([...Array<number>(added).fill(1), ...this.shape]);
      const dims = x.shape.flatMap((_, d) => (repeats[d] === 1 ? [] : [d]));
      // Two at a time: each needs a dimension of its own for a moment.
      for (let i = 0; i < dims.length; i += 2) x = repeatTwo(x, dims.slice(i, i + 2), repeats);
      return x;
    }, name);
  }

  /** Each slice of a dim `repeats` times, or repeats[i] times, one behind the other; of the flat tensor if no dim is given.
   * @shape any → [count]
   * @shape [..., n, ...] → [..., count, ...]
   * @example tensor([1, 2]).repeatInterleave(2); // → [1, 1, 2, 2] */
  repeatInterleave(repeats: number | readonly number[], dim?: number, ...more: never[]): Self {
    wantNoMore("repeatInterleave", more);
    if (typeof repeats === "number") wantWhole("repeatInterleave", { repeats }, 0);
    else wantNumbers("repeatInterleave", "the repeats are a number or a list", repeats);
    return scope(() => {
      if (dim === undefined) return this.reshape([this.numel()]).repeatInterleave(repeats, 0);
      const at = axisOf(dim, this.ndim, "repeatInterleave");
      const n = this.shape[at]!;
      if (typeof repeats === "number") {
        const spread = [...this.shape.slice(0, at + 1), 1, ...this.shape.slice(at + 1)];
        return this.reshape(spread)
          .expand(spread.with(at + 1, repeats))
          .reshape(this.shape.with(at, n * repeats));
      }
      if (repeats.length !== n)
        throw new RangeError(`repeatInterleave: ${repeats.length} repeats for ${n} slices of dim ${dim}`);
      wantWhole("repeatInterleave", Object.fromEntries(repeats.map((r, i) => [`repeat ${i}`, r])), 0);
      return this.slices(
        at,
        repeats.flatMap((r, i) => Array<number>(r).fill(i)),
      );
    }, "repeatInterleave");
  }

  /** Slices of a dimension by index (indexSelect, which stands above). */
  protected abstract slices(dim: number, index: readonly number[]): Self;

  // Turned round and shifted ----------------------------------------------------------------------------------

  /** The given dims in reverse.
   * @shape any → the same
   * @example tensor([1, 2, 3]).flip(0); // → [3, 2, 1] */
  flip(dims: number | readonly number[], ...more: never[]): Self {
    wantNoMore("flip", more);
    if (Array.isArray(dims) && dims.length === 0) return this.clone();
    const turned = axesOf(dims, this.ndim, "flip");
    const strides = stridesOf(this.shape);
    const offset = turned.reduce((sum, d) => sum + Math.max(0, this.shape[d]! - 1) * strides[d]!, 0);
    return this.apply(strided, [this], {
      shape: this.shape,
      strides: strides.map((stride, d) => (turned.includes(d) ? -stride : stride)),
      offset,
    });
  }
  /** The second dim in reverse.
   * @shape [n, m, ...] → the same
   * @example tensor([[1, 2], [3, 4]]).fliplr(); // → [[2, 1], [4, 3]] */
  fliplr(): Self {
    return this.flip(axisOf(1, this.ndim, "fliplr"));
  }
  /** The first dim in reverse.
   * @shape [n, ...] → the same
   * @example tensor([[1, 2], [3, 4]]).flipud(); // → [[3, 4], [1, 2]] */
  flipud(): Self {
    return this.flip(axisOf(0, this.ndim, "flipud"));
  }
  /** Shifted along dims, what leaves at one end coming in at the other; of the flat tensor if no dims are given.
   * @shape any → the same
   * @example tensor([1, 2, 3]).roll(1); // → [3, 1, 2] */
  roll(shifts: number | readonly number[], dims?: number | readonly number[], ...more: never[]): Self {
    wantNoMore("roll", more);
    const by = typeof shifts === "number" ? [shifts] : shifts;
    wantNumbers("roll", "the shifts are a number or a list", by);
    return scope(() => {
      if (dims === undefined) {
        if (by.length !== 1)
          throw new RangeError(`roll: ${by.length} shifts without dims: write roll([…], [dims])`);
        return this.reshape([this.numel()]).roll(by, [0]).reshape(this.shape);
      }
      const along = [dims].flat().map((d) => axisOf(d, this.ndim, "roll"));
      if (along.length !== by.length)
        throw new RangeError(`roll: ${by.length} shifts for ${along.length} dims`);
      let x = this as unknown as Self;
      for (const [i, axis] of along.entries()) {
        const length = x.shape[axis]!;
        wantInteger("roll", `shift ${i}`, by[i]);
        if (length > 0) x = x.apply(border, [x], { axis, mode: "wrap", before: by[i]! % length, length });
      }
      return x;
    }, "roll");
  }
  /** Turned by k quarters from the first of two dims to the second.
   * @shape any → any
   * @example tensor([[1, 2], [3, 4]]).rot90(); // → [[2, 4], [1, 3]] */
  rot90(k = 1, dims: readonly number[] = [0, 1], ...more: never[]): Self {
    wantNoMore("rot90", more);
    wantInteger("rot90", "k", k);
    wantNumbers("rot90", "the dims are a list", dims);
    const [a, b] = dims.map((d) => axisOf(d, this.ndim, "rot90"));
    if (dims.length !== 2 || a === b) throw new RangeError(`rot90: wants two dims, got ${show(dims)}`);
    const quarters = ((k % 4) + 4) % 4;
    if (quarters === 0) return this.clone();
    if (quarters === 2) return this.flip([a!, b!]);
    return scope(() => this.flip(quarters === 1 ? b! : a!).transpose(a!, b!), "rot90");
  }

  // Cut apart -------------------------------------------------------------------------------------------------

  /** Pieces of a dim: of `size` slices, the last of what is left, or of sizes[0], sizes[1], … slices, which make up all.
   * @shape [..., n, ...] → [..., size, ...], more
   * @example tensor([1, 2, 3]).split(2); // → [[1, 2], [3]] */
  split(size: number | readonly number[], dim = 0, ...more: never[]): Self[] {
    wantNoMore("split", more);
    const at = axisOf(dim, this.ndim, "split");
    const n = this.shape[at]!;
    if (typeof size === "number") {
      wantWhole("split", { size }, 1);
      const pieces = Math.max(1, Math.ceil(n / size));
      return Array.from({ length: pieces }, (_, i) =>
        this.narrow(at, i * size, Math.min(size, n - i * size)),
      );
    }
    wantNumbers("split", "the sizes are a number or a list", size);
    wantWhole("split", Object.fromEntries(size.map((part, i) => [`size ${i}`, part])), 0);
    const total = size.reduce((sum, part) => sum + part, 0);
    if (total !== n)
      throw new RangeError(`split: ${formatShape(size)} makes ${total} slices, dim ${dim} has ${n}`);
    let start = 0;
    return size.map((part) => {
      start += part;
      return this.narrow(at, start - part, part);
    });
  }
  /** At most `chunks` pieces of a dim, of one size but for the last.
   * @shape [..., n, ...] → [..., ⌈n / chunks⌉, ...], more
   * @example tensor([1, 2, 3, 4]).chunk(2); // → [[1, 2], [3, 4]] */
  chunk(chunks: number, dim = 0, ...more: never[]): Self[] {
    wantNoMore("chunk", more);
    wantWhole("chunk", { chunks }, 1);
    const n = this.shape[axisOf(dim, this.ndim, "chunk")]!;
    return this.split(Math.max(1, Math.ceil(n / chunks)), dim);
  }
  /** Pieces of a dim: so many of nearly one size, the larger ones first, or cut before slices at[0], at[1], …
   * @shape [..., n, ...] → [..., size, ...], more
   * @example tensor([1, 2, 3]).tensorSplit(2); // → [[1, 2], [3]] */
  tensorSplit(at: number | readonly number[], dim = 0, ...more: never[]): Self[] {
    wantNoMore("tensorSplit", more);
    const n = this.shape[axisOf(dim, this.ndim, "tensorSplit")]!;
    if (typeof at === "number") {
      wantWhole("tensorSplit", { pieces: at }, 1);
      const [size, larger] = [Math.floor(n / at), n % at];
      return this.split(
        Array.from({ length: at }, (_, i) => size + Number(i < larger)),
        dim,
      );
    }
    wantNumbers("tensorSplit", "the cuts are a number or a list", at);
    const cuts = Array.from(at, (cut) => Math.min(Math.max(cut < 0 ? cut + n : cut, 0), n));
    return [...cuts, n].map((end, i) => {
      const start = cuts[i - 1] ?? 0;
      return this.narrow(dim, start, Math.max(0, end - start));
    });
  }
  /** One slice of a dim, which goes; from the end where the index is negative.
   * @shape any → without dim
   * @example tensor([[1, 2], [3, 4]]).select(0, 1); // → [3, 4] */
  select(dim: number, index: number, ...more: never[]): Self {
    wantNoMore("select", more);
    const at = axisOf(dim, this.ndim, "select");
    wantInteger("select", "the index", index);
    const n = this.shape[at]!;
    if (index < -n || index >= n)
      throw new RangeError(`select: index ${index} is out of range for the ${n} slices of dim ${dim}`);
    return scope(() => this.narrow(at, index < 0 ? index + n : index, 1).squeeze(at), "select");
  }
  /** All slices of a dim.
   * @shape any → without dim, more
   * @example tensor([[1, 2], [3, 4]]).unbind(); // → [[1, 2], [3, 4]] */
  unbind(dim = 0, ...more: never[]): Self[] {
    wantNoMore("unbind", more);
    const at = axisOf(dim, this.ndim, "unbind");
    return Array.from({ length: this.shape[at]! }, (_, i) => this.select(at, i));
  }
  /** Windows of `size` elements of a dim, beginning every `step`, as a new last dim.
   * @shape [..., n, ...] → [..., ⌊(n − size) / step⌋ + 1, ..., size]
   * @example tensor([1, 2, 3, 4]).unfold(0, 2, 1); // → [[1, 2], [2, 3], [3, 4]] */
  unfold(dim: number, size: number, step: number, ...more: never[]): Self {
    wantNoMore("unfold", more);
    const axis = axisOf(dim, this.ndim, "unfold");
    wantWhole("unfold", { size, step }, 1);
    if (size > this.shape[axis]!)
      throw new RangeError(`unfold: a window of ${size} does not fit the ${this.shape[axis]} of dim ${dim}`);
    return this.apply(unfold, [this], { axis, size, step });
  }

  // Borders ---------------------------------------------------------------------------------------------------

  /**
   * With borders: [before, after] for the last dim, then for the one before it, …, as in PyTorch: pad([left, right, top,
   * bottom]). Negative numbers cut off.
   * @shape [...sizes] → [...sizes + padding]
   * @example tensor([1, 2]).pad([1, 0]); // → [0, 1, 2]
   */
  pad(padding: readonly number[], options?: PadOptions, ...more: never[]): Self {
    wantNumbers("pad", "the padding is a list", padding);
    padOptions(options, more);
    const { mode = "constant", value = 0 } = options ?? {};
    if (padding.length % 2 !== 0 || padding.length > 2 * this.ndim || !padding.every(Number.isInteger))
      throw new RangeError(
        `pad: wants whole numbers before and after for at most the ${this.ndim} dimensions of ${formatShape(this.shape)}, got ${show(padding)}`,
      );
    const pairs = this.shape.map((_, d): [number, number] => {
      const at = 2 * (this.ndim - 1 - d);
      return [padding[at] ?? 0, padding[at + 1] ?? 0];
    });
    for (const [d, [before, after]] of pairs.entries()) {
      const n = this.shape[d]!;
      const unbound = mode === "constant" || (mode === "replicate" && n > 0);
      const most = unbound ? Infinity : Math.max(0, mode === "reflect" ? n - 1 : n);
      if (n + before + after < 0 || Math.max(before, after) > most)
        throw new RangeError(
          `pad: ${before} before and ${after} after do not fit the ${n} of dim ${d} by mode "${mode}"`,
        );
    }
    return scope(() => {
      let x = this as unknown as Self;
      if (pairs.flat().some((n) => n < 0))
        x = x.slice(
          pairs.map(([before, after], d) => [Math.max(0, -before), x.shape[d]! + Math.min(0, after)]),
        );
      const added = pairs.map(([before, after]): [number, number] => [
        Math.max(0, before),
        Math.max(0, after),
      ]);
      if (mode === "constant")
        return added.flat().some((n) => n > 0) ? x.apply(pad, [x], { padding: added, value }) : x.clone();
      for (const [axis, [before, after]] of added.entries()) {
        const length = x.shape[axis]! + before + after;
        if (before + after > 0)
          x = x.apply(border, [x], { axis, mode: mode === "circular" ? "wrap" : mode, before, length });
      }
      return x === (this as unknown as Self) ? this.clone() : x;
    }, "pad");
  }

  // Of matrices -----------------------------------------------------------------------------------------------

  /** The lower triangle of the last two dims, up to `diagonal` to the right of the main one; 0 elsewhere.
   * @shape [..., n, m] → the same
   * @example ones([2, 2]).tril(); // → [[1, 0], [1, 1]] */
  tril(diagonal = 0, ...more: never[]): Self {
    return this.triangle("tril", false, diagonal, more);
  }
  /** The upper triangle of the last two dims, from `diagonal` to the right of the main one; 0 elsewhere.
   * @shape [..., n, m] → the same
   * @example ones([2, 2]).triu(); // → [[1, 1], [0, 1]] */
  triu(diagonal = 0, ...more: never[]): Self {
    return this.triangle("triu", true, diagonal, more);
  }

  private triangle(name: string, upper: boolean, diagonal: number, more: readonly unknown[]): Self {
    wantNoMore(name, more);
    wantInteger(name, "the diagonal", diagonal);
    if (this.ndim < 2)
      throw new RangeError(`${name}: wants at least two dimensions, got ${formatShape(this.shape)}`);
    return this.apply(triangle, [this], { upper, diagonal });
  }

  /** The diagonal of two dims, `offset` to the right of the main one, as the last dim in their place.
   * @shape [..., n, ..., m, ...] → [..., diagonal]
   * @example tensor([[1, 2], [3, 4]]).diagonal(); // → [1, 4] */
  diagonal(offset = 0, dim1 = 0, dim2 = 1, ...more: never[]): Self {
    wantNoMore("diagonal", more);
    wantInteger("diagonal", "the offset", offset);
    const [a, b] = [axisOf(dim1, this.ndim, "diagonal"), axisOf(dim2, this.ndim, "diagonal")];
    if (a === b) throw new RangeError(`diagonal: wants two dims, got ${dim1} twice`);
    const strides = stridesOf(this.shape);
    const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
    const length = Math.max(0, Math.min(this.shape[a]! - down, this.shape[b]! - right));
    const others = <T>(list: readonly T[]) => list.filter((_, d) => d !== a && d !== b);
    return this.apply(strided, [this], {
      shape: [...others(this.shape), length],
      strides: [...others(strides), strides[a]! + strides[b]!],
      offset: length === 0 ? 0 : down * strides[a]! + right * strides[b]!,
    });
  }
  /** Matrices, of dims dim1 and dim2, that have the last dim as their diagonal, `offset` to the right; 0 elsewhere.
   * @shape [..., n] → any
   * @example tensor([1, 2]).diagEmbed(); // → [[1, 0], [0, 2]] */
  diagEmbed(offset = 0, dim1 = -2, dim2 = -1, ...more: never[]): Self {
    wantNoMore("diagEmbed", more);
    wantInteger("diagEmbed", "the offset", offset);
    if (this.ndim === 0) throw new RangeError("diagEmbed: wants at least one dimension, got []");
    const [a, b] = [axisOf(dim1, this.ndim + 1, "diagEmbed"), axisOf(dim2, this.ndim + 1, "diagEmbed")];
    if (a === b) throw new RangeError(`diagEmbed: wants two dims, got ${dim1} twice`);
    const n = this.shape.at(-1)!;
    const rows = this.shape.slice(0, -1);
    const [right, down] = [Math.max(0, offset), Math.max(0, -offset)];
    // Rows of n + 1 elements, of which each begins with one: read n at a time, they step to the right.
    return scope(
      () =>
        this.unsqueeze(-1)
          .pad([0, n])
          .reshape([...rows, n * (n + 1)])
          .narrow(-1, 0, n * n)
          .reshape([...rows, n, n])
          .pad([right, down, down, right])
          .movedim([-2, -1], [a, b]),
      "diagEmbed",
    );
  }
  /** The diagonal of a matrix, or a matrix that has this, of one dimension, as its diagonal; 0 elsewhere.
   * @shape [n] → [n + |diagonal|, n + |diagonal|]
   * @shape [n, m] → [length]
   * @example tensor([1, 2]).diag(); // → [[1, 0], [0, 2]] */
  diag(diagonal = 0, ...more: never[]): Self {
    wantNoMore("diag", more);
    wantInteger("diag", "the diagonal", diagonal);
    if (this.ndim === 2) return this.diagonal(diagonal);
    if (this.ndim !== 1)
      throw new RangeError(`diag: wants one dimension or two, got ${formatShape(this.shape)}`);
    return this.diagEmbed(diagonal);
  }
}

/** x repeated along at most two dims: each gets one in front that is broadcast. */
function repeatTwo<Self extends Rearranging<Self>>(x: Self, dims: readonly number[], repeats: Shape): Self {
  const shape: number[] = [];
  const wide: number[] = [];
  let run = 1; // of dims that are not repeated, as one
  for (const [d, n] of x.shape.entries()) {
    if (!dims.includes(d)) {
      run *= n;
      continue;
    }
    shape.push(run, 1, n);
    wide.push(run, repeats[d]!, n);
    run = 1;
  }
  const result = x.shape.map((n, d) => (dims.includes(d) ? n * repeats[d]! : n));
  return x
    .reshape([...shape, run])
    .expand([...wide, run])
    .reshape(result);
}
