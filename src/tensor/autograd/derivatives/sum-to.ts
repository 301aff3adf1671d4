// The gradient of broadcasting.
import { broadcastAxes, sameShape } from "../../../gpu/shape.ts";
import type { Tensor } from "../../tensor.ts";

/** Sums x to a shape that broadcasts to x's. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const dims = broadcastAxes(shape, x.shape);
  return (dims.length === 0 ? x : x.sum(dims)).reshape(shape);
}
