// Tensor's functions of each element.
import type { Op } from "../../gpu/op.ts";
import { clampTo } from "../../kernels/elementwise/clamp.ts";
import type { Parameters } from "../../kernels/elementwise/elements.ts";
import { exponentials } from "../../kernels/elementwise/exponentials.ts";
import { type PredicateName, predicate } from "../../kernels/elementwise/predicates.ts";
import { rounding } from "../../kernels/elementwise/rounding.ts";
import { trigonometry } from "../../kernels/elementwise/trigonometry.ts";
import { unary } from "../../kernels/elementwise/unary.ts";
import { isList, isTensor, wantInteger, wantOperand } from "../check.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { type Kind, NUMBER, orNull, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Arithmetic } from "./arithmetic.ts";

const BOUND: Kind = {
  says: "a number or a tensor",
  fits: (value) => typeof value === "number" || isTensor(value),
};
export const clampOptions = takes("clamp", 1, { min: orNull(BOUND), max: orNull(BOUND) });
const logitOptions = takes("logit", 1, { eps: orNull(NUMBER) });
export const roundOptions = takes("round", 1, { decimals: NUMBER });
const nanToNumOptions = takes("nanToNum", 1, { nan: NUMBER, posinf: NUMBER, neginf: NUMBER });

const LARGEST = 3.4028234663852886e38;

/** A bound of clamp: there is none where it is null or left out. */
export type Bound<T> = number | T | null | undefined;

export abstract class Elementwise<Self extends Elementwise<Self>> extends Arithmetic<Self> {
  /** A function of floats; whole numbers and bools become floats. */
  protected of(op: Op<Parameters>, a = 0, b = 0, c = 0): Self {
    if (this.dtype === "float32") return this.apply(op, [this], { a, b, c });
    return scope(() => this.float().of(op, a, b, c), op.name);
  }

  /** The same of a step, which whole numbers are on already. */
  private stepped(op: Op<Parameters>): Self {
    return this.dtype === "float32" ? this.of(op) : (this as unknown as Self);
  }

  /** −x.
   * @shape any → the same
   * @example tensor([1, -2]).neg(); // → [-1, 2] */
  neg(): Self {
    if (this.dtype === "bool")
      throw new TypeError(
        "neg: a bool tensor has none: logicalNot() turns it round, int() makes whole numbers",
      );
    return this.dtype === "float32" ? this.of(unary.neg) : this.rsub(0);
  }
  /** |x|.
   * @shape any → the same
   * @example tensor([1, -2]).abs(); // → [1, 2] */
  abs(): Self {
    if (this.dtype === "uint32" || this.dtype === "bool") return this as unknown as Self;
    return this.dtype === "float32" ? this.of(unary.abs) : scope(() => this.maximum(this.neg()), "abs");
  }
  /** x².
   * @shape any → the same
   * @example tensor([1, -3]).square(); // → [1, 9] */
  square(): Self {
    return this.dtype === "float32" ? this.of(unary.square) : this.mul(this as unknown as Self);
  }
  /** −1, 0 or 1; its gradient is 0.
   * @shape any → the same
   * @example tensor([-2, 0, 3]).sign(); // → [-1, 0, 1] */
  sign(): Self {
    if (this.dtype === "float32") return this.of(rounding.sign);
    if (this.dtype === "bool") return this as unknown as Self;
    if (this.dtype === "uint32") return this.minimum(1);
    return scope(() => this.gt(0).int().sub(this.lt(0).int()), "sign");
  }
  /** eˣ.
   * @shape any → the same
   * @example tensor([0, 1]).exp(); // → [1, 2.7183] */
  exp(): Self {
    return this.of(unary.exp);
  }
  /** Natural logarithm.
   * @shape any → the same
   * @example tensor([1, 10]).log(); // → [0, 2.3026] */
  log(): Self {
    return this.of(unary.log);
  }
  /** √x, NaN below 0.
   * @shape any → the same
   * @example tensor([4, 2]).sqrt(); // → [2, 1.4142] */
  sqrt(): Self {
    return this.of(unary.sqrt);
  }
  /** 1 / x.
   * @shape any → the same
   * @example tensor([2, 4]).reciprocal(); // → [0.5, 0.25] */
  reciprocal(): Self {
    return this.of(unary.reciprocal);
  }
  /** Sine, of radians.
   * @shape any → the same
   * @example tensor([0, Math.PI / 2]).sin(); // → [0, 1] */
  sin(): Self {
    return this.of(unary.sin);
  }
  /** Cosine, of radians.
   * @shape any → the same
   * @example tensor([0, Math.PI]).cos(); // → [1, -1] */
  cos(): Self {
    return this.of(unary.cos);
  }

  // Exponentials, logarithms, hyperbolic functions, to the last digits near 0 and far from it ------------------

  /** ln(1 + x), exact near 0.
   * @shape any → the same
   * @example tensor([0, 1]).log1p(); // → [0, 0.6931] */
  log1p(): Self {
    return this.of(exponentials.log1p);
  }
  /** Logarithm to the base of 2.
   * @shape any → the same
   * @example tensor([1, 8]).log2(); // → [0, 3] */
  log2(): Self {
    return this.of(exponentials.log2);
  }
  /** Logarithm to the base of 10.
   * @shape any → the same
   * @example tensor([1, 1000]).log10(); // → [0, 3] */
  log10(): Self {
    return this.of(exponentials.log10);
  }
  /** eˣ − 1, exact near 0.
   * @shape any → the same
   * @example tensor([0, 1]).expm1(); // → [0, 1.7183] */
  expm1(): Self {
    return this.of(exponentials.expm1);
  }
  /** 2ˣ.
   * @shape any → the same
   * @example tensor([0, 3]).exp2(); // → [1, 8] */
  exp2(): Self {
    return this.of(exponentials.exp2);
  }
  /** 1 / √x.
   * @shape any → the same
   * @example tensor([4, 16]).rsqrt(); // → [0.5, 0.25] */
  rsqrt(): Self {
    return this.of(exponentials.rsqrt);
  }
  /** The error function, 2/√π ∫ e^−t² dt from 0 to x.
   * @shape any → the same
   * @example tensor([0, 1]).erf(); // → [0, 0.8427] */
  erf(): Self {
    return this.of(exponentials.erf);
  }
  /** 1 − erf(x), exact far to the right.
   * @shape any → the same
   * @example tensor([0, 1]).erfc(); // → [1, 0.1573] */
  erfc(): Self {
    return this.of(exponentials.erfc);
  }
  /** (eˣ − e⁻ˣ) / 2.
   * @shape any → the same
   * @example tensor([0, 1]).sinh(); // → [0, 1.1752] */
  sinh(): Self {
    return this.of(exponentials.sinh);
  }
  /** (eˣ + e⁻ˣ) / 2.
   * @shape any → the same
   * @example tensor([0, 1]).cosh(); // → [1, 1.5431] */
  cosh(): Self {
    return this.of(exponentials.cosh);
  }
  /** What has this sinh.
   * @shape any → the same
   * @example tensor([0, 1]).asinh(); // → [0, 0.8814] */
  asinh(): Self {
    return this.of(exponentials.asinh);
  }
  /** What has this cosh, NaN below 1.
   * @shape any → the same
   * @example tensor([1, 2]).acosh(); // → [0, 1.317] */
  acosh(): Self {
    return this.of(exponentials.acosh);
  }
  /** What has this tanh: ∞ at 1, NaN beyond.
   * @shape any → the same
   * @example tensor([0, 0.5]).atanh(); // → [0, 0.5493] */
  atanh(): Self {
    return this.of(exponentials.atanh);
  }
  /** ln(x / (1 − x)), of x kept between eps and 1 − eps where eps is given.
   * @shape any → the same
   * @example tensor([0.5, 0.9]).logit(); // → [0, 2.1972] */
  logit(options?: { eps?: number | null }, ...more: never[]): Self {
    logitOptions(options, more);
    const eps = options?.eps ?? null;
    return scope(() => {
      const x = eps === null ? this.float() : this.float().clamp(eps, 1 - eps);
      return x.log().sub(x.neg().log1p());
    }, "logit");
  }

  /** Tangent, of radians.
   * @shape any → the same
   * @example tensor([0, Math.PI / 4]).tan(); // → [0, 1] */
  tan(): Self {
    return this.of(trigonometry.tan);
  }
  /** The angle with this sine, from −π/2 to π/2; NaN beyond 1.
   * @shape any → the same
   * @example tensor([0, 1]).asin(); // → [0, 1.5708] */
  asin(): Self {
    return this.of(trigonometry.asin);
  }
  /** The angle with this cosine, from 0 to π; NaN beyond 1.
   * @shape any → the same
   * @example tensor([1, -1]).acos(); // → [0, 3.1416] */
  acos(): Self {
    return this.of(trigonometry.acos);
  }
  /** The angle with this tangent, from −π/2 to π/2.
   * @shape any → the same
   * @example tensor([0, 1]).atan(); // → [0, 0.7854] */
  atan(): Self {
    return this.of(trigonometry.atan);
  }
  /** sin(πx) / (πx), 1 at 0.
   * @shape any → the same
   * @example tensor([0, 0.5]).sinc(); // → [1, 0.6366] */
  sinc(): Self {
    return this.of(trigonometry.sinc);
  }
  /** Degrees as radians.
   * @shape any → the same
   * @example tensor([180]).deg2rad(); // → [3.1416] */
  deg2rad(): Self {
    return this.mul(Math.PI / 180);
  }
  /** Radians as degrees.
   * @shape any → the same
   * @example tensor([Math.PI]).rad2deg(); // → [180] */
  rad2deg(): Self {
    return this.mul(180 / Math.PI);
  }

  // Whole numbers near: their gradient is 0 --------------------------------------------------------------------

  /** The whole number at or below.
   * @shape any → the same
   * @example tensor([1.5, -1.5]).floor(); // → [1, -2] */
  floor(): Self {
    return this.stepped(rounding.floor);
  }
  /** The whole number at or above.
   * @shape any → the same
   * @example tensor([1.5, -1.5]).ceil(); // → [2, -1] */
  ceil(): Self {
    return this.stepped(rounding.ceil);
  }
  /** To the nearest, halves to the even one; of so many decimals, of tens where they are negative.
   * @shape any → the same
   * @example tensor([0.5, 1.5, 2.6]).round(); // → [0, 2, 3]
   * @example tensor([1.256]).round({ decimals: 2 }); // → [1.26] */
  round(options?: { decimals?: number }, ...more: never[]): Self {
    roundOptions(options, more);
    const { decimals = 0 } = options ?? {};
    if (decimals === 0) return this.stepped(rounding.round);
    wantInteger("round", "decimals", decimals);
    this.requireFloat("round");
    const scale = 10 ** Math.abs(decimals);
    return scope(
      () => (decimals > 0 ? this.mul(scale).round().div(scale) : this.div(scale).round().mul(scale)),
      "round",
    );
  }
  /** Towards 0.
   * @shape any → the same
   * @example tensor([1.7, -1.7]).trunc(); // → [1, -1] */
  trunc(): Self {
    return this.stepped(rounding.trunc);
  }
  /** x − trunc(x), of which the gradient is 1.
   * @shape any → the same
   * @example tensor([1.75, -1.75]).frac(); // → [0.75, -0.75] */
  frac(): Self {
    return this.of(rounding.frac);
  }
  /** NaN as `nan`, 0 unless given; infinities as `posinf` and `neginf`, float32's largest numbers unless given.
   * @shape any → the same
   * @example tensor([NaN, Infinity, 1]).nanToNum({ nan: 0, posinf: 9 }); // → [0, 9, 1] */
  nanToNum(options?: { nan?: number; posinf?: number; neginf?: number }, ...more: never[]): Self {
    nanToNumOptions(options, more);
    const { nan = 0, posinf = LARGEST, neginf = -LARGEST } = options ?? {};
    return this.dtype === "float32"
      ? this.of(rounding.nanToNum, nan, posinf, neginf)
      : (this as unknown as Self);
  }

  // What is true of each, as bools ----------------------------------------------------------------------------

  private told(name: PredicateName): Self {
    const x = this.float();
    const result = this.wrap(predicate(name, arrayOf(x)), name);
    if (x !== (this as unknown as Self)) handleOf(x).free("it was made for one operation");
    return result;
  }

  /** Whether it is NaN.
   * @shape any → the same
   * @example tensor([NaN, 1]).isnan(); // → [true, false] */
  isnan(): Self {
    return this.told("isnan");
  }
  /** Whether it is ∞ or −∞.
   * @shape any → the same
   * @example tensor([Infinity, -Infinity, 1]).isinf(); // → [true, true, false] */
  isinf(): Self {
    return this.told("isinf");
  }
  /** Whether it is neither infinite nor NaN.
   * @shape any → the same
   * @example tensor([NaN, Infinity, 1]).isfinite(); // → [false, false, true] */
  isfinite(): Self {
    return this.told("isfinite");
  }
  /** Whether it is ∞.
   * @shape any → the same
   * @example tensor([Infinity, -Infinity]).isposinf(); // → [true, false] */
  isposinf(): Self {
    return this.told("isposinf");
  }
  /** Whether it is −∞.
   * @shape any → the same
   * @example tensor([Infinity, -Infinity]).isneginf(); // → [false, true] */
  isneginf(): Self {
    return this.told("isneginf");
  }
  /** Whether it has a minus sign: −0 has.
   * @shape any → the same
   * @example tensor([1, -1]).signbit(); // → [false, true] */
  signbit(): Self {
    return this.told("signbit");
  }

  /**
   * No less than `min`, no more than `max`, each a number or a tensor: x.clamp(0), x.clamp(null, 5), x.clamp({ max: 5 }).
   * The upper bound wins where they cross. The gradient passes where x is within, both bounds included; those of bounds
   * that are tensors get it where they took x's place. Whole numbers stay whole numbers where the bounds are such too.
   * @shape any, any, any → broadcast
   * @example tensor([-2, 0.5, 3]).clamp(0, 1); // → [0, 0.5, 1]
   */
  clamp(min: Bound<Self> | { min?: Bound<Self>; max?: Bound<Self> }, max?: Bound<Self>): Self {
    if (typeof min === "object" && min !== null && !isTensor(min) && !isList(min)) {
      clampOptions(min, max === undefined ? [] : [max]);
      return this.between(min.min, min.max);
    }
    return this.between(min as Bound<Self>, max);
  }

  private between(least: Bound<Self>, most: Bound<Self>): Self {
    if ((least ?? most ?? null) === null)
      throw new TypeError("clamp: wants a min, a max or both: x.clamp(0), x.clamp(null, 5)");
    const [min, max] = [least ?? -Infinity, most ?? Infinity];
    wantOperand("clamp", "min", min);
    wantOperand("clamp", "max", max);
    const whole = [least ?? 0, most ?? 0].every((bound) =>
      typeof bound === "number" ? Number.isInteger(bound) : bound.dtype !== "float32",
    );
    if (whole && this.dtype !== "float32") return this.wholeBetween(least ?? null, most ?? null);
    // Bounds that cross, and one that is NaN, are for the operation on tensors, which knows them.
    if (typeof min === "number" && typeof max === "number" && min <= max)
      return this.of(unary.clamp, min, max);
    return scope(() => {
      const bounds = [min, max].map((bound) =>
        typeof bound === "number" ? this.number(bound) : bound.float(),
      );
      return this.apply(clampTo, [this.float(), ...bounds], undefined);
    }, "clamp");
  }

  private wholeBetween(min: Self | number | null, max: Self | number | null): Self {
    // No uint32 is negative: a bound below is none, and need not make int32 of them.
    const least = this.dtype === "uint32" && typeof min === "number" ? Math.max(0, min) : min;
    return scope(() => {
      const x = least === null ? (this as unknown as Self) : this.maximum(least);
      return max === null ? x : x.minimum(max);
    }, "clamp");
  }
}
