// Tensor's operations of several operands in place, and its in-place forms of what picks elements by place: each writes what
// the operation of its name without the underscore gives.
import { formatShape, stridesOf } from "../../gpu/shape.ts";
import { isTensor, wantBoolean, wantNoMore, wantNumber, wantOperand } from "../check.ts";
import { naming } from "../naming.ts";
import { InPlace } from "./in-place.ts";
import type { Indices } from "./indexing.ts";

/** Operations that are written in place as they are, with all their arguments. */
type Plain =
  | "addcmul"
  | "addcdiv"
  | "tril"
  | "triu"
  | "scatter"
  | "scatterAdd"
  | "indexAdd"
  | "indexCopy"
  | "indexFill";

export abstract class Placing<Self extends Placing<Self>> extends InPlace<Self> {
  /** Writes what the plain operation gives; what that one refuses is refused by this one's name. */
  private written(name: `${Plain}_`, ...given: readonly unknown[]): this {
    this.wantWritable(name, ...given.filter(isTensor));
    const plain = name.slice(0, -1) as Plain;
    return this.become(name, () => {
      try {
        return (this[plain] as (...given: readonly unknown[]) => Self)(...given);
      } catch (error) {
        if (error instanceof Error) error.message = error.message.replace(plain, name);
        throw error;
      }
    });
  }

  /** this + value · a · b, in place.
   * @shape any, any, any → the same
   * @example tensor([1, 1]).addcmul_(tensor([2, 3]), tensor([4, 5]), { value: 0.5 }); // → [5, 8.5] */
  addcmul_(a: Self, b: Self, options?: { value?: number }, ...more: never[]): this {
    return this.written("addcmul_", a, b, options, ...more);
  }
  /** this + value · a / b, in place.
   * @shape any, any, any → the same
   * @example tensor([1, 1]).addcdiv_(tensor([4, 9]), tensor([2, 3])); // → [3, 4] */
  addcdiv_(a: Self, b: Self, options?: { value?: number }, ...more: never[]): this {
    return this.written("addcdiv_", a, b, options, ...more);
  }
  /** No less than `min`, in place.
   * @shape any, any → the same
   * @example tensor([-1, 2]).clampMin_(0); // → [0, 2] */
  clampMin_(min: Self | number): this {
    wantOperand("clampMin_", "min", min);
    return naming("clampMin_", () => this.clamp_(min));
  }
  /** No more than `max`, in place.
   * @shape any, any → the same
   * @example tensor([-1, 2]).clampMax_(0); // → [-1, 0] */
  clampMax_(max: Self | number): this {
    wantOperand("clampMax_", "max", max);
    return naming("clampMax_", () => this.clamp_(null, max));
  }
  /** 0 above a diagonal, in place.
   * @shape any → the same
   * @example ones([2, 2]).tril_(); // → [[1, 0], [1, 1]] */
  tril_(diagonal = 0, ...more: never[]): this {
    return this.written("tril_", diagonal, ...more);
  }
  /** 0 below a diagonal, in place.
   * @shape any → the same
   * @example ones([2, 2]).triu_(); // → [[1, 1], [0, 1]] */
  triu_(diagonal = 0, ...more: never[]): this {
    return this.written("triu_", diagonal, ...more);
  }
  /** scatter, in place: along `dim`, element index[i] becomes the source's element i.
   * @shape any, [...index], [...source] → the same
   * @example zeros([2, 3]).scatter_(1, tensor([[2], [0]], { dtype: "int32" }), 1); // → [[0, 0, 1], [1, 0, 0]] */
  scatter_(dim: number, index: Self, source: Self | number, ...more: never[]): this {
    return this.written("scatter_", dim, index, source, ...more);
  }
  /** scatterAdd, in place: along `dim`, the source's element i is added at index[i]. In a fixed order.
   * @shape any, [...index], [...source] → the same
   * @example zeros([3]).scatterAdd_(0, tensor([2, 2], { dtype: "int32" }), tensor([5, 6])); // → [0, 0, 11] */
  scatterAdd_(dim: number, index: Self, source: Self, ...more: never[]): this {
    return this.written("scatterAdd_", dim, index, source, ...more);
  }
  /** indexAdd, in place: slice i of the source, times alpha, is added at slice index[i] of `dim`. In a fixed order.
   * @shape any, [m], any → the same
   * @example zeros([3]).indexAdd_(0, [2, 2], tensor([5, 6])); // → [0, 0, 11] */
  indexAdd_(
    dim: number,
    index: Indices<Self>,
    source: Self,
    options?: { alpha?: number },
    ...more: never[]
  ): this {
    return this.written("indexAdd_", dim, index, source, options, ...more);
  }
  /** indexCopy, in place: slice index[i] of `dim` becomes slice i of the source.
   * @shape any, [m], any → the same
   * @example zeros([3]).indexCopy_(0, [2, 0], tensor([5, 6])); // → [6, 0, 5] */
  indexCopy_(dim: number, index: Indices<Self>, source: Self, ...more: never[]): this {
    return this.written("indexCopy_", dim, index, source, ...more);
  }
  /** indexFill, in place: the slices of `dim` that the index names become one value.
   * @shape any, [m] → the same
   * @example zeros([3]).indexFill_(0, [0, 2], 7); // → [7, 0, 7] */
  indexFill_(dim: number, index: Indices<Self>, value: number, ...more: never[]): this {
    return this.written("indexFill_", dim, index, value, ...more);
  }
  /**
   * The diagonal of a matrix, or of a cube of any dimensions, becomes one value. With `wrap` it begins again below the square of a
   * matrix of more rows than columns.
   * @shape any, any → the same
   * @example zeros([2, 3]).fillDiagonal_(1); // → [[1, 0, 0], [0, 1, 0]]
   */
  fillDiagonal_(value: number, wrap = false, ...more: never[]): this {
    wantNumber("fillDiagonal_", "the value", value);
    wantBoolean("fillDiagonal_", "wrap", wrap);
    wantNoMore("fillDiagonal_", more);
    const { shape, ndim } = this;
    const size = this.numel();
    if (ndim < 2 || (ndim > 2 && shape.some((n) => n !== shape[0])))
      throw new RangeError(`fillDiagonal_: wants a matrix, or equal sides, got ${formatShape(shape)}`);
    this.wantWritable("fillDiagonal_");
    const step = stridesOf(shape).reduce((a, b) => a + b, 0);
    const end = wrap && ndim === 2 ? size : Math.min(...shape) * step;
    const places = Array.from({ length: Math.ceil(Math.min(size, end) / step) }, (_, i) => i * step);
    return this.become("fillDiagonal_", () =>
      this.reshape([size]).indexFill(0, places, value).reshape(shape),
    );
  }
}
