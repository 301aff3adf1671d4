// The numbers that files of weights hold, by safetensors' names of their types, and what they become here: floats of any
// length float32, whole numbers and booleans uint32.
import { type Elements, fromHost } from "../../gpu/array.ts";
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
  readonly float: boolean;
  readonly read: Read;
}

const float = (bytes: number, read: Read): NumberType => ({ bytes, float: true, read });
const whole = (bytes: number, read: Read): NumberType => ({ bytes, float: false, read });

export const NUMBER_TYPES = {
  F64: float(8, (view, at, little) => view.getFloat64(at, little)),
  F32: float(4, (view, at, little) => view.getFloat32(at, little)),
  F16: float(2, (view, at, little) => half(view.getUint16(at, little))),
  BF16: float(2, (view, at, little) => brain(view.getUint16(at, little))),
  I64: whole(8, (view, at, little) => view.getBigInt64(at, little)),
  U64: whole(8, (view, at, little) => view.getBigUint64(at, little)),
  I32: whole(4, (view, at, little) => view.getInt32(at, little)),
  U32: whole(4, (view, at, little) => view.getUint32(at, little)),
  I16: whole(2, (view, at, little) => view.getInt16(at, little)),
  U16: whole(2, (view, at, little) => view.getUint16(at, little)),
  I8: whole(1, (view, at) => view.getInt8(at)),
  U8: whole(1, (view, at) => view.getUint8(at)),
  BOOL: whole(1, (view, at) => Number(view.getUint8(at) !== 0)),
} as const satisfies Record<string, NumberType>;

export type TypeName = keyof typeof NUMBER_TYPES;

export const isTypeName = (name: unknown): name is TypeName =>
  typeof name === "string" && Object.hasOwn(NUMBER_TYPES, name);

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

/**
 * Reads all of `bytes` as numbers of a type; where they already are what is wanted, no copy is made. `name` is what they
 * belong to, in errors.
 * @throws WeightsError for a whole number that no uint32 is
 */
export function decode(
  type: TypeName,
  bytes: Uint8Array,
  fail: Fail,
  name: string,
  little = true,
): Float32Array | Uint32Array {
  const { bytes: each, float, read }: NumberType = NUMBER_TYPES[type];
  const count = bytes.length / each;
  if ((type === "F32" || type === "U32") && little === LITTLE_HERE && bytes.byteOffset % 4 === 0) {
    const Typed = type === "F32" ? Float32Array : Uint32Array;
    return new Typed(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = float ? new Float32Array(count) : new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * each, little);
    if (!float && (value < 0 || value > 0xffff_ffff))
      throw fail(`${name} holds ${value}, which is no uint32`);
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
