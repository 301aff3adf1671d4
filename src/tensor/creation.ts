// Making tensors: from numbers, filled, or random.

import { type DType, fromHost } from "../gpu/array.ts";
import { checkShape, type Shape, sizeOf } from "../gpu/shape.ts";
import { filled } from "../kernels/elementwise/fill.ts";
import { normalArray, uniformArray } from "../kernels/random/random.ts";
import { isList, isTensor, show, wantNumber, wantShape } from "./check.ts";
import { rememberLargest } from "./from-host.ts";
import { BOOLEAN, LIST, oneOf, takes } from "./options.ts";
import { Tensor } from "./tensor.ts";

/** What every new tensor can be told. */
export interface TensorOptions {
  /** Whether backward() leaves its gradient in `grad`. Default false. */
  requiresGrad?: boolean;
}

type Nested = number | readonly Nested[];

const tensorOptions = takes("tensor", 2, {
  requiresGrad: BOOLEAN,
  dtype: oneOf("float32", "uint32"),
  shape: LIST,
});

/**
 * A tensor from a number, nested arrays of numbers, or a typed array (one dimension; `shape` gives it others).
 * Float32 unless the data is a Uint32Array or `dtype` says so. The data is copied.
 * @throws RangeError where nested arrays are ragged or the shape does not fit
 */
export function tensor(
  data: Nested | ArrayLike<number>,
  options?: TensorOptions & { dtype?: DType; shape?: Shape },
  ...more: never[]
): Tensor {
  if (typeof data === "number" && typeof options === "number")
    throw new TypeError(
      `tensor: the numbers are one list: tensor([${[data, options, ...more].filter((value) => typeof value === "number").join(", ")}])`,
    );
  tensorOptions(options, more);
  const { requiresGrad = false, dtype, shape } = options ?? {};
  const flatAlready = isList(data) && !Array.isArray(data);
  if (!flatAlready && typeof data !== "number" && !Array.isArray(data)) throw notNumbers(data);
  const found = flatAlready ? [data.length] : nestedShape(data as Nested);
  const wanted = shape ?? found;
  checkShape(wanted, "tensor");
  const type = dtype ?? (data instanceof Uint32Array ? "uint32" : "float32");
  const flat = flatAlready ? (data as ArrayLike<number>) : flatten(data as Nested, found);
  if (typeof flat[0] === "bigint")
    throw new TypeError(
      `tensor: wants numbers, got ${show(data)}: Array.from(data, Number) makes some of it`,
    );
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
  const array = fromHost(typed, wanted);
  if (typed instanceof Uint32Array) rememberLargest(array, typed);
  return leaf(new Tensor(array), requiresGrad);
}

function notNumbers(data: unknown): TypeError {
  const hint = isTensor(data) ? ": clone() copies a tensor, detach() takes it off the tape" : "";
  return new TypeError(
    `tensor: wants a number, nested lists of numbers or a typed array, got ${show(data)}${hint}`,
  );
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
    } else if (!Array.isArray(item)) {
      const hint = typeof item === "boolean" ? ": write 1 and 0" : "";
      throw new TypeError(`tensor: wants numbers, element ${flat.length} is ${show(item)}${hint}`);
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

/** The options of what only takes TensorOptions, for a call whose options are argument number `at`. */
const plain = (name: string, at: number) => takes(name, at, { requiresGrad: BOOLEAN }, []);
const fullOptions = plain("full", 3);
const zerosOptions = plain("zeros", 2);
const onesOptions = plain("ones", 2);
const randnOptions = plain("randn", 2);
const randOptions = plain("rand", 2);
const arangeOptions = plain("arange", 4);

/** A float32 tensor of one value. Throws RangeError for a shape that is none. */
export function full(shape: Shape, value: number, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("full", shape);
  wantNumber("full", "the value", value);
  fullOptions(options, more);
  return constant(shape, value, options);
}

function constant(shape: Shape, value: number, options?: TensorOptions): Tensor {
  return leaf(new Tensor(filled(shape, value), "full"), options?.requiresGrad ?? false);
}

/** A float32 tensor of zeros. */
export function zeros(shape: Shape, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("zeros", shape, [options, ...more]);
  zerosOptions(options, more);
  return constant(shape, 0, options);
}

/** A float32 tensor of ones. */
export function ones(shape: Shape, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("ones", shape, [options, ...more]);
  onesOptions(options, more);
  return constant(shape, 1, options);
}

/**
 * 0, 1, … up to `end`, which is not among them; from `start` on where two numbers are given; every `step`-th, which may be
 * negative, where three are. The options come last.
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor;
export function arange(...given: (number | TensorOptions | undefined)[]): Tensor {
  const count = given.findIndex((value) => typeof value !== "number");
  const numbers = (count < 0 ? given : given.slice(0, count)) as number[];
  const [options, ...more] = given.slice(numbers.length) as [TensorOptions?, ...unknown[]];
  if (numbers.length === 0 || numbers.length > 3)
    throw new TypeError(
      `arange: wants an end, a start and an end, or a start, an end and a step, got ${show(given)}`,
    );
  arangeOptions(options, more);
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  const n = Math.ceil((end - start) / step);
  if (!(n >= 0 && n < 2 ** 32))
    throw new RangeError(`arange: steps of ${step} do not lead from ${start} to ${end}`);
  const values = Float32Array.from({ length: n }, (_, i) => start + i * step);
  return leaf(new Tensor(fromHost(values, [n])), options?.requiresGrad ?? false);
}

/** Standard normal numbers; repeatable after manualSeed. */
export function randn(shape: Shape, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("randn", shape, [options, ...more]);
  randnOptions(options, more);
  return normal(shape, 0, 1, options);
}

/** Uniform in [0, 1); repeatable after manualSeed. */
export function rand(shape: Shape, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("rand", shape, [options, ...more]);
  randOptions(options, more);
  return uniform(shape, 0, 1, options);
}

export function normal(shape: Shape, mean: number, deviation: number, options?: TensorOptions): Tensor {
  return leaf(new Tensor(normalArray(shape, mean, deviation), "randn"), options?.requiresGrad ?? false);
}

export function uniform(shape: Shape, low: number, high: number, options?: TensorOptions): Tensor {
  return leaf(new Tensor(uniformArray(shape, low, high), "rand"), options?.requiresGrad ?? false);
}
