// What a delay means, in loops.
import type { Arr } from "../reference.ts";

/** [..., samples]: row r starts with delays[r] zeros and loses as many samples at its end. */
export function delay(x: Arr, delays: readonly number[]): Arr {
  const samples = x.shape[x.shape.length - 1];
  const data = new Float64Array(x.data.length);
  for (let row = 0; row < delays.length; row++) {
    for (let t = delays[row]; t < samples; t++)
      data[row * samples + t] = x.data[row * samples + t - delays[row]];
  }
  return { shape: [...x.shape], data };
}
