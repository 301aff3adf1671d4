// Shapes: the arithmetic of dimensions that every operation shares. A shape is a list of whole numbers,
// [] for a scalar; arrays are always contiguous and row-major.

/** The sizes of a tensor's dimensions: [] of a single number. */
export type Shape = readonly number[];

/** Dimensions that kernels with general strides can address. */
export const MAX_RANK = 8;

export function sizeOf(shape: Shape): number {
  let product = 1;
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis]!;
  return product;
}

export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The largest whole number that divides both. */
export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Strides of `shape` over elements that lie as those of `from` do; null where there are none. Neither is empty. */
export function viewStrides(from: Shape, strides: readonly number[], shape: Shape): number[] | null {
  const runs: { size: number; stride: number }[] = []; // innermost first
  for (let d = from.length - 1; d >= 0; d--) {
    if (from[d] === 1) continue;
    const inner = runs.at(-1);
    if (inner !== undefined && strides[d] === inner.size * inner.stride) inner.size *= from[d]!;
    else runs.push({ size: from[d]!, stride: strides[d]! });
  }
  const result = new Array<number>(shape.length).fill(0);
  let at = shape.length - 1;
  for (const { size, stride } of runs) {
    for (let done = 1; done < size; at--) {
      const n = shape[at]!;
      if ((size / done) % n !== 0) return null;
      if (n > 1) result[at] = done * stride;
      done *= n;
    }
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Throws unless every dimension is a whole number ≥ 0 and there are at most MAX_RANK of them. */
export function checkShape(shape: Shape, operation: string): void {
  if (!shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new RangeError(`${operation}: a shape is made of whole numbers ≥ 0, not ${formatShape(shape)}`);
  }
  if (shape.length > MAX_RANK) {
    throw new RangeError(`${operation}: ${formatShape(shape)} has more than ${MAX_RANK} dimensions`);
  }
}

/** Resolves a negative axis; throws where it is out of range. */
export function normalizeAxis(axis: number, rank: number, operation: string): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    const dims = rank === 0 ? "there are no dimensions" : `there are ${-rank} … ${rank - 1}`;
    throw new RangeError(`${operation}: dim ${axis} is out of range: ${dims}`);
  }
  return resolved;
}

/** Sorted distinct axes; every axis where none are given. */
export function normalizeAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
  operation: string,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, operation));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length)
    throw new RangeError(`${operation}: a dim is named twice in [${axes}]`);
  return distinct;
}

/** The shape that NumPy's broadcasting rule gives to an operation on `a` and `b`. */
export function broadcastShapes(a: Shape, b: Shape, operation: string): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const m = a[axis - rank + a.length] ?? 1;
    const n = b[axis - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(`${operation}: ${formatShape(a)} and ${formatShape(b)} do not broadcast together`);
    }
    shape[axis] = m === 1 ? n : m;
  }
  return shape;
}

/** Strides that read `shape` as if it were broadcast to `to`: 0 along repeated dimensions. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const strides = stridesOf(shape);
  return to.map((_, axis) => {
    const own = axis - to.length + shape.length;
    return own < 0 || shape[own] === 1 ? 0 : strides[own]!;
  });
}

/** The axes of `to` along which `shape` is repeated when it is broadcast to it. */
export function broadcastAxes(shape: Shape, to: Shape): number[] {
  const extra = to.length - shape.length;
  return to.flatMap((n, axis) => (axis < extra || (shape[axis - extra] === 1 && n !== 1) ? [axis] : []));
}

/** The shape that is left after reducing `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDim: boolean): number[] {
  if (keepDim) return shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** A shape with at most one −1, resolved against the number of elements. */
export function resolveShape(shape: Shape, size: number, from: Shape): number[] {
  const unknown = shape.filter((n) => n === -1).length;
  const known = sizeOf(shape.filter((n) => n !== -1));
  const resolved = shape.map((n) => (n === -1 ? (known === 0 ? 0 : size / known) : n));
  if (unknown > 1 || !resolved.every((n) => Number.isInteger(n) && n >= 0) || sizeOf(resolved) !== size) {
    throw new RangeError(
      `reshape: ${formatShape(from)} has ${size} elements, which do not fit ${formatShape(shape)}`,
    );
  }
  return resolved;
}
