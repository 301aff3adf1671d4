// Short-time Fourier transforms at another pace: librosa's and torchaudio's phase_vocoder.

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import type { Op } from "../gpu/op.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { wantPositive } from "../tensor/check.ts";
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

/** (⌊s⌋, s - ⌊s⌋) of the times s = t · rate, in float64: in float32 one could fall on the wrong side of a frame. */
function stepsOf(count: number, rate: number): DeviceArray {
  const steps = new Float32Array(2 * count);
  for (let t = 0; t < count; t++) {
    const whole = Math.floor(t * rate);
    steps.set([whole, t * rate - whole], 2 * t);
  }
  return fromHost(steps, [count, 2]);
}
