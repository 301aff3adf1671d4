// Making tensors: from numbers, filled, or random.

import { type DType, fromHost } from "../gpu/array.ts";
import { checkShape, type Shape, sizeOf } from "../gpu/shape.ts";
import { filled } from "../kernels/elementwise/fill.ts";
import { normalArray, uniformArray } from "../kernels/random/random.ts";
import { Tensor } from "./tensor.ts";

/** What every new tensor can be told. */
export interface TensorOptions {
  /** Whether backward() leaves its gradient in `grad`. Default false. */
  requiresGrad?: boolean;
}

type Nested = number | readonly Nested[];

/**
 * A tensor from a number, nested arrays of numbers, or a typed array (one dimension; `shape` gives it others).
 * Float32 unless the data is a Uint32Array or `dtype` says so. The data is copied.
 * @throws RangeError where nested arrays are ragged or the shape does not fit
 */
export function tensor(
  data: Nested | ArrayLike<number>,
  { requiresGrad = false, dtype, shape }: TensorOptions & { dtype?: DType; shape?: Shape } = {},
): Tensor {
  const found = ArrayBuffer.isView(data)
    ? [(data as unknown as ArrayLike<number>).length]
    : nestedShape(data as Nested);
  const wanted = shape ?? found;
  checkShape(wanted, "tensor");
  const type = dtype ?? (data instanceof Uint32Array ? "uint32" : "float32");
  const flat = ArrayBuffer.isView(data)
    ? (data as unknown as ArrayLike<number>)
    : flatten(data as Nested, found);
  if (type === "uint32") {
    for (let i = 0; i < flat.length; i++) {
      if (!Number.isInteger(flat[i]!) || flat[i]! < 0 || flat[i]! >= 2 ** 32) {
        throw new RangeError(`tensor: uint32 wants whole numbers ≥ 0, element ${i} is ${flat[i]}`);
      }
    }
  }
  if (flat.length !== sizeOf(wanted)) {
    throw new RangeError(`tensor: ${flat.length} numbers do not fill shape [${wanted.join(", ")}]`);
  }
  const typed =
    type === "float32"
      ? flat instanceof Float32Array
        ? flat
        : Float32Array.from(flat)
      : flat instanceof Uint32Array
        ? flat
        : Uint32Array.from(flat);
  return leaf(new Tensor(fromHost(typed, wanted)), requiresGrad);
}

function nestedShape(data: Nested): number[] {
  const shape: number[] = [];
  let level: Nested = data;
  while (Array.isArray(level)) {
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0] as Nested;
  }
  return shape;
}

function flatten(data: Nested, shape: Shape): number[] {
  const flat: number[] = [];
  const walk = (item: Nested, depth: number): void => {
    if (typeof item === "number") {
      if (depth === shape.length) {
        flat.push(item);
        return;
      }
    } else if (Array.isArray(item) && item.length === shape[depth]) {
      for (const inner of item) walk(inner, depth + 1);
      return;
    }
    throw new RangeError(
      `tensor: the nested arrays are ragged: expected shape [${shape.join(", ")}] throughout`,
    );
  };
  walk(data, 0);
  return flat;
}

function leaf(tensor: Tensor, requiresGrad: boolean): Tensor {
  if (requiresGrad) tensor.requiresGrad = true;
  return tensor;
}

/** A float32 tensor of one value. Throws RangeError for a shape that is none. */
export function full(shape: Shape, value: number, { requiresGrad = false }: TensorOptions = {}): Tensor {
  return leaf(new Tensor(filled(shape, value), "full"), requiresGrad);
}

/** A float32 tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** A float32 tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** 0, 1, …, n − 1. */
export function arange(n: number, options: TensorOptions = {}): Tensor {
  return tensor(
    Float32Array.from({ length: n }, (_, i) => i),
    options,
  );
}

/** Standard normal numbers; repeatable after manualSeed. */
export function randn(shape: Shape, { requiresGrad = false }: TensorOptions = {}): Tensor {
  return normal(shape, 0, 1, { requiresGrad });
}

/** Uniform in [0, 1); repeatable after manualSeed. */
export function rand(shape: Shape, { requiresGrad = false }: TensorOptions = {}): Tensor {
  return uniform(shape, 0, 1, { requiresGrad });
}

export function normal(
  shape: Shape,
  mean: number,
  deviation: number,
  { requiresGrad = false }: TensorOptions = {},
): Tensor {
  return leaf(new Tensor(normalArray(shape, mean, deviation), "randn"), requiresGrad);
}

export function uniform(
  shape: Shape,
  low: number,
  high: number,
  { requiresGrad = false }: TensorOptions = {},
): Tensor {
  return leaf(new Tensor(uniformArray(shape, low, high), "rand"), requiresGrad);
}
