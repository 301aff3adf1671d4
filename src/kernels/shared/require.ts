// What operations ask of their inputs before anything is launched.
import type { DeviceArray } from "../../gpu/array.ts";

export function requireFloat(name: string, ...arrays: DeviceArray[]): void {
  const wrong = arrays.find((array) => array.dtype !== "float32");
  if (wrong !== undefined) throw new TypeError(`${name}: wants float32 tensors, got a ${wrong.dtype} one`);
}
