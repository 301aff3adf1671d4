// Short-time Fourier transforms at another pace: librosa's and torchaudio's phase_vocoder.

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import type { Op } from "../gpu/op.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { derive } from "../tensor/autograd/derive.ts";
import { wantPositive } from "../tensor/check.ts";
import { tensor } from "../tensor/creation.ts";
import { cat, where } from "../tensor/functions.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { wantTensor } from "./check.ts";
import source from "./phaseVocoder.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "phaseVocoder",
  code: source,
  entries: { forward: ["read", "read", "write"], backward: ["read", "read", "read", "read", "write"] },
});

const WORKGROUP = 64;

/**
 * STFTs [..., bins, frames, 2], the last dimension being (re, im), played `rate` times as fast at the same pitch:
 * [..., bins, ceil(frames / rate), 2]. Which hop they were taken with does not matter. phaseVocoder.wgsl has the formula.
 */
export function phaseVocoder(spectra: Tensor, rate: number): Tensor {
  const form = "STFTs [..., bins, frames, 2]";
  wantTensor("phaseVocoder", spectra, 3, form);
  wantPositive("phaseVocoder", { rate });
  if (spectra.shape.at(-1) !== 2)
    throw new RangeError(`phaseVocoder: wants ${form}, got ${formatShape(spectra.shape)}`);
  return apply(vocoded, [spectra], rate);
}

const vocoded: Op<number> = {
  name: "phaseVocoder",
  forward(ctx, [x], rate) {
    const [inFrames, lead] = [x!.shape.at(-2)!, x!.shape.slice(0, -2)];
    const outFrames = Math.ceil(inFrames / rate);
    const rows = sizeOf(lead);
    const steps = stepsOf(outFrames, rate);
    const y = empty([...lead, outFrames, 2], "float32", "phaseVocoder");
    kernel.launch("forward", {
      arrays: [x!, steps, y],
      params: { rows, inFrames, outFrames },
      groups: linearGroups(rows, WORKGROUP),
    });
    steps.release();
    ctx.save(x!, y);
    return y;
  },
  backward({ saved: [x, y], attrs }, dy) {
    const [inFrames, outFrames] = [x!.shape.at(-2)!, y!.shape.at(-2)!];
    const rows = x!.size / (2 * inFrames);
    const steps = stepsOf(outFrames, attrs);
    const dx = empty(x!.shape, "float32", "phaseVocoder's gradient");
    kernel.launch("backward", {
      arrays: [x!, steps, y!, dy, dx],
      params: { rows, inFrames, outFrames },
      groups: linearGroups(rows, WORKGROUP),
    });
    steps.release();
    return [dx];
  },
};

// What phaseVocoder.wgsl does backward, as operations: magnitudes and phases of Y are sums of those of X, by matrices.
derive(vocoded, (dy, of) => {
  const [x, y] = [of.input(0), of.output()];
  const { magnitudes, phases } = sums(x.shape.at(-2)!, y.shape.at(-2)!, of.attrs);
  const [, u] = polar(y);
  const [size, e] = polar(x);
  const part = (z: Tensor, which: 0 | 1) => z.narrow(-1, which, 1).squeeze(-1);
  const turned = (z: Tensor) => cat([z.narrow(-1, 1, 1).neg(), z.narrow(-1, 0, 1)], -1);
  const dm = u.mul(dy).sum(-1);
  const dp = part(y, 0)
    .mul(part(dy, 1))
    .sub(part(y, 1).mul(part(dy, 0)));
  const dSize = dm.matmul(magnitudes).unsqueeze(-1);
  const dAngle = dp.matmul(phases).unsqueeze(-1);
  return [e.mul(dSize).add(turned(e).mul(dAngle.div(size)))];
});

/** Of complex numbers z, |z| and z / |z|; 1 and 0 where z is 0. */
function polar(z: Tensor): [size: Tensor, direction: Tensor] {
  const squares = z.square().sum(-1, true);
  const size = where(squares.eq(0), 1, squares).sqrt();
  return [size, z.div(size)];
}

/** The matrices [outFrames, inFrames] of |Y| = |X| Aᵀ and arg Y = arg X Bᵀ. */
function sums(inFrames: number, outFrames: number, rate: number): { magnitudes: Tensor; phases: Tensor } {
  const [magnitudes, phases] = [0, 0].map(() => new Float32Array(outFrames * inFrames)) as [
    Float32Array,
    Float32Array,
  ];
  const turn = new Float32Array(inFrames); // the phase of the frame, as a sum of those of X
  turn[0] = 1;
  const steps = timeSteps(outFrames, rate);
  for (let t = 0; t < outFrames; t++) {
    const [i, a] = [steps[2 * t]!, steps[2 * t + 1]!];
    phases.set(turn, t * inFrames);
    for (const [frame, share, sign] of [[i, 1 - a, -1], [i + 1, a, 1]] as const) {
      if (frame >= inFrames) continue;
      magnitudes[t * inFrames + frame] = share;
      turn[frame]! += sign;
    } // biome-ignore format: two frames
  }
  const shape = [outFrames, inFrames];
  return { magnitudes: tensor(magnitudes, { shape }), phases: tensor(phases, { shape }) };
}

/** (⌊s⌋, s - ⌊s⌋) of the times s = t · rate, in float64: in float32 one could fall on the wrong side of a frame. */
function timeSteps(count: number, rate: number): Float32Array {
  const steps = new Float32Array(2 * count);
  for (let t = 0; t < count; t++) {
    const whole = Math.floor(t * rate);
    steps.set([whole, t * rate - whole], 2 * t);
  }
  return steps;
}

const stepsOf = (count: number, rate: number): DeviceArray => fromHost(timeSteps(count, rate), [count, 2]);
