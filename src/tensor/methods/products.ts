// Tensor's matrix products.
import { formatShape } from "../../gpu/shape.ts";
import { matmul } from "../../kernels/gemm/matmul.ts";
import { axisOf, wantNoMore, wantTensor, wantWhole } from "../check.ts";
import { naming } from "../naming.ts";
import { NUMBER, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Sorting } from "./sorting.ts";

const SCALES = { beta: NUMBER, alpha: NUMBER };
const addmmOptions = takes("addmm", 3, SCALES);

/** this · beta + product · alpha, each 1 by default. */
export interface ScaleOptions {
  beta?: number;
  alpha?: number;
}

export abstract class Products<Self extends Products<Self>> extends Sorting<Self> {
  /**
   * Matrix product of the last two dimensions, the others broadcast: [..., m, k] × [..., k, n] → [..., m, n]. 1-D operands as in torch.matmul.
   * @shape [...a, n, k], [...b, k, m] → [..., n, m]
   * @shape [k], [k] → []
   * @shape [..., n, k], [k] → [..., n]
   * @shape [k], [..., k, m] → [..., m]
   * @example
   * tensor([[1, 2], [3, 4]]).matmul(tensor([1, 1])); // → [3, 7]
   * zeros([8, 2, 3]).matmul(zeros([3, 4])).shape; // → [8, 2, 4]
   */
  matmul(other: Self): Self {
    wantTensor("matmul", "the other operand", other);
    if (this.ndim === 0 || other.ndim === 0) {
      throw new RangeError(
        `matmul: ${formatShape(this.shape)} × ${formatShape(other.shape)}: both need at least one dimension`,
      );
    }
    const [k, rows] = [this.shape.at(-1), other.shape.at(other.ndim === 1 ? 0 : -2)];
    if (k !== rows)
      throw new RangeError(
        `matmul: ${formatShape(this.shape)} × ${formatShape(other.shape)}: the inner dimensions ${k} and ${rows} differ`,
      );
    return scope(() => {
      const a = this.ndim === 1 ? this.unsqueeze(0) : this;
      const b = other.ndim === 1 ? other.unsqueeze(1) : other;
      let product = this.apply(matmul, [a, b], { transposeA: false, transposeB: false });
      if (other.ndim === 1) product = product.squeeze(-1);
      return this.ndim === 1 ? product.squeeze(other.ndim === 1 ? -1 : -2) : product;
    }, "matmul");
  }

  /** Throws unless this and the other operand have so many dimensions, of which those that meet fit. */
  private wantRanks(
    name: string,
    other: Self,
    ranks: readonly [number, number],
    more: readonly unknown[],
  ): void {
    wantTensor(name, "the other operand", other);
    wantNoMore(name, more);
    if (this.ndim !== ranks[0] || other.ndim !== ranks[1])
      throw new RangeError(
        `${name}: wants ${ranks[0]} and ${ranks[1]} dimensions, got ${formatShape(this.shape)} × ${formatShape(other.shape)}`,
      );
  }

  /** [m, k] × [k, n].
   * @shape [n, k], [k, m] → [n, m]
   * @example tensor([[1, 2]]).mm(tensor([[3], [4]])); // → [[11]] */
  mm(other: Self, ...more: never[]): Self {
    this.wantRanks("mm", other, [2, 2], more);
    return naming("mm", () => this.matmul(other));
  }
  /** [b, m, k] × [b, k, n].
   * @shape [b, n, k], [b, k, m] → [b, n, m]
   * @example zeros([8, 2, 3]).bmm(zeros([8, 3, 4])).shape; // → [8, 2, 4] */
  bmm(other: Self, ...more: never[]): Self {
    this.wantRanks("bmm", other, [3, 3], more);
    if (this.shape[0] !== other.shape[0])
      throw new RangeError(
        `bmm: ${formatShape(this.shape)} and ${formatShape(other.shape)} are not as many matrices`,
      );
    return naming("bmm", () => this.matmul(other));
  }
  /** [m, k] × [k].
   * @shape [n, k], [k] → [n]
   * @example tensor([[1, 2], [3, 4]]).mv(tensor([1, 1])); // → [3, 7] */
  mv(other: Self, ...more: never[]): Self {
    this.wantRanks("mv", other, [2, 1], more);
    return naming("mv", () => this.matmul(other));
  }
  /** Σ xᵢ yᵢ of two vectors.
   * @shape [n], [n] → []
   * @example tensor([1, 2]).dot(tensor([3, 4])); // → 11 */
  dot(other: Self, ...more: never[]): Self {
    this.wantRanks("dot", other, [1, 1], more);
    if (this.numel() !== other.numel())
      throw new RangeError(`dot: ${this.numel()} and ${other.numel()} elements do not fit`);
    return scope(() => this.mul(other).sum(), "dot");
  }
  /** xᵢ yⱼ of two vectors: [n] and [m] → [n, m].
   * @shape [n], [m] → [n, m]
   * @example tensor([1, 2]).outer(tensor([3, 4])); // → [[3, 4], [6, 8]] */
  outer(other: Self, ...more: never[]): Self {
    this.wantRanks("outer", other, [1, 1], more);
    return scope(() => this.unsqueeze(1).mul(other), "outer");
  }

  /** Sums of products along the last dim of both: [..., k] and [..., k] → all other dims, this one's first.
   * @shape [...a, k], [...b, k] → any
   * @example tensor([[1, 2]]).inner(tensor([3, 4])); // → [11] */
  inner(other: Self, ...more: never[]): Self {
    wantTensor("inner", "the other operand", other);
    wantNoMore("inner", more);
    if (this.ndim === 0 || other.ndim === 0) return this.mul(other);
    const k = this.shape.at(-1)!;
    if (other.shape.at(-1) !== k)
      throw new RangeError(
        `inner: ${formatShape(this.shape)} and ${formatShape(other.shape)} differ in their last dim`,
      );
    const rows = (x: Self) => x.reshape([x.numel() / Math.max(1, k), k]);
    return scope(
      () =>
        rows(this as unknown as Self)
          .matmul(rows(other).t())
          .reshape([...this.shape.slice(0, -1), ...other.shape.slice(0, -1)]),
      "inner",
    );
  }
  /** Cross products of vectors of three, along a dim.
   * @shape [..., 3, ...], [..., 3, ...] → broadcast
   * @example tensor([1, 0, 0]).cross(tensor([0, 1, 0])); // → [0, 0, 1] */
  cross(other: Self, dim = -1, ...more: never[]): Self {
    wantTensor("cross", "the other operand", other);
    wantNoMore("cross", more);
    const axis = axisOf(dim, this.ndim, "cross");
    if (this.shape[axis] !== 3 || formatShape(this.shape) !== formatShape(other.shape))
      throw new RangeError(
        `cross: wants vectors of three along dim ${dim}, got ${formatShape(this.shape)} and ${formatShape(other.shape)}`,
      );
    const turned = (x: Self, by: number) => x.roll(-by, axis);
    return scope(() => {
      const a = this as unknown as Self;
      return turned(a, 1)
        .mul(turned(other, 2))
        .sub(turned(a, 2).mul(turned(other, 1)));
    }, "cross");
  }

  private plus(
    name: string,
    a: Self,
    b: Self,
    rank: number,
    options: ScaleOptions | undefined,
    more: readonly unknown[],
  ): Self {
    wantTensor(name, "the first operand", a);
    addmmOptions(options, more, name);
    a.wantRanks(name, b, [rank, rank], []);
    const { beta = 1, alpha = 1 } = options ?? {};
    return scope(() => {
      const product = alpha === 1 ? a.matmul(b) : a.matmul(b).mul(alpha);
      // A factor of 0 leaves out even what is not a number, as in PyTorch.
      if (beta === 0) return product;
      return (beta === 1 ? (this as unknown as Self) : this.mul(beta)).add(product);
    }, name);
  }
  /** This, which broadcasts, times beta, and the product of two matrices times alpha.
   * @shape any, [n, k], [k, m] → [n, m]
   * @example tensor([1]).addmm(tensor([[1, 2]]), tensor([[3], [4]])); // → [[12]] */
  addmm(a: Self, b: Self, options?: ScaleOptions, ...more: never[]): Self {
    return this.plus("addmm", a, b, 2, options, more);
  }
  /** The same of several matrices: [b, m, k] × [b, k, n].
   * @shape any, [b, n, k], [b, k, m] → [b, n, m]
   * @example zeros([8, 2, 4]).baddbmm(zeros([8, 2, 3]), zeros([8, 3, 4])).shape; // → [8, 2, 4] */
  baddbmm(a: Self, b: Self, options?: ScaleOptions, ...more: never[]): Self {
    return this.plus("baddbmm", a, b, 3, options, more);
  }

  /** A square matrix, or several, multiplied by itself: n factors.
   * @shape [..., n, n] → the same
   * @example tensor([[1, 1], [0, 1]]).matrixPower(3); // → [[1, 3], [0, 1]] */
  matrixPower(n: number, ...more: never[]): Self {
    wantNoMore("matrixPower", more);
    wantWhole("matrixPower", { n }, 1);
    if (this.ndim < 2 || this.shape.at(-1) !== this.shape.at(-2))
      throw new RangeError(`matrixPower: wants square matrices, got ${formatShape(this.shape)}`);
    return scope(() => {
      let square = this as unknown as Self;
      let power: Self | null = null;
      for (let left = n; ; square = square.matmul(square)) {
        if (left % 2 === 1) power = power === null ? square : power.matmul(square);
        left = Math.floor(left / 2);
        if (left === 0) return power!;
      }
    }, "matrixPower");
  }
}
