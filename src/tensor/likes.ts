// Tensors of another one's shape and type, and tensors that nobody has written yet.
import { type DType, empty as emptyArray } from "../gpu/array.ts";
import type { Shape } from "../gpu/shape.ts";
import { filled } from "../kernels/elementwise/fill.ts";
import { normalArray, uniformArray } from "../kernels/random/random.ts";
import { wantNumber, wantShape, wantTensor } from "./check.ts";
import { leaf, requireHeld, type TypedOptions, typedOptions } from "./creation.ts";
import { Tensor } from "./tensor.ts";

type More = never[];

const emptyOptions = typedOptions("empty", 2);

/**
 * A tensor whose elements are whatever lay in its memory.
 * @shape → [...shape]
 * @example empty([2, 3]).shape; // → [2, 3]
 */
export function empty(shape: Shape, options?: TypedOptions, ...more: More): Tensor {
  wantShape("empty", shape, [options, ...more]);
  emptyOptions(options, more);
  return leaf(new Tensor(emptyArray(shape, options?.dtype), "empty"), options?.requiresGrad ?? false);
}

/** Checks a call of a function of a tensor and options, and makes the tensor. */
function like(
  name: string,
  at: number,
  make: (shape: Shape, dtype: DType, value: number) => ReturnType<typeof filled>,
) {
  const check = typedOptions(name, at);
  return (x: Tensor, options: TypedOptions | undefined, more: readonly unknown[], value = 0): Tensor => {
    wantTensor(name, "the input", x);
    check(options, more);
    const { dtype = x.dtype, requiresGrad = false } = options ?? {};
    requireHeld(name, [value], dtype);
    return leaf(new Tensor(make(x.shape, dtype, value), name), requiresGrad);
  };
}

const fill = (name: string, at = 2) => like(name, at, (shape, dtype, value) => filled(shape, value, dtype));
const ofZeros = fill("zerosLike");
const ofOnes = fill("onesLike");
const ofOne = fill("fullLike", 3);
const unwritten = like("emptyLike", 2, (shape, dtype) => emptyArray(shape, dtype));
/** Random numbers are float32 for whatever they are like. */
const drawn = (name: string, draw: (shape: Shape) => ReturnType<typeof filled>) =>
  like(name, 2, (shape, dtype) => {
    if (dtype !== "float32")
      throw new TypeError(`${name}: draws float32, not ${dtype}: give { dtype: "float32" }`);
    return draw(shape);
  });
const uniformly = drawn("randLike", (shape) => uniformArray(shape, 0, 1));
const normally = drawn("randnLike", (shape) => normalArray(shape, 0, 1));

/**
 * Zeros of a tensor's shape, and of its type unless `dtype` says otherwise; the others likewise.
 * @shape any → the same
 * @example zerosLike(ones([2])); // → [0, 0]
 */
export function zerosLike(x: Tensor, options?: TypedOptions, ...more: More): Tensor {
  return ofZeros(x, options, more);
}
/**
 * Ones of a tensor's shape and type.
 * @shape any → the same
 * @example onesLike(zeros([2, 2])); // → [[1, 1], [1, 1]]
 */
export function onesLike(x: Tensor, options?: TypedOptions, ...more: More): Tensor {
  return ofOnes(x, options, more, 1);
}
/**
 * One value in a tensor's shape and type.
 * @shape any → the same
 * @example fullLike(zeros([2]), 7); // → [7, 7]
 */
export function fullLike(x: Tensor, value: number, options?: TypedOptions, ...more: More): Tensor {
  wantNumber("fullLike", "the value", value);
  return ofOne(x, options, more, value);
}
/**
 * A tensor of this one's shape and type, for values that will be written.
 * @shape any → the same
 * @example emptyLike(zeros([2, 3])).shape; // → [2, 3]
 */
export function emptyLike(x: Tensor, options?: TypedOptions, ...more: More): Tensor {
  return unwritten(x, options, more);
}
/**
 * Uniform in [0, 1).
 * @shape any → the same
 * @example randLike(zeros([2, 3])).shape; // → [2, 3]
 */
export function randLike(x: Tensor, options?: TypedOptions, ...more: More): Tensor {
  return uniformly(x, options, more);
}
/**
 * Standard normal.
 * @shape any → the same
 * @example randnLike(zeros([2, 3])).shape; // → [2, 3]
 */
export function randnLike(x: Tensor, options?: TypedOptions, ...more: More): Tensor {
  return normally(x, options, more);
}
