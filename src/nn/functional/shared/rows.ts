// Operations on images, over sequences as images of one row; operations on batches, over one sample that comes without.
import { formatShape } from "../../../gpu/shape.ts";
import { requireFloat } from "../../../kernels/shared/require.ts";
import { arrayOf } from "../../../tensor/handle.ts";
import { scope } from "../../../tensor/scope.ts";
import type { Tensor } from "../../../tensor/tensor.ts";

/** What poolings give: values, and where asked for their indices. */
export type Pooled = Tensor | [values: Tensor, indices: Tensor];

/** An operation on images, over [samples, channels, length] as images of one row. */
export function alongRows<T extends Pooled>(name: string, x: Tensor, operation: (image: Tensor) => T): T {
  if (x.ndim !== 3) {
    throw new RangeError(`${name}: wants an input [samples, channels, length], got ${formatShape(x.shape)}`);
  }
  requireFloat(name, arrayOf(x));
  return widened(name, x, 2, operation);
}

/** An operation on a batch, over one sample without one, as PyTorch takes it: the result comes without one, too. */
export function alone<T extends Pooled>(name: string, sample: Tensor, operation: (batch: Tensor) => T): T {
  return widened(name, sample, 0, operation);
}

function widened<T extends Pooled>(name: string, x: Tensor, dim: number, operation: (x: Tensor) => T): T {
  return scope(() => {
    const result = operation(x.unsqueeze(dim));
    return (Array.isArray(result) ? result.map((each) => each.squeeze(dim)) : result.squeeze(dim)) as T;
  }, name);
}
