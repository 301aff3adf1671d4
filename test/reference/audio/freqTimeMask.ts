// What masking means, in loops: torchaudio.functional.mask_along_axis_iid, once along frequency and once along time,
// with random numbers from Philox.
import { philox4x32, uniform24 } from "../philox.ts";
import type { Arr } from "../reference.ts";

export interface MaskOptions {
  freqMaskParam: number;
  timeMaskParam: number;
  maskValue: number;
  random: { seed: number; draw: number };
}

/** [examples, ..., mels, frames]; the numbers are rounded as float32 rounds them, since a bound may hang on it. */
export function freqTimeMask(x: Arr, options: MaskOptions): Arr {
  const { freqMaskParam, timeMaskParam, maskValue, random } = options;
  const [mels, frames] = x.shape.slice(-2);
  const examples = x.shape.length > 2 ? x.shape[0] : 1;
  const each = x.data.length / examples;
  const data = Float64Array.from(x.data);
  for (let example = 0; example < examples; example++) {
    const u = philox4x32([example, 0, random.draw, 0], [random.seed, 0]).map(uniform24);
    const [fromMel, toMel] = band(u[0], u[1], freqMaskParam, mels);
    const [fromFrame, toFrame] = band(u[2], u[3], timeMaskParam, frames);
    for (let i = 0; i < each; i++) {
      const t = i % frames;
      const m = Math.floor(i / frames) % mels;
      if ((m >= fromMel && m < toMel) || (t >= fromFrame && t < toFrame))
        data[example * each + i] = maskValue;
    }
  }
  return { shape: [...x.shape], data };
}

function band(u1: number, u2: number, widest: number, size: number): [number, number] {
  const width = Math.min(Math.fround(u1 * widest), size);
  const start = Math.floor(Math.fround(u2 * Math.fround(size - width)));
  return [start, start + Math.floor(width)];
}
