// All steps of a layer of long short-term memory in one launch, for CPU adapters that read textures, and small layers. layer.ts has the rest.

import type { DeviceArray } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { permuteArray } from "../shapes/permute.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { unroll } from "../shared/unroll.ts";
import type { Sequence, Sizes } from "./layer.ts";
import source from "./lstmSequence.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "lstmSequence",
  code: (sizes) => `${sizes.SHARED ? "enable subgroups;" : ""}\n${nan}\n${texel}\n${unroll(source, sizes)}`,
  entries: {
    forward: ["read", "texture", "read", "write", "write"],
    backward: ["read", "read", "read", "texture", "write", "write", "write"],
  },
});

/** Multiply-adds of four sequences' step by one gate; more of them are faster as launches of their own, … */
const SMALL = 2 ** 16;
/** … and so are more sequences, whose product uses larger tiles. */
const MOST = 16;

/** Lanes of a subgroup that hand round what each of them has read. */
const LANES = 8;

const handsRound = () => {
  const { features, subgroupSize } = device().adapter;
  return features.includes("subgroups") && subgroupSize === LANES;
};

/** Sequences that a workgroup takes: what is read of W' is used so often. More take long to compile, and other threads have nothing to do. */
const rowsOf = (batch: number) => (batch === 1 ? 1 : batch > 8 && handsRound() ? 8 : 4);

function common({ steps, batch, hidden }: Sizes, reverse: boolean) {
  const ROWS = rowsOf(batch);
  const SHARED = Number(handsRound());
  const QUADS = SHARED ? LANES / ROWS : 1;
  return {
    sizes: { ROWS, SHARED, QUADS, BACK: Math.min(QUADS, 4) },
    params: { steps, batch, quads: hidden / 4 },
    constants: { REVERSE: Number(reverse) },
    groups: [Math.ceil(batch / ROWS), 1, 1] as const,
  };
}

export const lstmSequence: Sequence = {
  suits: ({ batch, hidden }) =>
    device().adapter.software &&
    device().adapter.readsStorageTextures &&
    hidden % 4 === 0 &&
    batch <= MOST &&
    Math.min(batch, 4) * hidden * hidden <= SMALL,

  forward(sizes, reverse, p, weight, bias, states, gates) {
    const { constants, ...launch } = common(sizes, reverse);
    const across: DeviceArray = permuteArray(weight, [1, 0]);
    kernel.launch("forward", {
      arrays: [p, across, bias ?? p, states, gates],
      constants: { ...constants, BIAS: Number(bias !== undefined) },
      ...launch,
    });
    across.release();
  },

  backward(sizes, reverse, first, arrays) {
    const { constants, ...launch } = common(sizes, reverse);
    kernel.launch("backward", { arrays, constants: { ...constants, FIRST: Number(first) }, ...launch });
  },
};
