// Power or magnitude in decibels: torchaudio.functional.amplitude_to_DB.

import { empty } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { sizeOf } from "../gpu/shape.ts";
import { reduceArray } from "../kernels/reductions/reduce.ts";
import nan from "../kernels/shared/nan.wgsl" with { type: "text" };
import { wantPositive } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { NUMBER, orNull, takes } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import source from "./amplitudeToDb.wgsl" with { type: "text" };
import { wantTensor } from "./check.ts";
import { needsGradient } from "./differentiable.ts";

const kernel = defineKernel({
  name: "amplitudeToDb",
  code: [nan, source],
  entries: { forward: ["read", "read", "write"] },
});

const WORKGROUP = 64;

/** What amplitudeToDb takes. */
export interface AmplitudeToDbOptions {
  /** Nothing is lower than this many dB below the loudest value. null: no such floor, the default. */
  topDb?: number | null;
  /** 10 for power, the default; 20 for magnitudes. */
  multiplier?: 10 | 20;
  /** Smaller values count as this. Default 1e-10. */
  amin?: number;
  /** What is 0 dB. Default 1. */
  ref?: number;
  /** How many last dimensions share one loudest value: 3, torchaudio's rule, or 2. */
  floorDims?: 2 | 3;
}

const optionsOf = takes(
  "amplitudeToDb",
  2,
  { topDb: orNull(NUMBER), multiplier: NUMBER, amin: NUMBER, ref: NUMBER, floorDims: NUMBER },
  [], // torchaudio's own order has a number here that is none of these
);

/**
 * multiplier · log10(max(x, amin) / max(ref, amin)), element by element, and no lower than `topDb` below the loudest.
 *
 * Whose loudest? torchaudio takes the last three dimensions for the channels, frequencies and times of one sound:
 * [frequency, time] and [channel, frequency, time] have one floor, [batch, channel, frequency, time] one for each of
 * the batch. With `floorDims: 2` every [frequency, time] has its own: give clips or segments as [n, mels, frames].
 * @shape any → the same
 * @example audio.amplitudeToDb(tensor([[1, 0.1]])); // → [[0, -10]]
 */
export function amplitudeToDb(x: Tensor, options?: AmplitudeToDbOptions, ...more: never[]): Tensor {
  optionsOf(options, more);
  const { topDb = null, multiplier = 10, amin = 1e-10, ref = 1, floorDims = 3 } = options ?? {};
  wantTensor("amplitudeToDb", x, 2, "a spectrogram [..., frequencies, frames]");
  wantPositive("amplitudeToDb", { amin, ref, multiplier });
  if (topDb !== null && !(topDb >= 0))
    throw new RangeError(`amplitudeToDb: topDb is at least 0, not ${topDb}`);
  if (floorDims !== 2 && floorDims !== 3)
    throw new RangeError(`amplitudeToDb: floorDims is 2 or 3, not ${floorDims}`);

  const share = sizeOf(x.shape.slice(-floorDims));
  const zero = multiplier * Math.log10(Math.max(ref, amin));
  if (needsGradient(x))
    return scope(() => {
      const decibels = x
        .clamp(amin)
        .log()
        .mul(multiplier / Math.LN10)
        .sub(zero);
      if (topDb === null) return decibels;
      const rows = decibels.reshape([x.numel() / share, share]);
      return rows.maximum(rows.amax(1, true).sub(topDb)).reshape(x.shape);
    }, "amplitudeToDb");
  const y = empty(x.shape, "float32", "amplitudeToDb");
  const params = {
    n: x.numel(),
    share,
    scale: multiplier * Math.log10(2),
    amin,
    offset: zero,
    topDb: topDb ?? 0,
  };
  const rows = arrayOf(x).view([x.numel() / share, share]);
  const peak = topDb === null ? rows.retain() : reduceArray("amax", rows, [1]);
  kernel.launch("forward", {
    arrays: [arrayOf(x), peak, y],
    params,
    constants: { FLOOR: topDb === null ? 0 : 1 },
    groups: linearGroups(x.numel(), WORKGROUP),
  });
  peak.release();
  rows.release();
  return new Tensor(y, "amplitudeToDb");
}
