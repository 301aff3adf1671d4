// The public calls of Tensor that move elements about, and of its statistics and running results.
import { any, type Entry, grid, u32 } from "./entry.ts";

const list = (name: "repeat" | "tile" | "view" | "broadcastTo", what: string, shape: number[]): Entry => ({
  valid: () => grid()[name](shape),
  wrong: [
    [() => grid()[name](any(2), any(3)), `${name}: ${what} a list of whole numbers: ${name}([2, 3])`],
    [() => grid()[name](any(["2"])), `${name}: ${what} a list of whole numbers, got ["2"]`],
  ],
  more: (extra) => grid()[name](shape, extra),
});

const like = (name: "viewAs" | "reshapeAs" | "expandAs"): Entry => ({
  valid: () => grid()[name](grid()),
  wrong: [[() => grid()[name](any([2, 3])), `${name}: the other is a tensor, got [2, 3]`]],
  more: (extra) => grid()[name](grid(), extra),
});

const swap = (name: "swapaxes" | "swapdims"): Entry => ({
  valid: () => grid()[name](0, 1),
  wrong: [[() => grid()[name](any("0"), 1), `${name}: the dim is a whole number, got "0"`]],
});

const move = (name: "movedim" | "moveaxis"): Entry => ({
  valid: () => [grid()[name](0, 1), grid()[name]([0, 1], [1, 0])],
  wrong: [
    [() => grid()[name](any("0"), 1), `${name}: the source is a dim or a list of whole numbers, got "0"`],
    [() => grid()[name]([0, 0], [0, 1]), `${name}: [0, 0] do not go to [0, 1] one by one`],
  ],
});

const triangle = (name: "tril" | "triu"): Entry => ({
  valid: () => grid()[name](1),
  wrong: [
    [() => grid()[name](any("1")), `${name}: the diagonal is a whole number, got "1"`],
    [() => u32(1)[name](), `${name}: wants at least two dimensions, got [1]`],
  ],
  more: (extra) => grid()[name](1, extra),
});

const spread = (name: "var" | "std" | "varMean" | "stdMean" | "variance"): Entry => ({
  valid: () => grid()[name](0, { correction: 0, keepdim: true }),
  wrong: [
    [() => grid()[name](any("0")), `${name}: the dim is a whole number or a list of them, got "0"`],
    [
      () => grid()[name](0, any(false)),
      `${name}: the second argument is an object of options (correction, keepdim), got false`,
    ],
    [() => u32(1)[name](), `${name}: wants a float32 tensor, got uint32`],
  ],
  options: [(options) => grid()[name](0, options), "correction"],
});

const reduction = (name: "prod" | "logsumexp" | "any" | "all" | "nansum" | "nanmean"): Entry => ({
  valid: () => [grid()[name](0), grid()[name]([0, 1], { keepdim: true })],
  wrong: [[() => grid()[name](0, any("1")), `${name}: keepdim is true or false, got "1"`]],
  options: [(options) => grid()[name](0, options), "keepdim"],
});

const scan = (name: "cumsum" | "cumprod" | "logcumsumexp" | "cummax" | "cummin"): Entry => ({
  valid: () => grid()[name](0),
  wrong: [
    [() => grid()[name](any("0")), `${name}: the dim is a whole number, got "0"`],
    ...(name === "cumsum" || name === "cumprod"
      ? []
      : [[() => u32(1)[name](0), `${name}: wants a float32 tensor, got uint32`] as const]),
  ],
  more: (extra) => grid()[name](0, extra),
});

export const REARRANGING: Record<string, Entry> = {
  "Tensor#size": {
    valid: () => [grid().size(), grid().size(-1)],
    wrong: [[() => grid().size(any("0")), 'size: the dim is a whole number, got "0"']],
    more: (extra) => grid().size(0, extra),
  },
  "Tensor#repeat": list("repeat", "the repeats are", [2, 3]),
  "Tensor#tile": list("tile", "the repeats are", [2]),
  "Tensor#view": list("view", "the shape is", [3, 2]),
  "Tensor#broadcastTo": list("broadcastTo", "the shape is", [2, 3]),
  "Tensor#viewAs": like("viewAs"),
  "Tensor#reshapeAs": like("reshapeAs"),
  "Tensor#expandAs": like("expandAs"),
  "Tensor#swapaxes": swap("swapaxes"),
  "Tensor#swapdims": swap("swapdims"),
  "Tensor#movedim": move("movedim"),
  "Tensor#moveaxis": move("moveaxis"),
  "Tensor#tril": triangle("tril"),
  "Tensor#triu": triangle("triu"),
  "Tensor#repeatInterleave": {
    valid: () => grid().repeatInterleave(2, 0),
    wrong: [
      [() => grid().repeatInterleave(any("2")), "repeatInterleave: the repeats are a number or a list of"],
      [() => grid().repeatInterleave([1], 0), "repeatInterleave: 1 repeats for 2 slices of dim 0"],
    ],
    more: (extra) => grid().repeatInterleave(2, 0, extra),
  },
  "Tensor#flip": {
    valid: () => grid().flip([0, 1]),
    wrong: [[() => grid().flip(any("0")), 'flip: the dim is a whole number or a list of them, got "0"']],
    more: (extra) => grid().flip(0, extra),
  },
  "Tensor#roll": {
    valid: () => grid().roll(1, 0),
    wrong: [
      [() => grid().roll(any("1")), 'roll: the shifts are a number or a list of whole numbers, got "1"'],
      [() => grid().roll([1, 2], 0), "roll: 2 shifts for 1 dims"],
    ],
    more: (extra) => grid().roll(1, 0, extra),
  },
  "Tensor#rot90": {
    valid: () => grid().rot90(1, [0, 1]),
    wrong: [
      [() => grid().rot90(0.5), "rot90: k is a whole number, got 0.5"],
      [() => grid().rot90(1, [0, 0]), "rot90: wants two dims, got [0, 0]"],
    ],
    more: (extra) => grid().rot90(1, [0, 1], extra),
  },
  "Tensor#split": {
    valid: () => grid().split([1, 2], 1),
    wrong: [
      [() => grid().split(any("1")), 'split: the sizes are a number or a list of whole numbers, got "1"'],
      [() => grid().split([1, 1], 1), "split: [1, 1] makes 2 slices, dim 1 has 3"],
      [() => grid().split(0), "split: size is a whole number ≥ 1, got 0"],
    ],
    more: (extra) => grid().split(1, 0, extra),
  },
  "Tensor#chunk": {
    valid: () => grid().chunk(2),
    wrong: [[() => grid().chunk(any("2")), 'chunk: chunks is a whole number ≥ 1, got "2"']],
    more: (extra) => grid().chunk(2, 0, extra),
  },
  "Tensor#select": {
    valid: () => grid().select(1, -1),
    wrong: [
      [() => grid().select(0, any("1")), 'select: the index is a whole number, got "1"'],
      [() => grid().select(0, 2), "select: index 2 is out of range for the 2 slices of dim 0"],
    ],
    more: (extra) => grid().select(0, 1, extra),
  },
  "Tensor#unbind": {
    valid: () => grid().unbind(1),
    wrong: [[() => grid().unbind(any("1")), 'unbind: the dim is a whole number, got "1"']],
    more: (extra) => grid().unbind(1, extra),
  },
  "Tensor#unfold": {
    valid: () => grid().unfold(1, 2, 1),
    wrong: [
      [() => grid().unfold(1, any("2"), 1), 'unfold: size is a whole number ≥ 1, got "2"'],
      [() => grid().unfold(1, 4, 1), "unfold: a window of 4 does not fit the 3 of dim 1"],
    ],
    more: (extra) => grid().unfold(1, 2, 1, extra),
  },
  "Tensor#pad": {
    valid: () => [grid().pad([1, 0, 0, 2], { value: 3 }), grid().pad([2, 1], { mode: "reflect" })],
    wrong: [
      [() => grid().pad(any(1), any(2)), "pad: the padding is a list of whole numbers: write [1]"],
      [() => grid().pad(any([[1, 1]])), "pad: the padding is a list of whole numbers, got [[1, 1]]"],
      [() => grid().pad([1]), "pad: wants whole numbers before and after for at most the 2 dimensions of"],
      [() => grid().pad([1, 1], { value: any("3") }), 'pad: value is a number, got "3"'],
      [() => grid().pad([1, 1], { mode: any("wrap") }), 'pad: mode is "constant", "reflect", "replicate"'],
    ],
    options: [(options) => grid().pad([1, 1], options), "value"],
  },
  "Tensor#diagonal": {
    valid: () => grid().diagonal(1, 0, 1),
    wrong: [
      [() => grid().diagonal(0, any("0")), 'diagonal: the dim is a whole number, got "0"'],
      [() => grid().diagonal(0, 1, 1), "diagonal: wants two dims, got 1 twice"],
    ],
    more: (extra) => grid().diagonal(0, 0, 1, extra),
  },
  "Tensor#diag": {
    valid: () => [grid().diag(), u32(1, 2).float().diag(1)],
    wrong: [[() => grid().reshape([1, 2, 3]).diag(), "diag: wants one dimension or two, got [1, 2, 3]"]],
    more: (extra) => grid().diag(0, extra),
  },
  "Tensor#unflatten": {
    valid: () => grid().unflatten(1, [1, -1]),
    wrong: [
      [() => grid().unflatten(1, any(3)), "unflatten: the sizes are a list of whole numbers: write [3]"],
      [() => grid().unflatten(1, [2, 2]), "unflatten: 3 of dim 1 do not fit [2, 2]"],
    ],
    more: (extra) => grid().unflatten(1, [1, 3], extra),
  },
  "Tensor#nonzero": { valid: () => grid().nonzero() },
  "Tensor#maskedSelect": {
    valid: () => grid().maskedSelect(grid().gt(0)),
    wrong: [[() => grid().maskedSelect(any([1])), "maskedSelect: the mask is a tensor, got [1]"]],
  },
  "Tensor#var": spread("var"),
  "Tensor#std": spread("std"),
  "Tensor#varMean": spread("varMean"),
  "Tensor#stdMean": spread("stdMean"),
  "Tensor#variance": spread("variance"),
  "Tensor#prod": reduction("prod"),
  "Tensor#logsumexp": reduction("logsumexp"),
  "Tensor#any": reduction("any"),
  "Tensor#all": reduction("all"),
  "Tensor#nansum": reduction("nansum"),
  "Tensor#nanmean": reduction("nanmean"),
  "Tensor#norm": {
    valid: () => [grid().norm(), grid().norm(1, 0, true), grid().norm("fro")],
    wrong: [[() => grid().norm(any("l2")), 'norm: p is a number or "fro", got "l2"']],
    options: [(options) => grid().norm(2, 0, options), "keepdim"],
  },
  "Tensor#countNonzero": {
    valid: () => grid().countNonzero(0),
    wrong: [
      [
        () => grid().countNonzero(any("0")),
        'countNonzero: the dim is a whole number or a list of them, got "0"',
      ],
    ],
    more: (extra) => grid().countNonzero(0, extra),
  },
  "Tensor#cumsum": scan("cumsum"),
  "Tensor#cumprod": scan("cumprod"),
  "Tensor#logcumsumexp": scan("logcumsumexp"),
  "Tensor#cummax": scan("cummax"),
  "Tensor#cummin": scan("cummin"),
  "Tensor#diff": {
    valid: () => grid().diff(1, 0),
    wrong: [[() => grid().diff(any("1")), 'diff: n is a whole number ≥ 0, got "1"']],
    more: (extra) => grid().diff(1, 0, extra),
  },
};
