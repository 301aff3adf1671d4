// The public calls of Tensor that pick by index and by value.
import { tensor } from "otograd";
import { any, type Entry, grid, INDEX_LIST, LIST, u32 } from "./entry.ts";

const extreme = (name: "max" | "min"): Entry => ({
  valid: () => [grid()[name](), grid()[name](0, true), grid()[name](grid())],
  wrong: [
    [() => grid()[name](any("0")), `${name}: the dim is a whole number, got "0"`],
    [
      () => grid()[name](any([0, 1])),
      `${name}: the dim is a whole number, got [0, 1]: a${name}() takes several`,
    ],
    [() => grid()[name](0, any(1)), `${name}: keepdim is true or false, got 1`],
  ],
  options: [(options) => grid()[name](0, options), "keepdim"],
});

const position = (name: "argmax" | "argmin"): Entry => ({
  valid: () => [grid()[name](), grid()[name](1, true)],
  wrong: [
    [() => grid()[name](any("1")), `${name}: the dim is a whole number, got "1"`],
    [() => grid()[name](1, any(grid())), `${name}: keepdim is true or false, got a tensor [2, 3]`],
  ],
  options: [(options) => grid()[name](0, options), "keepdim"],
});

const row = () => tensor([[1, 0, 1]], { dtype: "uint32" });

export const INDEXING: Record<string, Entry> = {
  "Tensor#max": extreme("max"),
  "Tensor#min": extreme("min"),
  "Tensor#argmax": position("argmax"),
  "Tensor#argmin": position("argmin"),
  "Tensor#aminmax": {
    valid: () => grid().aminmax({ dim: 0 }),
    options: [(options) => grid().aminmax(options), "keepdim"],
  },
  "Tensor#expand": {
    valid: () => grid().expand([4, -1, 3]),
    wrong: [
      [() => grid().expand(any(4), any(2)), "expand: the shape is a list of whole numbers: expand([4, 2])"],
      [() => grid().expand([3, 2]), "expand: [2, 3] does not broadcast to [3, 2]"],
    ],
  },
  "Tensor#indexSelect": {
    valid: () => grid().indexSelect(1, [1, 0]),
    wrong: [
      [() => grid().indexSelect(any([0]), any(undefined)), "indexSelect: the dim comes first"],
      [
        () => grid().indexSelect(0, any(1)),
        "indexSelect: the index is a list of whole numbers or an int32 or uint32 tensor, got 1",
      ],
      [() => grid().indexSelect(0, row()), "indexSelect: the index has one dimension, got [1, 3]"],
      [() => grid().indexSelect(0, any(["0"])), 'indexSelect: index 0 is "0", not one of 0 … 1'],
    ],
    more: (extra) => grid().indexSelect(0, [0], extra),
  },
  "Tensor#gather": {
    valid: () => grid().gather(0, row()),
    wrong: [
      [() => grid().gather(0, any([1, 2])), `gather: the index ${INDEX_LIST}`],
      [() => grid().gather(any(undefined), u32(0)), "gather: the dim is a whole number, got undefined"],
    ],
  },
  "Tensor#takeAlongDim": {
    valid: () => [grid().takeAlongDim(row(), 0), grid().takeAlongDim(u32(5))],
    wrong: [
      [() => grid().takeAlongDim(any([1, 2])), `takeAlongDim: the index ${INDEX_LIST}`],
      [() => grid().takeAlongDim(u32(1), 0), "takeAlongDim: the index [1] wants as many dimensions as"],
    ],
    more: (extra) => grid().takeAlongDim(row(), 0, extra),
  },
  "Tensor#take": {
    valid: () => grid().take(row()),
    wrong: [[() => grid().take(any([1, 2])), `take: the index ${INDEX_LIST}`]],
    more: (extra) => grid().take(row(), extra),
  },
  "Tensor#scatter": {
    valid: () => [grid().scatter(0, row(), grid()), grid().scatter(0, row(), 7)],
    wrong: [
      [() => grid().scatter(0, any([1, 2]), 1), `scatter: the index ${INDEX_LIST}`],
      [() => grid().scatter(0, row(), any("1")), 'scatter: the source is a tensor or a number, got "1"'],
      [() => grid().scatter(1, row(), u32(1)), "scatter: index [1, 3] is larger than the source [1]"],
    ],
    more: (extra) => grid().scatter(0, row(), 1, extra),
  },
  "Tensor#scatterAdd": {
    valid: () => grid().scatterAdd(0, row(), grid()),
    wrong: [
      [() => grid().scatterAdd(0, row(), any(1)), "scatterAdd: the source is a tensor, got 1"],
      [
        () => grid().scatterAdd(0, grid(), grid()),
        "scatterAdd: the index is an int32 or uint32 tensor, got float32",
      ],
    ],
    more: (extra) => grid().scatterAdd(0, row(), grid(), extra),
  },
  "Tensor#indexAdd": {
    valid: () => grid().indexAdd(0, [1, 0], grid(), { alpha: 2 }),
    wrong: [
      [() => grid().indexAdd(0, [1], any(1)), "indexAdd: the source is a tensor, got 1"],
      [() => grid().indexAdd(0, [1], grid()), "indexAdd: the source is [1, 3] for x [2, 3]"],
    ],
    options: [(options) => grid().indexAdd(0, [1, 0], grid(), options), "alpha"],
  },
  "Tensor#indexCopy": {
    valid: () => grid().indexCopy(0, [1, 0], grid()),
    wrong: [
      [() => grid().indexCopy(0, [1], any(1)), "indexCopy: the source is a tensor, got 1"],
      [() => grid().indexCopy(0, [1], grid()), "indexCopy: the source is [1, 3] for 1 indices of dim 0"],
    ],
    more: (extra) => grid().indexCopy(0, [1, 0], grid(), extra),
  },
  "Tensor#indexFill": {
    valid: () => grid().indexFill(1, [1, 0], 5),
    wrong: [[() => grid().indexFill(0, [1], any("1")), 'indexFill: the value is a number, got "1"']],
    more: (extra) => grid().indexFill(0, [1], 1, extra),
  },
  "Tensor#maskedFill": {
    valid: () => grid().maskedFill(grid().gt(0), 5),
    wrong: [
      [() => grid().maskedFill(any([1, 2]), 1), `maskedFill: the mask ${LIST}`],
      [() => grid().maskedFill(grid(), any("1")), 'maskedFill: the value is a tensor or a number, got "1"'],
      [() => grid().maskedFill(u32(1, 2), 1), "maskedFill: [2, 3] and [2] do not broadcast together"],
    ],
    more: (extra) => grid().maskedFill(grid(), 1, extra),
  },
};
