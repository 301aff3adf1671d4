// Tensor's methods that are a few others: comparisons of whole tensors, and the rarer functions of two.
import { sameShape } from "../../gpu/shape.ts";
import { where as whereOp } from "../../kernels/elementwise/where.ts";
import { numberType } from "../../kernels/shared/types.ts";
import { wantOperand, wantTensor } from "../check.ts";
import { naming } from "../naming.ts";
import { BOOLEAN, NUMBER, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Placing } from "./placing.ts";
import { promised } from "./promised.ts";

/** How near is close: |x − y| ≤ atol + rtol · |y|. */
export interface Closeness {
  /** Default 1e-5. */
  rtol?: number;
  /** Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNan?: boolean;
}

const CLOSENESS = { rtol: NUMBER, atol: NUMBER, equalNan: BOOLEAN };
const iscloseOptions = takes("isclose", 2, CLOSENESS);
const allcloseOptions = takes("allclose", 2, CLOSENESS);

export abstract class Composed<Self extends Composed<Self>> extends Placing<Self> {
  /** This tensor where `condition` holds, else `other`. The two meet in one type, as in arithmetic.
   * @shape any, any, any → broadcast
   * @example tensor([1, 2]).where(tensor([true, false]), 0); // → [1, 0] */
  where(condition: Self, other: Self | number): Self {
    wantTensor("where", "the condition", condition);
    wantOperand("where", "what is taken where it does not hold", other);
    return scope(() => {
      const that = typeof other === "number" ? this.number(other, numberType(other, this.dtype)) : other;
      return this.apply(whereOp, [condition, this, that], undefined);
    }, "where");
  }

  /** Whether elements are close, |x − y| ≤ atol + rtol · |y|, as bools. Equal infinities are; NaN is not, unless equalNan.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).isclose(tensor([1 + 1e-7, 3])); // → [true, false] */
  isclose(other: Self, options?: Closeness, ...more: never[]): Self {
    wantTensor("isclose", "the other operand", other);
    iscloseOptions(options, more);
    return this.close("isclose", other, options);
  }

  /** Whether all elements are close: see isclose. Waits for the GPU.
   * @shape any, any → nothing
   * @example tensor([1, 2]).allclose(tensor([1, 2 + 1e-6])); // → true */
  allclose(other: Self, options?: Closeness, ...more: never[]): Promise<boolean> {
    return promised("allclose()", async () => {
      wantTensor("allclose", "the other operand", other);
      allcloseOptions(options, more);
      return (await this.close("allclose", other, options).logicalNot().sum().item()) === 0;
    });
  }

  private close(name: string, other: Self, { rtol = 1e-5, atol = 1e-8, equalNan = false }: Closeness = {}) {
    return scope(() => {
      const [x, y] = [this.detach(), other.detach()];
      const near = x.float().sub(y).abs().le(y.float().abs().mul(rtol).add(atol));
      // ∞ is within ∞ · rtol of everything.
      const close = near.logicalAnd(y.isfinite()).logicalOr(x.eq(y));
      return equalNan ? close.logicalOr(x.isnan().logicalAnd(y.isnan())) : close;
    }, name);
  }

  /** Whether another tensor has the same shape and the same elements. Waits for the GPU.
   * @shape any, any → nothing
   * @example tensor([1, 2]).equal(tensor([1, 2])); // → true */
  equal(other: Self): Promise<boolean> {
    return promised("equal()", async () => {
      wantTensor("equal", "the other tensor", other);
      if (!sameShape(this.shape, other.shape)) return false;
      return (await this.ne(other).sum().item()) === 0;
    });
  }

  /** The larger of two; where one is NaN, the other.
   * @shape any, any → broadcast
   * @example tensor([NaN, 1]).fmax(tensor([2, 3])); // → [2, 3] */
  fmax(other: Self): Self {
    return this.passingNaN("fmax", other, (x, y) => x.maximum(y));
  }
  /** The smaller of two; where one is NaN, the other.
   * @shape any, any → broadcast
   * @example tensor([NaN, 1]).fmin(tensor([2, 3])); // → [2, 1] */
  fmin(other: Self): Self {
    return this.passingNaN("fmin", other, (x, y) => x.minimum(y));
  }

  private passingNaN(name: string, other: Self, choose: (x: Self, y: Self) => Self): Self {
    wantTensor(name, "the other operand", other);
    const x = this as unknown as Self;
    return scope(() => x.where(other.isnan(), other.where(x.isnan(), choose(x, other))), name);
  }

  /** No less than `min`: clamp(min).
   * @shape any, any → broadcast
   * @example tensor([-1, 2]).clampMin(0); // → [0, 2] */
  clampMin(min: Self | number): Self {
    wantOperand("clampMin", "min", min);
    return naming("clampMin", () => this.clamp(min));
  }
  /** No more than `max`: clamp(null, max).
   * @shape any, any → broadcast
   * @example tensor([-1, 2]).clampMax(0); // → [-1, 0] */
  clampMax(max: Self | number): Self {
    wantOperand("clampMax", "max", max);
    return naming("clampMax", () => this.clamp(null, max));
  }
  /** 0 where this tensor is negative, 1 where it is positive, `values` where it is 0.
   * @shape any, any → broadcast
   * @example tensor([-1, 0, 2]).heaviside(tensor([0.5])); // → [0, 0.5, 1] */
  heaviside(values: Self): Self {
    wantTensor("heaviside", "the values", values);
    return scope(() => values.where(this.eq(0), this.gt(0).to(this.dtype)), "heaviside");
  }
  /** this · 2^exponent.
   * @shape any, any → broadcast
   * @example tensor([1, 3]).ldexp(tensor([2, 1])); // → [4, 6] */
  ldexp(exponent: Self): Self {
    wantTensor("ldexp", "the exponent", exponent);
    return scope(() => this.mul(exponent.exp2()), "ldexp");
  }
  /** The power of floats, whatever the operands are.
   * @shape any, any → broadcast
   * @example tensor([4, 9]).floatPower(0.5); // → [2, 3] */
  floatPower(exponent: Self | number): Self {
    wantOperand("floatPower", "the exponent", exponent);
    return scope(() => this.float().pow(exponent), "floatPower");
  }
  /** log₂(2ᵃ + 2ᵇ), which does not overflow on the way.
   * @shape any, any → broadcast
   * @example tensor([1]).logaddexp2(tensor([1])); // → [2] */
  logaddexp2(other: Self): Self {
    wantTensor("logaddexp2", "the other operand", other);
    return scope(
      () =>
        this.mul(Math.LN2)
          .logaddexp(other.mul(Math.LN2))
          .mul(1 / Math.LN2),
      "logaddexp2",
    );
  }

  /** This tensor's elements as another one's type.
   * @shape any, any → the same
   * @example tensor([1.5]).typeAs(tensor([1], { dtype: "int32" })); // → [1] */
  typeAs(other: Self): Self {
    wantTensor("typeAs", "the other tensor", other);
    return this.to(other.dtype);
  }
  /** +x: the same tensor.
   * @shape any → the same
   * @example tensor([-1]).positive(); // → [-1] */
  positive(): Self {
    return this as unknown as Self;
  }
  /** Whether it is of floats, which have gradients.
   * @example tensor([1]).isFloatingPoint(); // → true */
  isFloatingPoint(): boolean {
    return this.dtype === "float32";
  }
  /** Whether it is of numbers with a sign.
   * @example tensor(new Uint32Array([1])).isSigned(); // → false */
  isSigned(): boolean {
    return this.dtype === "float32" || this.dtype === "int32";
  }
  /** Whether the other has this shape.
   * @shape any, any → nothing
   * @example zeros([2, 3]).isSameSize(ones([2, 3])); // → true */
  isSameSize(other: Self): boolean {
    wantTensor("isSameSize", "the other tensor", other);
    return sameShape(this.shape, other.shape);
  }
}
