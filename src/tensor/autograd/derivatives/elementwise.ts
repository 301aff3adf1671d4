// The derivatives of element-wise operations.
import { type BinaryName, binary } from "../../../kernels/elementwise/binary.ts";
import { clampTo } from "../../../kernels/elementwise/clamp.ts";
import { type UnaryName, unary } from "../../../kernels/elementwise/unary.ts";
import { where as whereOp } from "../../../kernels/elementwise/where.ts";
import { where } from "../../functions.ts";
import type { Tensor } from "../../tensor.ts";
import { derive } from "../derive.ts";
import { composed } from "../gradients.ts";
import { sumTo } from "./sum-to.ts";

/** dy by x, for y = f(x); a and b are leakyRelu's slope, clamp's bounds. */
type OfOne = (dy: Tensor, x: Tensor, attrs: { a: number; b: number }) => Tensor;

const ofOne: Partial<Record<UnaryName, OfOne>> = {
  neg: (dy) => dy.neg(),
  exp: (dy, x) => dy.mul(x.exp()),
  log: (dy, x) => dy.div(x),
  sqrt: (dy, x) => dy.mul(0.5).div(x.sqrt()),
  abs: (dy, x) => where(x.gt(0), dy, where(x.lt(0), dy.neg(), dy.mul(0))),
  sigmoid(dy, x) {
    const y = x.sigmoid();
    return dy.mul(y).mul(y.neg().add(1));
  },
  tanh: (dy, x) => dy.mul(x.tanh().square().neg().add(1)),
  square: (dy, x) => dy.mul(x).mul(2),
  reciprocal: (dy, x) => dy.div(x.square()).neg(),
  sin: (dy, x) => dy.mul(x.cos()),
  cos: (dy, x) => dy.mul(x.sin()).neg(),
  silu(dy, x) {
    const y = x.sigmoid();
    return dy.mul(y).mul(x.mul(y.neg().add(1)).add(1));
  },
  gelu(dy, x) {
    const share = x.mul(-Math.SQRT1_2).erfc().mul(0.5);
    const bell = x
      .square()
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return dy.mul(share.add(x.mul(bell)));
  },
  leakyRelu: (dy, x, { a }) => where(x.gt(0), dy, dy.mul(a)),
  clamp: (dy, x, { a, b }) => where(x.ge(a), where(x.le(b), dy, 0), 0),
};

for (const [name, formula] of Object.entries(ofOne))
  derive(unary[name as UnaryName], (dy, of) => [formula(dy, of.input(0), of.attrs)]);

derive(unary.relu, (dy, of) => [where(of.output().gt(0), dy, 0)]);

const GELU_SCALE = Math.sqrt(2 / Math.PI);
derive(
  unary.geluTanh,
  composed(([x]) => {
    const inner = x!.add(x!.pow(3).mul(0.044715)).mul(GELU_SCALE);
    return x!.mul(0.5).mul(inner.tanh().add(1));
  }),
);

/** dz by a or b, for z = f(a, b), before what was broadcast is summed. */
type OfTwo = readonly [
  byA: (dz: Tensor, a: () => Tensor, b: () => Tensor) => Tensor,
  byB: (dz: Tensor, a: () => Tensor, b: () => Tensor) => Tensor,
];

/** Half of dz where both are equal, as PyTorch shares it. */
const chosen = (dz: Tensor, mine: Tensor, other: Tensor, larger: boolean): Tensor =>
  where(mine.eq(other), dz.mul(0.5), where(larger ? mine.gt(other) : mine.lt(other), dz, 0));

const ofTwo: Partial<Record<BinaryName, OfTwo>> = {
  add: [(dz) => dz, (dz) => dz],
  sub: [(dz) => dz, (dz) => dz.neg()],
  mul: [(dz, _, b) => dz.mul(b()), (dz, a) => dz.mul(a())],
  div: [(dz, _, b) => dz.div(b()), (dz, a, b) => dz.mul(a()).div(b().square()).neg()],
  pow: [
    // What is not chosen must not be infinite: a gradient of 0 times it is NaN.
    (dz, a, b) => {
      const flat = b().eq(0);
      return where(flat, 0, dz.mul(b()).mul(a().pow(where(flat, 0, b().sub(1)))));
    },
    // 0 to a power above 0 stays 0, whatever the power
    (dz, a, b) => dz.mul(a().pow(b())).mul(where(a().eq(0), where(b().ge(0), 0, -Infinity), a().log())),
  ],
  maximum: [(dz, a, b) => chosen(dz, a(), b(), true), (dz, a, b) => chosen(dz, b(), a(), true)],
  minimum: [(dz, a, b) => chosen(dz, a(), b(), false), (dz, a, b) => chosen(dz, b(), a(), false)],
};

for (const [name, [byA, byB]] of Object.entries(ofTwo))
  derive(binary[name as BinaryName], (dz, of) => {
    const [a, b] = [() => of.input(0), () => of.input(1)];
    return [byA, byB].map((by, i) => (of.needs(i) ? sumTo(by(dz, a, b), of.shapes[i]!) : null));
  });

derive(whereOp, (dy, of) => {
  const [condition] = of.kept() as [Tensor];
  return [
    null,
    of.needs(1) ? sumTo(where(condition, dy, 0), of.shapes[1]!) : null,
    of.needs(2) ? sumTo(where(condition, 0, dy), of.shapes[2]!) : null,
  ];
});

derive(clampTo, (dy, of) => {
  const [x, low, high] = of.kept() as [Tensor, Tensor, Tensor];
  const within = where(x.ge(low), where(x.le(high), dy, 0), 0);
  const below = where(x.lt(low), where(low.lt(high), dy, 0), 0);
  const above = where(x.gt(high), dy, where(low.gt(high), dy, 0));
  return [within, below, above].map((each, i) => (of.needs(i) ? sumTo(each, of.shapes[i]!) : null));
});
