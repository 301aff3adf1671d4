// What decibels with a floor mean, in float64 loops: torchaudio.functional.amplitude_to_DB.
import type { Arr } from "../reference.ts";

export interface DbOptions {
  topDb?: number | null;
  multiplier?: number;
  amin?: number;
  ref?: number;
  floorDims?: 2 | 3;
}

/**
 * multiplier · (log10 max(x, amin) - log10 max(ref, amin)), no lower than topDb below the loudest value of
 * those that share a floor: the last three dimensions (channel, frequency, time) in torchaudio's rule.
 */
export function amplitudeToDb(x: Arr, options: DbOptions = {}): Arr {
  const { topDb = null, multiplier = 10, amin = 1e-10, ref = 1, floorDims = 3 } = options;
  const offset = Math.log10(Math.max(ref, amin));
  const data = x.data.map((value) => multiplier * (Math.log10(Math.max(value, amin)) - offset));
  if (topDb !== null) {
    const share = x.shape.slice(-floorDims).reduce((a, b) => a * b, 1);
    for (let start = 0; start < data.length; start += share) {
      let loudest = -Infinity;
      for (let i = start; i < start + share; i++) loudest = Math.max(loudest, data[i]);
      for (let i = start; i < start + share; i++) data[i] = Math.max(data[i], loudest - topDb);
    }
  }
  return { shape: [...x.shape], data };
}
