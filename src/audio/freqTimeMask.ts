// Masks over spectrograms, the augmentation of D. S. Park et al., "SpecAugment" (Interspeech 2019), without its warping.

import { type DeviceArray, empty } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { nextDraw, type RandomState } from "../gpu/random.ts";
import { sizeOf } from "../gpu/shape.ts";
import philox from "../kernels/shared/philox.wgsl" with { type: "text" };
import { derive } from "../tensor/autograd/derive.ts";
import { wantWhole } from "../tensor/check.ts";
import { type Kind, NUMBER, takes } from "../tensor/options.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { wantTensor } from "./check.ts";
import { linear } from "./differentiable.ts";
import source from "./freqTimeMask.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "freqTimeMask",
  code: [philox, source],
  entries: { draw: ["write"], mask: ["read", "read", "write"] },
});

const WORKGROUP = 64;

/** The members of the kernel's Params. */
type Params = Readonly<Record<string, number>>;

/** Masks by bands that are drawn; what was masked has no gradient. */
const masked = linear<Params>({
  name: "freqTimeMask",
  there: masks,
  back: (dy, params) => masks(dy, { ...params, value: 0 }),
});
derive(masked, (dy, of) => [apply(masked, [dy], { ...of.attrs, value: 0 })]);

function masks(x: DeviceArray, params: Params): DeviceArray {
  const bands = empty([params.examples!, 4], "uint32", "freqTimeMask");
  kernel.launch("draw", { arrays: [bands], params, groups: linearGroups(params.examples!, WORKGROUP) });
  const y = empty(x.shape, "float32", "freqTimeMask");
  kernel.launch("mask", { arrays: [x, bands, y], params, groups: linearGroups(x.size, WORKGROUP) });
  bands.release();
  return y;
}

/** What freqTimeMask takes. */
export interface FreqTimeMaskOptions {
  /** No band of frequencies is wider; 0 masks none. */
  freqMaskParam?: number;
  /** No band of frames is wider; 0 masks none. */
  timeMaskParam?: number;
  /** What masked values become. Default 0. */
  maskValue?: number;
  /** Where the random numbers come from. Default: the next draw of the generator that manualSeed() sets. */
  random?: RandomState;
}

const RANDOM: Kind = {
  says: "a seed and a draw, { seed, draw }",
  fits: (value) =>
    typeof value === "object" &&
    value !== null &&
    typeof (value as RandomState).seed === "number" &&
    typeof (value as RandomState).draw === "number",
};
const optionsOf = takes("freqTimeMask", 2, {
  freqMaskParam: NUMBER,
  timeMaskParam: NUMBER,
  maskValue: NUMBER,
  random: RANDOM,
});

/**
 * Sets one random band of frequencies and one of frames to `maskValue` in every example of
 * [examples, ..., mels, frames]; what is between (channels) shares the example's bands. [mels, frames] is one example.
 * Bands are drawn as torchaudio's mask_along_axis_iid draws them: width = u · param, start = u · (size - width),
 * rounded down, u uniform in [0, 1): the widest is param - 1, and where param ≤ size the last row and the last frame
 * stay as they are.
 * @shape [..., mels, frames] → the same
 * @example audio.freqTimeMask(ones([1, 60, 41]), { freqMaskParam: 8, timeMaskParam: 10 }).shape; // → [1, 60, 41]
 */
export function freqTimeMask(x: Tensor, options: FreqTimeMaskOptions = {}, ...more: never[]): Tensor {
  optionsOf(options, more);
  const { freqMaskParam = 0, timeMaskParam = 0, maskValue = 0 } = options;
  wantTensor("freqTimeMask", x, 2, "spectrograms [examples, ..., mels, frames]");
  wantWhole("freqTimeMask", { freqMaskParam, timeMaskParam }, 0);
  if (!Number.isFinite(maskValue))
    throw new RangeError(`freqTimeMask: maskValue is a number, not ${maskValue}`);
  const [mels, frames] = x.shape.slice(-2) as [number, number];
  const examples = x.ndim > 2 ? x.shape[0]! : 1;
  const params = {
    n: x.numel(),
    examples,
    mels,
    frames,
    channels: sizeOf(x.shape.slice(1, -2)),
    widestMels: freqMaskParam,
    widestFrames: timeMaskParam,
    value: maskValue,
    ...(options.random ?? nextDraw()),
  };
  return apply(masked, [x], params);
}
