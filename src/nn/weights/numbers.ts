// The numbers that files of weights hold, by safetensors' names of their types, and what they become here: floats of any
// length float32, whole numbers int32, those of 32 and 64 bits without a sign uint32, booleans bool.
import { dtypeOf, type Elements, fromHost } from "../../gpu/array.ts";
import { formatShape, MAX_RANK } from "../../gpu/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Fail } from "./error.ts";

/** An array on the host, row-major. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Elements;
}

type Read = (view: DataView, at: number, little: boolean) => number | bigint;

interface NumberType {
  readonly bytes: number;
  readonly read: Read;
  /** What holds them here, and the least and the largest number that fits. */
  readonly as: {
    new (count: number): Elements;
    new (buffer: ArrayBuffer, at: number, count: number): Elements;
  };
  readonly least: number;
  readonly most: number;
}

const float = (bytes: number, read: Read): NumberType => ({
  bytes,
  read,
  as: Float32Array,
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
});
const whole = (bytes: number, read: Read): NumberType => ({
  bytes,
  read,
  as: Int32Array,
  least: -(2 ** 31),
  most: 2 ** 31 - 1,
});
const unsigned = (bytes: number, read: Read): NumberType => ({
  bytes,
  read,
  as: Uint32Array,
  least: 0,
  most: 2 ** 32 - 1,
});

export const NUMBER_TYPES = {
  F64: float(8, (view, at, little) => view.getFloat64(at, little)),
  F32: float(4, (view, at, little) => view.getFloat32(at, little)),
  F16: float(2, (view, at, little) => half(view.getUint16(at, little))),
  BF16: float(2, (view, at, little) => brain(view.getUint16(at, little))),
  I64: whole(8, (view, at, little) => view.getBigInt64(at, little)),
  U64: unsigned(8, (view, at, little) => view.getBigUint64(at, little)),
  I32: whole(4, (view, at, little) => view.getInt32(at, little)),
  U32: unsigned(4, (view, at, little) => view.getUint32(at, little)),
  I16: whole(2, (view, at, little) => view.getInt16(at, little)),
  U16: whole(2, (view, at, little) => view.getUint16(at, little)),
  I8: whole(1, (view, at) => view.getInt8(at)),
  U8: whole(1, (view, at) => view.getUint8(at)),
  BOOL: { ...unsigned(1, (view, at) => Number(view.getUint8(at) !== 0)), as: Uint8Array },
} as const satisfies Record<string, NumberType>;

export type TypeName = keyof typeof NUMBER_TYPES;

export const isTypeName = (name: unknown): name is TypeName =>
  typeof name === "string" && Object.hasOwn(NUMBER_TYPES, name);

/**
 * Float32 numbers as IEEE 754's halves, each the nearest there is (of two, the one that is even). Throws where one is
 * beyond 65504, the largest half.
 */
export function toHalves(numbers: Float32Array, fail: Fail, name: string): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(numbers, (number, i) => {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const size = Math.abs(number);
    if (Number.isNaN(number)) return sign | 0x7e00;
    if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
    // Halves of one exponent lie 2^(exponent - 10) apart; below 2^-14 all lie 2^-24 apart.
    const exponent = Math.max(((bits[i]! >>> 23) & 255) - 127, -14);
    const steps = toEven(size / 2 ** (exponent - 10));
    const half = ((exponent + 14) << 10) + steps; // 1024 steps are the next exponent's first
    if (half < 0x7c00) return sign | half;
    throw fail(`${name} holds ${number}, and the largest number of float16 is 65504`);
  });
}

/** The nearest whole number, of two the even one. */
function toEven(x: number): number {
  const whole = Math.round(x);
  return whole - x === 0.5 && whole % 2 === 1 ? whole - 1 : whole;
}

/** IEEE 754's half: 1 bit of sign, 5 of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

const LITTLE_HERE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Types that lie in a file as they lie in memory. */
const AS_THEY_ARE: readonly TypeName[] = ["F32", "I32", "U32"];

/**
 * Reads all of `bytes` as numbers of a type; where they already are what is wanted, no copy is made. `name` is what they
 * belong to, in errors.
 * @throws WeightsError for a whole number that does not fit
 */
export function decode(type: TypeName, bytes: Uint8Array, fail: Fail, name: string, little = true): Elements {
  const { bytes: each, read, as: Typed, least, most }: NumberType = NUMBER_TYPES[type];
  const count = bytes.length / each;
  if (AS_THEY_ARE.includes(type) && little === LITTLE_HERE && bytes.byteOffset % 4 === 0)
    return new Typed(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = new Typed(count);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * each, little);
    if (value < least || value > most) throw fail(`${name} holds ${value}, which is no ${dtypeOf(numbers)}`);
    numbers[i] = Number(value);
  }
  return numbers;
}

/** The array on the GPU. `name` is what it is called, in errors. */
export function toTensor({ shape, data }: HostArray, fail: Fail, name: string): Tensor {
  if (shape.length > MAX_RANK)
    throw fail(`${name} ${formatShape(shape)} has more than ${MAX_RANK} dimensions`);
  return new Tensor(fromHost(data, shape));
}
