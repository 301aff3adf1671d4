// Tensor's reductions, and matrix products and softmax, which reduce too.
import { formatShape, sizeOf } from "../../gpu/shape.ts";
import { matmul } from "../../kernels/gemm/matmul.ts";
import { argmaxArray } from "../../kernels/reductions/argmax.ts";
import { reduce } from "../../kernels/reductions/reduce.ts";
import { logSoftmax, softmax } from "../../kernels/reductions/softmax.ts";
import { axesOf, axisOf, show, wantTensor } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { BOOLEAN, NUMBER, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Shapes } from "./shapes.ts";

/** PyTorch's second argument is whether to correct by 1, true or false: which has no place here. */
const varianceOptions = takes("variance", 2, { correction: NUMBER, keepDim: BOOLEAN }, []);

export abstract class Reductions<Self extends Reductions<Self>> extends Shapes<Self> {
  private reduce(
    name: "sum" | "mean" | "max" | "min",
    axes: number | readonly number[] | undefined,
    keepDim: boolean,
  ): Self {
    this.requireFloat(name);
    if (typeof keepDim !== "boolean") throw keepDimError(name, keepDim);
    return this.apply(reduce[name], [this], { axes: axesOf(axes, this.ndim, name), keepDim });
  }

  /** Sum over the given axes, or over all where none are given or the list is empty, as in PyTorch; the others likewise. */
  sum(axes?: number | readonly number[], keepDim = false): Self {
    return this.reduce("sum", axes, keepDim);
  }
  mean(axes?: number | readonly number[], keepDim = false): Self {
    return this.reduce("mean", axes, keepDim);
  }
  /** Largest value over the given axes; NaN where one is. Equals share the gradient, as in torch.amax. */
  max(axes?: number | readonly number[], keepDim = false): Self {
    return this.reduce("max", axes, keepDim);
  }
  min(axes?: number | readonly number[], keepDim = false): Self {
    return this.reduce("min", axes, keepDim);
  }
  /**
   * Variance over the given axes, with n − correction in the denominator (PyTorch's `var`): where that is not above 0,
   * infinite, or NaN if there is no deviation.
   */
  variance(
    axes?: number | readonly number[],
    options?: { correction?: number; keepDim?: boolean },
    ...more: never[]
  ): Self {
    varianceOptions(options, more);
    this.requireFloat("variance");
    const { correction = 1, keepDim = false } = options ?? {};
    const over = axesOf(axes, this.ndim, "variance");
    const n = sizeOf(over.map((axis) => this.shape[axis]!));
    return scope(() => {
      const centred = this.sub(this.mean(over, true));
      return centred
        .square()
        .sum(over, keepDim)
        .mul(1 / Math.max(0, n - correction));
    }, "variance");
  }
  /** Index of the largest value along an axis (over all elements if none is given): uint32, the first of equals. */
  argmax(axis?: number, keepDim = false): Self {
    this.requireFloat("argmax");
    if (typeof keepDim !== "boolean") throw keepDimError("argmax", keepDim);
    if (axis === undefined) {
      const flat = arrayOf(this).view([this.size]);
      const index = argmaxArray(flat, 0, false);
      flat.release();
      return this.wrap(index, "argmax");
    }
    return this.wrap(argmaxArray(arrayOf(this), axisOf(axis, this.ndim, "argmax"), keepDim), "argmax");
  }

  /** Matrix product of the last two dimensions, the others broadcast: [..., m, k] × [..., k, n] → [..., m, n]. 1-D operands as in torch.matmul. */
  matmul(other: Self): Self {
    this.requireFloat("matmul");
    wantTensor("matmul", "the other operand", other);
    other.requireFloat("matmul");
    if (this.ndim === 0 || other.ndim === 0) {
      throw new RangeError(
        `matmul: ${formatShape(this.shape)} × ${formatShape(other.shape)}: both need at least one dimension`,
      );
    }
    return scope(() => {
      const a = this.ndim === 1 ? this.unsqueeze(0) : this;
      const b = other.ndim === 1 ? other.unsqueeze(1) : other;
      let product = this.apply(matmul, [a, b], { transposeA: false, transposeB: false });
      if (other.ndim === 1) product = product.squeeze(-1);
      return this.ndim === 1 ? product.squeeze(other.ndim === 1 ? -1 : -2) : product;
    }, "matmul");
  }

  softmax(axis: number): Self {
    this.requireFloat("softmax");
    return this.apply(softmax, [this], { axis: axisOf(axis, this.ndim, "softmax") });
  }
  logSoftmax(axis: number): Self {
    this.requireFloat("logSoftmax");
    return this.apply(logSoftmax, [this], { axis: axisOf(axis, this.ndim, "logSoftmax") });
  }
}

/** keepDim is no option here, but the second argument. */
function keepDimError(name: string, given: unknown): TypeError {
  return new TypeError(
    `${name}: keepDim is true or false, got ${show(given)}: it is the second argument: ${name}(0, true)`,
  );
}
