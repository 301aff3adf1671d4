// Small arrays of what users write as numbers and lists; and which indices came from the host, where they can be checked
// without waiting for the GPU.
import { type DeviceArray, type DType, type Elements, fromHost } from "../gpu/array.ts";
import { show } from "./check.ts";
import { arrayOf, type Handle } from "./handle.ts";
import type { HANDLE } from "./scope.ts";

/** A number as an array without dimensions, for `who`. */
export function scalarArray(value: number, dtype: DType = "float32", who = "tensor"): DeviceArray {
  if (dtype === "uint32" && !(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
    throw new RangeError(
      `${who}: a uint32 tensor is compared with whole numbers from 0 to 4294967295, not ${value}`,
    );
  if (dtype === "int32" && !(value >= -(2 ** 31) && value < 2 ** 31))
    throw new RangeError(
      `${who}: beside whole numbers, a number is from −2147483648 to 2147483647, not ${value}`,
    );
  return fromHost(typedArray([value], dtype), []);
}

/** Numbers as the elements of a type. */
export function typedArray(numbers: ArrayLike<number>, dtype: DType): Elements {
  if (dtype === "float32") return Float32Array.from(numbers);
  if (dtype === "int32") return Int32Array.from(numbers);
  if (dtype === "uint32") return Uint32Array.from(numbers);
  return Uint8Array.from(numbers, (value) => (Number(value) === 0 ? 0 : 1));
}

/** The bits of a whole number from −2³¹ to 2³² − 1: −100, PyTorch's ignored label, is 4294967196. */
export function asUint32(value: number): number {
  return value >>> 0;
}

/** A list of whole numbers in 0 … count − 1, or `ignored`, as a uint32 array. `what` names them in errors. */
export function indexArray(
  list: ArrayLike<number>,
  count: number,
  what: string,
  ignored?: number,
): DeviceArray {
  const data = new Uint32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const index = list[i]!;
    if (
      !(Number.isInteger(index) && index >= 0 && index < count) &&
      (index !== ignored || ignored === undefined)
    ) {
      const kind = typeof index === "number" ? RangeError : TypeError;
      throw new kind(`${what} ${i} is ${show(index)}, not one of 0 … ${count - 1}`);
    }
    data[i] = index;
  }
  return fromHost(data, [list.length]);
}

/** What is known of an int32 or uint32 array whose elements came from the host, as long as its storage has this version. */
interface Known {
  readonly version: number;
  readonly largest: number;
  /** The largest that is not `largest`, which may be an ignored label. */
  readonly second: number;
}

/** By storage, which views share. */
const known = new WeakMap<object, Known>();

/** Remembers the largest elements of an array that was just made of `data`. */
export function rememberLargest({ storage }: DeviceArray, data: Uint32Array | Int32Array): void {
  let [largest, second] = [-1, -1];
  for (const signed of data) {
    const value = asUint32(signed); // −1 is no index either
    if (value > largest) [largest, second] = [value, largest];
    else if (value > second && value < largest) second = value;
  }
  known.set(storage, { version: storage.version, largest, second });
}

/**
 * Throws where a tensor of indices holds one that is none of 0 … count − 1 nor `ignored`, as far as that is known without
 * reading it back: where it was made of numbers of the host. Tells whether all are known to be indices, none of them ignored.
 */
export function checkIndices(
  what: string,
  indices: { readonly [HANDLE]: Handle },
  count: number,
  ignored?: number,
): boolean {
  const array = arrayOf(indices);
  const facts = factsOf(array);
  if (facts === null) return false;
  const check = { count, passed: ignored === undefined ? Number.POSITIVE_INFINITY : asUint32(ignored) };
  const { worst, all } = judged(facts, check);
  if (worst >= count)
    throw new RangeError(
      `${what} is ${array.dtype === "int32" ? worst | 0 : worst}, not one of 0 … ${count - 1}`,
    );
  checked.get(array.storage)?.push({ ...check, all });
  return all;
}

interface Check {
  readonly count: number;
  /** An index beyond those that counts nothing. */
  readonly passed: number;
}

/** The largest index that is to be below the count, and whether all are known to be indices, none of them passed. */
function judged({ largest, second }: Known, { passed }: Check): { worst: number; all: boolean } {
  return { worst: largest === passed ? second : largest, all: largest < passed }; // one below the largest may be among them
}

/** What is known of an array now, if anything is. */
function factsOf({ storage }: DeviceArray): Known | null {
  const facts = known.get(storage);
  return facts?.version === storage.version ? facts : null;
}

/** The checks of copies that stand for other arrays, by storage. */
const checked = new WeakMap<object, (Check & { all: boolean })[]>();

/** Of a copy, which stands for other arrays too (nn/compile.ts): what is known of the array, and which checks it will have gone through. */
export function standsFor(copy: DeviceArray, array: DeviceArray): void {
  const facts = factsOf(array);
  if (facts === null) return;
  known.set(copy.storage, { ...facts, version: copy.storage.version });
  checked.set(copy.storage, []);
}

/** Whether an array would have gone through a copy's checks as that did. */
export function passesAs(copy: DeviceArray, array: DeviceArray): boolean {
  const checks = checked.get(copy.storage) ?? [];
  const facts = factsOf(array);
  return checks.every((check) => {
    if (facts === null) return false;
    const { worst, all } = judged(facts, check);
    return worst < check.count && all === check.all;
  });
}
