// The public calls of what makes tensors, and of draws from probabilities.
import * as otograd from "otograd";
import { emptyLike, F, ones, onesLike, randLike, randnLike, tensor, zerosLike } from "otograd";
import { any, type Entry, grid, LIST } from "./entry.ts";

const LIKES = { zerosLike, onesLike, emptyLike, randLike, randnLike };

const like = (name: keyof typeof LIKES): Entry => ({
  valid: () => LIKES[name](grid(), { dtype: "float32", requiresGrad: true }),
  wrong: [
    [() => LIKES[name](any([1, 2])), `${name}: the input ${LIST}`],
    [() => LIKES[name](grid(), { dtype: any("int64") }), `${name}: dtype is "float32", "int32"`],
  ],
  options: [(options) => LIKES[name](grid(), options), "requiresGrad"],
});

const made = (name: "newZeros" | "newOnes" | "newEmpty"): Entry => ({
  valid: () => grid()[name]([2], { dtype: "int32" }),
  wrong: [[() => grid()[name](any(2)), `${name}: the shape is a list of whole numbers`]],
  options: [(options) => grid()[name]([2], options), "dtype"],
});

export const MAKING: Record<string, Entry> = {
  ...Object.fromEntries(Object.keys(LIKES).map((name) => [name, like(name as keyof typeof LIKES)])),
  ...Object.fromEntries(
    (["newZeros", "newOnes", "newEmpty"] as const).map((name) => [`Tensor#${name}`, made(name)]),
  ),
  fullLike: {
    valid: () => otograd.fullLike(grid(), 2),
    wrong: [[() => otograd.fullLike(grid(), any("2")), 'fullLike: the value is a number, got "2"']],
    options: [(options) => otograd.fullLike(grid(), 2, options), "requiresGrad"],
  },
  "Tensor#newFull": {
    valid: () => grid().newFull([2], 3),
    wrong: [[() => grid().newFull([2], any("3")), 'newFull: the value is a number, got "3"']],
    options: [(options) => grid().newFull([2], 3, options), "dtype"],
  },
  empty: {
    valid: () => otograd.empty([2], { dtype: "bool" }),
    wrong: [
      [() => otograd.empty(any(2), any(3)), "empty: the shape is a list of whole numbers: empty([2, 3])"],
    ],
    options: [(options) => otograd.empty([2], options), "requiresGrad"],
  },
  eye: {
    valid: () => [otograd.eye(2), otograd.eye(2, 3, { dtype: "int32" })],
    wrong: [[() => otograd.eye(any([2, 3])), "eye: n is a whole number ≥ 0, got [2, 3]"]],
    options: [(options) => otograd.eye(2, options), "requiresGrad"],
  },
  linspace: {
    valid: () => otograd.linspace(0, 1, 3),
    wrong: [
      [() => otograd.linspace(any("0"), 1, 3), 'linspace: start is a number, got "0"'],
      [() => otograd.linspace(0, 1, any(undefined)), "linspace: steps is a whole number ≥ 0, got undefined"],
    ],
    options: [(options) => otograd.linspace(0, 1, 3, options), "requiresGrad"],
  },
  logspace: {
    valid: () => otograd.logspace(0, 1, 3, { base: 2 }),
    wrong: [
      [
        () => otograd.logspace(0, 1, 3, any(2)),
        "logspace: the fourth argument is an object of options: { base: 2 }",
      ],
    ],
    options: [(options) => otograd.logspace(0, 1, 3, options), "base"],
  },
  meshgrid: {
    valid: () => otograd.meshgrid([ones([2]), ones([3])], { indexing: "xy" }),
    wrong: [
      [
        () => otograd.meshgrid(any(ones([2])), any(ones([3]))),
        "meshgrid: the tensors are one list of tensors, got a tensor [2]: meshgrid([a, b])",
      ],
      [
        () => otograd.meshgrid([ones([2])], { indexing: any("yx") }),
        'meshgrid: indexing is "ij" or "xy", got "yx"',
      ],
    ],
    options: [(options) => otograd.meshgrid([ones([2])], options), "indexing"],
  },
  randint: {
    valid: () => [otograd.randint(5, [2]), otograd.randint(-1, 5, [2], { dtype: "float32" })],
    wrong: [
      [() => otograd.randint(5, any(2)), "randint: the shape is a list of whole numbers"],
      [() => otograd.randint(any("5"), [2]), 'randint: high is a number, got "5"'],
    ],
    options: [(options) => otograd.randint(0, 5, [2], options), "dtype"],
  },
  randintLike: {
    valid: () => [otograd.randintLike(grid(), 5), otograd.randintLike(grid(), 1, 5, { dtype: "int32" })],
    wrong: [[() => otograd.randintLike(any([1, 2]), 5), `randintLike: the input ${LIST}`]],
    options: [(options) => otograd.randintLike(grid(), 0, 5, options), "dtype"],
  },
  randperm: {
    valid: () => otograd.randperm(5),
    wrong: [[() => otograd.randperm(any("5")), 'randperm: n is a whole number ≥ 0, got "5"']],
    options: [(options) => otograd.randperm(5, options), "dtype"],
  },
  normal: {
    valid: () => [otograd.normal(0, 1, [2]), otograd.normal(grid(), 2)],
    wrong: [
      [() => otograd.normal(any([1, 2]), 1), "normal: the mean is a tensor or a number, got [1, 2]"],
      [() => otograd.normal(0, 1, any(2)), "normal: the shape is a list of whole numbers"],
    ],
    options: [(options) => otograd.normal(0, 1, [2], options), "requiresGrad"],
  },
  "Tensor#bernoulli": {
    valid: () => [grid().bernoulli(), grid().bernoulli(0.5)],
    wrong: [[() => grid().bernoulli(any("1")), 'bernoulli: p is a probability from 0 to 1, got "1"']],
    more: (extra) => grid().bernoulli(0.5, extra),
  },
  "Tensor#bernoulli_": {
    valid: () => grid().bernoulli_(grid()),
    wrong: [[() => grid().bernoulli_(2), "bernoulli_: p is a probability from 0 to 1, got 2"]],
    more: (extra) => grid().bernoulli_(0.5, extra),
  },
  "Tensor#multinomial": {
    valid: () => grid().multinomial(5, { replacement: true }),
    wrong: [
      [() => grid().multinomial(any("1")), 'multinomial: numSamples is a whole number ≥ 1, got "1"'],
      [
        () => grid().multinomial(5, any(true)),
        "multinomial: the second argument is an object of options: { replacement: true }",
      ],
      [
        () => tensor([1, 2], { dtype: "int32" }).multinomial(1),
        "multinomial: wants a float32 tensor, got int32",
      ],
    ],
    options: [(options) => grid().multinomial(1, options), "replacement"],
  },
  "F.oneHot": {
    valid: () => F.oneHot([0, 1], 2),
    wrong: [
      [
        () => F.oneHot(any(1), 2),
        "oneHot: the index is a list of whole numbers or an int32 or uint32 tensor, got 1",
      ],
      [() => F.oneHot([0], any(undefined)), "oneHot: numClasses is a whole number ≥ 1, got undefined"],
    ],
    more: (extra) => F.oneHot([0], 2, extra),
  },
};
