// Delayed waveforms: the same sound, a little later. Which delays is the caller's choice (draw them with HostRandom).

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { defineKernel, linearGroups } from "../gpu/kernel.ts";
import { wantNoMore, wantWhole } from "../tensor/check.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { eachWave, splitLast } from "./check.ts";
import source from "./delay.wgsl" with { type: "text" };
import { linear } from "./differentiable.ts";

const kernel = defineKernel({
  name: "delay",
  code: source,
  entries: { forward: ["read", "read", "write"], backward: ["read", "read", "write"] },
});

const WORKGROUP = 64;

/** The delay of each wave, and its gradient, which is as much earlier. */
const delayed = linear<Uint32Array>({
  name: "delay",
  there: (x, delays) => moved("forward", x, delays),
  back: (dy, delays) => moved("backward", dy, delays),
});

function moved(entry: "forward" | "backward", x: DeviceArray, delays: Uint32Array): DeviceArray {
  const starts = fromHost(delays, [delays.length]);
  const y = empty(x.shape, "float32", "delay");
  kernel.launch(entry, {
    arrays: [x, starts, y],
    params: { n: x.size, samples: x.shape.at(-1)! },
    groups: linearGroups(x.size, WORKGROUP),
  });
  starts.release();
  return y;
}

/**
 * Waveforms [..., n] that begin with `samples` samples of silence, their ends cut off: their shape stays. A whole
 * number for all waves, or a list with one for each. A delay of a wave's length or more leaves silence.
 * @shape [..., samples] → the same
 * @example audio.delay(tensor([[1, 2, 3]]), [1]); // → [[0, 1, 2]]
 */
export function delay(waves: Tensor, samples: number | readonly number[], ...more: never[]): Tensor {
  wantNoMore("delay", more);
  const { rows, last: length } = splitLast("delay", waves, "waveforms [..., n]");
  const delays = eachWave("delay", "delays", samples, rows);
  for (const value of delays) wantWhole("delay", { samples: value }, 0);
  const held = Uint32Array.from(delays, (value) => Math.min(value, length));
  return apply(delayed, [waves], held);
}
