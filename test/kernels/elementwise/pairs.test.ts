// Functions of two elements: every way to broadcast, the ranges where they are delicate, and bits.
import { expect, test } from "bun:test";
import { pairFunctions } from "../../../src/kernels/elementwise/pairFunctions.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import * as reference from "../../reference/functions.ts";
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
import { BROADCASTS, casesOf } from "../drawn.ts";

const random = new Random(44);
const v = (...values: number[]) => arr([values.length], values);

/** More rows than workgroups go along x. */
const MANY: [number[], number[]] = [[700, 3], [3]];

type Draw = (shape: readonly number[]) => Arr;
const from =
  (low: number, high: number): Draw =>
  (shape) =>
    random.array(shape, low, high);
const nonZero: Draw = (shape) => random.awayFrom([0], shape, -2, 2);

/** `ulps`: WGSL's division (5) and square root (9), and what slopes multiply of them. */
function checkPair(
  name: string,
  run: (a: Tensor, b: Tensor) => Tensor,
  plain: Reference<NoAttrs>,
  [drawA, drawB]: [Draw, Draw],
  also: [Arr, Arr][],
  ulps?: number,
): void {
  check<NoAttrs>({
    name,
    covers: ["pairFunctions", "reduce.sum"],
    run: ([a, b]) => run(a!, b!),
    reference: plain,
    cases: [
      ...casesOf<NoAttrs>(name),
      ...[...[...BROADCASTS, MANY].map(([a, b]) => [drawA(a), drawB(b)]), ...also].map((inputs) => ({
        inputs,
        attrs: {},
      })),
    ],
    terms: ({ inputs: [a, b] }) => {
      const size = sizeOf(broadcastShapes(a!.shape, b!.shape));
      return Math.max(1, size / Math.max(1, Math.min(a!.data.length, b!.data.length)));
    },
    ulps,
  });
}

checkPair(
  "atan2",
  (a, b) => a.atan2(b),
  reference.atan2,
  [nonZero, nonZero],
  [
    [v(1, -1, 1, -1), v(1, 1, -1, -1)],
    [random.array([257], -1e-3, 1e-3), random.array([257], 1, 2)],
    [random.array([257], -1e18, 1e18), random.array([257], -1e18, 1e18)],
  ],
  5 + 9 + 10,
);
checkPair(
  "hypot",
  (a, b) => a.hypot(b),
  reference.hypot,
  [nonZero, nonZero],
  [
    [v(3, -5, 1e-30), v(4, 12, 1)],
    [random.array([257], 1e30, 1e38), random.array([257], 1e30, 1e38)],
  ],
  5 + 9,
);
checkPair(
  "copysign",
  (a, b) => a.copysign(b),
  reference.copysign,
  [nonZero, nonZero],
  [[v(1, -1, 1, -1), v(0, 0, -0, -0)]],
);
checkPair(
  "logaddexp",
  (a, b) => a.logaddexp(b),
  reference.logaddexp,
  [from(-3, 3), from(-3, 3)],
  [
    [v(0, 1000, -1000, 5), v(0, 1000, 1000, 5)],
    [random.array([257], -12, -8), random.array([257], -1e-3, 0)], // a difference of 12 is rounded by 8 of them
  ],
  5 + 8,
);
checkPair(
  "xlogy",
  (a, b) => a.xlogy(b),
  reference.xlogy,
  [from(-3, 3), from(0.1, 5)],
  [[v(0, 2), v(3, 1)]],
  5,
);
checkPair(
  "prelu",
  (a, b) => apply(pairFunctions.prelu, [a, b], undefined), // its weights are one a channel: see below
  reference.prelu,
  [nonZero, from(-1, 1)],
  [[v(-1, 0, 1), v(0.5, 0.5, 0.5)]],
);

test("prelu's weights are one a channel", async () => {
  const x = tensor([[[-1, 2], [-3, -4]], [[0, -1], [1, -2]]], { requiresGrad: true }); // biome-ignore format: as it looks
  const weight = tensor([0.5, 2], { requiresGrad: true });
  const y = x.prelu(weight);
  expect(await y.tolist()).toEqual([[[-0.5, 2], [-6, -8]], [[0, -0.5], [1, -4]]]); // biome-ignore format: as it looks
  y.sum().backward();
  expect(await weight.grad!.tolist()).toEqual([-2, -9]);
  expect(await x.grad!.tolist()).toEqual([[[0.5, 1], [2, 2]], [[0.5, 0.5], [1, 2]]]); // biome-ignore format: as it looks
});

const { NaN: nan } = Number;
const inf = Infinity;

test("values at 0, infinities and NaN are PyTorch 1.13's", async () => {
  for (const [name, a, b, wanted] of [
    [
      "atan2",
      [0, 0, -0, inf, -inf, 1, -1, nan],
      [0, -1, -1, inf, -inf, inf, inf, 1],
      [0, Math.PI, -Math.PI, Math.PI / 4, -0.75 * Math.PI, 0, 0, nan],
    ],
    ["hypot", [0, nan, 1, inf, -inf, 1], [0, 1, nan, inf, -inf, inf], [0, nan, nan, inf, inf, inf]],
    [
      "logaddexp",
      [0, nan, 1, inf, -inf, inf],
      [0, 1, nan, inf, -inf, 1],
      [Math.LN2, nan, nan, inf, -inf, inf],
    ],
    ["xlogy", [0, nan, 1, inf, 1, 0, 0], [0, 1, nan, inf, inf, nan, -1], [0, nan, nan, inf, inf, nan, 0]],
    ["remainder", [1, 0, nan, inf, 1, -1], [0, 0, 1, 1, inf, inf], [nan, nan, nan, nan, 1, inf]],
    ["fmod", [1, 0, nan, inf, 1, -1], [0, 0, 1, 1, inf, inf], [nan, nan, nan, nan, 1, -1]],
    ["floorDivide", [1, -1, nan, 1, -1], [0, 0, 1, inf, inf], [inf, -inf, nan, 0, -1]],
  ] as const) {
    const near = (x: number) => (x === 0 ? 0 : Number.isFinite(x) ? Number(x.toPrecision(6)) : x);
    const got = [
      ...(await tensor([...a])
        [name](tensor([...b]))
        .data()),
    ];
    expect([name, ...got.map(near)]).toEqual([name, ...wanted.map(near)]);
  }
});

test("gradients at infinity and at the largest numbers are PyTorch 1.13's", async () => {
  const largest = 3.4028234663852886e38;
  for (const [name, x, y, dx, dy] of [
    ["atan2", inf, 1, 0, nan],
    ["atan2", 1, inf, nan, 0],
    ["atan2", largest, inf, nan, 0],
    ["atan2", 0, 0, nan, nan],
    ["hypot", inf, 1, nan, 0],
    ["logaddexp", inf, 1, 1, 0],
    ["logaddexp", inf, inf, nan, nan],
    ["copysign", inf, 1, nan, 0],
    ["xlogy", 0, 0, 0, nan],
  ] as const) {
    const [a, b] = [tensor(x, { requiresGrad: true }), tensor(y, { requiresGrad: true })];
    a[name](b).backward();
    const got = [await a.grad!.item(), await b.grad!.item()].map((v) => v + 0);
    expect([name, x, y, ...got]).toEqual([name, x, y, dx, dy]);
  }
});

for (const dtype of ["int32", "uint32"] as const) {
  const bits = (f: (a: number, b: number) => number): Reference<NoAttrs> => ({
    forward: ([a, b]) =>
      arr(
        a!.shape,
        a!.data.map((x, i) => (dtype === "int32" ? f(x, b!.data[i]!) | 0 : f(x, b!.data[i]!) >>> 0)),
      ),
    backward: () => [null, null],
  });
  const high = dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1;
  const shift: [Arr, Arr] = [random.integers([2100], high - 2 ** 31, high), random.integers([2100], 0, 40)];
  const any: [Arr, Arr] = [
    random.integers([2100], -high - 1 + (dtype === "uint32" ? high + 1 : 0), high),
    random.integers([2100], 0, high),
  ];
  const sides: Record<
    string,
    [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number, [Arr, Arr]]
  > = {
    and: [(a, b) => a.bitwiseAnd(b), (a, b) => a & b, any],
    or: [(a, b) => a.bitwiseOr(b), (a, b) => a | b, any],
    xor: [(a, b) => a.bitwiseXor(b), (a, b) => a ^ b, any],
    not: [(a) => a.bitwiseNot(), (a) => ~a, any],
    "left shift": [(a, b) => a.bitwiseLeftShift(b), (a, b) => (b < 32 ? a << b : 0), shift],
    "right shift": [
      (a, b) => a.bitwiseRightShift(b),
      (a, b) => (dtype === "int32" ? a >> Math.min(b, 31) : b < 32 ? a >>> b : 0),
      shift,
    ],
  };
  for (const [name, [run, plain, inputs]] of Object.entries(sides))
    check<NoAttrs>({
      name: `bitwise ${name} (${dtype})`,
      covers: ["bitwise"],
      run: ([a, b]) => run(a!, b!),
      reference: bits(plain),
      cases: [{ inputs, attrs: {} }],
      dtypes: [dtype, dtype],
      differentiable: false,
    });
}

test("logic is of what is not 0, and gives bools", async () => {
  const [a, b] = [tensor([0, 0, 2, nan]), tensor(new Int32Array([0, 3, 0, 1]))];
  for (const [y, wanted] of [
    [a.logicalAnd(b), [0, 0, 0, 1]],
    [a.logicalOr(b), [0, 1, 1, 1]],
    [a.logicalXor(b), [0, 1, 1, 0]],
    [a.logicalNot(), [1, 1, 0, 0]],
    [a.gt(0).bitwiseNot(), [1, 1, 0, 1]],
    [a.gt(0).bitwiseOr(b.gt(2)), [0, 1, 1, 0]],
  ] as const)
    expect([y.dtype, ...(await y.data())]).toEqual(["bool", ...wanted]);
});

test("of several: lerp, addcmul, addcdiv, with gradients; numbers on either side", async () => {
  const [a, b, c] = [
    [1, 2],
    [3, -1],
    [2, 4],
  ].map((values) => tensor(values, { requiresGrad: true })) as [Tensor, Tensor, Tensor];
  const y = a
    .lerp(b, 0.25)
    .add(a.addcmul(b, c, { value: 2 }))
    .add(a.addcdiv(b, c));
  expect(await y.tolist()).toEqual([1.5 + 13 + 2.5, 1.25 - 6 + 1.75]);
  y.sum().backward();
  expect(await a.grad!.tolist()).toEqual([2.75, 2.75]);
  expect(await b.grad!.tolist()).toEqual([0.25 + 4 + 0.5, 0.25 + 8 + 0.25]);
  const moved = tensor([1, 1]).add_(a.detach(), { alpha: -0.5 }).sub_(1, { alpha: 2 });
  expect(await moved.tolist()).toEqual([-1.5, -2]);
  expect(await a.sub(b, { alpha: 2 }).add(1, { alpha: 10 }).tolist()).toEqual([5, 14]);
  expect(await tensor([1, 3]).rsub(10).tolist()).toEqual([9, 7]);
  expect(await tensor([1, 3]).rpow(2).tolist()).toEqual([2, 8]);
  expect(
    await tensor(new Int32Array([7, -7]))
      .remainder(4)
      .tolist(),
  ).toEqual([3, 1]);
  expect(
    await tensor(new Int32Array([7, -7]))
      .floorDivide(4)
      .tolist(),
  ).toEqual([1, -2]);
  expect(
    await tensor(new Int32Array([7, -7]))
      .div(4, { roundingMode: "trunc" })
      .tolist(),
  ).toEqual([1, -1]);
  expect(
    await tensor(new Int32Array([7, 0]))
      .floorDivide(0)
      .tolist(),
  ).toEqual([0, 0]);
});

test("what has no meaning is refused", () => {
  const whole = tensor(new Int32Array([1]));
  expectRefused([
    [() => tensor([1]).bitwiseAnd(1), "bitwiseAnd: wants whole numbers or bools, got float32 and float32"],
    [
      () => whole.gt(0).bitwiseLeftShift(whole.gt(0)),
      "bitwiseLeftShift: wants whole numbers, got bool and bool",
    ],
    [() => whole.pow(-1), "pow: whole numbers have no negative powers: x.float().pow(-1)"],
    [() => tensor([[1, 2]]).prelu(tensor([1, 2, 3])), "prelu: wants one weight or 2, one a channel, got [3]"],
  ]);
});
