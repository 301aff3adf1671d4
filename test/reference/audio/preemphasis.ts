// What pre-emphasis means, in a float64 loop: torchaudio.functional.preemphasis.
import { type Arr, arr } from "../reference.ts";

/** y[t] = x[t] − coeff · x[t − 1], y[0] = x[0], of every row of [..., samples]. */
export function preemphasis(x: Arr, coeff: number): Arr {
  const samples = x.shape.at(-1)!;
  const y = arr(x.shape, x.data);
  for (let i = 0; i < y.data.length; i++) if (i % samples > 0) y.data[i]! -= coeff * x.data[i - 1]!;
  return y;
}
