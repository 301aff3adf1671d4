// Small arrays of what users write as numbers and lists.
import { type DeviceArray, type DType, fromHost } from "../gpu/array.ts";

/** A number as an array without dimensions. */
export function scalarArray(value: number, dtype: DType = "float32"): DeviceArray {
  if (dtype === "uint32" && !(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
    throw new RangeError(`a uint32 tensor is compared with whole numbers from 0 to 4294967295, not ${value}`);
  return fromHost(dtype === "float32" ? new Float32Array([value]) : new Uint32Array([value]), []);
}

/** A list of whole numbers in 0 … count − 1 as a uint32 array. `what` names them in errors. */
export function indexArray(list: readonly number[], count: number, what: string): DeviceArray {
  list.forEach((index, i) => {
    if (Number.isInteger(index) && index >= 0 && index < count) return;
    throw new RangeError(`${what} ${i} is ${index}, not one of 0 … ${count - 1}`);
  });
  return fromHost(new Uint32Array(list), [list.length]);
}
