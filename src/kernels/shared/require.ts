// What operations ask of their inputs before anything is launched.
import type { DeviceArray } from "../../gpu/array.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";

export function requireFloat(name: string, ...arrays: DeviceArray[]): void {
  const wrong = arrays.find((array) => array.dtype !== "float32");
  if (wrong === undefined) return;
  const got = `${wrong.dtype === "int32" ? "an" : "a"} ${wrong.dtype} one`;
  throw new TypeError(`${name}: wants float32 tensors, got ${got}: float() makes it one`);
}

/** Throws unless an index is of whole numbers. */
export function requireIndex(name: string, index: DeviceArray): void {
  if (index.dtype !== "uint32" && index.dtype !== "int32")
    throw new TypeError(
      `${name}: the index is an int32 or uint32 tensor, got ${index.dtype}: int() makes it one`,
    );
}

/** Throws where an index reaches beyond x in a dimension other than the one it is of, or beyond the source. */
export function requireFit(name: string, x: Shape, index: Shape, axis: number, source?: Shape): void {
  if (x.length !== index.length || !x.every((n, d) => d === axis || n >= index[d]!))
    throw new RangeError(
      `${name}: index ${formatShape(index)} is larger than x ${formatShape(x)} in a dim other than ${axis}`,
    );
  if (source !== undefined && (source.length !== index.length || !source.every((n, d) => n >= index[d]!)))
    throw new RangeError(
      `${name}: index ${formatShape(index)} is larger than the source ${formatShape(source)}`,
    );
}
