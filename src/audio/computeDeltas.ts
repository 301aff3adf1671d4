// Deltas, the rate of change of each band of a spectrogram: torchaudio.functional.compute_deltas.

import { empty } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { wantWhole } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { NUMBER, takes } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";
import source from "./computeDeltas.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "computeDeltas",
  code: source,
  entries: { forward: ["read", "write"] },
});

const WORKGROUP = 64;

const optionsOf = takes("computeDeltas", 2, { winLength: NUMBER });

/**
 * Deltas along the last dimension of [..., frames], of the same shape:
 * d[t] = sum over n = 1 … N of n (c[t+n] - c[t-n]) / (2 sum n²), N = floor((winLength - 1) / 2), edges repeated.
 */
export function computeDeltas(x: Tensor, options?: { winLength?: number }, ...more: never[]): Tensor {
  optionsOf(options, more);
  const winLength = options?.winLength ?? 5;
  wantWhole("computeDeltas", { winLength }, 3);
  const { last: frames } = splitLast("computeDeltas", x, "a spectrogram [..., frames]");
  const reach = Math.floor((winLength - 1) / 2);
  const y = empty(x.shape, "float32", "computeDeltas");
  kernel.launch("forward", {
    arrays: [arrayOf(x), y],
    params: { n: x.size, frames, reach, denominator: (reach * (reach + 1) * (2 * reach + 1)) / 3 },
    groups: linearGroups(x.size, WORKGROUP),
  });
  return new Tensor(y, "computeDeltas");
}
