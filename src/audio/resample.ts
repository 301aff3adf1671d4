// Changing the sample rate: band-limited interpolation with a windowed sinc, torchaudio.functional.resample.

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { copiesToTextures } from "../gpu/bindings.ts";
import { device } from "../gpu/device.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { gcd, sizeOf } from "../gpu/shape.ts";
import scaled from "../kernels/shared/scaled.wgsl" with { type: "text" };
import texel from "../kernels/shared/texel.wgsl" with { type: "text" };
import { unroll } from "../kernels/shared/unroll.ts";
import { wantPositive, wantWhole } from "../tensor/check.ts";
import { NUMBER, takes } from "../tensor/options.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";
import { linear } from "./differentiable.ts";
import source from "./resample.wgsl" with { type: "text" };
import { table } from "./tables.ts";

const kernel = defineKernel({
  name: "resample",
  code: (sizes) => [unroll(source, sizes), texel, scaled].join("\n"),
  entries: {
    forward: ["read", "read", "read", "write"],
    near: ["read", "read", "read", "write"],
    nearTexels: ["texture", "read", "read", "write"],
    backward: ["read", "read", "read", "write"],
  },
});

const WORKGROUP = 64;
/** Outputs an invocation, as in resample.wgsl. */
const OUTPUTS = 4;
/** Outputs of one phase that an invocation of `near` computes, and inputs that they may take, all of them in registers. */
const NEAR = 16;
const MOST_INPUTS = 128;
/** For programs in which nothing is unrolled. */
const ANY = { NEAR, ORIG: 1, TAPS: 1, SHIFT: 0 };

/** torchaudio's defaults. */
const CROSSINGS = 6;
const ROLLOFF = 0.99;

/** The low-pass filter of resample. */
export interface ResampleOptions {
  /** Zero crossings of the sinc on each side: more is sharper and slower. */
  lowpassFilterWidth?: number;
  /** Where the low-pass filter cuts off, as a fraction of the lower rate's Nyquist frequency. */
  rolloff?: number;
}

const optionsOf = takes("resample", 4, { lowpassFilterWidth: NUMBER, rolloff: NUMBER });

/**
 * The waveforms [..., samples] at another sample rate: [..., ceil(samples · newFreq / origFreq)]. With equal rates
 * the waveform itself. Rates are whole numbers of Hz. torchaudio's default filter: a sinc with 6 zero crossings on
 * each side under a Hann window, cut off at .99 of the Nyquist frequency; silence is assumed around a clip.
 * @shape [..., samples] → [..., ⌈samples · newFreq / origFreq⌉]
 * @example audio.resample(zeros([1, 44100]), 44100, 22050).shape; // → [1, 22050]
 */
export function resample(
  wave: Tensor,
  origFreq: number,
  newFreq: number,
  options?: ResampleOptions,
  ...more: never[]
): Tensor {
  optionsOf(options, more);
  const { lowpassFilterWidth = CROSSINGS, rolloff = ROLLOFF } = options ?? {};
  wantWhole("resample", { origFreq, newFreq, lowpassFilterWidth }, 1);
  wantPositive("resample", { rolloff });
  splitLast("resample", wave, "[..., samples]");
  if (origFreq === newFreq) return wave;

  const divisor = gcd(origFreq, newFreq);
  const rates = { orig: origFreq / divisor, next: newFreq / divisor };
  return apply(resampled, [wave], { ...rates, crossings: lowpassFilterWidth, rolloff });
}

/** Rates without a common divisor, and the filter. */
interface Rates {
  readonly orig: number;
  readonly next: number;
  readonly crossings: number;
  readonly rolloff: number;
}

const resampled = linear<Rates>({
  name: "resample",
  there(x, { orig, next, crossings, rolloff }) {
    const [samples, lead] = [x.shape.at(-1)!, x.shape.slice(0, -1)];
    const { weights, starts, taps } = filter(orig, next, crossings, rolloff);
    const [clips, length] = [sizeOf(lead), Math.ceil((samples * next) / orig)];
    const y = empty([...lead, length], "float32", "resample");
    const arrays = [x, weights, starts, y];
    const params = { clips, samples, length, orig, next, taps };
    const inputs = orig * (NEAR - 1) + taps;
    const near = device().adapter.software && inputs <= MOST_INPUTS;
    const stride = Math.ceil(Math.ceil(length / next) / (near ? NEAR : OUTPUTS)) * next;
    const aligned = next === 1 && samples % 4 === 0 && copiesToTextures(4 * x.size);
    const entry = near ? (aligned ? "nearTexels" : "near") : "forward";
    kernel.launch(entry, {
      arrays,
      params: { ...params, stride, step: (stride / next) * orig },
      sizes: near ? { NEAR, ORIG: orig, TAPS: taps, SHIFT: -((taps - 1) / 2) & 3 } : ANY,
      groups: linearGroups(clips * stride, WORKGROUP),
    });
    return y;
  },
  back(dy, { orig, next, crossings, rolloff }, shape) {
    const { weights, starts, taps } = filter(orig, next, crossings, rolloff);
    const reach = Math.ceil((taps * next) / orig) + 1;
    const dx = empty(shape, "float32", "resample's gradient");
    const params = { clips: sizeOf(shape.slice(0, -1)), samples: shape.at(-1)!, length: dy.shape.at(-1)! };
    kernel.launch("backward", {
      arrays: [dy, weights, starts, dx],
      params: { ...params, stride: reach, step: reach, orig, next, taps },
      sizes: ANY,
      groups: linearGroups(dx.size, WORKGROUP),
    });
    return dx;
  },
});

/** How many samples on each side of the one that is nearest in time an output sample depends on, at most. */
export function filterReach(
  origFreq: number,
  newFreq: number,
  { lowpassFilterWidth = CROSSINGS, rolloff = ROLLOFF }: ResampleOptions = {},
): number {
  return Math.ceil((lowpassFilterWidth * origFreq) / (rolloff * Math.min(origFreq, newFreq)));
}

interface Filter {
  weights: DeviceArray;
  starts: DeviceArray;
  taps: number;
}

/**
 * The filter of every phase p < next, in float64. At output time p / next the sample at time
 * i / orig weighs
 *
 *   (b / orig) sinc(b t) cos²(pi b t / 2W),   t = i / orig - p / next,   b = rolloff · min(orig, next)
 *
 * where |b t| < W, else 0 (J. O. Smith, "Digital Audio Resampling"; torchaudio's formula). Only the samples that
 * can weigh anything are kept: `taps` of them from starts[p] on.
 */
function filter(orig: number, next: number, crossings: number, rolloff: number): Filter {
  const b = rolloff * Math.min(orig, next);
  const reach = filterReach(orig, next, { lowpassFilterWidth: crossings, rolloff });
  const taps = 2 * reach + 1;
  const start = (p: number) => Math.round((p * orig) / next) - reach;
  const key = `resample ${orig}:${next} ${crossings} ${rolloff}`;
  const [weights, starts] = table(key, () => {
    const values = new Float32Array(taps * next);
    const firsts = new Uint32Array(next);
    for (let p = 0; p < next; p++) {
      firsts[p] = start(p);
      for (let k = 0; k < taps; k++) {
        const t = b * ((start(p) + k) / orig - p / next);
        values[k * next + p] = (b / orig) * windowedSinc(t, crossings);
      }
    }
    return [fromHost(values, [taps, next]), fromHost(firsts, [next])];
  }) as [DeviceArray, DeviceArray];
  return { weights, starts, taps };
}

function windowedSinc(t: number, crossings: number): number {
  if (t === 0) return 1;
  if (Math.abs(t) >= crossings) return 0;
  const window = Math.cos((Math.PI * t) / crossings / 2) ** 2;
  return (window * Math.sin(Math.PI * t)) / (Math.PI * t);
}
