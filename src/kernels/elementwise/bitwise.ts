// Functions of the bits of two arrays of whole numbers or bools, with broadcasting.
import type { DeviceArray } from "../../gpu/array.ts";
import { promote } from "../shared/types.ts";
import source from "./bitwise.wgsl" with { type: "text" };
import { definePlainPairs } from "./pairs.ts";

const NAMES = ["bitwiseAnd", "bitwiseOr", "bitwiseXor", "bitwiseLeftShift", "bitwiseRightShift"] as const;
export type BitwiseName = (typeof NAMES)[number];

const forward = definePlainPairs("bitwise", [source], NAMES);

export function bitwiseArrays(name: BitwiseName, a: DeviceArray, b: DeviceArray): DeviceArray {
  const type = promote(a.dtype, b.dtype);
  const shift = name === "bitwiseLeftShift" || name === "bitwiseRightShift";
  if (type === "float32" || (shift && type === "bool"))
    throw new TypeError(
      `${name}: wants whole numbers${shift ? "" : " or bools"}, got ${a.dtype} and ${b.dtype}`,
    );
  return forward(name, a, b, type);
}
