// Arithmetic and comparisons of two arrays: every way to broadcast, ties, and special values.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import * as reference from "../../reference/elementwise.ts";
import { floorDivide, fmod, remainder, truncDivide } from "../../reference/functions.ts";
import { Random } from "../../reference/random.ts";
import {
  type Arr,
  arr,
  broadcastShapes,
  type NoAttrs,
  type Reference,
  sizeOf,
} from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { BROADCASTS, casesOf, SHAPES } from "../drawn.ts";

const random = new Random(12);
const pairs = [...BROADCASTS, ...SHAPES.map((shape) => [shape, shape] as const)];

type Draw = (a: readonly number[], b: readonly number[]) => [Arr, Arr];
const anywhere: Draw = (a, b) => [random.array(a, -2, 2), random.array(b, -2, 2)];

/** Elements of the result that one element of an operand goes into. */
function stretch([a, b]: Arr[]): number {
  const size = sizeOf(broadcastShapes(a!.shape, b!.shape));
  return Math.max(1, ...[a!, b!].map(({ data }) => size / Math.max(1, data.length)));
}

type Arithmetic = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum";

interface Checked {
  covers: string[];
  reference: Reference<NoAttrs>;
  draw: Draw;
  also?: [Arr, Arr][];
  ulps?: number;
}

function checkBinary(name: Arithmetic, { covers, reference, draw, also = [], ulps }: Checked): void {
  check<NoAttrs>({
    name,
    covers,
    run: ([a, b]) => a![name](b!),
    reference,
    cases: [...pairs.map(([a, b]) => draw(a, b)), ...also].map((inputs) => ({ inputs, attrs: {} })),
    terms: ({ inputs }) => stretch(inputs),
    ulps,
  });
}

const v = (...values: number[]) => arr([values.length], values);

checkBinary("add", {
  covers: device().adapter.software ? ["binary.fours"] : ["binary.forward"], // covers: ["binary.fours"]
  reference: reference.add,
  draw: anywhere,
  also: [anywhere([2, 3, 8], [3, 1]), anywhere([5, 1], [5, 4]), anywhere([], [12])], // one element for each row of fours
});
checkBinary("sub", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.sub,
  draw: anywhere,
});
checkBinary("mul", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.mul,
  draw: anywhere,
});
checkBinary("div", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.div,
  draw: (a, b) => [random.array(a, -2, 2), random.awayFrom([-0.4, -0.2, 0, 0.2, 0.4], b, -2, 2)],
});
const ties: Draw = (a, b) => [random.integers(a, -2, 2), random.integers(b, -2, 2)];
checkBinary("maximum", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.maximum,
  draw: ties,
});
checkBinary("minimum", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.minimum,
  draw: ties,
});
checkBinary("pow", {
  covers: ["binary.forward", "binary.gradient", "reduce.sum"],
  reference: reference.pow,
  draw: (a, b) => [random.array(a, 0.1, 10), random.array(b, -5, 5)],
  also: [
    [v(-2, -2, -2, -1.5, -0.5, -3), v(3, 2, -1, -3, 4, 5)], // whole exponents of negative numbers
    [v(0, 0, 0, 3, 2, 2), v(0, 2, 1, 0, 1, 3)],
    [v(0.5, 0.75, 2), v(5, -1, -3)], // and of positive ones
  ],
  // WGSL's pow is exp2(y log₂ x), and exp2(t) may be off by 3 + 2|t| units in the last place, two roundings each;
  // here |t| is up to 5 log₂ 10.
  ulps: 2 * (3 + 2 * 5 * Math.log2(10)),
});

// Quotients that are whole numbers, or nearly so, and of a size at which floats have no digits behind the point.
const divisions: [Arr, Arr][] = [
  [v(7, -7, 7, -7, 6, -6, 0, 1e30, 1, 1e-38), v(3, 3, -3, -3, 3, -3, 5, 7, 1e30, 3e-39)],
  [v(0.9, -0.9, 1e7, -16777215, 5.5, 0.1), v(0.1, 0.3, 0.3, 7, -2.25, 1e-3)],
];
const whole: Draw = (a, b) => [random.array(a, -9, 9), random.awayFrom([0], b, -3, 3)];
const remainders = { remainder, fmod, floorDivide, truncDivide };
for (const name of ["remainder", "fmod", "floorDivide", "truncDivide"] as const)
  check<NoAttrs>({
    name,
    covers: ["binary.forward", "binary.gradient", "reduce.sum"],
    run: ([a, b]) =>
      name === "floorDivide"
        ? a!.floorDivide(b!)
        : name === "truncDivide"
          ? a!.div(b!, { roundingMode: "trunc" })
          : a![name](b!),
    reference: remainders[name],
    cases: [
      ...casesOf<NoAttrs>(name),
      ...[...BROADCASTS.map(([a, b]) => whole(a, b)), ...divisions].map((inputs) => ({ inputs, attrs: {} })),
    ],
    terms: ({ inputs }) => stretch(inputs),
  });

const { eq, ne, lt, le, gt, ge } = reference;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
const plain = { eq, ne, lt, le, gt, ge };
for (const name of COMPARISONS) {
  for (const dtype of name === "lt" || name === "eq"
    ? (["float32", "uint32"] as const)
    : (["float32"] as const)) {
    check<NoAttrs>({
      name: `${name} (${dtype})`,
      covers: ["binary.forward"],
      run: ([a, b]) => a![name](b!),
      reference: plain[name],
      cases: pairs.map(([a, b]) => ({
        inputs: [random.integers(a, 0, 2), random.integers(b, 0, 2)],
        attrs: {},
      })),
      indices: dtype === "uint32" ? [0, 1] : [],
      differentiable: false,
    });
  }
}

test("a NaN stays one in arithmetic and is equal to nothing, on either side", async () => {
  const nan = Number.NaN;
  const [a, b] = [tensor([nan, 1, nan]), tensor([1, nan, nan])];
  for (const name of ["add", "sub", "mul", "div", "maximum", "minimum"] as const)
    expect([name, ...(await a[name](b).data())]).toEqual([name, nan, nan, nan]);
  expect([...(await a.pow(b).data())]).toEqual([nan, 1, nan]); // 1 to the power of anything is 1, as in C and PyTorch
  for (const name of COMPARISONS) {
    const expected = name === "ne" ? 1 : 0;
    expect([name, ...(await a[name](b).data())]).toEqual([name, expected, expected, expected]);
  }
});

test("comparing large uint32 numbers compares all of their bits", async () => {
  const a = tensor(new Uint32Array([2 ** 32 - 1, 2 ** 31, 16777217]));
  const b = tensor(new Uint32Array([1, 2 ** 31 + 1, 16777216]));
  expect([...(await a.gt(b).data())]).toEqual([1, 0, 1]);
});

test("pow at 0 and infinity", async () => {
  const power = async (x: Tensor, y: Tensor) => [...(await x.pow(y).data())];
  expect(await power(tensor([0, 0, 0, 0.5, 2]), tensor([-1, -2, 0.5, Infinity, -Infinity]))).toEqual([
    Infinity,
    Infinity,
    0,
    0,
    0,
  ]);
  expect(await power(tensor([1, -1, -1]), tensor([Infinity, Infinity, -Infinity]))).toEqual([1, 1, 1]);
  expect(await power(tensor([-Infinity, -Infinity]), tensor([0.5, -0.5]))).toEqual([Infinity, 0]);
  expect(await power(tensor([-1, -8]), tensor([0.5, 1 / 3]))).toEqual([Number.NaN, Number.NaN]);
});

test("shapes and types that do not fit are named", () => {
  const labels = tensor(new Uint32Array([1]));
  expectRefused([
    [() => tensor([1, 2]).add(tensor([1, 2, 3])), "add: [2] and [3] do not broadcast together"],
    [
      () => tensor([true]).sub(tensor([true])),
      "sub: two bool tensors have none: x.int() makes whole numbers of one",
    ],
    [
      () => tensor([true]).neg(),
      "neg: a bool tensor has none: logicalNot() turns it round, int() makes whole numbers",
    ],
    [() => labels.lt(-1), "lt: a uint32 tensor is compared with whole numbers from 0 to 4294967295, not -1"],
    [
      () => labels.int().add(2 ** 31),
      "add: beside whole numbers, a number is from −2147483648 to 2147483647, not 2147483648",
    ],
  ]);
});

test("where one of two is NaN, maximum and minimum pass the gradient to both, as PyTorch's", async () => {
  const nan = Number.NaN;
  for (const name of ["maximum", "minimum"] as const) {
    const [a, b] = [
      [nan, 1, nan, 0],
      [1, nan, nan, nan],
    ].map((values) => tensor(values, { requiresGrad: true }));
    a![name](b!).sum().backward();
    expect([name, await a!.grad!.tolist(), await b!.grad!.tolist()]).toEqual([
      name,
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
  }
  for (const [x, y, dx, dy] of [
    [nan, 1, 1, nan],
    [1, nan, nan, 0],
    [nan, nan, nan, nan],
    [0, nan, nan, nan],
    [nan, 0, 0, nan],
  ] as const) {
    const [a, b] = [tensor([x], { requiresGrad: true }), tensor([y], { requiresGrad: true })];
    a.pow(b).sum().backward();
    expect([x, y, await a.grad!.item(), await b.grad!.item()]).toEqual([x, y, dx, dy]);
  }
});
