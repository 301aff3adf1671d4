// Tensor's arithmetic, comparisons and functions, element by element.
import type { DType } from "../gpu/array.ts";
import {
  type BinaryName,
  binary,
  type ComparisonName,
  compareArrays,
} from "../kernels/elementwise/binary.ts";
import { type UnaryName, unary } from "../kernels/elementwise/unary.ts";
import { TensorBase } from "./base.ts";
import { scalarArray } from "./from-host.ts";
import { arrayOf, handleOf } from "./handle.ts";

export abstract class Elementwise<Self extends Elementwise<Self>> extends TensorBase<Self> {
  /** A number as a tensor, which whoever asked for it frees. */
  private number(value: number, dtype: DType = "float32"): Self {
    return this.wrap(scalarArray(value, dtype), "a number");
  }

  // Arithmetic, with broadcasting ----------------------------------------------------------------------------

  private binary(name: BinaryName, other: Self | number, swap = false): Self {
    const that = typeof other === "number" ? this.number(other) : other;
    const result = this.apply(binary[name], swap ? [that, this] : [this, that], undefined);
    if (typeof other === "number") handleOf(that).free("it was a number");
    return result;
  }

  add(other: Self | number): Self {
    return this.binary("add", other);
  }
  sub(other: Self | number): Self {
    return this.binary("sub", other);
  }
  mul(other: Self | number): Self {
    return this.binary("mul", other);
  }
  div(other: Self | number): Self {
    return this.binary("div", other);
  }
  /** Element-wise power. The gradient of the exponent is 0 where the base is 0, as in PyTorch. */
  pow(exponent: Self | number): Self {
    return this.binary("pow", exponent);
  }
  /** The larger of two. At ties each side gets half the gradient. */
  maximum(other: Self | number): Self {
    return this.binary("maximum", other);
  }
  minimum(other: Self | number): Self {
    return this.binary("minimum", other);
  }

  private compare(name: ComparisonName, other: Self | number): Self {
    const that = typeof other === "number" ? this.number(other, this.dtype) : other;
    const result = this.wrap(compareArrays(name, arrayOf(this), arrayOf(that)), name);
    if (typeof other === "number") handleOf(that).free("it was a number");
    return result;
  }

  /** 1 where equal, else 0; float32, no gradient. Both of one type. */
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
    return this.unary("leakyRelu", negativeSlope);
  }
  /** GELU in its tanh approximation: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  gelu(): Self {
    return this.unary("gelu");
  }
  clamp(min: number, max: number): Self {
    return this.unary("clamp", min, max);
  }
}
