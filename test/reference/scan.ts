// Running results along an axis: y[k] of x[0] … x[k].
//
//   cumsum:        y[k] = Σ x[j], j ≤ k          dx[j] = Σ g[k], k ≥ j
//   cumprod:       y[k] = Π x[j], j ≤ k          dx[j] = Σ over k ≥ j of g[k] · Π over i ≤ k but j of x[i]
//   logcumsumexp:  y[k] = ln Σ exp x[j], j ≤ k   dx[j] = Σ over k ≥ j of g[k] · exp(x[j] − y[k])
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

type Along = { axis: number };

/** Visits each line along an axis: the flat positions of its elements. */
function forEachLine(shape: number[], axis: number, visit: (line: number[]) => void): void {
  const inner = sizeOf(shape.slice(axis + 1));
  for (let o = 0; o < sizeOf(shape.slice(0, axis)); o++)
    for (let i = 0; i < inner; i++)
      visit(Array.from({ length: shape[axis] }, (_, k) => (o * shape[axis] + k) * inner + i));
}

/** `running` makes y of a line x; `pull` is dy[k] / dx[j] for j ≤ k. */
function scan(
  running: (x: number[]) => number[],
  pull: (x: number[], y: number[], j: number, k: number) => number,
): Reference<Along> {
  const lines = (x: Arr, axis: number, visit: (line: number[], values: number[]) => void) =>
    forEachLine(x.shape, axis, (line) =>
      visit(
        line,
        line.map((at) => x.data[at]),
      ),
    );
  return {
    forward([x], { axis }) {
      const y = arr(x.shape);
      lines(x, axis, (line, values) => {
        for (const [k, value] of running(values).entries()) y.data[line[k]] = value;
      });
      return y;
    },
    backward([x], { axis }, g) {
      const dx = arr(x.shape);
      lines(x, axis, (line, values) => {
        const y = running(values);
        for (let j = 0; j < line.length; j++)
          for (let k = j; k < line.length; k++) dx.data[line[j]] += g.data[line[k]] * pull(values, y, j, k);
      });
      return [dx];
    },
  };
}

export const cumsum = scan(
  (x) => x.map((_, k) => x.slice(0, k + 1).reduce((a, b) => a + b)),
  () => 1,
);
export const cumprod = scan(
  (x) => x.map((_, k) => x.slice(0, k + 1).reduce((a, b) => a * b)),
  (x, _, j, k) => x.slice(0, k + 1).reduce((product, value, i) => (i === j ? product : product * value), 1),
);
export const logcumsumexp = scan(
  (x) => x.map((_, k) => Math.log(x.slice(0, k + 1).reduce((sum, value) => sum + Math.exp(value), 0))),
  (x, y, j, k) => Math.exp(x[j] - y[k]),
);
