// Delayed waveforms: the same sound, a little later. Which delays is the caller's choice (draw them with HostRandom).

import { empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { wantNoMore, wantWhole } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { eachWave, splitLast } from "./check.ts";
import source from "./delay.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "delay",
  code: source,
  entries: { forward: ["read", "read", "write"] },
});

const WORKGROUP = 64;

/**
 * Waveforms [..., n] that begin with `samples` samples of silence, their ends cut off: their shape stays. A whole
 * number for all waves, or a list with one for each. A delay of a wave's length or more leaves silence.
 */
export function delay(waves: Tensor, samples: number | readonly number[], ...more: never[]): Tensor {
  wantNoMore("delay", more);
  const { rows, last: length } = splitLast("delay", waves, "waveforms [..., n]");
  const delays = eachWave("delay", "delays", samples, rows);
  for (const value of delays) wantWhole("delay", { samples: value }, 0);
  const held = Uint32Array.from(delays, (value) => Math.min(value, length));
  const starts = fromHost(held, [rows]);
  const y = empty(waves.shape, "float32", "delay");
  kernel.launch("forward", {
    arrays: [arrayOf(waves), starts, y],
    params: { n: waves.size, samples: length },
    groups: linearGroups(waves.size, WORKGROUP),
  });
  starts.release();
  return new Tensor(y, "delay");
}
