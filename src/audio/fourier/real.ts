// The transform of rows of real numbers, and its inverse: by that of complex ones, whose imaginary parts are 0.
import { pad } from "../../kernels/shapes/pad.ts";
import { tensor } from "../../tensor/creation.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { dft } from "./dft.ts";

/** The bins [..., ⌊n/2⌋ + 1, 2] of real rows [..., n]. */
export function realTransform(rows: Tensor, scale = 1): Tensor {
  const n = rows.shape.at(-1)!;
  const filled = apply(dft, [paired(rows)], { sign: -1, scale });
  return filled.narrow(-2, 0, Math.floor(n / 2) + 1);
}

/** Real rows [..., n] of their bins [..., any, 2]. */
export function realInverse(bins: Tensor, n: number, scale: number): Tensor {
  const count = Math.floor(n / 2) + 1;
  // x[t] is the real part of a sum over these alone, where those of which there is a conjugate count twice.
  const weights = Array.from({ length: count }, (_, k) => (k === 0 || 2 * k === n ? 1 : 2));
  const weighted = fitted(bins, bins.ndim - 2, count).mul(tensor(weights).reshape([count, 1]));
  const sums = apply(dft, [fitted(weighted, bins.ndim - 2, n)], { sign: 1, scale });
  return sums.narrow(-1, 0, 1).squeeze(-1);
}

/** Real numbers as complex ones: [...] to [..., 2]. */
function paired(x: Tensor): Tensor {
  const padding = [...x.shape.map(() => [0, 0] as const), [0, 1] as const];
  return apply(pad, [x.unsqueeze(-1)], { padding, value: 0 });
}

/** The first n of an axis, with zeros behind where there are fewer. */
export function fitted(x: Tensor, axis: number, n: number): Tensor {
  const has = x.shape[axis]!;
  if (n < has) return x.narrow(axis, 0, n);
  if (n === has) return x;
  const padding = x.shape.map((_, each) => [0, each === axis ? n - has : 0] as const);
  return apply(pad, [x], { padding, value: 0 });
}
