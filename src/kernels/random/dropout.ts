// Dropout. Its mask is a function of seed and draw, so backward draws it again instead of keeping it.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import type { RandomState } from "../../gpu/random.ts";
import philox from "../shared/philox.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { overVectors } from "../shared/vectors.ts";
import source from "./dropout.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "dropout",
  code: [philox, source],
  entries: { main: ["read", "write"] },
});

/** `p`, the probability of dropping an element, and which numbers to draw: gpu/random.ts's nextDraw() says. */
export type DropoutAttrs = { p: number } & RandomState;

function masked(x: DeviceArray, { p, seed, draw }: DropoutAttrs): DeviceArray {
  const y = empty(x.shape, "float32", "dropout");
  const { params, constants, groups } = overVectors(x.size);
  kernel.launch("main", {
    arrays: [x, y],
    params: { ...params, seed, draw, p, scale: p === 1 ? 0 : 1 / (1 - p) },
    constants,
    groups,
  });
  return y;
}

/** Zeroes elements with probability p and scales the others by 1 / (1 − p). Everything is dropped where p is 1. */
export const dropout: Op<DropoutAttrs> = {
  name: "dropout",
  forward(_, [x], attrs) {
    requireFloat("dropout", x!);
    if (!(attrs.p >= 0 && attrs.p <= 1)) {
      throw new RangeError(`dropout: p is a probability from 0 to 1, got ${attrs.p}`);
    }
    return masked(x!, attrs);
  },
  backward: (ctx, dy) => [masked(dy, ctx.attrs)],
};
