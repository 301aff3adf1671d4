// What peak normalisation means, in float64 loops.
import type { Arr } from "../reference.ts";

/** Every clip of [..., samples] divided by its own largest magnitude; silence stays silence. */
export function peakNormalize(x: Arr): Arr {
  const n = x.shape[x.shape.length - 1];
  const data = new Float64Array(x.data.length);
  for (let clip = 0; clip < data.length; clip += n) {
    let peak = 0;
    for (let i = 0; i < n; i++) peak = Math.max(peak, Math.abs(x.data[clip + i]));
    for (let i = 0; i < n; i++) data[clip + i] = peak > 0 ? x.data[clip + i] / peak : 0;
  }
  return { shape: [...x.shape], data };
}
