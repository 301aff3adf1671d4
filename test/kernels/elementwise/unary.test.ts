// Functions of one element, over every shape and over the numbers where they are delicate.
import { expect, test } from "bun:test";
import { tensor } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import * as reference from "../../reference/elementwise.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type Reference } from "../../reference/reference.ts";
import { SHAPES } from "../drawn.ts";

const random = new Random(11);

interface Options {
  /** Draws an input; within −2 … 2 where there is none. */
  draw?: (shape: number[]) => Arr;
  /** Numbers to try besides. */
  also?: number[];
  ulps?: number;
}

function checkUnary<A>(
  name: string,
  run: (x: Tensor, attrs: A) => Tensor,
  plain: Reference<A>,
  attrs: A,
  { draw = (shape) => random.array(shape, -2, 2), also, ulps }: Options = {},
): void {
  const inputs = SHAPES.map(draw);
  if (also) inputs.push(arr([also.length], also));
  check<A>({
    name,
    covers: ["unary"],
    run: ([x], given) => run(x!, given),
    reference: plain,
    cases: inputs.map((x) => ({ inputs: [x], attrs })),
    ulps,
  });
}

const positive = (shape: number[]) => random.array(shape, 0.01, 5);
const nonZero = (shape: number[]) => random.awayFrom([0], shape, -2, 2);
const zeros = [0, -0, 1, -1];

checkUnary("neg", (x) => x.neg(), reference.neg, {}, { also: zeros });
checkUnary("abs", (x) => x.abs(), reference.abs, {}, { also: zeros });
checkUnary("relu", (x) => x.relu(), reference.relu, {}, { also: [...zeros, Infinity, -Infinity] });
checkUnary("square", (x) => x.square(), reference.square, {});
checkUnary("reciprocal", (x) => x.reciprocal(), reference.reciprocal, {}, { draw: nonZero });
checkUnary("sqrt", (x) => x.sqrt(), reference.sqrt, {}, { draw: positive });
checkUnary("exp", (x) => x.exp(), reference.exp, {}, { also: [-Infinity, -90, 0] });
// WGSL's own exp is exp2(x log₂ e) and may be off by 3 + 2|x| units in the last place: 2 · (3 + 2 · 80) roundings.
checkUnary(
  "exp of large numbers",
  (x) => x.exp(),
  reference.exp,
  {},
  {
    draw: (shape) => random.array(shape, -80, 80),
    ulps: 2 * (3 + 2 * 80),
  },
);
checkUnary("log", (x) => x.log(), reference.log, {}, { draw: positive });
checkUnary(
  "log of tiny numbers",
  (x) => x.log(),
  reference.log,
  {},
  {
    draw: (shape) => random.array(shape, 1e-37, 1e-30),
  },
);
checkUnary("sin", (x) => x.sin(), reference.sin, {}, { draw: (shape) => random.array(shape, -7, 7) });
checkUnary("cos", (x) => x.cos(), reference.cos, {}, { draw: (shape) => random.array(shape, -7, 7) });
checkUnary("sigmoid", (x) => x.sigmoid(), reference.sigmoid, {}, { also: [-200, -20, 20, 200] });
checkUnary(
  "sigmoid, far left",
  (x) => x.sigmoid(),
  reference.sigmoid,
  {},
  {
    draw: (shape) => random.array(shape, -21, -20),
    ulps: 2 * (3 + 2 * 21), // of exp
  },
);
checkUnary("tanh", (x) => x.tanh(), reference.tanh, {}, { also: [-200, -0.625, 0.625, 200] });
checkUnary(
  "tanh near 0",
  (x) => x.tanh(),
  reference.tanh,
  {},
  {
    draw: (shape) => random.array(shape, -1e-5, 1e-5),
  },
);
checkUnary(
  "gelu, tanh",
  (x) => x.gelu({ approximate: "tanh" }),
  reference.geluTanh,
  {},
  { also: [-200, -6, 6, 200] },
);
for (const slope of [0.01, -0.5]) {
  checkUnary(
    `leakyRelu ${slope}`,
    (x) => x.leakyRelu(slope),
    reference.leakyRelu,
    { slope: Math.fround(slope) },
    {
      also: zeros,
    },
  );
}
for (const [min, max] of [
  [-0.5, 0.75],
  [0, Infinity],
  [-Infinity, 1],
] as const) {
  checkUnary(
    `clamp ${min} … ${max}`,
    (x) => x.clamp(min, max),
    reference.clamp,
    { min, max },
    {
      also: [-0.5, 0.75, 0, 1],
    },
  );
}

test("functions of one element keep NaN", async () => {
  for (const f of ["neg", "abs", "relu", "square", "exp", "log", "sin", "sigmoid", "tanh", "gelu"] as const) {
    expect([f, ...(await tensor([Number.NaN])[f]().data())]).toEqual([f, Number.NaN]);
  }
  expect(await tensor([Number.NaN]).clamp(-1, 1).item()).toBeNaN();
});

test("gradients at NaN are PyTorch's", async () => {
  for (const [f, wanted] of [
    [(x: Tensor) => x.neg(), -1],
    [(x: Tensor) => x.relu(), 1],
    [(x: Tensor) => x.leakyRelu(0.25), 0.25],
    [(x: Tensor) => x.abs(), 0],
    [(x: Tensor) => x.clamp(-1, 1), 0],
    [(x: Tensor) => x.clamp(0), 0],
    ...(["exp", "log", "sqrt", "sigmoid", "tanh", "square", "reciprocal", "sin", "cos", "gelu"] as const).map(
      (name) => [(x: Tensor) => x[name](), Number.NaN] as const,
    ),
  ] as const) {
    const x = tensor([Number.NaN], { requiresGrad: true });
    f(x).sum().backward();
    expect([String(f), await x.grad!.item()]).toEqual([String(f), wanted]);
  }
});
