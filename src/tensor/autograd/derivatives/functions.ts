// The derivatives of functions of one and of two elements beyond elementwise.ts's.
import type { Op } from "../../../gpu/op.ts";
import { activations } from "../../../kernels/elementwise/activations.ts";
import { binary } from "../../../kernels/elementwise/binary.ts";
import type { Parameters } from "../../../kernels/elementwise/elements.ts";
import { exponentials } from "../../../kernels/elementwise/exponentials.ts";
import { pairFunctions } from "../../../kernels/elementwise/pairFunctions.ts";
import { rounding } from "../../../kernels/elementwise/rounding.ts";
import { trigonometry } from "../../../kernels/elementwise/trigonometry.ts";
import { zeros } from "../../creation.ts";
import { where } from "../../functions.ts";
import type { Tensor } from "../../tensor.ts";
import { derive } from "../derive.ts";
import { composed } from "../gradients.ts";
import { sumTo } from "./sum-to.ts";

/** dy by x, for y = f(x); a, b and c are the function's parameters. */
type OfOne = (dy: Tensor, x: Tensor, attrs: Required<Parameters>) => Tensor;

function ofOne<N extends string>(
  ops: Readonly<Record<N, Op<Parameters>>>,
  formulas: Partial<Record<N, OfOne>>,
): void {
  for (const [name, formula] of Object.entries(formulas) as [N, OfOne][])
    derive(ops[name], (dy, of) => [formula(dy, of.input(0), { c: 0, ...of.attrs })]);
}

const { LN2, LN10, PI } = Math;
const TWO_OVER_ROOT_PI = 2 / Math.sqrt(PI);
/** 1 − x². */
const rest = (x: Tensor) => x.square().neg().add(1);
const flat: OfOne = (dy) => zeros(dy.shape);

ofOne(exponentials, {
  log1p: (dy, x) => dy.div(x.add(1)),
  log2: (dy, x) => dy.div(x.mul(LN2)),
  log10: (dy, x) => dy.div(x.mul(LN10)),
  expm1: (dy, x) => dy.mul(x.exp()),
  exp2: (dy, x) => dy.mul(x.exp2()).mul(LN2),
  rsqrt: (dy, x) => dy.mul(x.rsqrt()).div(x).mul(-0.5),
  erf: (dy, x) => dy.mul(x.square().neg().exp()).mul(TWO_OVER_ROOT_PI),
  erfc: (dy, x) => dy.mul(x.square().neg().exp()).mul(-TWO_OVER_ROOT_PI),
  sinh: (dy, x) => dy.mul(x.cosh()),
  cosh: (dy, x) => dy.mul(x.sinh()),
  asinh: (dy, x) => dy.mul(x.square().add(1).rsqrt()),
  acosh: (dy, x) => dy.mul(x.sub(1).mul(x.add(1)).rsqrt()),
  atanh: (dy, x) => dy.div(rest(x)),
});

ofOne(trigonometry, {
  tan: (dy, x) => dy.mul(x.tan().square().add(1)),
  asin: (dy, x) => dy.mul(rest(x).rsqrt()),
  acos: (dy, x) => dy.mul(rest(x).rsqrt()).neg(),
  atan: (dy, x) => dy.div(x.square().add(1)),
  sinc(dy, x) {
    const near = x.abs().lt(1e-3); // there it is −π² x / 3
    const away = where(near, 1, x);
    const slope = away.mul(PI).cos().sub(away.sinc()).div(away);
    return dy.mul(where(near, x.mul((-PI * PI) / 3), slope));
  },
});

ofOne(rounding, {
  sign: flat,
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  frac: (dy) => dy,
  nanToNum: (dy, x) => where(x.isfinite(), dy, 0),
});

ofOne(activations, {
  // What is not chosen must not overflow: a gradient of 0 times infinity is NaN.
  elu: (dy, x, { a, b, c }) => where(x.gt(0), dy.mul(b), dy.mul(a * c).mul(x.clamp({ max: 0 }).mul(c).exp())),
  softplus: (dy, x, { a, b }) => where(x.mul(a).gt(b), dy, dy.mul(x.mul(a).sigmoid())),
  logsigmoid: (dy, x) => dy.mul(x.neg().sigmoid()),
  hardswish: (dy, x) => where(x.lt(-3), 0, where(x.gt(3), dy, dy.mul(x.div(3).add(0.5)))),
  hardsigmoid: (dy, x) => where(x.abs().lt(3), dy.div(6), 0),
  hardtanh: (dy, x, { a, b }) => where(x.gt(a), where(x.lt(b), dy, 0), 0),
  softsign: (dy, x) => dy.div(x.abs().add(1).square()),
  tanhshrink: (dy, x) => dy.mul(x.tanh().square()),
  softshrink: (dy, x, { a }) => where(x.abs().gt(a), dy, 0),
  hardshrink: (dy, x, { a }) => where(x.abs().gt(a), dy, 0),
  threshold: (dy, x, { a }) => where(x.gt(a), dy, 0),
});

derive(
  activations.mish,
  composed(([x]) => x!.mul(x!.softplus().tanh())),
);

/** dz by a or b, for z = f(a, b), before what was broadcast is summed. */
type OfTwo = readonly [
  byA: (dz: Tensor, a: Tensor, b: Tensor) => Tensor,
  byB: (dz: Tensor, a: Tensor, b: Tensor) => Tensor,
];

const none = (dz: Tensor) => zeros(dz.shape);
const quotient = (a: Tensor, b: Tensor, roundingMode: "floor" | "trunc") =>
  a.detach().div(b.detach(), { roundingMode });

const ofTwo: readonly (readonly [Op<undefined>, OfTwo])[] = [
  [binary.remainder, [(dz) => dz, (dz, a, b) => dz.mul(quotient(a, b, "floor")).neg()]],
  [binary.fmod, [(dz) => dz, (dz, a, b) => dz.mul(quotient(a, b, "trunc")).neg()]],
  [binary.floorDivide, [none, none]],
  [binary.truncDivide, [none, none]],
  [
    pairFunctions.atan2,
    [
      (dz, a, b) => dz.mul(b).div(a.square().add(b.square())),
      (dz, a, b) => dz.mul(a).div(a.square().add(b.square())).neg(),
    ],
  ],
  [pairFunctions.hypot, [(dz, a, b) => dz.mul(a).div(a.hypot(b)), (dz, a, b) => dz.mul(b).div(a.hypot(b))]],
  [pairFunctions.copysign, [(dz, a, b) => dz.mul(a.sign()).mul(where(b.signbit(), -1, 1)), none]],
  [
    pairFunctions.logaddexp,
    [(dz, a, b) => dz.mul(a.sub(b).sigmoid()), (dz, a, b) => dz.mul(b.sub(a).sigmoid())],
  ],
  [
    pairFunctions.xlogy,
    [(dz, a, b) => dz.mul(where(a.eq(0).logicalAnd(b.le(0)), 0, b.log())), (dz, a, b) => dz.mul(a).div(b)],
  ],
  [
    pairFunctions.prelu,
    [(dz, a, b) => where(a.gt(0), dz, dz.mul(b)), (dz, a) => where(a.gt(0), 0, dz.mul(a))],
  ],
];

for (const [op, by] of ofTwo)
  derive(op, (dz, of) =>
    by.map((formula, i) =>
      of.needs(i) ? sumTo(formula(dz, of.input(0), of.input(1)), of.shapes[i]!) : null,
    ),
  );
