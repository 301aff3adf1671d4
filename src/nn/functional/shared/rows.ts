// Operations on images, over sequences as images of one row.
import { formatShape } from "../../../gpu/shape.ts";
import { requireFloat } from "../../../kernels/shared/require.ts";
import { arrayOf } from "../../../tensor/handle.ts";
import { scope } from "../../../tensor/scope.ts";
import type { Tensor } from "../../../tensor/tensor.ts";

/** An operation on images, over [samples, channels, length] as images of one row. */
export function alongRows<T extends Tensor | [Tensor, Tensor]>(
  name: string,
  x: Tensor,
  operation: (image: Tensor) => T,
): T {
  if (x.ndim !== 3) {
    throw new RangeError(`${name}: wants an input [samples, channels, length], got ${formatShape(x.shape)}`);
  }
  requireFloat(name, arrayOf(x));
  return scope(() => {
    const result = operation(x.unsqueeze(2));
    return (Array.isArray(result) ? result.map((each) => each.squeeze(2)) : result.squeeze(2)) as T;
  }, name);
}
