// Tensor's operations in place, by PyTorch's names with a trailing underscore. The tape cannot see a tensor change, so what
// it would have to know of is refused; a value that it has saved and that changes later is found by its storage's version.
//
// Reshaped and detached tensors share their memory, and change together. Slices, transposed and broadcast tensors are
// copies here where PyTorch's are views: writing into one would not reach the tensor that PyTorch would change.
import { broadcastShapes, formatShape, sameShape } from "../../gpu/shape.ts";
import { fillArray } from "../../kernels/elementwise/fill.ts";
import { normalArray, uniformArray } from "../../kernels/random/random.ts";
import { copyArray } from "../../kernels/shapes/copy.ts";
import { isRecording, noGrad } from "../autograd/grad-mode.ts";
import { isList, isTensor, wantNoMore, wantNumber, wantOperand, wantTensor } from "../check.ts";
import { arrayOf, handleOf } from "../handle.ts";
import { naming } from "../naming.ts";
import { type AlphaOptions, alphaOptions } from "./arithmetic.ts";
import { COPIES } from "./base.ts";
import { type Bound, clampOptions, roundOptions } from "./elementwise.ts";
import { Products } from "./products.ts";

/** Those that are written in place by their names, and take nothing. */
export const IN_PLACE = [
  "abs",
  "neg",
  "exp",
  "log",
  "sqrt",
  "square",
  "reciprocal",
  "sigmoid",
  "tanh",
  "relu",
  "sin",
  "cos",
  "rsqrt",
  "floor",
  "ceil",
  "trunc",
] as const;

export abstract class InPlace<Self extends InPlace<Self>> extends Products<Self> {
  /** Throws where a change would be one that the tape must see, or would not reach what PyTorch changes. */
  protected wantWritable(name: string, ...operands: unknown[]): void {
    const { node, origin } = handleOf(this);
    const other = name.slice(0, -1);
    const instead = other in this ? `write x = x.${other}(…), or ` : ""; // there is no copy, fill or zero
    if (node !== null || (this.requiresGrad && isRecording())) {
      throw new Error(
        `${name}: this tensor is on the tape, which cannot see it change: ${instead}do it inside noGrad(), on a leaf`,
      );
    }
    if (isRecording() && operands.some((each) => isTensor(each) && (each as unknown as Self).requiresGrad)) {
      throw new Error(
        `${name}: an operand requires a gradient, which would be lost: ${instead}do it inside noGrad()`,
      );
    }
    if (COPIES.includes(origin)) {
      throw new Error(
        `${name}: this tensor is a copy that ${origin} made, where PyTorch's is a view: what it is a part of would not change: write into that by indexCopy_, indexFill_, maskedFill_ or scatter_, or clone() this if a copy is meant`,
      );
    }
  }

  /** Overwrites the elements with a result, which must have this shape and type. */
  protected become(name: string, result: () => Self): this {
    noGrad(() => {
      const made = naming(name, result);
      if (!sameShape(made.shape, this.shape))
        throw new RangeError(
          `${name}: the result is ${formatShape(made.shape)}, and this tensor ${formatShape(this.shape)}`,
        );
      if (made.dtype !== this.dtype)
        throw new TypeError(
          `${name}: the result is ${made.dtype}, and this tensor ${this.dtype}: to("${made.dtype}") first`,
        );
      const [from, to] = [arrayOf(made), arrayOf(this)];
      if (from.storage !== to.storage) copyArray(from, to);
    });
    return this;
  }

  /**
   * Overwrites the elements with those of a tensor, which broadcasts and becomes of this type. Off the tape: a leaf with
   * requiresGrad wants noGrad around it, and the result of a recorded operation refuses; so do all others here.
   * @shape any, any → the same
   * @example zeros([2]).copy_(tensor([1, 2])); // → [1, 2]
   */
  copy_(source: Self): this {
    wantTensor("copy_", "the source", source);
    const { shape, dtype } = this;
    if (!sameShape(broadcastShapes(shape, source.shape, "copy_"), shape)) {
      throw new RangeError(`copy_: ${formatShape(source.shape)} does not broadcast to ${formatShape(shape)}`);
    }
    this.wantWritable("copy_", source);
    return this.become("copy_", () => {
      const cast = source.dtype === dtype ? source : source.to(dtype);
      return sameShape(cast.shape, shape) ? cast : cast.expand(shape);
    });
  }

  // One value, and random ones -----------------------------------------------------------------------------------

  /** Every element becomes the value.
   * @shape any, any → the same
   * @example zeros([2]).fill_(3); // → [3, 3] */
  fill_(value: number, ...more: never[]): this {
    wantNumber("fill_", "the value", value);
    wantNoMore("fill_", more);
    this.wantWritable("fill_");
    fillArray(arrayOf(this), value);
    return this;
  }
  /** Every element becomes 0.
   * @shape any, any → the same
   * @example ones([2]).zero_(); // → [0, 0] */
  zero_(): this {
    this.wantWritable("zero_");
    fillArray(arrayOf(this), 0);
    return this;
  }
  /** Drawn from a normal distribution.
   * @shape any, any → the same
   * @example zeros([2, 3]).normal_(0, 0.02).shape; // → [2, 3] */
  normal_(mean = 0, std = 1, ...more: never[]): this {
    return this.draw("normal_", { mean, std }, more, () => normalArray(this.shape, mean, std));
  }
  /** Drawn uniformly from [from, to).
   * @shape any, any → the same
   * @example zeros([100]).uniform_(2, 3).ge(2).all(); // → true */
  uniform_(from = 0, to = 1, ...more: never[]): this {
    return this.draw("uniform_", { from, to }, more, () => uniformArray(this.shape, from, to));
  }

  private draw(
    name: string,
    numbers: Record<string, number>,
    more: readonly unknown[],
    array: () => ReturnType<typeof normalArray>,
  ): this {
    for (const [key, value] of Object.entries(numbers)) wantNumber(name, key, value);
    wantNoMore(name, more);
    this.requireFloat(name);
    this.wantWritable(name);
    return this.become(name, () => this.wrap(array(), name));
  }

  // Arithmetic. The other operand broadcasts to this tensor's shape -----------------------------------------------

  private with(
    name: "add_" | "sub_" | "mul_" | "div_" | "pow_",
    other: Self | number,
    more: readonly unknown[],
    options?: AlphaOptions,
  ): this {
    wantOperand(name, "the other operand", other);
    if (name === "add_" || name === "sub_") alphaOptions(options, more, name);
    else wantNoMore(name, more);
    this.wantWritable(name, other);
    const plain = name.slice(0, -1) as "add" | "sub" | "mul" | "div" | "pow";
    return this.become(name, () =>
      plain === "add" || plain === "sub" ? this[plain](other, options) : this[plain](other),
    );
  }

  /** this + other, in place.
   * @shape any, any → the same
   * @example ones([2]).add_(tensor([1, 2])); // → [2, 3] */
  add_(other: Self | number, options?: AlphaOptions, ...more: never[]): this {
    return this.with("add_", other, more, options);
  }
  /** this − other, in place.
   * @shape any, any → the same
   * @example ones([2]).sub_(tensor([1, 2])); // → [0, -1] */
  sub_(other: Self | number, options?: AlphaOptions, ...more: never[]): this {
    return this.with("sub_", other, more, options);
  }
  /** this · other, in place.
   * @shape any, any → the same
   * @example tensor([1, 2]).mul_(3); // → [3, 6] */
  mul_(other: Self | number, ...more: never[]): this {
    return this.with("mul_", other, more);
  }
  /** this / other, in place; of float32 tensors.
   * @shape any, any → the same
   * @example tensor([1, 2]).div_(2); // → [0.5, 1] */
  div_(other: Self | number, ...more: never[]): this {
    return this.with("div_", other, more);
  }
  /** The power, in place.
   * @shape any, any → the same
   * @example tensor([1, 2]).pow_(3); // → [1, 8] */
  pow_(exponent: Self | number, ...more: never[]): this {
    return this.with("pow_", exponent, more);
  }
  /** No less than `min`, no more than `max`, as clamp.
   * @shape any, any, any → the same
   * @example tensor([-1, 5]).clamp_(0, 2); // → [0, 2] */
  clamp_(min: Bound<Self> | { min?: Bound<Self>; max?: Bound<Self> }, max?: Bound<Self>): this {
    const options = typeof min === "object" && min !== null && !isTensor(min) && !isList(min);
    if (options) clampOptions(min, max === undefined ? [] : [max], "clamp_");
    const { min: least, max: most } = (options ? min : { min, max }) as {
      min?: Bound<Self>;
      max?: Bound<Self>;
    };
    for (const [name, bound] of Object.entries({ min: least, max: most }))
      wantOperand("clamp_", name, bound ?? 0);
    this.wantWritable("clamp_", least, most);
    return this.become("clamp_", () => this.clamp(least, most));
  }
  /** A value wherever a mask, which broadcasts, is not 0.
   * @shape any, any → the same
   * @example tensor([1, 2]).maskedFill_(tensor([true, false]), 9); // → [9, 2] */
  maskedFill_(mask: Self, value: number, ...more: never[]): this {
    wantTensor("maskedFill_", "the mask", mask);
    wantNumber("maskedFill_", "the value", value);
    wantNoMore("maskedFill_", more);
    this.wantWritable("maskedFill_");
    return this.become("maskedFill_", () => this.maskedFill(mask, value));
  }

  /** this + weight (end − this), as lerp: a running mean in place.
   * @shape any, any, any → the same
   * @example tensor([0, 0]).lerp_(tensor([1, 2]), 0.5); // → [0.5, 1] */
  lerp_(end: Self, weight: Self | number): this {
    wantTensor("lerp_", "the end", end);
    wantOperand("lerp_", "the weight", weight);
    this.wantWritable("lerp_", end, weight);
    return this.become("lerp_", () => this.lerp(end, weight));
  }

  // Functions -----------------------------------------------------------------------------------------------------

  private through(name: `${(typeof IN_PLACE)[number]}_`): this {
    this.requireFloat(name);
    this.wantWritable(name);
    const plain = name.slice(0, -1) as (typeof IN_PLACE)[number];
    return this.become(name, () => this[plain]());
  }

  /** |x|, in place.
   * @shape any, any → the same
   * @example tensor([-1, 2]).abs_(); // → [1, 2] */
  abs_(): this {
    return this.through("abs_");
  }
  /** −x, in place.
   * @shape any, any → the same
   * @example tensor([-1, 2]).neg_(); // → [1, -2] */
  neg_(): this {
    return this.through("neg_");
  }
  /** eˣ, in place.
   * @shape any, any → the same
   * @example tensor([0, 1]).exp_(); // → [1, 2.7183] */
  exp_(): this {
    return this.through("exp_");
  }
  /** The natural logarithm, in place.
   * @shape any, any → the same
   * @example tensor([1, 10]).log_(); // → [0, 2.3026] */
  log_(): this {
    return this.through("log_");
  }
  /** √x, in place.
   * @shape any, any → the same
   * @example tensor([4, 9]).sqrt_(); // → [2, 3] */
  sqrt_(): this {
    return this.through("sqrt_");
  }
  /** x², in place.
   * @shape any, any → the same
   * @example tensor([2, -3]).square_(); // → [4, 9] */
  square_(): this {
    return this.through("square_");
  }
  /** 1 / x, in place.
   * @shape any, any → the same
   * @example tensor([2, 4]).reciprocal_(); // → [0.5, 0.25] */
  reciprocal_(): this {
    return this.through("reciprocal_");
  }
  /** 1 / (1 + e⁻ˣ), in place.
   * @shape any, any → the same
   * @example tensor([0, 1]).sigmoid_(); // → [0.5, 0.7311] */
  sigmoid_(): this {
    return this.through("sigmoid_");
  }
  /** Hyperbolic tangent, in place.
   * @shape any, any → the same
   * @example tensor([0, 1]).tanh_(); // → [0, 0.7616] */
  tanh_(): this {
    return this.through("tanh_");
  }
  /** max(x, 0), in place.
   * @shape any, any → the same
   * @example tensor([-1, 2]).relu_(); // → [0, 2] */
  relu_(): this {
    return this.through("relu_");
  }
  /** Sine, in place.
   * @shape any, any → the same
   * @example tensor([0]).sin_(); // → [0] */
  sin_(): this {
    return this.through("sin_");
  }
  /** Cosine, in place.
   * @shape any, any → the same
   * @example tensor([0]).cos_(); // → [1] */
  cos_(): this {
    return this.through("cos_");
  }
  /** 1 / √x, in place.
   * @shape any, any → the same
   * @example tensor([4]).rsqrt_(); // → [0.5] */
  rsqrt_(): this {
    return this.through("rsqrt_");
  }
  /** The whole number at or below, in place.
   * @shape any, any → the same
   * @example tensor([1.5]).floor_(); // → [1] */
  floor_(): this {
    return this.through("floor_");
  }
  /** The whole number at or above, in place.
   * @shape any, any → the same
   * @example tensor([1.5]).ceil_(); // → [2] */
  ceil_(): this {
    return this.through("ceil_");
  }
  /** The nearest whole number, halves to the even one, or the nearest of so many decimals, in place.
   * @shape any, any → the same
   * @example tensor([2.5]).round_(); // → [2] */
  round_(options?: { decimals?: number }, ...more: never[]): this {
    roundOptions(options, more, "round_");
    this.requireFloat("round_");
    this.wantWritable("round_");
    return this.become("round_", () => this.round(options));
  }
  /** The whole number towards 0, in place.
   * @shape any, any → the same
   * @example tensor([-1.5]).trunc_(); // → [-1] */
  trunc_(): this {
    return this.through("trunc_");
  }
}
