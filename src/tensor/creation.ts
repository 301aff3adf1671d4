// Making tensors: from numbers, filled, or random.

import { DTYPES, type DType, fromHost } from "../gpu/array.ts";
import { checkShape, type Shape, sizeOf } from "../gpu/shape.ts";
import { filled } from "../kernels/elementwise/fill.ts";
import { normalArray, uniformArray } from "../kernels/random/random.ts";
import { isList, isTensor, show, wantNumber, wantShape } from "./check.ts";
import { rememberLargest, typedArray } from "./from-host.ts";
import { BOOLEAN, type Kind, LIST, oneOf, takes } from "./options.ts";
import { Tensor } from "./tensor.ts";

/** What every new tensor can be told. */
export interface TensorOptions {
  /** Whether backward() leaves its gradient in `grad`. Default false. */
  requiresGrad?: boolean;
}

/** What those can be told whose elements may be of another type. */
export interface TypedOptions extends TensorOptions {
  /** "float32" unless said otherwise. Only those have gradients. */
  dtype?: DType;
}

type Nested = number | boolean | readonly Nested[] | ArrayLike<number>;

const DTYPE: Kind = oneOf(...DTYPES);

const tensorOptions = takes("tensor", 2, {
  requiresGrad: BOOLEAN,
  dtype: DTYPE,
  shape: LIST,
});

/**
 * A tensor from a number, nested arrays of numbers, or a typed array (one dimension; `shape` gives it others).
 * Float32, unless the data is an Int32Array, a Uint32Array or made of true and false, or `dtype` says so. The data is copied.
 * @shape → any
 * @throws RangeError where nested arrays are ragged, the shape does not fit, or a number is none of that type
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // → [2, 2]
 * tensor([1, 2], { dtype: "int32" }).dtype; // → int32
 */
export function tensor(
  data: Nested | ArrayLike<number>,
  options?: TypedOptions & { shape?: Shape },
  ...more: never[]
): Tensor {
  if (typeof data === "number" && typeof options === "number")
    throw new TypeError(
      `tensor: the numbers are one list: tensor([${[data, options, ...more].filter((value) => typeof value === "number").join(", ")}])`,
    );
  tensorOptions(options, more);
  const { requiresGrad = false, dtype, shape } = options ?? {};
  const flatAlready = isList(data) && !Array.isArray(data);
  if (!flatAlready && typeof data !== "number" && typeof data !== "boolean" && !Array.isArray(data))
    throw notNumbers(data);
  const found = flatAlready ? [data.length] : nestedShape(data as Nested);
  const wanted = shape ?? found;
  checkShape(wanted, "tensor");
  const flat = flatAlready ? (data as ArrayLike<number>) : flatten(data as Nested, found);
  const type = dtype ?? typeOf(data, flat);
  if (typeof flat[0] === "bigint")
    throw new TypeError(
      `tensor: wants numbers, got ${show(data)}: Array.from(data, Number) makes some of it`,
    );
  requireHeld("tensor", flat, type);
  if (flat.length !== sizeOf(wanted)) {
    throw new RangeError(`tensor: ${flat.length} numbers do not fill shape [${wanted.join(", ")}]`);
  }
  const typed = flat instanceof Float32Array && type === "float32" ? flat : typedArray(flat, type);
  const array = fromHost(typed, wanted);
  if (typed instanceof Uint32Array || typed instanceof Int32Array) rememberLargest(array, typed);
  return leaf(new Tensor(array), requiresGrad);
}

/** Whether it is an array of a class, or lists of such. */
function isMadeOf(data: unknown, kind: typeof Uint32Array | typeof Int32Array): boolean {
  if (Array.isArray(data)) return data.length > 0 && data.every((row) => isMadeOf(row, kind));
  return data instanceof kind;
}

/** The type of what is not told one. */
function typeOf(data: unknown, flat: ArrayLike<number | boolean>): DType {
  if (isMadeOf(data, Uint32Array)) return "uint32";
  if (isMadeOf(data, Int32Array)) return "int32";
  const all = Array.isArray(flat) && flat.length > 0 && flat.every((value) => typeof value === "boolean");
  return all ? "bool" : "float32";
}

/** Throws where a number is not one of the type. Every number is true or false, as in Python. */
export function requireHeld(who: string, flat: ArrayLike<number>, type: DType): void {
  if (type === "float32" || type === "bool") return;
  const [least, most, says] =
    type === "uint32" ? [0, 2 ** 32 - 1, "≥ 0"] : [-(2 ** 31), 2 ** 31 - 1, "of 32 bits"];
  for (let i = 0; i < flat.length; i++) {
    const value = Number(flat[i]!);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new RangeError(`${who}: ${type} wants whole numbers ${says}, element ${i} is ${flat[i]}`);
  }
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
  while (isList(level)) {
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0] as Nested;
  }
  return shape;
}

function flatten(data: Nested, shape: Shape): number[] {
  const flat: (number | boolean)[] = [];
  const walk = (item: Nested, depth: number): void => {
    if (typeof item === "number" || typeof item === "boolean") {
      if (depth === shape.length) {
        flat.push(item);
        return;
      }
    } else if (isList(item) && item.length === shape[depth]) {
      for (let i = 0; i < item.length; i++) walk(item[i] as Nested, depth + 1);
      return;
    } else if (!isList(item)) {
      const hint = isTensor(item) ? ": stack([…]) makes one of tensors" : "";
      throw new TypeError(`tensor: wants numbers, element ${flat.length} is ${show(item)}${hint}`);
    }
    throw new RangeError(
      `tensor: the nested arrays are ragged: expected shape [${shape.join(", ")}] throughout`,
    );
  };
  walk(data, 0);
  return flat as number[]; // typed arrays make 1 and 0 of true and false
}

export function leaf(tensor: Tensor, requiresGrad: boolean): Tensor {
  if (requiresGrad) tensor.requiresGrad = true;
  return tensor;
}

/** The options of what only takes TensorOptions, for a call whose options are argument number `at`. */
const plain = (name: string, at: number) => takes(name, at, { requiresGrad: BOOLEAN }, []);
/** Those of what takes TypedOptions. */
export const typedOptions = (name: string, at: number) =>
  takes(name, at, { requiresGrad: BOOLEAN, dtype: DTYPE }, []);
const fullOptions = typedOptions("full", 3);
const zerosOptions = typedOptions("zeros", 2);
const onesOptions = typedOptions("ones", 2);
const randnOptions = plain("randn", 2);
const randOptions = plain("rand", 2);
const arangeOptions = typedOptions("arange", 4);

/**
 * A tensor of one value, float32 unless `dtype` says otherwise. Throws RangeError for a shape that is none.
 * @shape → [...shape]
 * @example full([2], 7); // → [7, 7]
 */
export function full(shape: Shape, value: number, options?: TypedOptions, ...more: never[]): Tensor {
  wantShape("full", shape);
  wantNumber("full", "the value", value);
  fullOptions(options, more);
  return constant(shape, value, options);
}

function constant(
  shape: Shape,
  value: number,
  { dtype = "float32", requiresGrad = false }: TypedOptions = {},
) {
  requireHeld("full", [value], dtype);
  return leaf(new Tensor(filled(shape, value, dtype), "full"), requiresGrad);
}

/**
 * A tensor of zeros, float32 unless `dtype` says otherwise.
 * @shape → [...shape]
 * @example zeros([2, 2]); // → [[0, 0], [0, 0]]
 */
export function zeros(shape: Shape, options?: TypedOptions, ...more: never[]): Tensor {
  wantShape("zeros", shape, [options, ...more]);
  zerosOptions(options, more);
  return constant(shape, 0, options);
}

/**
 * A tensor of ones, float32 unless `dtype` says otherwise.
 * @shape → [...shape]
 * @example ones([2]); // → [1, 1]
 */
export function ones(shape: Shape, options?: TypedOptions, ...more: never[]): Tensor {
  wantShape("ones", shape, [options, ...more]);
  onesOptions(options, more);
  return constant(shape, 1, options);
}

/**
 * 0, 1, … up to `end`, which is not among them; from `start` on where two numbers are given; every `step`-th, which may be
 * negative, where three are. Float32 unless `dtype` says otherwise. The options come last.
 * @shape → [count]
 * @example
 * arange(4); // → [0, 1, 2, 3]
 * arange(1, 2, 0.5); // → [1, 1.5]
 */
export function arange(end: number, options?: TypedOptions): Tensor;
export function arange(start: number, end: number, options?: TypedOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: TypedOptions): Tensor;
export function arange(...given: (number | TypedOptions | undefined)[]): Tensor {
  const count = given.findIndex((value) => typeof value !== "number");
  const numbers = (count < 0 ? given : given.slice(0, count)) as number[];
  const [options, ...more] = given.slice(numbers.length) as [TypedOptions?, ...unknown[]];
  if (numbers.length === 0 || numbers.length > 3 || (options === undefined && more.length > 0))
    throw new TypeError(
      `arange: wants an end, a start and an end, or a start, an end and a step, got ${show(given)}`,
    );
  arangeOptions(options, more);
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  const n = Math.ceil((end - start) / step);
  if (!(n >= 0 && n < 2 ** 32))
    throw new RangeError(`arange: steps of ${step} do not lead from ${start} to ${end}`);
  const values = Float64Array.from({ length: n }, (_, i) => start + i * step);
  return tensor(values, options);
}

/**
 * Standard normal numbers; repeatable after manualSeed.
 * @shape → [...shape]
 * @example randn([2, 3]).shape; // → [2, 3]
 */
export function randn(shape: Shape, options?: TensorOptions, ...more: never[]): Tensor {
  wantShape("randn", shape, [options, ...more]);
  randnOptions(options, more);
  return normal(shape, 0, 1, options);
}

/**
 * Uniform in [0, 1); repeatable after manualSeed.
 * @shape → [...shape]
 * @example rand([2, 3]).shape; // → [2, 3]
 */
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
