// What the kernels' tests draw from: shapes that straddle tiles and workgroups, shapes that broadcast, and the
// cases on which the references' own gradients are checked.
import type { Case } from "../harness.ts";
import { gradientCases } from "../reference/gradientCases.ts";

/** Ranks 0 to 5; no element, one, and counts around 4, 8, 16, 64 and 256. */
export const SHAPES: readonly number[][] = [
  [],
  [1],
  [3],
  [4],
  [5],
  [0],
  [2, 0, 3],
  [1, 1, 1],
  [7, 9],
  [8, 8],
  [5, 13],
  [3, 5, 17],
  [2, 4, 4, 8],
  [1, 257],
  [2, 3, 1, 4, 5],
  [1031],
];

/** Pairs of shapes that broadcast together, in every way that they can. */
export const BROADCASTS: readonly [number[], number[]][] = [
  [[], []],
  [[7], [7]],
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[257], [257]],
  [[], [5]], // a scalar on either side
  [[3, 5], []],
  [[1], [6]],
  [
    [6, 3],
    [1, 1],
  ],
  [[4, 3], [3]], // missing dimensions
  [[3], [2, 5, 3]],
  [[33, 17], [17]],
  [
    [2, 3, 4],
    [3, 1],
  ], // one dimension stretched: inner, outer, middle
  [
    [2, 3, 4],
    [2, 1, 1],
  ],
  [
    [2, 1, 4],
    [2, 3, 4],
  ],
  [
    [3, 1],
    [1, 4],
  ], // both stretched
  [
    [65, 1],
    [1, 5],
  ],
  [
    [1, 3, 1],
    [2, 1, 4],
  ],
  [
    [2, 1, 2, 1, 3, 1, 2, 1],
    [1, 2, 1, 3, 1, 2, 1, 2],
  ], // eight dimensions, of which no two can be walked as one
  [
    [2, 3, 2, 2, 2],
    [1, 3, 1, 2, 1],
  ],
  [[0, 3], [3]], // no elements
  [
    [0, 3],
    [1, 3],
  ],
  [
    [2, 0],
    [2, 1],
  ],
  [[1], [0]],
];

/** The cases on which references.test.ts checks the gradient of the reference called `name`. */
export function casesOf<A>(name: string): Case<A>[] {
  const found = gradientCases.find((checked) => checked.name === name);
  if (found === undefined) throw new Error(`gradientCases has no cases called ${name}`);
  return found.cases as Case<A>[];
}

/** Reducing each axis, all of them, named or not, and the odd ones of a shape, with and without keeping their dimensions. */
export function everyAxes(shape: readonly number[]): { axes: number[]; keepDim: boolean }[] {
  const all = shape.map((_, axis) => axis);
  const choices = [...all.map((axis) => [axis]), all, [], all.filter((axis) => axis % 2 === 1)];
  return choices.map((axes, i) => ({ axes, keepDim: i % 2 === 0 }));
}
