// Zeros around tensors, along one dimension.
import { pad } from "../../kernels/shapes/pad.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";

/** Zeros before and behind along an axis, the last unless it is said. */
export function padded(x: Tensor, before: number, after: number, axis = x.ndim - 1): Tensor {
  if (before === 0 && after === 0) return x;
  const padding = x.shape.map((_, each) => (each === axis ? ([before, after] as const) : ([0, 0] as const)));
  return apply(pad, [x], { padding, value: 0 });
}

/** The first n along an axis, with zeros behind where there are fewer. */
export function fitted(x: Tensor, axis: number, n: number): Tensor {
  const has = x.shape[axis]!;
  return n < has ? x.narrow(axis, 0, n) : padded(x, 0, n - has, axis);
}
