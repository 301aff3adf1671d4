// Types of elements in arithmetic: in which type two of them meet, and their numbers in programs (types.wgsl).
import type { DType } from "../../gpu/array.ts";

/** The numbers that types.wgsl gives them. */
export const TYPE: Record<DType, number> = { float32: 0, int32: 1, uint32: 2, bool: 3 };

/** From the least to the one that takes in all. */
const ORDER: readonly DType[] = ["bool", "uint32", "int32", "float32"];

/** The type in which elements of two types are computed: the later of bool, uint32, int32, float32. */
export function promote(a: DType, b: DType): DType {
  return ORDER[Math.max(ORDER.indexOf(a), ORDER.indexOf(b))]!;
}

/**
 * The type that a number takes beside elements of type `dtype`, as in PyTorch: a whole number does not make floats of whole
 * numbers, and one that is not whole does. JavaScript's 2.0 is the whole number 2.
 */
export function numberType(value: number, dtype: DType): DType {
  if (dtype === "float32" || !Number.isInteger(value)) return "float32";
  if (dtype === "uint32" && value >= 0) return "uint32";
  return "int32";
}
