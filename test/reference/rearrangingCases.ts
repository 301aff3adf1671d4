// The drawn cases of what moves elements about, of running results and of statistics, for gradientCases.ts.
import { einsum } from "./einsum.ts";
import { Random } from "./random.ts";
import * as rearranging from "./rearranging.ts";
import { type Arr, arr, type Reference } from "./reference.ts";
import * as scan from "./scan.ts";
import * as statistics from "./statistics.ts";

interface Drawn {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

const r = new Random(603);

function drawn<A>(
  name: string,
  reference: Reference<A>,
  cases: [shape: number[], attrs: A][],
  draw = (shape: number[]) => r.array(shape, -2, 2),
): Drawn {
  return {
    name,
    reference: reference as Reference<unknown>,
    withoutGradient: [],
    cases: cases.map(([shape, attrs]) => ({ inputs: [draw(shape)], attrs })),
  };
}

const reductions: [number[], { axes: number[]; keepDim: boolean }][] = [
  [[4], { axes: [0], keepDim: false }],
  [[3, 4], { axes: [1], keepDim: true }],
  [[2, 3, 2], { axes: [0, 2], keepDim: false }],
  [[2, 3], { axes: [], keepDim: false }],
];
const spreads = reductions.map(
  ([shape, attrs], i) => [shape, { ...attrs, correction: i % 2 }] as [number[], statistics.SpreadAttrs],
);
const lines: [number[], { axis: number }][] = [
  [[5], { axis: 0 }],
  [[3, 4], { axis: 0 }],
  [[2, 3, 2], { axis: 1 }],
  [[1, 1], { axis: 1 }],
];
/** With a 0 here and there. */
const someZeros = (shape: number[]) => {
  const x = r.array(shape, -2, 2);
  return arr(
    shape,
    x.data.map((value, i) => (i % 4 === 1 ? 0 : value)),
  );
};

export const rearrangingCases: Drawn[] = [
  drawn("variance", statistics.variance, spreads),
  drawn("std", statistics.std, spreads),
  drawn("norm", statistics.norm, reductions),
  drawn("logsumexp", statistics.logsumexp, reductions),
  drawn("prod", statistics.prod, [...reductions, ...reductions], someZeros),
  drawn("cumsum", scan.cumsum, lines),
  drawn("cumprod", scan.cumprod, lines, someZeros),
  drawn("logcumsumexp", scan.logcumsumexp, lines),
  drawn("expand", rearranging.expand, [
    [[3], { shape: [2, 3] }],
    [[2, 1, 3], { shape: [2, 4, 3] }],
    [[], { shape: [2, 2] }],
  ]),
  drawn("triangle", rearranging.triangle, [
    [[3, 4], { upper: false, diagonal: 0 }],
    [[2, 3, 3], { upper: true, diagonal: 1 }],
    [[4, 2], { upper: false, diagonal: -2 }],
  ]),
  drawn("border", rearranging.border, [
    [[4], { axis: 0, mode: "wrap", before: 1, length: 4 }],
    [[2, 3], { axis: 1, mode: "wrap", before: 3, length: 8 }],
    [[5, 2], { axis: 0, mode: "reflect", before: 3, length: 10 }],
    [[2, 3], { axis: 1, mode: "replicate", before: 2, length: 9 }],
  ]),
  drawn("flip", rearranging.flip, [
    [[4], { axes: [0] }],
    [[2, 3, 2], { axes: [0, 2] }],
  ]),
  drawn("diagonal", rearranging.diagonal, [
    [[3, 4], { offset: 0, axes: [0, 1] }],
    [[2, 3, 4], { offset: 1, axes: [1, 2] }],
    [[4, 2, 3], { offset: -1, axes: [0, 2] }],
  ]),
  drawn("Tensor.unfold", rearranging.unfold, [
    [[7], { axis: 0, size: 3, step: 2 }],
    [[2, 6, 2], { axis: 1, size: 2, step: 3 }],
    [[5, 2], { axis: 0, size: 4, step: 1 }],
  ]),
  {
    name: "einsum",
    reference: einsum as Reference<unknown>,
    withoutGradient: [],
    cases: (
      [
        ["ij,jk->ik", [2, 3], [3, 4]],
        ["bij,bjk->bik", [2, 3, 2], [2, 2, 4]],
        ["ij,jk->ki", [2, 3], [3, 4]],
        ["ji,kj->ik", [3, 2], [4, 3]],
        ["i,j->ij", [3], [4]],
        ["ij,ij->", [2, 3], [2, 3]],
        ["ii->i", [3, 3]],
        ["ijij->j", [2, 3, 2, 3]],
        ["ijk->ki", [2, 3, 4]],
        ["bi,ijk,bk->bj", [2, 3], [3, 2, 4], [2, 4]],
        ["bhqd,bhkd->bhqk", [2, 2, 3, 2], [2, 2, 4, 2]],
        ["abc,cd,ea->bde", [2, 3, 2], [2, 2], [3, 2]],
      ] as [string, ...number[][]][]
    ).map(([equation, ...shapes]) => ({
      inputs: shapes.map((shape) => r.array(shape)),
      attrs: { equation },
    })),
  },
];
