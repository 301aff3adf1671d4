// The public calls of the tensor room: creation, functions, Tensor's methods.
import * as otograd from "otograd";
import { any, type Entry, grid, LIST, leaf, u32 } from "./entry.ts";

const { tensor, ones, rand, randn, Tensor, zeros } = otograd;
const CREATION = { zeros, ones, rand, randn };

const creation = (name: "zeros" | "ones" | "rand" | "randn"): Entry => ({
  valid: () => CREATION[name]([2, 3], { requiresGrad: true }),
  wrong: [
    [() => CREATION[name](any(2), any(3)), `${name}: the shape is a list of whole numbers: ${name}([2, 3])`],
    [() => CREATION[name](any(undefined)), `${name}: the shape is a list of whole numbers, got undefined`],
    [() => CREATION[name](any(["2"])), `${name}: the shape is a list of whole numbers, got ["2"]`],
    [() => CREATION[name]([Number.NaN]), `${name}: a shape is made of whole numbers ≥ 0, not [NaN]`],
    [() => CREATION[name]([2], { requiresGrad: any(1) }), `${name}: requiresGrad is true or false, got 1`],
  ],
  options: [(options) => CREATION[name]([2], options), "requiresGrad"],
});

const operand = (
  name: "add" | "sub" | "mul" | "pow" | "maximum" | "minimum" | "eq" | "ne" | "lt" | "le" | "gt" | "ge",
): Entry => ({
  valid: () => [grid()[name](2), grid()[name](grid())],
  wrong: [
    [
      () => grid()[name](any([1, 2])),
      `${name}: the other operand is a tensor or a number, got [1, 2]: write tensor([1, 2])`,
    ],
    [() => grid()[name](any(undefined)), `${name}: the other operand is a tensor or a number, got undefined`],
    [() => grid()[name](any("1")), `${name}: the other operand is a tensor or a number, got "1"`],
    [() => grid()[name](any(true)), `${name}: the other operand is a tensor or a number, got true`],
  ],
  ...(["add", "sub"].includes(name) && {
    options: [(options: never) => grid()[name as "add"](1, options), "alpha"] as Entry["options"],
  }),
});

const reduction = (name: "sum" | "mean" | "amax" | "amin"): Entry => ({
  valid: () => [grid()[name](), grid()[name](0, true), grid()[name]([], { keepdim: true })],
  wrong: [
    [() => grid()[name](any("0")), `${name}: the dim is a whole number or a list of them, got "0"`],
    [
      () => grid()[name](any({ dim: 1 })),
      `${name}: the dim is a whole number or a list of them, got { dim: 1 }: write 1`,
    ],
    [
      () => grid()[name](any(grid())),
      `${name}: the dim is a whole number or a list of them, got a tensor [2, 3]: maximum()`,
    ],
    [() => grid()[name](0, any("1")), `${name}: keepdim is true or false, got "1"`],
    ...(name !== "mean"
      ? []
      : ([[() => u32(1)[name](), `${name}: wants a float32 tensor, got uint32`]] as const)),
  ],
  options: [(options) => grid()[name](0, options), "keepdim"],
});

const axisMethod = (name: "squeeze" | "unsqueeze" | "softmax" | "logSoftmax"): Entry => ({
  valid: () => grid()[name](0),
  wrong: [[() => grid()[name](any("0")), `${name}: the dim is a whole number, got "0"`]],
});

export const TENSOR: Record<string, Entry> = {
  Tensor: {
    valid: () => tensor(1) instanceof Tensor,
    wrong: [
      [
        () => new Tensor(any([1, 2])),
        "Tensor: tensors are made by tensor(), zeros(), … and operations, not of [1, 2]",
      ],
    ],
  },
  DeviceError: { valid: () => new otograd.DeviceError("lost") },
  NoAdapterError: { valid: () => new otograd.NoAdapterError("none") },
  init: {
    valid: () => otograd.init,
    more: (extra) => otograd.init(extra),
  },
  isGradEnabled: { valid: () => otograd.isGradEnabled() },
  getRngState: { valid: () => otograd.getRngState(), more: (extra) => otograd.getRngState(extra) },
  setRngState: {
    valid: () => otograd.setRngState(JSON.parse(JSON.stringify(otograd.getRngState()))),
    wrong: [
      [() => otograd.setRngState(any(7)), "setRngState: the state is what getRngState() gave, got 7"],
      [
        () => otograd.setRngState({ seed: 1, draw: -1 }),
        "setRngState: the state is what getRngState() gave, got { seed: 1, draw: -1 }",
      ],
    ],
    more: (extra) => otograd.setRngState(otograd.getRngState(), extra),
  },
  manualSeed: {
    valid: () => otograd.manualSeed(1),
    wrong: [
      [() => otograd.manualSeed(any("1")), 'manualSeed: the seed is a number, got "1"'],
      [() => otograd.manualSeed(1.5), "manualSeed: the seed is a whole number from 0 to 4294967295, got 1.5"],
    ],
    more: (extra) => otograd.manualSeed(1, extra),
  },
  memory: { valid: () => otograd.memory(), more: (extra) => otograd.memory(extra) },
  noGrad: {
    valid: () => otograd.noGrad(() => 1),
    wrong: [[() => otograd.noGrad(any(grid())), "noGrad: the body is a function, got a tensor [2, 3]"]],
    more: (extra) => otograd.noGrad(() => 1, extra),
  },
  zeros: creation("zeros"),
  ones: creation("ones"),
  rand: creation("rand"),
  randn: creation("randn"),
  full: {
    valid: () => otograd.full([2], 1, { requiresGrad: true }),
    wrong: [
      [() => otograd.full(any(2), 3), "full: the shape is a list of whole numbers: write [2]"],
      [() => otograd.full([2], any("3")), 'full: the value is a number, got "3"'],
    ],
    options: [(options) => otograd.full([2], 1, options), "requiresGrad"],
  },
  arange: {
    valid: () => otograd.arange(0, 4, 2, { requiresGrad: true }),
    wrong: [
      [
        () => otograd.arange(any("4")),
        'arange: wants an end, a start and an end, or a start, an end and a step, got ["4"]',
      ],
      [
        () => otograd.arange(4, any(undefined), any(undefined), { dtype: "int32" }),
        "arange: wants an end, a start and an end, or a start, an end and a step, got [4, undefined, undefined, {",
      ],
      [
        () => otograd.arange(1, any("4")),
        'arange: the fourth argument is an object of options (requiresGrad, dtype), got "4"',
      ],
    ],
    options: [(options) => otograd.arange(4, options), "requiresGrad"],
  },
  tensor: {
    valid: () => tensor([[1], [2]], { dtype: "uint32", shape: [2], requiresGrad: false }),
    wrong: [
      [() => tensor(any([1, "2"])), 'tensor: wants numbers, element 1 is "2"'],
      [() => tensor(any([[1], [undefined]])), "tensor: wants numbers, element 1 is undefined"],
      [() => tensor(any("3")), 'tensor: wants a number, nested lists of numbers or a typed array, got "3"'],
      [
        () => tensor(any(undefined)),
        "tensor: wants a number, nested lists of numbers or a typed array, got undefined",
      ],
      [
        () => tensor(any(grid())),
        "tensor: wants a number, nested lists of numbers or a typed array, got a tensor [2, 3]: clone()",
      ],
      [
        () => tensor(any(new Set([1]))),
        "tensor: wants a number, nested lists of numbers or a typed array, got a Set",
      ],
      [() => tensor(any(new BigInt64Array(2))), "tensor: wants numbers, got a BigInt64Array"],
      [() => tensor(1, any(2)), "tensor: the numbers are one list: tensor([1, 2])"],
      [
        () => tensor([1], { dtype: any("float64") }),
        'tensor: dtype is "float32", "int32", "uint32" or "bool", got "float64"',
      ],
      [() => tensor([1], { shape: any(1) }), "tensor: shape is a list of numbers, got 1"],
    ],
    options: [(options) => tensor([1], options), "requiresGrad"],
  },
  cat: {
    valid: () => otograd.cat([grid(), grid()], 1),
    wrong: [
      [
        () => otograd.cat(any(grid()), any(grid())),
        "cat: the tensors are one list of tensors, got a tensor [2, 3]: cat([a, b])",
      ],
      [
        () => otograd.cat(any([grid(), [1, 2]])),
        "cat: element 1 of the list is a tensor, got [1, 2]: write tensor([1, 2])",
      ],
      [() => otograd.cat([grid()], any("0")), 'cat: the dim is a whole number, got "0"'],
    ],
    more: (extra) => otograd.cat([grid()], 0, extra),
  },
  stack: {
    valid: () => otograd.stack([grid(), grid()], 1),
    wrong: [
      [
        () => otograd.stack(any(grid())),
        "stack: the tensors are one list of tensors, got a tensor [2, 3]: stack([a])",
      ],
      [
        () => otograd.stack([grid()], any({ dim: 0 })),
        "stack: the dim is a whole number, got { dim: 0 }: write 0",
      ],
    ],
    more: (extra) => otograd.stack([grid()], 0, extra),
  },
  where: {
    valid: () => otograd.where(grid(), 1, grid()),
    wrong: [
      [() => otograd.where(any([true]), 1, 0), "where: the condition is a tensor, got [true]"],
      [
        () => otograd.where(grid(), any([1, 2]), 0),
        "where: what is taken where the condition holds is a tensor or a number, got [1, 2]: write tensor([1, 2])",
      ],
      [
        () => otograd.where(grid(), 1, any(undefined)),
        "where: what is taken where it does not hold is a tensor or a number, got undefined",
      ],
    ],
    more: (extra) => otograd.where(grid(), 1, 0, extra),
  },
  ...Object.fromEntries(
    (["add", "sub", "mul", "pow", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"] as const).map(
      (name) => [`Tensor#${name}`, operand(name)],
    ),
  ),
  ...Object.fromEntries(
    (["sum", "mean", "amax", "amin"] as const).map((name) => [`Tensor#${name}`, reduction(name)]),
  ),
  "Tensor#squeeze": axisMethod("squeeze"),
  "Tensor#unsqueeze": axisMethod("unsqueeze"),
  "Tensor#softmax": axisMethod("softmax"),
  "Tensor#logSoftmax": axisMethod("logSoftmax"),
  "Tensor#leakyRelu": {
    valid: () => grid().leakyRelu(0.1),
    wrong: [[() => grid().leakyRelu(any("0.1")), 'leakyRelu: negativeSlope is a number, got "0.1"']],
  },
  "Tensor#clamp": {
    valid: () => grid().clamp({ min: 0, max: grid() }),
    wrong: [
      [() => grid().clamp(any("0")), 'clamp: min is a tensor or a number, got "0"'],
      [() => grid().clamp(0, any(true)), "clamp: max is a tensor or a number, got true"],
      [
        () => grid().clamp(any([1, 2])),
        "clamp: min is a tensor or a number, got [1, 2]: write tensor([1, 2])",
      ],
    ],
    options: [(options) => grid().clamp({ min: 0, ...(options as object) }), "max"],
  },
  "Tensor#reshape": {
    valid: () => grid().reshape([3, -1]),
    wrong: [
      [
        () => grid().reshape(any(3), any(2)),
        "reshape: the shape is a list of whole numbers: reshape([3, 2])",
      ],
      [() => grid().reshape(any(["3", 2])), 'reshape: the shape is a list of whole numbers, got ["3", 2]'],
      [() => grid().reshape([Number.NaN]), "reshape: [2, 3] has 6 elements, which do not fit [NaN]"],
    ],
    more: (extra) => grid().reshape([6], extra),
  },
  "Tensor#flatten": {
    valid: () => grid().flatten(0, 1),
    wrong: [
      [
        () => grid().flatten(any({ start: 1 })),
        "flatten: the dim is a whole number, got { start: 1 }: write 1",
      ],
    ],
  },
  "Tensor#permute": {
    valid: () => grid().permute([1, 0]),
    wrong: [
      [
        () => grid().permute(any(1), any(0)),
        "permute: the dimensions are a list of whole numbers: permute([1, 0])",
      ],
    ],
    more: (extra) => grid().permute([1, 0], extra),
  },
  "Tensor#transpose": {
    valid: () => grid().transpose(0, 1),
    wrong: [
      [() => grid().transpose(any(undefined), 1), "transpose: the dim is a whole number, got undefined"],
    ],
  },
  "Tensor#slice": {
    valid: () => grid().slice([null, [0, 3, 2]]),
    wrong: [
      [
        () => grid().slice(any(1)),
        "slice: wants a list of ranges, one [start, end, step] or null for each dim, got 1",
      ],
      [
        () => grid().slice(any([0, 2])),
        "slice: wants a list of ranges, one [start, end, step] or null for each dim, got [0, 2]",
      ],
    ],
  },
  "Tensor#narrow": {
    valid: () => grid().narrow(1, -2, 2),
    wrong: [
      [() => grid().narrow(any("1"), 0, 1), 'narrow: the dim is a whole number, got "1"'],
      [() => grid().narrow(1, any("0"), 1), 'narrow: start is a number, got "0"'],
      [() => grid().narrow(1, 0, any(undefined)), "narrow: length is a number, got undefined"],
    ],
  },
  "Tensor#matmul": {
    valid: () => grid().matmul(ones([3, 1])),
    wrong: [[() => grid().matmul(any([1, 2])), `matmul: the other operand ${LIST}`]],
  },
  "Tensor#backward": {
    valid: () => [
      leaf().sum().backward(tensor(1), { retainGraph: true }),
      leaf().sum().backward({ retainGraph: true }),
      leaf().sum().backward(null),
    ],
    wrong: [
      [() => leaf().sum().backward(any(1)), "backward: the gradient is a tensor, got 1"],
      [
        () => leaf().sum().backward(undefined, any(true)),
        "backward: the second argument is an object of options: { retainGraph: true }",
      ],
    ],
    options: [(options) => leaf().sum().backward(undefined, options), "retainGraph"],
  },
  "Tensor#requiresGrad=": {
    valid: () => Object.assign(grid(), { requiresGrad: true }),
    wrong: [
      [() => Object.assign(grid(), { requiresGrad: "yes" }), 'requiresGrad: it is true or false, got "yes"'],
    ],
  },
  "Tensor#grad=": {
    valid: () => Object.assign(leaf(), { grad: null }),
    wrong: [[() => Object.assign(leaf(), { grad: [1, 2] }), `grad: it ${LIST}`]],
  },
};
