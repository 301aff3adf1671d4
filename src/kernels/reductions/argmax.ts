// Index of the largest or smallest element along an axis; the first of equals. No gradient. Runs on extreme.wgsl.
import type { DeviceArray } from "../../gpu/array.ts";
import { extremeArray } from "./extreme.ts";

/** int32, shaped as x without `axis` (of size 1 there, with `keepDim`). `who` is asked for it. */
export function argmaxArray(
  x: DeviceArray,
  axis: number,
  keepDim: boolean,
  which: "amax" | "amin" = "amax",
  who = "argmax",
): DeviceArray {
  const { values, positions } = extremeArray(which, x, [axis], keepDim, who);
  values.release();
  return positions;
}
