// Index of the largest element along an axis; the first of equals. No gradient. Runs on extreme.wgsl.
import type { DeviceArray } from "../../gpu/array.ts";
import { formatShape } from "../../gpu/shape.ts";
import { extremeArray } from "./extreme.ts";

/** uint32, shaped as x without `axis` (of size 1 there, with `keepDim`). */
export function argmaxArray(x: DeviceArray, axis: number, keepDim: boolean): DeviceArray {
  if (x.shape[axis] === 0) {
    throw new RangeError(`argmax: no elements to choose from along axis ${axis} of ${formatShape(x.shape)}`);
  }
  const { values, positions } = extremeArray("max", x, [axis], keepDim);
  values.release();
  return positions;
}
