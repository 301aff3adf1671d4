// Tensor: what users hold. A DeviceArray with a place on the autograd tape, and the methods that PyTorch's
// tensors have. Every method with a gradient is one `apply(op, inputs, attributes)`.

import { type DeviceArray, type DType, fromHost, readArray } from "../gpu/array.ts";
import { device } from "../gpu/device.ts";
import type { Op } from "../gpu/op.ts";
import {
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveShape,
  type Shape,
  sameShape,
  sizeOf,
} from "../gpu/shape.ts";
import {
  type BinaryName,
  binary,
  type ComparisonName,
  compareArrays,
} from "../kernels/elementwise/binary.ts";
import { type UnaryName, unary } from "../kernels/elementwise/unary.ts";
import { where } from "../kernels/elementwise/where.ts";
import { matmul } from "../kernels/gemm/matmul.ts";
import { embedding, gather } from "../kernels/indexing/gather.ts";
import { argmaxArray } from "../kernels/reductions/argmax.ts";
import { reduce } from "../kernels/reductions/reduce.ts";
import { logSoftmax, softmax } from "../kernels/reductions/softmax.ts";
import { concat } from "../kernels/shapes/concat.ts";
import { copyArray } from "../kernels/shapes/copy.ts";
import { pad } from "../kernels/shapes/pad.ts";
import { permute } from "../kernels/shapes/permute.ts";
import { slice } from "../kernels/shapes/slice.ts";
import { adopt, apply, backward, isRecording, type Node, scope } from "./autograd.ts";

/** A number where a tensor is expected stands for a scalar tensor. */
export type TensorLike = Tensor | number;

const live = { tensors: 0 };

/** Tensors that hold memory now. */
export function liveTensors(): number {
  return live.tensors;
}

const unreachable = new FinalizationRegistry<{ array: DeviceArray; grad: { array?: DeviceArray } }>(
  ({ array, grad }) => {
    live.tensors--;
    device().pool.reclaim(() => {
      array.release();
      grad.array?.release();
    });
  },
);

const reshapeOp: Op<{ shape: number[] }> = {
  name: "reshape",
  forward: (_, [x], { shape }) => x!.view(shape),
  backward: (ctx, grad) => [grad.view(ctx.inputShapes[0]!)],
};

/**
 * An array on the GPU, float32 or uint32, that remembers how it was computed where a gradient may be asked for. Operations
 * are methods by PyTorch's names in camelCase, run as soon as they are called, in order, and are awaited only when values
 * are read: data(), tolist(), item(). Those with a trailing underscore write in place.
 */
export class Tensor {
  /** The recorded operation that computed this tensor; null for a leaf. */
  node: Node | null = null;

  private held: DeviceArray;
  private freedBecause: string | null = null;
  private readonly ownGrad: { array?: DeviceArray } = {};
  private gradHandle: Tensor | null = null;
  private leafRequiresGrad = false;

  /** Takes over the array. `origin` is what computed it, for error messages. */
  constructor(
    array: DeviceArray,
    private readonly origin = "tensor",
  ) {
    this.held = array;
    live.tensors++;
    adopt(this);
  }

  /** The raw array. Throws where the tensor's memory was given back. */
  get array(): DeviceArray {
    if (this.freedBecause !== null) {
      throw new Error(
        `the memory of this tensor ${formatShape(this.shape)} (a result of ${this.origin}) was given back: ${this.freedBecause}`,
      );
    }
    return this.held;
  }

  /** Frozen: `[...shape]` is a list of one's own. */
  get shape(): number[] {
    return this.held.shape as number[];
  }

  get dtype(): DType {
    return this.held.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return this.held.size;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.held.shape.length;
  }

  get requiresGrad(): boolean {
    return this.node !== null || this.leafRequiresGrad;
  }

  /** Marks a leaf as something to learn. Throws on the result of a recorded operation. */
  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      throw new Error(
        "requiresGrad can be set on leaves only; this tensor was computed from others: detach() it first",
      );
    }
    if (value && this.dtype !== "float32")
      throw new Error(`requiresGrad needs float32, this tensor is ${this.dtype}`);
    this.leafRequiresGrad = value;
  }

  /** The gradient that backward() added up so far; null before the first. Same shape as the tensor. */
  get grad(): Tensor | null {
    if (this.ownGrad.array === undefined) return null;
    // A handle that was made inside a scope went with it.
    if (this.gradHandle === null || this.gradHandle.freed)
      this.gradHandle = new Tensor(this.ownGrad.array.retain(), "backward");
    return this.gradHandle;
  }

  /** `null` forgets the gradient (zeroGrad does this). */
  set grad(value: Tensor | null) {
    if (value !== null && !sameShape(value.shape, this.shape)) {
      throw new RangeError(
        `grad: ${formatShape(value.shape)} does not fit a tensor ${formatShape(this.shape)}`,
      );
    }
    value?.requireFloat("grad");
    this.replaceGrad(value === null ? undefined : value.array.retain());
  }

  /** The gradient's raw array, for optimizers: no handle is made. */
  get gradArray(): DeviceArray | undefined {
    return this.ownGrad.array;
  }

  /** Hands the gradient over to the caller, who then owns it. For the tape. */
  takeGrad(): DeviceArray | undefined {
    const array = this.ownGrad.array;
    this.ownGrad.array = undefined;
    this.gradHandle = null;
    return array;
  }

  /** Takes over `array` as the gradient. For the tape. */
  replaceGrad(array: DeviceArray | undefined): void {
    this.takeGrad()?.release();
    this.ownGrad.array = array;
  }

  /** Gives the memory back now; any later use throws, with this reason. The engine calls it, users need not. */
  free(reason: string): void {
    if (this.freedBecause !== null) return;
    this.freedBecause = reason;
    unreachable.unregister(this);
    live.tensors--;
    this.held.release();
    this.takeGrad()?.release();
  }

  /** Whether the memory was given back. */
  get freed(): boolean {
    return this.freedBecause !== null;
  }

  /** Has the collector give the memory back once nobody can reach this tensor. */
  watch(): void {
    if (this.freed) return;
    unreachable.register(this, { array: this.held, grad: this.ownGrad }, this);
  }

  // Reading ------------------------------------------------------------------------------------------

  /** All elements, row-major. Waits for the GPU. */
  async data(): Promise<Float32Array | Uint32Array> {
    return await readArray(this.array);
  }

  /** The one element of a tensor of size 1. Waits for the GPU. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new Error(`item() wants a tensor of one element, this one is ${formatShape(this.shape)}`);
    return (await this.data())[0]!;
  }

  /** The elements as nested arrays. Waits for the GPU. */
  async tolist(): Promise<NestedNumbers> {
    const data = await this.data();
    const build = (axis: number, offset: number, size: number): NestedNumbers => {
      if (axis === this.ndim) return data[offset]!;
      const step = size / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, offset + i * step, step));
    };
    return build(0, 0, this.size);
  }

  toString(): string {
    const grad =
      this.node !== null ? `, from ${this.node.op.name}` : this.requiresGrad ? ", requiresGrad" : "";
    return `Tensor(${formatShape(this.shape)}, ${this.dtype}${grad})`;
  }

  /** What console.log shows: not the device and all that hangs on it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // The tape -----------------------------------------------------------------------------------------

  /**
   * Adds the gradient of this tensor with respect to every leaf with requiresGrad into the leaf's `.grad`,
   * and frees the graph. `gradient` is dL/d(this), needed unless this is a single number.
   */
  backward(gradient?: Tensor, { retainGraph = false } = {}): void {
    if (gradient === undefined && this.size !== 1) {
      throw new Error(
        `backward: a tensor ${formatShape(this.shape)} is not a single number; sum() it, or pass its gradient`,
      );
    }
    if (gradient !== undefined && !sameShape(gradient.shape, this.shape)) {
      throw new RangeError(
        `backward: gradient ${formatShape(gradient.shape)} does not fit ${formatShape(this.shape)}`,
      );
    }
    gradient?.requireFloat("backward");
    const seed = gradient?.array.retain() ?? fromHost(new Float32Array([1]), this.shape);
    try {
      backward(this, seed, retainGraph);
    } finally {
      seed.release();
    }
  }

  /** The same values, off the tape. Shares memory. */
  detach(): Tensor {
    return new Tensor(this.array.retain(), "detach");
  }

  /** A copy with memory of its own, on the tape. */
  clone(): Tensor {
    return this.slice([]);
  }

  /**
   * Overwrites the elements with those of a tensor of the same shape and type. Off the tape: a leaf with
   * requiresGrad wants noGrad around it, and the result of a recorded operation refuses.
   */
  copy_(source: Tensor): this {
    if (!sameShape(source.shape, this.shape) || source.dtype !== this.dtype) {
      throw new RangeError(
        `copy_: ${source.dtype} ${formatShape(source.shape)} does not fit ${this.dtype} ${formatShape(this.shape)}`,
      );
    }
    if (this.node !== null || (this.requiresGrad && isRecording())) {
      throw new Error(
        "copy_: this tensor is on the tape, which cannot see it change: do it inside noGrad(), on a leaf",
      );
    }
    if (source.array.storage !== this.array.storage) copyArray(source.array, this.array);
    return this;
  }

  // Arithmetic, with broadcasting ----------------------------------------------------------------------

  private binary(name: BinaryName, other: TensorLike, swap = false): Tensor {
    const that = typeof other === "number" ? scalar(other) : other;
    const result = apply(binary[name], swap ? [that, this] : [this, that], undefined);
    if (typeof other === "number") that.free("it was a number");
    return result;
  }

  add(other: TensorLike): Tensor {
    return this.binary("add", other);
  }
  sub(other: TensorLike): Tensor {
    return this.binary("sub", other);
  }
  mul(other: TensorLike): Tensor {
    return this.binary("mul", other);
  }
  div(other: TensorLike): Tensor {
    return this.binary("div", other);
  }
  /** Element-wise power. The gradient of the exponent is 0 where the base is 0, as in PyTorch. */
  pow(exponent: TensorLike): Tensor {
    return this.binary("pow", exponent);
  }
  /** The larger of two. At ties each side gets half the gradient. */
  maximum(other: TensorLike): Tensor {
    return this.binary("maximum", other);
  }
  minimum(other: TensorLike): Tensor {
    return this.binary("minimum", other);
  }

  private compare(name: ComparisonName, other: TensorLike): Tensor {
    const that = typeof other === "number" ? scalar(other, this.dtype) : other;
    const result = new Tensor(compareArrays(name, this.array, that.array), name);
    if (typeof other === "number") that.free("it was a number");
    return result;
  }

  /** 1 where equal, else 0; float32, no gradient. Both of one type. */
  eq(other: TensorLike): Tensor {
    return this.compare("eq", other);
  }
  ne(other: TensorLike): Tensor {
    return this.compare("ne", other);
  }
  lt(other: TensorLike): Tensor {
    return this.compare("lt", other);
  }
  le(other: TensorLike): Tensor {
    return this.compare("le", other);
  }
  gt(other: TensorLike): Tensor {
    return this.compare("gt", other);
  }
  ge(other: TensorLike): Tensor {
    return this.compare("ge", other);
  }

  // Functions, element by element ------------------------------------------------------------------------

  private requireFloat(name: string): void {
    if (this.dtype !== "float32") throw new TypeError(`${name}: wants a float32 tensor, got ${this.dtype}`);
  }

  private unary(name: UnaryName, a = 0, b = 0): Tensor {
    this.requireFloat(name);
    return apply(unary[name], [this], { a, b });
  }

  neg(): Tensor {
    return this.unary("neg");
  }
  exp(): Tensor {
    return this.unary("exp");
  }
  /** Natural logarithm. */
  log(): Tensor {
    return this.unary("log");
  }
  sqrt(): Tensor {
    return this.unary("sqrt");
  }
  abs(): Tensor {
    return this.unary("abs");
  }
  square(): Tensor {
    return this.unary("square");
  }
  reciprocal(): Tensor {
    return this.unary("reciprocal");
  }
  sin(): Tensor {
    return this.unary("sin");
  }
  cos(): Tensor {
    return this.unary("cos");
  }
  sigmoid(): Tensor {
    return this.unary("sigmoid");
  }
  tanh(): Tensor {
    return this.unary("tanh");
  }
  relu(): Tensor {
    return this.unary("relu");
  }
  leakyRelu(negativeSlope = 0.01): Tensor {
    return this.unary("leakyRelu", negativeSlope);
  }
  /** GELU in its tanh approximation: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  gelu(): Tensor {
    return this.unary("gelu");
  }
  clamp(min: number, max: number): Tensor {
    return this.unary("clamp", min, max);
  }

  // Reductions -------------------------------------------------------------------------------------------

  private reduce(
    name: "sum" | "mean" | "max" | "min",
    axes: number | readonly number[] | undefined,
    keepDim: boolean,
  ): Tensor {
    this.requireFloat(name);
    return apply(reduce[name], [this], { axes: normalizeAxes(axes, this.ndim, name), keepDim });
  }

  /** Sum over the given axes, or over all. */
  sum(axes?: number | readonly number[], keepDim = false): Tensor {
    return this.reduce("sum", axes, keepDim);
  }
  mean(axes?: number | readonly number[], keepDim = false): Tensor {
    return this.reduce("mean", axes, keepDim);
  }
  /** Largest value over the given axes. The gradient goes to the first of equals. */
  max(axes?: number | readonly number[], keepDim = false): Tensor {
    return this.reduce("max", axes, keepDim);
  }
  min(axes?: number | readonly number[], keepDim = false): Tensor {
    return this.reduce("min", axes, keepDim);
  }
  /** Variance over the given axes, with n − correction in the denominator (PyTorch's `var`). */
  variance(axes?: number | readonly number[], { correction = 1, keepDim = false } = {}): Tensor {
    const over = normalizeAxes(axes, this.ndim, "variance");
    const n = sizeOf(over.map((axis) => this.shape[axis]!));
    return scope(() => {
      const centred = this.sub(this.mean(over, true));
      return centred
        .square()
        .sum(over, keepDim)
        .mul(1 / (n - correction));
    }, "variance");
  }
  /** Index of the largest value along an axis (over all elements if none is given): uint32, the first of equals. */
  argmax(axis?: number, keepDim = false): Tensor {
    this.requireFloat("argmax");
    if (axis === undefined) {
      const flat = this.array.view([this.size]);
      const index = argmaxArray(flat, 0, false);
      flat.release();
      return new Tensor(index, "argmax");
    }
    return new Tensor(argmaxArray(this.array, normalizeAxis(axis, this.ndim, "argmax"), keepDim), "argmax");
  }

  // Matrix products, softmax -------------------------------------------------------------------------------

  /** Matrix product of the last two dimensions, the others broadcast: [..., m, k] × [..., k, n] → [..., m, n]. 1-D operands as in torch.matmul. */
  matmul(other: Tensor): Tensor {
    this.requireFloat("matmul");
    other.requireFloat("matmul");
    if (this.ndim === 0 || other.ndim === 0) {
      throw new RangeError(
        `matmul: ${formatShape(this.shape)} × ${formatShape(other.shape)}: both need at least one dimension`,
      );
    }
    return scope(() => {
      const a = this.ndim === 1 ? this.unsqueeze(0) : this;
      const b = other.ndim === 1 ? other.unsqueeze(1) : other;
      let product = apply(matmul, [a, b], { transposeA: false, transposeB: false });
      if (other.ndim === 1) product = product.squeeze(-1);
      return this.ndim === 1 ? product.squeeze(other.ndim === 1 ? -1 : -2) : product;
    }, "matmul");
  }

  softmax(axis: number): Tensor {
    this.requireFloat("softmax");
    return apply(softmax, [this], { axis: normalizeAxis(axis, this.ndim, "softmax") });
  }
  logSoftmax(axis: number): Tensor {
    this.requireFloat("logSoftmax");
    return apply(logSoftmax, [this], { axis: normalizeAxis(axis, this.ndim, "logSoftmax") });
  }

  // Shapes and indexing ------------------------------------------------------------------------------------

  /** The same elements under another shape; one dimension may be −1. Shares memory. */
  reshape(shape: Shape): Tensor {
    return apply(reshapeOp, [this], { shape: resolveShape(shape, this.size, this.shape) });
  }
  /** Joins dimensions start … end into one. */
  flatten(start = 0, end = -1): Tensor {
    if (this.ndim === 0) return this.reshape([1]);
    const from = normalizeAxis(start, this.ndim, "flatten");
    const to = normalizeAxis(end, this.ndim, "flatten");
    const middle = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape([...this.shape.slice(0, from), middle, ...this.shape.slice(to + 1)]);
  }
  /** Drops a dimension of size 1; all of them if no axis is given. */
  squeeze(axis?: number): Tensor {
    if (axis === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const at = normalizeAxis(axis, this.ndim, "squeeze");
    return this.shape[at] === 1 ? this.reshape(this.shape.toSpliced(at, 1)) : this;
  }
  unsqueeze(axis: number): Tensor {
    return this.reshape(this.shape.toSpliced(normalizeAxis(axis, this.ndim + 1, "unsqueeze"), 0, 1));
  }
  /** Reorders dimensions: result dimension i is this tensor's dimension dims[i]. */
  permute(dims: readonly number[]): Tensor {
    const order = dims.map((axis) => normalizeAxis(axis, this.ndim, "permute"));
    if (order.length !== this.ndim || new Set(order).size !== this.ndim) {
      throw new RangeError(`permute: [${dims}] does not name each of the ${this.ndim} dimensions once`);
    }
    return apply(permute, [this], { dims: order });
  }
  /** Swaps two dimensions. */
  transpose(axis0: number, axis1: number): Tensor {
    const dims = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(axis0, this.ndim, "transpose");
    const b = normalizeAxis(axis1, this.ndim, "transpose");
    [dims[a], dims[b]] = [dims[b]!, dims[a]!];
    return this.permute(dims);
  }
  /** Elements start … end − 1 of each axis, every step-th; negative positions count from the end, null takes all. */
  slice(ranges: readonly (readonly [start: number, end?: number, step?: number] | null)[]): Tensor {
    if (ranges.length > this.ndim) {
      throw new RangeError(`slice: ${ranges.length} ranges for a tensor ${formatShape(this.shape)}`);
    }
    const attrs = { starts: [] as number[], ends: [] as number[], steps: [] as number[] };
    this.shape.forEach((n, axis) => {
      const [start = 0, end = n, step = 1] = ranges[axis] ?? [];
      const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + n : at, 0), n);
      if (![start, end, step].every(Number.isInteger) || step < 1) {
        throw new RangeError(
          `slice: axis ${axis} wants whole numbers and a step ≥ 1, got [${start}, ${end}, ${step}]`,
        );
      }
      attrs.starts.push(clamp(start));
      attrs.ends.push(Math.max(clamp(end), clamp(start)));
      attrs.steps.push(step);
    });
    return apply(slice, [this], attrs);
  }
  /** `length` elements of one axis from `start` on. */
  narrow(axis: number, start: number, length: number): Tensor {
    const at = normalizeAxis(axis, this.ndim, "narrow");
    if (start < 0 || length < 0 || start + length > this.shape[at]!) {
      throw new RangeError(
        `narrow: ${start} … ${start + length} is out of range for axis ${axis} of ${formatShape(this.shape)}`,
      );
    }
    return this.slice(this.shape.map((_, i) => (i === at ? [start, start + length] : null)));
  }
  /** Rows index[0], index[1], … of the first axis (whole slices); index is a list or a uint32 tensor of any shape. */
  indexSelect(index: Tensor | readonly number[]): Tensor {
    if (this.ndim === 0) throw new RangeError("indexSelect: a scalar has no rows");
    const [count, ...row] = this.shape as [number, ...number[]];
    return scope(() => {
      const rows = index instanceof Tensor ? index : indices(index, count, "indexSelect: index");
      const picked = apply(embedding, [this.reshape([count, sizeOf(row)]), rows], undefined);
      return picked.reshape([...rows.shape, ...row]);
    }, "indexSelect");
  }
  /** torch.gather: along `axis`, element i of the result is this[index[i]]; the other coordinates stay. */
  gather(axis: number, index: Tensor): Tensor {
    return apply(gather, [this, index], { axis: normalizeAxis(axis, this.ndim, "gather") });
  }
  /** Adds `before` and `after` elements of `value` to each axis. */
  pad(padding: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
    return apply(pad, [this], { padding, value });
  }
}

export type NestedNumbers = number | NestedNumbers[];

function scalar(value: number, dtype: DType = "float32"): Tensor {
  if (dtype === "uint32" && !(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
    throw new RangeError(`a uint32 tensor is compared with whole numbers from 0 to 4294967295, not ${value}`);
  return new Tensor(fromHost(dtype === "float32" ? new Float32Array([value]) : new Uint32Array([value]), []));
}

/** A uint32 tensor from a list of whole numbers in 0 … count − 1. `what` names them in errors. */
export function indices(list: readonly number[], count: number, what: string): Tensor {
  list.forEach((index, i) => {
    if (Number.isInteger(index) && index >= 0 && index < count) return;
    throw new RangeError(`${what} ${i} is ${index}, not one of 0 … ${count - 1}`);
  });
  return new Tensor(fromHost(new Uint32Array(list), [list.length]));
}

/** Joins tensors along an existing axis. */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new RangeError("cat: the list of tensors is empty");
  return apply(concat, tensors, { axis: normalizeAxis(axis, first.ndim, "cat") });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new RangeError("stack: the list of tensors is empty");
  return scope(() => {
    const rows = tensors.map((tensor) => tensor.unsqueeze(axis));
    return cat(rows, axis);
  }, "stack");
}

/** condition ≠ 0 ? a : b, element by element, with broadcasting. */
export function whereTensor(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const asTensor = (value: TensorLike) => (typeof value === "number" ? scalar(value) : value);
  const [onTrue, onFalse] = [asTensor(a), asTensor(b)];
  const result = apply(where, [condition, onTrue, onFalse], undefined);
  if (typeof a === "number") onTrue.free("it was a number");
  if (typeof b === "number") onFalse.free("it was a number");
  return result;
}

/** Whether operations record gradients just now. */
export const isGradEnabled = isRecording;
