// Elements in other places: each element of y is one of x, or nothing; dx is what its copies got, added up.
//
//   expand:    y is x broadcast to a larger shape
//   triangle:  y[…, r, c] = x[…, r, c] where c − r ≤ diagonal, or ≥ for the upper one; else 0
//   border:    y[…, j, …] = x[…, source(j − before), …] along an axis: t mod n; reflected at 0 and n − 1; or clamped
//   flip:      y[i] = x[n − 1 − i] along some axes
//   diagonal:  y[…, i] = x[…, i + down, i + right], of two axes
//   unfold:    y[…, w, …, s] = x[…, w · step + s, …]
import { type Arr, arr, broadcastOffset, forEachIndex, offsetOf, type Reference } from "./reference.ts";

/** An operation that picks: `shapeOf` the result, `from` where in x (null: nowhere, a 0) the element at an index comes from. */
function picking<A>(
  shapeOf: (x: number[], attrs: A) => number[],
  from: (index: number[], x: number[], attrs: A) => number | null,
): Reference<A> {
  const each = (x: Arr, attrs: A, visit: (to: number, from: number) => void) =>
    forEachIndex(shapeOf(x.shape, attrs), (index, to) => {
      const source = from(index, x.shape, attrs);
      if (source !== null) visit(to, source);
    });
  return {
    forward([x], attrs) {
      const y = arr(shapeOf(x.shape, attrs));
      each(x, attrs, (to, at) => {
        y.data[to] = x.data[at];
      });
      return y;
    },
    backward([x], attrs, g) {
      const dx = arr(x.shape);
      each(x, attrs, (to, at) => {
        dx.data[at] += g.data[to];
      });
      return [dx];
    },
  };
}

export const expand = picking<{ shape: number[] }>(
  (_, { shape }) => shape,
  (index, x) => broadcastOffset(index, x),
);

export const triangle = picking<{ upper: boolean; diagonal: number }>(
  (x) => x,
  (index, x, { upper, diagonal }) => {
    const right = index[x.length - 1] - index[x.length - 2] - diagonal;
    return (upper ? right >= 0 : right <= 0) ? offsetOf(index, x) : null;
  },
);

export interface BorderAttrs {
  axis: number;
  mode: "wrap" | "reflect" | "replicate";
  before: number;
  length: number;
}

export const border = picking<BorderAttrs>(
  (x, { axis, length }) => x.with(axis, length),
  (index, x, { axis, mode, before }) => {
    const n = x[axis];
    const t = index[axis] - before;
    if (mode === "wrap") return offsetOf(index.with(axis, ((t % n) + n) % n), x);
    if (mode === "replicate") return offsetOf(index.with(axis, Math.min(Math.max(t, 0), n - 1)), x);
    const there = t < 0 ? -t : t;
    return offsetOf(index.with(axis, there < n ? there : 2 * (n - 1) - there), x);
  },
);

export const flip = picking<{ axes: number[] }>(
  (x) => x,
  (index, x, { axes }) =>
    offsetOf(
      index.map((i, d) => (axes.includes(d) ? x[d] - 1 - i : i)),
      x,
    ),
);

export const diagonal = picking<{ offset: number; axes: [number, number] }>(
  (x, { offset, axes: [a, b] }) => [
    ...x.filter((_, d) => d !== a && d !== b),
    Math.max(0, Math.min(x[a] - Math.max(0, -offset), x[b] - Math.max(0, offset))),
  ],
  (index, x, { offset, axes: [a, b] }) => {
    const rest = index.slice(0, -1);
    const i = index[index.length - 1];
    const place = x.map((_, d) =>
      d === a ? i + Math.max(0, -offset) : d === b ? i + Math.max(0, offset) : rest.shift()!,
    );
    return offsetOf(place, x);
  },
);

export const unfold = picking<{ axis: number; size: number; step: number }>(
  (x, { axis, size, step }) => [...x.with(axis, Math.floor((x[axis] - size) / step) + 1), size],
  (index, x, { axis, step }) => {
    const within = index[x.length];
    return offsetOf(index.slice(0, x.length).with(axis, index[axis] * step + within), x);
  },
);
