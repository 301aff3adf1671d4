// Tensor's arithmetic and comparisons, element by element, with broadcasting, and its types.
import { DTYPES, type DType } from "../../gpu/array.ts";
import {
  type BinaryName,
  binary,
  type ComparisonName,
  compareArrays,
} from "../../kernels/elementwise/binary.ts";
import { type BitwiseName, bitwiseArrays } from "../../kernels/elementwise/bitwise.ts";
import { castArray } from "../../kernels/elementwise/cast.ts";
import { type PairFunctionName, pairFunctions } from "../../kernels/elementwise/pairFunctions.ts";
import { reshape } from "../../kernels/shapes/reshape.ts";
import { numberType } from "../../kernels/shared/types.ts";
import { show, wantNoMore, wantOperand, wantTensor } from "../check.ts";
import { scalarArray } from "../from-host.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { naming } from "../naming.ts";
import { NUMBER, oneOf, orNull, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { TensorBase } from "./base.ts";

const divOptions = takes("div", 2, { roundingMode: orNull(oneOf("trunc", "floor")) }, []);
export const alphaOptions = takes("add", 2, { alpha: NUMBER });
const addcmulOptions = takes("addcmul", 3, { value: NUMBER });
const addcdivOptions = takes("addcdiv", 3, { value: NUMBER });

/** What add and sub take beside the other operand. */
export interface AlphaOptions {
  /** What the other operand is multiplied by. Default 1. */
  alpha?: number;
}

export abstract class Arithmetic<Self extends Arithmetic<Self>> extends TensorBase<Self> {
  /** A number as a tensor, which whoever asked for it frees. */
  protected number(value: number, dtype?: DType, who?: string): Self {
    return this.wrap(scalarArray(value, dtype, who), "a number");
  }

  /** What `use` makes of an operand, a number as a tensor of the type that it takes beside this one. */
  private beside(name: string, other: Self | number, use: (that: Self) => Self, dtype?: DType): Self {
    wantOperand(name, "the other operand", other);
    if (typeof other !== "number") return naming(name, () => use(other));
    const that = this.number(other, dtype ?? numberType(other, this.dtype), name);
    const result = naming(name, () => use(that));
    handleOf(that).free("it was a number");
    return result;
  }

  // Types -----------------------------------------------------------------------------------------------------

  /**
   * The elements as "float32", "int32", "uint32" or "bool"; this tensor itself where they are. Whole numbers are cut off
   * from floats, and true is all that is not 0. Of other types there is no gradient.
   * @shape any → the same
   * @example tensor([1.5]).to("int32"); // → [1]
   */
  to(dtype: DType, ...more: never[]): Self {
    if (!DTYPES.includes(dtype)) {
      const all = DTYPES.map((name) => `"${name}"`).join(", ");
      const device = /cpu|cuda|mps|device/.test(show(dtype)) ? ": there is one device, leave it out" : "";
      throw new TypeError(`to: the type is one of ${all}, got ${show(dtype)}${device}`);
    }
    wantNoMore("to", more);
    if (dtype === this.dtype) return this as unknown as Self;
    return this.wrap(castArray(arrayOf(this), dtype), "to");
  }
  /** As float32.
   * @shape any → the same
   * @example tensor([true, false]).float(); // → [1, 0] */
  float(): Self {
    return this.to("float32");
  }
  /** As int32, towards 0.
   * @shape any → the same
   * @example tensor([1.7, -1.7]).int(); // → [1, -1] */
  int(): Self {
    return this.to("int32");
  }
  /** As bool: whether it is not 0.
   * @shape any → the same
   * @example tensor([0, 2]).bool(); // → [false, true] */
  bool(): Self {
    return this.to("bool");
  }

  // Arithmetic, with broadcasting ----------------------------------------------------------------------------
  //
  // Operands of two types meet in one: the later of bool, uint32, int32, float32. A whole number leaves whole numbers
  // what they are. Whole numbers wrap around at 32 bits, and quotients of them are float32.

  private binary(name: BinaryName, other: Self | number): Self {
    return this.beside(name, other, (that) => this.apply(binary[name], [this, that], undefined));
  }

  /** this + other, broadcast.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).add(10); // → [11, 12] */
  add(other: Self | number, options?: AlphaOptions, ...more: never[]): Self {
    return this.scaled("add", other, more, options);
  }
  /** this − other, broadcast.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).sub(tensor([[1], [2]])); // → [[0, 1], [-1, 0]] */
  sub(other: Self | number, options?: AlphaOptions, ...more: never[]): Self {
    return this.scaled("sub", other, more, options);
  }

  private scaled(name: "add" | "sub", other: Self | number, more: unknown[], options?: AlphaOptions): Self {
    alphaOptions(options, more, name);
    const { alpha = 1 } = options ?? {};
    wantOperand(name, "the other operand", other);
    if (alpha === 1) return this.binary(name, other);
    const times = (): Self | number => (typeof other === "number" ? other * alpha : other.mul(alpha));
    return scope(() => this.binary(name, times()), name);
  }
  /** other − this.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).rsub(1); // → [0, -1] */
  rsub(other: Self | number): Self {
    return this.beside("rsub", other, (that) => that.apply(binary.sub, [that, this], undefined));
  }
  /** this · other, element by element, broadcast.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).mul(tensor([3, 4])); // → [3, 8] */
  mul(other: Self | number): Self {
    return this.binary("mul", other);
  }
  /** The quotient, as floats. Rounded down or towards 0 with { roundingMode: "floor" } or "trunc", without a gradient then.
   * @shape any, any → broadcast
   * @example tensor([7, -7]).div(2, { roundingMode: "floor" }); // → [3, -4] */
  div(other: Self | number, options?: { roundingMode?: "trunc" | "floor" | null }, ...more: never[]): Self {
    divOptions(options, more);
    const { roundingMode = null } = options ?? {};
    if (roundingMode === null) return this.binary("div", other);
    return this.binary(roundingMode === "floor" ? "floorDivide" : "truncDivide", other);
  }
  /** The quotient rounded down. Its gradient is 0. Whole numbers stay what they are, and by 0 give 0.
   * @shape any, any → broadcast
   * @example tensor([7, -7]).floorDivide(2); // → [3, -4] */
  floorDivide(other: Self | number): Self {
    return this.binary("floorDivide", other);
  }
  /** What is left of a division that is rounded down: with the sign of the divisor, as Python's %.
   * @shape any, any → broadcast
   * @example tensor([5, -5]).remainder(3); // → [2, 1] */
  remainder(other: Self | number): Self {
    return this.binary("remainder", other);
  }
  /** What is left of a division that is rounded towards 0: with the sign of this tensor, as C's fmod.
   * @shape any, any → broadcast
   * @example tensor([5, -5]).fmod(3); // → [2, -2] */
  fmod(other: Self | number): Self {
    return this.binary("fmod", other);
  }
  /** Element-wise power. The gradient of the exponent is 0 where the base is 0, as in PyTorch.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).pow(2); // → [1, 4, 9] */
  pow(exponent: Self | number): Self {
    if (
      typeof exponent === "number" &&
      exponent < 0 &&
      Number.isInteger(exponent) &&
      this.dtype !== "float32"
    )
      throw new RangeError(`pow: whole numbers have no negative powers: x.float().pow(${exponent})`);
    return this.binary("pow", exponent);
  }
  /** A number, or a tensor, to the power of this one.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).rpow(2); // → [2, 4, 8] */
  rpow(base: Self | number): Self {
    return this.beside("rpow", base, (that) => that.apply(binary.pow, [that, this], undefined));
  }
  /** The larger of two, NaN where one is. At ties each side gets half the gradient; where one is NaN, each gets all, as in PyTorch.
   * @shape any, any → broadcast
   * @example tensor([1, 5]).maximum(3); // → [3, 5] */
  maximum(other: Self | number): Self {
    return this.binary("maximum", other);
  }
  /** The smaller of two, NaN where one is; its gradient is as maximum's.
   * @shape any, any → broadcast
   * @example tensor([1, 5]).minimum(3); // → [1, 3] */
  minimum(other: Self | number): Self {
    return this.binary("minimum", other);
  }

  // Functions of two, of floats -------------------------------------------------------------------------------

  private pair(name: PairFunctionName, other: Self | number): Self {
    return this.beside(
      name,
      other,
      (that) => this.apply(pairFunctions[name], [this, that], undefined),
      "float32",
    );
  }

  /** The angle of the points (other, this), from −π to π.
   * @shape any, any → broadcast
   * @example tensor([1, 0]).atan2(tensor([0, -1])); // → [1.5708, 3.1416] */
  atan2(other: Self | number): Self {
    return this.pair("atan2", other);
  }
  /** √(this² + other²), which does not overflow on the way.
   * @shape any, any → broadcast
   * @example tensor([3, 5]).hypot(tensor([4, 12])); // → [5, 13] */
  hypot(other: Self | number): Self {
    return this.pair("hypot", other);
  }
  /** This one's magnitudes with the other's signs.
   * @shape any, any → broadcast
   * @example tensor([1, -2]).copysign(tensor([-3, 4])); // → [-1, 2] */
  copysign(other: Self | number): Self {
    return this.pair("copysign", other);
  }
  /** ln(eᵃ + eᵇ), which does not overflow on the way.
   * @shape any, any → broadcast
   * @example tensor([1, 200]).logaddexp(tensor([1, 0])); // → [1.6931, 200] */
  logaddexp(other: Self | number): Self {
    return this.pair("logaddexp", other);
  }
  /** x ln y, and 0 where x is 0.
   * @shape any, any → broadcast
   * @example tensor([0, 2]).xlogy(tensor([0, 1])); // → [0, 0] */
  xlogy(other: Self | number): Self {
    return this.pair("xlogy", other);
  }
  /** x where it is above 0, else weight · x: one weight, or one a channel of dim 1.
   * @shape any, [] → the same
   * @shape [samples, channels, ...], [channels] → the same
   * @shape any, [1] → the same
   * @example tensor([-2, 3]).prelu(tensor([0.25])); // → [-0.5, 3] */
  prelu(weight: Self): Self {
    wantTensor("prelu", "the weight", weight);
    const channels = this.ndim > 1 ? this.shape[1]! : 1;
    if (weight.numel() !== 1 && (weight.ndim !== 1 || weight.numel() !== channels))
      throw new RangeError(
        `prelu: wants one weight or ${channels}, one a channel, got [${weight.shape.join(", ")}]`,
      );
    const shape = weight.numel() === 1 ? [] : [channels, ...this.shape.slice(2).map(() => 1)];
    return scope(() => this.pair("prelu", this.apply(reshape, [weight], { shape })), "prelu");
  }

  // Of several ------------------------------------------------------------------------------------------------

  /** From this tensor towards `end`: this + weight · (end − this).
   * @shape any, any, any → broadcast
   * @example tensor([0, 10]).lerp(tensor([10, 20]), 0.25); // → [2.5, 12.5] */
  lerp(end: Self, weight: Self | number): Self {
    wantTensor("lerp", "the end", end);
    wantOperand("lerp", "the weight", weight);
    return scope(() => this.add(end.sub(this as unknown as Self).mul(weight)), "lerp");
  }
  /** this + value · a · b.
   * @shape any, any, any → broadcast
   * @example tensor([1, 1]).addcmul(tensor([2, 3]), tensor([4, 5]), { value: 0.5 }); // → [5, 8.5] */
  addcmul(a: Self, b: Self, options?: { value?: number }, ...more: never[]): Self {
    wantTensor("addcmul", "the first factor", a);
    wantTensor("addcmul", "the second factor", b);
    addcmulOptions(options, more);
    return scope(() => this.add(a.mul(b).mul(options?.value ?? 1)), "addcmul");
  }
  /** this + value · a / b.
   * @shape any, any, any → broadcast
   * @example tensor([1, 1]).addcdiv(tensor([4, 9]), tensor([2, 3])); // → [3, 4] */
  addcdiv(a: Self, b: Self, options?: { value?: number }, ...more: never[]): Self {
    wantTensor("addcdiv", "the dividend", a);
    wantTensor("addcdiv", "the divisor", b);
    addcdivOptions(options, more);
    return scope(() => this.add(a.div(b).mul(options?.value ?? 1)), "addcdiv");
  }

  // Comparisons -----------------------------------------------------------------------------------------------

  private compare(name: ComparisonName, other: Self | number): Self {
    // A uint32 tensor meets no negative number.
    const dtype = this.dtype === "uint32" ? "uint32" : undefined;
    return this.beside(
      name,
      other,
      (that) => this.wrap(compareArrays(name, arrayOf(this), arrayOf(that)), name),
      dtype,
    );
  }

  /** Whether they are equal, as a bool tensor, which has no gradient; the others likewise.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).eq(2); // → [false, true] */
  eq(other: Self | number): Self {
    return this.compare("eq", other);
  }
  /** Whether they differ.
   * @shape any, any → broadcast
   * @example tensor([1, 2]).ne(2); // → [true, false] */
  ne(other: Self | number): Self {
    return this.compare("ne", other);
  }
  /** Whether this is less than the other.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).lt(2); // → [true, false, false] */
  lt(other: Self | number): Self {
    return this.compare("lt", other);
  }
  /** Whether this is at most the other.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).le(2); // → [true, true, false] */
  le(other: Self | number): Self {
    return this.compare("le", other);
  }
  /** Whether this is greater than the other.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).gt(2); // → [false, false, true] */
  gt(other: Self | number): Self {
    return this.compare("gt", other);
  }
  /** Whether this is at least the other.
   * @shape any, any → broadcast
   * @example tensor([1, 2, 3]).ge(2); // → [false, true, true] */
  ge(other: Self | number): Self {
    return this.compare("ge", other);
  }

  // Bits and truth --------------------------------------------------------------------------------------------

  private bits(name: BitwiseName, other: Self | number): Self {
    return this.beside(name, other, (that) =>
      this.wrap(bitwiseArrays(name, arrayOf(this), arrayOf(that)), name),
    );
  }

  /** Of whole numbers and bools; the others likewise, but shifts of whole numbers alone.
   * @shape any, any → broadcast
   * @example tensor([12], { dtype: "int32" }).bitwiseAnd(10); // → [8] */
  bitwiseAnd(other: Self | number): Self {
    return this.bits("bitwiseAnd", other);
  }
  /** Each bit that one of the two has.
   * @shape any, any → broadcast
   * @example tensor([12], { dtype: "int32" }).bitwiseOr(10); // → [14] */
  bitwiseOr(other: Self | number): Self {
    return this.bits("bitwiseOr", other);
  }
  /** Each bit that just one of the two has.
   * @shape any, any → broadcast
   * @example tensor([12], { dtype: "int32" }).bitwiseXor(10); // → [6] */
  bitwiseXor(other: Self | number): Self {
    return this.bits("bitwiseXor", other);
  }
  /** Each bit turned over; of a bool tensor, logicalNot.
   * @shape any → the same
   * @example tensor([0, 5], { dtype: "int32" }).bitwiseNot(); // → [-1, -6] */
  bitwiseNot(): Self {
    if (this.dtype === "bool") return this.logicalNot();
    return this.beside("bitwiseNot", this.dtype === "uint32" ? 2 ** 32 - 1 : -1, (ones) =>
      this.bitwiseXor(ones),
    );
  }
  /** The bits moved up: this · 2^other.
   * @shape any, any → broadcast
   * @example tensor([1, 3], { dtype: "int32" }).bitwiseLeftShift(2); // → [4, 12] */
  bitwiseLeftShift(other: Self | number): Self {
    return this.bits("bitwiseLeftShift", other);
  }
  /** The bits moved down, with the sign kept: ⌊this / 2^other⌋.
   * @shape any, any → broadcast
   * @example tensor([8, -8], { dtype: "int32" }).bitwiseRightShift(1); // → [4, -4] */
  bitwiseRightShift(other: Self | number): Self {
    return this.bits("bitwiseRightShift", other);
  }

  private logical(name: string, as: BitwiseName, other: Self): Self {
    wantTensor(name, "the other operand", other);
    return scope(() => this.bool().bits(as, other.bool()), name);
  }

  /** Whether both are not 0, as bools; the others likewise.
   * @shape any, any → broadcast
   * @example tensor([0, 1]).logicalAnd(tensor([2, 2])); // → [false, true] */
  logicalAnd(other: Self): Self {
    return this.logical("logicalAnd", "bitwiseAnd", other);
  }
  /** Whether one of the two is not 0.
   * @shape any, any → broadcast
   * @example tensor([0, 1]).logicalOr(tensor([0, 0])); // → [false, true] */
  logicalOr(other: Self): Self {
    return this.logical("logicalOr", "bitwiseOr", other);
  }
  /** Whether just one of the two is not 0.
   * @shape any, any → broadcast
   * @example tensor([0, 1]).logicalXor(tensor([2, 2])); // → [true, false] */
  logicalXor(other: Self): Self {
    return this.logical("logicalXor", "bitwiseXor", other);
  }
  /** Whether it is 0.
   * @shape any → the same
   * @example tensor([0, 2]).logicalNot(); // → [true, false] */
  logicalNot(): Self {
    return this.eq(0);
  }
}
