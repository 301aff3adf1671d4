// Functions of one element beyond WGSL's own: near 0, where they are delicate, far away, and at every kink. A check's bound
// is relative to the largest element of its array, so that each range is an array of its own.
import { expect, test } from "bun:test";
import { tensor } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check, compare, proof } from "../../harness.ts";
import * as reference from "../../reference/functions.ts";
import { gradientCases } from "../../reference/gradientCases.ts";
import { Random } from "../../reference/random.ts";
import { arr, type Reference } from "../../reference/reference.ts";

const random = new Random(43);
const SHAPES = [[], [0], [3, 5], [1031]];

/**
 * Ranges that a function is tried on, and numbers besides. `ulps` is what is allowed beyond ten roundings: where WGSL's
 * division (5), square root (9, as 1 / inverseSqrt) or inverse square root (4) comes in, or a slope has several factors.
 */
function checkOn<A>(
  { covers }: { covers: readonly string[] },
  name: string,
  run: (x: Tensor) => Tensor,
  plain: Reference<A>,
  ranges: readonly (readonly [low: number, high: number])[],
  { attrs = {} as A, also = [], ulps }: { attrs?: A; also?: number[]; ulps?: number } = {},
): void {
  const inputs = ranges.flatMap(([low, high], i) =>
    (i === 0 ? SHAPES : [[257]]).map((shape) => random.array(shape, low, high)),
  );
  if (also.length > 0) inputs.push(arr([also.length], also));
  check<A>({
    name,
    covers,
    run: ([x]) => run(x!),
    reference: plain,
    cases: [...casesOf(plain, attrs), ...inputs.map((x) => ({ inputs: [x], attrs }))],
    ulps,
  });
}

/** The cases away from kinks on which the reference itself is proved: second derivatives are taken there. */
function casesOf<A>(plain: Reference<A>, attrs: A): Case<A>[] {
  const proved = gradientCases.find(({ reference }) => reference === (plain as Reference<unknown>));
  const cases = (proved?.cases ?? []) as Case<A>[];
  return cases.filter((c) => JSON.stringify(c.attrs) === JSON.stringify(attrs));
}

const TINY = [-1e-4, 1e-4] as const;

const E = { covers: ["exponentials"] };
checkOn(E, "log1p", (x) => x.log1p(), reference.log1p, [[-0.9, 2], TINY, [-0.9999, -0.99], [100, 1e6]], {
  ulps: 5,
});
checkOn(
  E,
  "log2",
  (x) => x.log2(),
  reference.log2,
  [
    [0.01, 5],
    [0.999, 1.001],
    [1e-38, 1e-36],
    [1e30, 3e38],
  ],
  { also: [1, 2, 1024] },
);
checkOn(E, "log10", (x) => x.log10(), reference.log10, [
  [0.01, 5],
  [0.999, 1.001],
  [1e-38, 1e-36],
  [1e30, 3e38],
]);
checkOn(E, "expm1", (x) => x.expm1(), reference.expm1, [[-2, 2], TINY, [-90, -20], [80, 88.7]]);
checkOn(
  E,
  "exp2",
  (x) => x.exp2(),
  reference.exp2,
  [
    [-2, 2],
    [-120, -110],
    [120, 127.9],
  ],
  { also: [-3, 0, 10] },
);
checkOn(
  E,
  "rsqrt",
  (x) => x.rsqrt(),
  reference.rsqrt,
  [
    [0.01, 5],
    [1e-20, 1e-18],
    [1e15, 1e18],
  ],
  { ulps: 4 + 5 },
);
checkOn(E, "erf", (x) => x.erf(), reference.erf, [[-3, 3], TINY, [3, 6]], { also: [-1, 0, 1] });
checkOn(E, "erfc", (x) => x.erfc(), reference.erfc, [[-3, 3], TINY, [3, 4], [8, 9]], {
  also: [-1, 0, 1],
  ulps: 10,
});
checkOn(E, "sinh", (x) => x.sinh(), reference.sinh, [[-2, 2], TINY, [80, 89]], { ulps: 5 });
checkOn(E, "cosh", (x) => x.cosh(), reference.cosh, [[-2, 2], TINY, [80, 89]], { ulps: 5 });
checkOn(E, "asinh", (x) => x.asinh(), reference.asinh, [[-3, 3], TINY, [1e6, 1e18]], { ulps: 9 });
checkOn(
  E,
  "acosh",
  (x) => x.acosh(),
  reference.acosh,
  [
    [1.5, 5],
    [1.0001, 1.001],
    [1e6, 1e18],
  ],
  { ulps: 9 },
);
checkOn(E, "atanh", (x) => x.atanh(), reference.atanh, [[-0.9, 0.9], TINY, [0.99, 0.9999]], { ulps: 10 });

const T = { covers: ["trigonometry"] };
checkOn(T, "tan", (x) => x.tan(), reference.tan, [[-1.4, 1.4], TINY, [-30, -29], [8000, 8001]], { ulps: 10 });
checkOn(T, "asin", (x) => x.asin(), reference.asin, [[-0.95, 0.95], TINY, [0.999, 0.99999]], { ulps: 9 });
checkOn(T, "acos", (x) => x.acos(), reference.acos, [[-0.95, 0.95], TINY, [0.999, 0.99999]], { ulps: 9 });
checkOn(T, "atan", (x) => x.atan(), reference.atan, [[-3, 3], TINY, [1e3, 1e6]], { ulps: 5 });
checkOn(T, "sinc", (x) => x.sinc(), reference.sinc, [[-3, 3], TINY, [-100.4, -100.1]], {
  also: [0, 0.5, 1, 2],
  ulps: 5,
});

const R = { covers: ["rounding"] };
const steps = [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 8388607.5, 16777217, -Infinity, Infinity];
checkOn(
  R,
  "sign",
  (x) => x.sign(),
  reference.sign,
  [
    [-2, 2],
    [-1e-30, 1e-30],
  ],
  { also: steps },
);
checkOn(R, "floor", (x) => x.floor(), reference.floor, [[-9, 9]], { also: steps });
checkOn(R, "ceil", (x) => x.ceil(), reference.ceil, [[-9, 9]], { also: steps });
checkOn(R, "round", (x) => x.round(), reference.round, [[-9, 9]], { also: steps });
checkOn(R, "trunc", (x) => x.trunc(), reference.trunc, [[-9, 9]], { also: steps });
checkOn(R, "frac", (x) => x.frac(), reference.frac, [[-9, 9]], { also: steps });
checkOn(R, "nanToNum", (x) => x.nanToNum({ nan: 3, neginf: -7, posinf: 9 }), reference.nanToNum, [[-2, 2]], {
  attrs: { nan: 3, neginf: -7, posinf: 9 },
  also: [0, Number.NaN, Infinity, -Infinity],
});

const A = { covers: ["activations"] };
const U = { covers: ["unary"] };
checkOn(U, "silu", (x) => x.silu(), reference.silu, [[-4, 4], TINY, [30, 40]], { ulps: 5 });
checkOn(U, "silu, far left", (x) => x.silu(), reference.silu, [[-40, -30]], { ulps: 2 * (3 + 2 * 40) }); // of exp
checkOn(U, "gelu", (x) => x.gelu(), reference.gelu, [[-4, 4], TINY, [8, 9]], {
  also: [-200, 0, 200],
  ulps: 10,
});
checkOn(U, "gelu, far left", (x) => x.gelu(), reference.gelu, [[-9, -8]], {
  ulps: 2 * (3 + 2 * (9 ** 2 / 2)), // of exp
});

checkOn(A, "elu", (x) => x.elu(), reference.elu, [[-3, 3], TINY, [-90, -20]], {
  attrs: { alpha: 1, scale: 1, inner: 1 },
  also: [0],
});
checkOn(A, "selu", (x) => x.selu(), reference.elu, [[-3, 3]], {
  attrs: { alpha: 1.6732632423543772 * 1.0507009873554805, scale: 1.0507009873554805, inner: 1 },
});
checkOn(A, "celu 0.5", (x) => x.celu(0.5), reference.elu, [[-3, 3]], {
  attrs: { alpha: 0.5, scale: 1, inner: 2 },
});
checkOn(
  A,
  "softplus",
  (x) => x.softplus(),
  reference.softplus,
  [
    [-4, 4],
    [-40, -30],
    [15, 25],
  ],
  {
    attrs: { beta: 1, threshold: 20 },
    ulps: 5,
  },
);
checkOn(A, "softplus, steep", (x) => x.softplus({ beta: 2, threshold: 3 }), reference.softplus, [[-3, 3]], {
  attrs: { beta: 2, threshold: 3 },
  ulps: 5,
});
checkOn(
  A,
  "logsigmoid",
  (x) => x.logsigmoid(),
  reference.logsigmoid,
  [
    [-4, 4],
    [-40, -30],
    [30, 40],
  ],
  { ulps: 5 },
);
checkOn(A, "mish", (x) => x.mish(), reference.mish, [[-4, 4], TINY, [-40, -30], [30, 40]], { ulps: 10 });
checkOn(A, "hardswish", (x) => x.hardswish(), reference.hardswish, [[-5, 5]], { also: [-3, 0, 3], ulps: 5 });
checkOn(A, "hardsigmoid", (x) => x.hardsigmoid(), reference.hardsigmoid, [[-5, 5]], {
  also: [-3, 0, 3],
  ulps: 5,
});
checkOn(A, "hardtanh", (x) => x.hardtanh(-1, 2), reference.hardtanh, [[-3, 3]], {
  attrs: { min: -1, max: 2 },
  also: [-1, 2],
});
checkOn(A, "relu6", (x) => x.relu6(), reference.hardtanh, [[-3, 9]], {
  attrs: { min: 0, max: 6 },
  also: [0, 6],
});
checkOn(A, "softsign", (x) => x.softsign(), reference.softsign, [[-3, 3], TINY], { also: [0], ulps: 10 });
checkOn(
  A,
  "tanhshrink",
  (x) => x.tanhshrink(),
  reference.tanhshrink,
  [
    [-3, 3],
    [0.5, 0.75],
    [-0.01, 0.01],
  ],
  { ulps: 5 },
);
checkOn(A, "softshrink", (x) => x.softshrink(), reference.softshrink, [[-2, 2]], {
  attrs: { lambda: 0.5 },
  also: [-0.5, 0.5],
});
checkOn(A, "hardshrink", (x) => x.hardshrink(), reference.hardshrink, [[-2, 2]], {
  attrs: { lambda: 0.5 },
  also: [-0.5, 0.5],
});
checkOn(A, "threshold", (x) => x.threshold(0.25, 7), reference.threshold, [[-2, 2]], {
  attrs: { threshold: 0.25, value: 7 },
  also: [0.25],
});

const { NaN: nan } = Number;
const inf = Infinity;

test("values and gradients at NaN, ∞, −∞ and 0 are PyTorch 1.13's", async () => {
  for (const [f, y, dx] of [
    [(x: Tensor) => x.erf(), [nan, 1, -1, 0], [nan, 0, 0, 1.128379225730896]],
    [(x: Tensor) => x.log1p(), [nan, inf, nan, 0], [nan, 0, -0, 1]],
    [(x: Tensor) => x.log2(), [nan, inf, nan, -inf], [nan, 0, -0, inf]],
    [(x: Tensor) => x.log10(), [nan, inf, nan, -inf], [nan, 0, -0, inf]],
    [(x: Tensor) => x.expm1(), [nan, inf, -1, 0], [nan, inf, 0, 1]],
    [(x: Tensor) => x.asinh(), [nan, inf, -inf, 0], [nan, 0, 0, 1]],
    [(x: Tensor) => x.acosh(), [nan, inf, nan, nan], [nan, 0, 0, nan]],
    [(x: Tensor) => x.add(1).acosh(), [nan, inf, nan, 0], [nan, 0, 0, inf]],
    [(x: Tensor) => x.mul(2).atanh(), [nan, nan, nan, 0], [nan, -0, -0, 2]],
    [(x: Tensor) => x.sinc(), [nan, nan, nan, 1], [nan, nan, nan, 0]],
    [(x: Tensor) => x.sign(), [0, 1, -1, 0], [0, 0, 0, 0]],
    [(x: Tensor) => x.round(), [nan, inf, -inf, 0], [0, 0, 0, 0]],
    [(x: Tensor) => x.frac(), [nan, nan, nan, 0], [1, 1, 1, 1]],
    [(x: Tensor) => x.nanToNum(), [0, 3.4028234663852886e38, -3.4028234663852886e38, 0], [0, 0, 0, 1]],
    [(x: Tensor) => x.softplus(), [nan, inf, 0, 0.6931471824645996], [nan, 1, 0, 0.5]],
    [(x: Tensor) => x.silu(), [nan, inf, nan, 0], [nan, nan, nan, 0.5]],
    [(x: Tensor) => x.elu(), [nan, inf, -1, 0], [1, 1, 0, 1]],
    [(x: Tensor) => x.celu(), [nan, inf, -1, 0], [1, 1, 0, 1]],
    [(x: Tensor) => x.mish(), [nan, inf, nan, 0], [nan, nan, nan, 0.6000000238418579]],
    [(x: Tensor) => x.hardswish(), [nan, inf, nan, 0], [1, 1, 0, 0.5]],
    [(x: Tensor) => x.hardsigmoid(), [nan, 1, 0, 0.5], [0, 0, 0, 0.1666666716337204]],
    [(x: Tensor) => x.hardtanh(), [nan, 1, -1, 0], [1, 0, 0, 1]],
    [(x: Tensor) => x.relu6(), [nan, 6, 0, 0], [1, 0, 0, 0]],
    [(x: Tensor) => x.logsigmoid(), [nan, 0, -inf, -0.6931471824645996], [nan, 0, 1, 0.5]],
    [(x: Tensor) => x.softsign(), [nan, nan, nan, 0], [nan, nan, nan, 1]],
    [(x: Tensor) => x.tanhshrink(), [nan, inf, -inf, 0], [nan, 1, 1, 0]],
    [(x: Tensor) => x.softshrink(), [nan, inf, -inf, 0], [1, 1, 1, 0]], // PyTorch 1.13 makes 0 of NaN, later ones do not
    [(x: Tensor) => x.hardshrink(), [nan, inf, -inf, 0], [1, 1, 1, 0]],
    [(x: Tensor) => x.gelu(), [nan, inf, nan, 0], [nan, nan, nan, 0.5]],
    [(x: Tensor) => x.threshold(0.5, 9), [nan, inf, 9, 9], [1, 1, 0, 0]],
  ] as const) {
    const x = tensor([nan, inf, -inf, 0], { requiresGrad: true });
    const result = f(x);
    result.sum().backward();
    const near = (values: readonly number[]) =>
      values.map((v) => (v === 0 ? 0 : Number.isFinite(v) ? Number(v.toPrecision(6)) : v));
    const got = [near([...(await result.data())]), near([...(await x.grad!.data())])];
    expect([String(f), ...got]).toEqual([String(f), near(y), near(dx)]);
  }
});

const predicates = { name: "predicates", covers: ["predicates"] };
proof("what is true of each number is told by its bits, as bools", predicates, async () => {
  const numbers = [nan, inf, -inf, 0, -0, 1.5];
  const times = 200; // over several workgroups
  const x = tensor(Array.from({ length: times }, () => numbers));
  for (const [name, wanted] of [
    ["isnan", [1, 0, 0, 0, 0, 0]],
    ["isinf", [0, 1, 1, 0, 0, 0]],
    ["isfinite", [0, 0, 0, 1, 1, 1]],
    ["isposinf", [0, 1, 0, 0, 0, 0]],
    ["isneginf", [0, 0, 1, 0, 0, 0]],
    ["signbit", [0, 0, 1, 0, 1, 0]],
  ] as const) {
    const told = x[name]();
    expect([name, told.dtype]).toEqual([name, "bool"]);
    const all = Array.from({ length: times }, () => wanted).flat();
    await compare(arrayOf(told), arr([times, 6], all), name, 0);
  }
});

test("whole numbers become floats where a function makes such, and stay what they are where it does not", async () => {
  const x = tensor([-2, 0, 3], { dtype: "int32" });
  for (const [y, dtype, wanted] of [
    [x.exp2(), "float32", [0.25, 1, 8]],
    [x.neg(), "int32", [2, 0, -3]],
    [x.abs(), "int32", [2, 0, 3]],
    [x.square(), "int32", [4, 0, 9]],
    [x.sign(), "int32", [-1, 0, 1]],
    [x.floor(), "int32", [-2, 0, 3]],
    [x.relu(), "int32", [0, 0, 3]],
    [x.isnan(), "bool", [false, false, false]],
  ] as const)
    expect([y.dtype, await y.tolist()]).toEqual([dtype, [...wanted]]);
});

test("compositions: logit, degrees, gelu's two forms", async () => {
  const close = async (x: Tensor, wanted: number[]) => {
    const got = [...(await x.data())];
    for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 5);
  };
  await close(tensor([0.5, 0.9]).logit(), [0, Math.log(9)]);
  await close(tensor([0, 1]).logit({ eps: 0.1 }), [-Math.log(9), Math.log(9)]);
  await close(tensor([180]).deg2rad(), [Math.PI]);
  await close(tensor([Math.PI]).rad2deg(), [180]);
  await close(tensor([-1]).gelu(), [-0.15865525393145707]);
  await close(tensor([-1]).gelu({ approximate: "tanh" }), [-0.15880800939172324]);
});

test("arrays so long that an invocation takes several turns", async () => {
  const values = random.array([9001], -0.9, 3).data.map(Math.fround);
  const x = tensor(Float32Array.from(values), { requiresGrad: true });
  const y = x.log1p();
  y.sum().backward();
  const [got, slope] = [await y.data(), await x.grad!.data()];
  for (const [i, value] of values.entries()) {
    expect(Math.abs(got[i]! - Math.log1p(value))).toBeLessThan(1e-6);
    expect(Math.abs(slope[i]! * (1 + value) - 1)).toBeLessThan(1e-5);
  }
});

test("atanh is ±∞ at ±1, by its sign", async () => {
  expect([...(await tensor([-1, 1]).atanh().data())]).toEqual([-inf, inf]);
});
