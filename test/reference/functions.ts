// Functions of one and of two elements beyond elementwise.ts's: exponentials, angles, steps, activations. Where a function
// has a kink, its derivative there is PyTorch's choice.
import { binary, unary } from "./elementwise.ts";
import type { NoAttrs, Reference } from "./reference.ts";

const logistic = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplusOf = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** erf by its series, Σ (−1)ᵏ x^(2k+1) / (k! (2k + 1)) · 2/√π, for |x| ≤ 2.5; erfc beyond by its continued fraction. */
function erfOf(x: number): number {
  if (Math.abs(x) > 2.5) return Math.sign(x) * (1 - erfcFar(Math.abs(x)));
  let [term, sum] = [x, x];
  for (let k = 1; k < 80; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
/** e^−x² / √π / (x + ½ / (x + 1 / (x + 3/2 / (x + …)))), for x > 2. */
function erfcFar(x: number): number {
  let below = x;
  for (let k = 120; k > 0; k--) below = x + k / 2 / below;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / below;
}
const erfcOf = (x: number) => (x > 2.5 ? erfcFar(x) : 1 - erfOf(x));
const bell = (x: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);

// ---- exponentials, logarithms, hyperbolic functions

export const log1p = unary(Math.log1p, (x) => 1 / (1 + x));
export const log2 = unary(Math.log2, (x) => 1 / (x * Math.LN2));
export const log10 = unary(Math.log10, (x) => 1 / (x * Math.LN10));
export const expm1 = unary(Math.expm1, Math.exp);
export const exp2 = unary(
  (x) => 2 ** x,
  (x) => Math.LN2 * 2 ** x,
);
export const rsqrt = unary(
  (x) => 1 / Math.sqrt(x),
  (x) => -0.5 / (x * Math.sqrt(x)),
);
export const erf = unary(erfOf, bell);
export const erfc = unary(erfcOf, (x) => -bell(x));
export const sinh = unary(Math.sinh, Math.cosh);
export const cosh = unary(Math.cosh, Math.sinh);
export const asinh = unary(Math.asinh, (x) => 1 / Math.sqrt(1 + x * x));
export const acosh = unary(Math.acosh, (x) => 1 / Math.sqrt(x * x - 1));
export const atanh = unary(Math.atanh, (x) => 1 / (1 - x * x));

// ---- angles

export const tan = unary(Math.tan, (x) => 1 + Math.tan(x) ** 2);
export const asin = unary(Math.asin, (x) => 1 / Math.sqrt(1 - x * x));
export const acos = unary(Math.acos, (x) => -1 / Math.sqrt(1 - x * x));
export const atan = unary(Math.atan, (x) => 1 / (1 + x * x));
/** sin(πx) / (πx); near 0 its slope is −π² x / 3. */
export const sinc = unary(
  (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
  (x) =>
    Math.abs(x) < 1e-4
      ? (-(Math.PI ** 2) * x) / 3
      : (Math.cos(Math.PI * x) - Math.sin(Math.PI * x) / (Math.PI * x)) / x,
);

// ---- steps

const none = () => 0;
export const sign = unary(Math.sign, none);
export const floor = unary(Math.floor, none);
export const ceil = unary(Math.ceil, none);
export const trunc = unary(Math.trunc, none);
/** Halves to the even one. */
export const round = unary((x) => {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + Math.abs(below % 2) : Math.round(x);
}, none);
export const frac = unary(
  (x) => x - Math.trunc(x),
  () => 1,
);
export const nanToNum = unary<{ nan: number; posinf: number; neginf: number }>(
  (x, { nan, posinf, neginf }) =>
    Number.isNaN(x) ? nan : x === Infinity ? posinf : x === -Infinity ? neginf : x,
  (x) => (Number.isFinite(x) ? 1 : 0),
);

// ---- activations

export const silu = unary(
  (x) => x * logistic(x),
  (x) => logistic(x) * (1 + x * logistic(-x)),
);
/** x > 0 ? scale · x : alpha · (e^(inner x) − 1): elu, selu and celu. */
export const elu = unary<{ alpha: number; scale: number; inner: number }>(
  (x, { alpha, scale, inner }) => (x > 0 ? scale * x : alpha * Math.expm1(inner * x)),
  (x, { alpha, scale, inner }) => (x > 0 ? scale : alpha * inner * Math.exp(inner * x)),
);
export const softplus = unary<{ beta: number; threshold: number }>(
  (x, { beta, threshold }) => (beta * x > threshold ? x : softplusOf(beta * x) / beta),
  (x, { beta, threshold }) => (beta * x > threshold ? 1 : logistic(beta * x)),
);
export const logsigmoid = unary(
  (x) => -softplusOf(-x),
  (x) => logistic(-x),
);
export const mish = unary(
  (x) => x * Math.tanh(softplusOf(x)),
  (x) => Math.tanh(softplusOf(x)) + x * (1 - Math.tanh(softplusOf(x)) ** 2) * logistic(x),
);
/** x Φ(x). */
export const gelu = unary(
  (x) => (x / 2) * erfcOf(-x * Math.SQRT1_2),
  (x) => erfcOf(-x * Math.SQRT1_2) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
);
const between = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
export const hardswish = unary(
  (x) => (x * between(x + 3, 0, 6)) / 6,
  (x) => (x < -3 ? 0 : x <= 3 ? x / 3 + 0.5 : 1),
);
export const hardsigmoid = unary(
  (x) => between(x + 3, 0, 6) / 6,
  (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
);
/** Nothing passes at the bounds. */
export const hardtanh = unary<{ min: number; max: number }>(
  (x, { min, max }) => between(x, min, max),
  (x, { min, max }) => (x > min && x < max ? 1 : 0),
);
export const softsign = unary(
  (x) => x / (1 + Math.abs(x)),
  (x) => 1 / (1 + Math.abs(x)) ** 2,
);
/** Near 0 by its series, x³/3 − 2x⁵/15. */
export const tanhshrink = unary(
  (x) => (Math.abs(x) < 1e-3 ? x ** 3 / 3 - (2 * x ** 5) / 15 : x - Math.tanh(x)),
  (x) => Math.tanh(x) ** 2,
);
export const softshrink = unary<{ lambda: number }>(
  (x, { lambda }) => (x > lambda ? x - lambda : x < -lambda ? x + lambda : 0),
  (x, { lambda }) => (Math.abs(x) > lambda ? 1 : 0),
);
export const hardshrink = unary<{ lambda: number }>(
  (x, { lambda }) => (Math.abs(x) > lambda ? x : 0),
  (x, { lambda }) => (Math.abs(x) > lambda ? 1 : 0),
);
export const threshold = unary<{ threshold: number; value: number }>(
  (x, { threshold: from, value }) => (x > from ? x : value),
  (x, { threshold: from }) => (x > from ? 1 : 0),
);

// ---- of two

export const remainder = binary(
  (a, b) => (a % b !== 0 && a % b < 0 !== b < 0 ? (a % b) + b : a % b),
  () => 1,
  (a, b) => -Math.floor(a / b),
);
export const fmod = binary(
  (a, b) => a % b,
  () => 1,
  (a, b) => -Math.trunc(a / b),
);
export const floorDivide = binary((a, b) => Math.floor(a / b), none, none);
export const truncDivide = binary((a, b) => Math.trunc(a / b), none, none);
export const atan2 = binary(
  Math.atan2,
  (a, b) => b / (a * a + b * b),
  (a, b) => -a / (a * a + b * b),
);
export const hypot = binary(
  (a, b) => Math.hypot(a, b),
  (a, b) => a / Math.hypot(a, b),
  (a, b) => b / Math.hypot(a, b),
);
export const copysign = binary(
  (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  (a, b) => (a === 0 ? 0 : a < 0 === (b < 0 || Object.is(b, -0)) ? 1 : -1),
  none,
);
export const logaddexp = binary(
  (a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))),
  (a, b) => logistic(a - b),
  (a, b) => logistic(b - a),
);
export const xlogy = binary(
  (a, b) => (a === 0 ? 0 : a * Math.log(b)),
  (a, b) => (a === 0 && b <= 0 ? 0 : Math.log(b)),
  (a, b) => a / b,
);
/** a > 0 ? a : b · a. */
export const prelu: Reference<NoAttrs> = binary(
  (a, b) => (a > 0 ? a : b * a),
  (a, b) => (a > 0 ? 1 : b),
  (a) => Math.min(a, 0),
);
