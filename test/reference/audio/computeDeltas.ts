// What deltas mean, in float64 loops: torchaudio.functional.compute_deltas.
import type { Arr } from "../reference.ts";

/** d[t] = sum_{n=1..N} n (c[t+n] - c[t-n]) / (2 sum n²), N = (winLength - 1) / 2; the edges are repeated. */
export function computeDeltas(x: Arr, winLength = 5): Arr {
  const count = x.shape[x.shape.length - 1];
  const reach = Math.floor((winLength - 1) / 2);
  let squares = 0;
  for (let n = 1; n <= reach; n++) squares += n * n;
  const data = new Float64Array(x.data.length);
  for (let row = 0; row < data.length; row += count) {
    for (let t = 0; t < count; t++) {
      let sum = 0;
      for (let n = 1; n <= reach; n++) {
        const after = x.data[row + Math.min(t + n, count - 1)];
        const before = x.data[row + Math.max(t - n, 0)];
        sum += n * (after - before);
      }
      data[row + t] = sum / (2 * squares);
    }
  }
  return { shape: [...x.shape], data };
}
