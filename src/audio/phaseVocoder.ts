// Short-time Fourier transforms at another pace: librosa's and torchaudio's phase_vocoder.

import { empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import { wantPositive } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { wantTensor } from "./check.ts";
import source from "./phaseVocoder.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "phaseVocoder",
  code: source,
  entries: { forward: ["read", "read", "write"] },
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
  const [frames, parts] = spectra.shape.slice(-2) as [number, number];
  if (parts !== 2) throw new RangeError(`phaseVocoder: wants ${form}, got ${formatShape(spectra.shape)}`);
  const lead = spectra.shape.slice(0, -2);
  const rows = sizeOf(lead);
  const outFrames = Math.ceil(frames / rate);
  const steps = fromHost(timeSteps(outFrames, rate), [outFrames, 2]);
  const y = empty([...lead, outFrames, 2], "float32", "phaseVocoder");
  kernel.launch("forward", {
    arrays: [arrayOf(spectra), steps, y],
    params: { rows, inFrames: frames, outFrames },
    groups: linearGroups(rows, WORKGROUP),
  });
  steps.release();
  return new Tensor(y, "phaseVocoder");
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
