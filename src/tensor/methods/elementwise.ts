// Tensor's arithmetic, comparisons and functions, element by element.
import { DTYPES, type DType } from "../../gpu/array.ts";
import {
  type BinaryName,
  binary,
  type ComparisonName,
  compareArrays,
} from "../../kernels/elementwise/binary.ts";
import { castArray } from "../../kernels/elementwise/cast.ts";
import { clampTo } from "../../kernels/elementwise/clamp.ts";
import { type UnaryName, unary } from "../../kernels/elementwise/unary.ts";
import { numberType } from "../../kernels/shared/types.ts";
import { isList, isTensor, show, wantNoMore, wantNumber, wantOperand } from "../check.ts";
import { scalarArray } from "../from-host.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { type Kind, orNull, takes } from "../options.ts";
import { TensorBase } from "./base.ts";

const BOUND: Kind = {
  says: "a number or a tensor",
  fits: (value) => typeof value === "number" || isTensor(value),
};
export const clampOptions = takes("clamp", 1, { min: orNull(BOUND), max: orNull(BOUND) });

/** A bound of clamp: there is none where it is null or left out. */
export type Bound<T> = number | T | null | undefined;

export abstract class Elementwise<Self extends Elementwise<Self>> extends TensorBase<Self> {
  /** A number as a tensor, which whoever asked for it frees. */
  private number(value: number, dtype: DType = "float32"): Self {
    return this.wrap(scalarArray(value, dtype), "a number");
  }

  // Types -----------------------------------------------------------------------------------------------------

  /**
   * The elements as "float32", "int32", "uint32" or "bool"; this tensor itself where they are. Whole numbers are cut off
   * from floats, and true is all that is not 0. Of other types there is no gradient.
   */
  to(dtype: DType, ...more: never[]): Self {
    if (!DTYPES.includes(dtype)) {
      const all = DTYPES.map((name) => `"${name}"`).join(", ");
      throw new TypeError(`to: the type is one of ${all}, got ${show(dtype)}`);
    }
    wantNoMore("to", more);
    if (dtype === this.dtype) return this as unknown as Self;
    return this.wrap(castArray(arrayOf(this), dtype), "to");
  }
  float(): Self {
    return this.to("float32");
  }
  int(): Self {
    return this.to("int32");
  }
  bool(): Self {
    return this.to("bool");
  }

  // Arithmetic, with broadcasting ----------------------------------------------------------------------------
  //
  // Operands of two types meet in one: the later of bool, uint32, int32, float32. A whole number leaves whole numbers
  // what they are. Whole numbers wrap around at 32 bits, and quotients of them are float32.

  private binary(name: BinaryName, other: Self | number): Self {
    wantOperand(name, "the other operand", other);
    const that = typeof other === "number" ? this.number(other, numberType(other, this.dtype)) : other;
    const result = this.apply(binary[name], [this, that], undefined);
    if (typeof other === "number") handleOf(that).free("it was a number");
    return result;
  }

  add(other: Self | number, ...more: never[]): Self {
    wantNoMore("add", more, "multiply the other operand: x.add(y.mul(alpha))");
    return this.binary("add", other);
  }
  sub(other: Self | number, ...more: never[]): Self {
    wantNoMore("sub", more, "multiply the other operand: x.sub(y.mul(alpha))");
    return this.binary("sub", other);
  }
  mul(other: Self | number): Self {
    return this.binary("mul", other);
  }
  div(other: Self | number, ...more: never[]): Self {
    wantNoMore("div", more, "quotients are not rounded here");
    return this.binary("div", other);
  }
  /** Element-wise power. The gradient of the exponent is 0 where the base is 0, as in PyTorch. */
  pow(exponent: Self | number): Self {
    return this.binary("pow", exponent);
  }
  /** The larger of two, NaN where one is. At ties each side gets half the gradient; where one is NaN, each gets all, as in PyTorch. */
  maximum(other: Self | number): Self {
    return this.binary("maximum", other);
  }
  minimum(other: Self | number): Self {
    return this.binary("minimum", other);
  }

  private compare(name: ComparisonName, other: Self | number): Self {
    wantOperand(name, "the other operand", other);
    // A uint32 tensor meets no negative number.
    const type = (number: number) => (this.dtype === "uint32" ? "uint32" : numberType(number, this.dtype));
    const that = typeof other === "number" ? this.number(other, type(other)) : other;
    const result = this.wrap(compareArrays(name, arrayOf(this), arrayOf(that)), name);
    if (typeof other === "number") handleOf(that).free("it was a number");
    return result;
  }

  /** Whether they are equal, as a bool tensor, which has no gradient; the others likewise. */
  eq(other: Self | number): Self {
    return this.compare("eq", other);
  }
  ne(other: Self | number): Self {
    return this.compare("ne", other);
  }
  lt(other: Self | number): Self {
    return this.compare("lt", other);
  }
  le(other: Self | number): Self {
    return this.compare("le", other);
  }
  gt(other: Self | number): Self {
    return this.compare("gt", other);
  }
  ge(other: Self | number): Self {
    return this.compare("ge", other);
  }

  // Functions -------------------------------------------------------------------------------------------------

  private unary(name: UnaryName, a = 0, b = 0): Self {
    this.requireFloat(name);
    return this.apply(unary[name], [this], { a, b });
  }

  neg(): Self {
    return this.unary("neg");
  }
  exp(): Self {
    return this.unary("exp");
  }
  /** Natural logarithm. */
  log(): Self {
    return this.unary("log");
  }
  sqrt(): Self {
    return this.unary("sqrt");
  }
  abs(): Self {
    return this.unary("abs");
  }
  square(): Self {
    return this.unary("square");
  }
  reciprocal(): Self {
    return this.unary("reciprocal");
  }
  sin(): Self {
    return this.unary("sin");
  }
  cos(): Self {
    return this.unary("cos");
  }
  sigmoid(): Self {
    return this.unary("sigmoid");
  }
  tanh(): Self {
    return this.unary("tanh");
  }
  relu(): Self {
    return this.unary("relu");
  }
  leakyRelu(negativeSlope = 0.01): Self {
    wantNumber("leakyRelu", "negativeSlope", negativeSlope);
    return this.unary("leakyRelu", negativeSlope);
  }
  /** GELU in its tanh approximation: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  gelu(): Self {
    return this.unary("gelu");
  }
  /**
   * No less than `min`, no more than `max`, each a number or a tensor: x.clamp(0), x.clamp(null, 5), x.clamp({ max: 5 }).
   * The upper bound wins where they cross. The gradient passes where x is within, both bounds included; those of bounds
   * that are tensors get it where they took x's place.
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
    // Bounds that cross, and one that is NaN, are for the operation on tensors, which knows them.
    if (typeof min === "number" && typeof max === "number" && min <= max)
      return this.unary("clamp", min, max);
    const bounds = [min, max].map((bound) => (typeof bound === "number" ? this.number(bound) : bound));
    const result = this.apply(clampTo, [this, ...bounds], undefined);
    for (const [i, bound] of [min, max].entries())
      if (typeof bound === "number") handleOf(bounds[i]!).free("it was a number");
    return result;
  }
}
