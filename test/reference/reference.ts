// What every float64 reference in this folder is made of: plain row-major arrays, a few index helpers,
// and the shape of a reference: a forward and the gradient that goes with it.
// Nothing here, or in any file beside it, imports from src: a reference must not share a bug with what it checks.

/** A row-major array: `data[i]` is the element at flat position `i`; shape `[]` is a scalar, with one element. */
export interface Arr {
  shape: number[];
  data: Float64Array;
}

/** One operation: what it computes, and what `gradOut` (shaped as the output) becomes at each input. */
export interface Reference<A> {
  forward(inputs: Arr[], attrs: A): Arr;
  /** One gradient an input, shaped as that input; null where the input has none (labels, masks, indices). */
  backward(inputs: Arr[], attrs: A, gradOut: Arr): (Arr | null)[];
}

/** The attributes of an operation that has none: `{}`. */
export type NoAttrs = Record<string, never>;

/** An array of `shape`, holding a copy of `data`, or zeros. */
export function arr(shape: readonly number[], data?: ArrayLike<number>): Arr {
  const size = sizeOf(shape);
  if (data && data.length !== size) {
    throw new Error(`arr: shape [${shape.join(", ")}] wants ${size} elements, got ${data.length}`);
  }
  return { shape: [...shape], data: data ? Float64Array.from(data) : new Float64Array(size) };
}

/** Float32 values, held in float64. */
export function rounded(x: Arr): Arr {
  return { shape: x.shape, data: x.data.map(Math.fround) };
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** The flat position of `index` in an array of `shape`. */
export function offsetOf(index: readonly number[], shape: readonly number[]): number {
  let offset = 0;
  for (let d = 0; d < shape.length; d++) offset = offset * shape[d] + index[d];
  return offset;
}

/** Visits every index of `shape` in row-major order. `index` is one array, reused: copy it to keep it. */
export function forEachIndex(shape: readonly number[], visit: (index: number[], flat: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    visit(index, flat);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d]++;
      if (index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/** NumPy's rule: shapes are aligned at their last axes, and an axis of 1, or a missing one, stretches. */
export function broadcastShapes(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let d = 0; d < shape.length; d++) {
      const at = rank - shape.length + d;
      if (shape[d] === 1) continue;
      if (out[at] !== 1 && out[at] !== shape[d]) {
        throw new Error(`broadcast: ${shapes.map((s) => `[${s.join(", ")}]`).join(" and ")} do not fit`);
      }
      out[at] = shape[d];
    }
  }
  return out;
}

/** Which element of an array of `shape` stands at `index` once the array is broadcast to a larger shape. */
export function broadcastOffset(index: readonly number[], shape: readonly number[]): number {
  let offset = 0;
  for (let d = 0; d < shape.length; d++) {
    const i = shape[d] === 1 ? 0 : index[index.length - shape.length + d];
    offset = offset * shape[d] + i;
  }
  return offset;
}
