// Deltas, the rate of change of each band of a spectrogram: torchaudio.functional.compute_deltas.

import { type DeviceArray, empty } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { wantWhole } from "../tensor/check.ts";
import { NUMBER, takes } from "../tensor/options.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { splitLast } from "./check.ts";
import source from "./computeDeltas.wgsl" with { type: "text" };
import { linear } from "./differentiable.ts";

const kernel = defineKernel({
  name: "computeDeltas",
  code: source,
  entries: { forward: ["read", "write"], backward: ["read", "write"] },
});

const WORKGROUP = 64;

/** Deltas over `reach` values on each side, and their gradient. */
const deltas = linear<number>({
  name: "computeDeltas",
  there: (x, reach) => launched("forward", x, reach),
  back: (dy, reach) => launched("backward", dy, reach),
});

function launched(entry: "forward" | "backward", x: DeviceArray, reach: number): DeviceArray {
  const y = empty(x.shape, "float32", "computeDeltas");
  const denominator = (reach * (reach + 1) * (2 * reach + 1)) / 3;
  kernel.launch(entry, {
    arrays: [x, y],
    params: { n: x.size, frames: x.shape.at(-1)!, reach, denominator },
    groups: linearGroups(x.size, WORKGROUP),
  });
  return y;
}

const optionsOf = takes("computeDeltas", 2, { winLength: NUMBER });

/**
 * Deltas along the last dimension of [..., frames], of the same shape:
 * d[t] = sum over n = 1 … N of n (c[t+n] - c[t-n]) / (2 sum n²), N = floor((winLength - 1) / 2), edges repeated.
 * @shape [..., frames] → the same
 * @example audio.computeDeltas(zeros([1, 60, 41])).shape; // → [1, 60, 41]
 */
export function computeDeltas(x: Tensor, options?: { winLength?: number }, ...more: never[]): Tensor {
  optionsOf(options, more);
  const winLength = options?.winLength ?? 5;
  wantWhole("computeDeltas", { winLength }, 3);
  splitLast("computeDeltas", x, "a spectrogram [..., frames]");
  return apply(deltas, [x], Math.floor((winLength - 1) / 2));
}
