// The transform of rows of real numbers, and its inverse: by that of complex ones, whose imaginary parts are 0.
import { tensor } from "../../tensor/creation.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { dft } from "./dft.ts";
import { fitted, padded } from "./pad.ts";

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
const paired = (x: Tensor): Tensor => padded(x.unsqueeze(-1), 0, 1);
