// Pre-emphasis: each sample less most of the one before, which lifts what is high and quiet. torchaudio's preemphasis.

import { wantNoMore, wantNumber } from "../tensor/check.ts";
import { cat } from "../tensor/functions.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";

/**
 * y[t] = x[t] − coeff · x[t − 1], and y[0] = x[0], of waves [..., samples]: [..., samples].
 * @shape [..., samples] → the same
 * @example audio.preemphasis(tensor([[1, 1, 1]]), 0.5).shape; // → [1, 3]
 */
export function preemphasis(wave: Tensor, coeff = 0.97, ...more: never[]): Tensor {
  const { last: samples } = splitLast("preemphasis", wave, "a waveform [..., samples]");
  wantNumber("preemphasis", "coeff", coeff);
  wantNoMore("preemphasis", more);
  if (samples === 1) return wave.clone();
  return scope(() => {
    const later = wave.narrow(-1, 1, samples - 1).sub(wave.mul(coeff).narrow(-1, 0, samples - 1));
    return cat([wave.narrow(-1, 0, 1), later], -1);
  }, "preemphasis");
}
