// The gradient of broadcasting.
import { sameShape } from "../../../gpu/shape.ts";
import type { Tensor } from "../../tensor.ts";

/** Sums x to a shape that broadcasts to x's. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.ndim - shape.length;
  const dims = x.shape.flatMap((n, dim) =>
    dim < extra || (shape[dim - extra] === 1 && n !== 1) ? [dim] : [],
  );
  return (dims.length === 0 ? x : x.sum(dims)).reshape(shape);
}
