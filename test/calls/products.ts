// The public calls that sort, and those that multiply, compare or join several tensors.
import * as otograd from "otograd";
import { any, type Entry, grid, LIST, u32 } from "./entry.ts";

const { blockDiag, broadcastTensors, cartesianProd, columnStack } = otograd;
const { bucketize, cdist, dstack, einsum, F, hstack, kron, ones, searchsorted, tensordot, vstack } = otograd;
const JOINS = { blockDiag, broadcastTensors, cartesianProd, columnStack, dstack, hstack, vstack };
const PAIRS = { cdist, kron, tensordot };
const vector = () => ones([3]);

const pair = (name: "outer" | "dot" | "mv" | "mm" | "bmm", shapes: [number[], number[]]): Entry => ({
  valid: () => ones(shapes[0])[name](ones(shapes[1])),
  wrong: [
    [() => ones(shapes[0])[name](any([1, 2])), `${name}: the other operand ${LIST}`],
    [
      () => ones([1, 1, 1, 1])[name](vector()),
      `${name}: wants ${shapes[0].length} and ${shapes[1].length} dimensions, got [1, 1, 1, 1] × [3]`,
    ],
  ],
  more: (extra) => ones(shapes[0])[name](ones(shapes[1]), extra),
});

const plus = (name: "addmm" | "baddbmm", x: () => otograd.Tensor, y: () => otograd.Tensor): Entry => ({
  valid: () => vector()[name](x(), y(), { beta: 2 }),
  wrong: [
    [() => vector()[name](any(1), y()), `${name}: the first operand is a tensor, got 1`],
    [() => vector()[name](x(), any(1)), `${name}: the other operand is a tensor, got 1`],
  ],
  options: [(options) => vector()[name](x(), y(), options), "beta"],
});

const join = (name: keyof typeof JOINS): Entry => ({
  valid: () => JOINS[name](name === "cartesianProd" ? [vector(), vector()] : [grid(), grid()]),
  wrong: [
    [
      () => JOINS[name](any(grid()), any(grid())),
      `${name}: the tensors are one list of tensors, got a tensor [2, 3]: ${name}([a, b])`,
    ],
    [() => JOINS[name]([]), `${name}: the list of tensors is empty`],
  ],
  more: (extra) => JOINS[name]([grid()], extra),
});

const two = (name: "kron" | "cdist" | "tensordot"): Entry => ({
  valid: () => PAIRS[name](grid(), grid()),
  wrong: [
    [() => PAIRS[name](any(1), grid()), `${name}: the first operand is a tensor, got 1`],
    [() => PAIRS[name](grid(), any([1])), `${name}: the second operand is a tensor, got [1]`],
  ],
  more: (extra) => (name === "kron" ? kron(grid(), grid(), extra) : PAIRS[name](grid(), grid(), 2, extra)),
});

export const PRODUCTS: Record<string, Entry> = {
  einsum: {
    valid: () => einsum("ij,kj->ik", grid(), grid()),
    wrong: [
      [() => einsum(any(grid())), 'einsum: the equation is a word like "ij,jk->ik", got a tensor [2, 3]'],
      [() => einsum("ij", any([1, 2])), `einsum: the tensors are arguments, not a list`],
      [() => einsum("ij,j", grid(), any(1)), "einsum: operand 1 is a tensor, got 1"],
    ],
  },
  blockDiag: join("blockDiag"),
  broadcastTensors: join("broadcastTensors"),
  cartesianProd: join("cartesianProd"),
  columnStack: join("columnStack"),
  "Tensor#inner": {
    valid: () => grid().inner(grid()),
    wrong: [
      [() => grid().inner(any([1, 2])), `inner: the other operand ${LIST}`],
      [() => grid().inner(ones([2])), "inner: [2, 3] and [2] differ in their last dim"],
    ],
    more: (extra) => grid().inner(grid(), extra),
  },
  "Tensor#cross": {
    valid: () => grid().cross(grid()),
    wrong: [
      [() => grid().cross(any([1, 2])), `cross: the other operand ${LIST}`],
      [() => grid().cross(grid(), 0), "cross: wants vectors of three along dim 0, got [2, 3] and [2, 3]"],
    ],
    more: (extra) => grid().cross(grid(), 1, extra),
  },
  "Tensor#diagEmbed": {
    valid: () => grid().diagEmbed(1),
    wrong: [[() => grid().diagEmbed(0, 1, 1), "diagEmbed: wants two dims, got 1 twice"]],
    more: (extra) => grid().diagEmbed(0, -2, -1, extra),
  },
  "Tensor#tensorSplit": {
    valid: () => [grid().tensorSplit(2, 1), grid().tensorSplit([1], 1)],
    wrong: [
      [() => grid().tensorSplit(any("2")), "tensorSplit: the cuts are a number or a list of whole numbers"],
    ],
    more: (extra) => grid().tensorSplit(2, 1, extra),
  },
  "Tensor#quantile": {
    valid: () => [grid().quantile(0.5), grid().quantile([0.1, 0.9], 1, true)],
    wrong: [
      [() => grid().quantile(any("0.5")), 'quantile: q is a share or a list of them, got "0.5"'],
      [() => grid().quantile(2), "quantile: q 0 is a probability from 0 to 1, got 2"],
    ],
    options: [(options) => grid().quantile(0.5, 0, options), "keepdim"],
  },
  hstack: join("hstack"),
  vstack: join("vstack"),
  dstack: join("dstack"),
  kron: two("kron"),
  cdist: two("cdist"),
  tensordot: two("tensordot"),
  searchsorted: {
    valid: () => searchsorted(vector(), 2, { right: true }),
    wrong: [
      [() => searchsorted(any([1]), 1), "searchsorted: what is sorted is a tensor, got [1]"],
      [() => searchsorted(vector(), any("1")), 'searchsorted: what is searched for is a tensor, got "1"'],
    ],
    options: [(options) => searchsorted(vector(), 1, options), "right"],
  },
  bucketize: {
    valid: () => bucketize(grid(), vector()),
    wrong: [[() => bucketize(grid(), any([1])), "bucketize: boundaries is a tensor, got [1]"]],
    options: [(options) => bucketize(grid(), vector(), options), "right"],
  },
  "F.normalize": {
    valid: () => F.normalize(grid(), { p: 1 }),
    wrong: [[() => F.normalize(any(1)), "normalize: the input is a tensor, got 1"]],
    options: [(options) => F.normalize(grid(), options), "dim"],
  },
  "F.cosineSimilarity": {
    valid: () => F.cosineSimilarity(grid(), grid()),
    wrong: [
      [() => F.cosineSimilarity(grid(), any(1)), "cosineSimilarity: the second input is a tensor, got 1"],
    ],
    options: [(options) => F.cosineSimilarity(grid(), grid(), options), "dim"],
  },
  "F.pairwiseDistance": {
    valid: () => F.pairwiseDistance(grid(), grid()),
    wrong: [
      [() => F.pairwiseDistance(any(1), grid()), "pairwiseDistance: the first input is a tensor, got 1"],
    ],
    options: [(options) => F.pairwiseDistance(grid(), grid(), options), "keepdim"],
  },
  "F.pad": {
    valid: () => F.pad(grid(), [1, 1], { value: 2 }),
    wrong: [[() => F.pad(any(1), [1, 1]), "pad: the input is a tensor, got 1"]],
    options: [(options) => F.pad(grid(), [1, 1], options), "value"],
  },
  "Tensor#outer": pair("outer", [[3], [2]]),
  "Tensor#dot": pair("dot", [[3], [3]]),
  "Tensor#mv": pair("mv", [[2, 3], [3]]),
  "Tensor#mm": pair("mm", [[2, 3], [3, 2]]), // biome-ignore format: as it looks
  "Tensor#bmm": pair("bmm", [[1, 2, 3], [1, 3, 2]]), // biome-ignore format: as it looks
  "Tensor#addmm": plus("addmm", grid, () => ones([3, 3])),
  "Tensor#baddbmm": plus("baddbmm", () => ones([1, 2, 3]), () => ones([1, 3, 3])), // biome-ignore format: as it looks
  "Tensor#matrixPower": {
    valid: () => ones([2, 2]).matrixPower(3),
    wrong: [
      [() => ones([2, 2]).matrixPower(any("2")), 'matrixPower: n is a whole number ≥ 1, got "2"'],
      [() => grid().matrixPower(2), "matrixPower: wants square matrices, got [2, 3]"],
    ],
    more: (extra) => ones([2, 2]).matrixPower(3, extra),
  },
  "Tensor#sort": {
    valid: () => [grid().sort(), grid().sort(0, { descending: true })],
    wrong: [
      [() => grid().sort(any("0")), 'sort: the dim is a whole number, got "0"'],
      [
        () => grid().sort(0, any(true)),
        "sort: the second argument is an object of options: { descending: true }",
      ],
    ],
    options: [(options) => grid().sort(0, options), "descending"],
  },
  "Tensor#argsort": {
    valid: () => grid().argsort(0, { stable: true }),
    wrong: [[() => grid().argsort(any("0")), 'argsort: the dim is a whole number, got "0"']],
    options: [(options) => grid().argsort(0, options), "descending"],
  },
  "Tensor#topk": {
    valid: () => grid().topk(2, 1, { largest: false }),
    wrong: [
      [() => grid().topk(any("2")), 'topk: k is a whole number ≥ 0, got "2"'],
      [() => grid().topk(4), "topk: k is at most the 3 elements of dim 1, got 4"],
    ],
    options: [(options) => grid().topk(1, 0, options), "largest"],
  },
  "Tensor#kthvalue": {
    valid: () => grid().kthvalue(2),
    wrong: [[() => grid().kthvalue(0), "kthvalue: k is a whole number ≥ 1, got 0"]],
    options: [(options) => grid().kthvalue(1, 0, options), "keepdim"],
  },
  "Tensor#median": {
    valid: () => [grid().median(), grid().median(0, true)],
    wrong: [
      [() => grid().median(any("0")), 'median: the dim is a whole number, got "0"'],
      [() => u32(1).median(), "median: wants a float32 tensor, got uint32"],
    ],
    options: [(options) => grid().median(0, options), "keepdim"],
  },
};
