// x between bounds that are arrays too, with broadcasting. Between two numbers it is a function of one element: unary.ts.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import { broadcast } from "../shapes/copy.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./clamp.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "clamp",
  code: [nan, source],
  entries: {
    forward: ["read", "read", "read", "write"],
    gradient: ["read", "read", "read", "write", "read"],
  },
});

/** Inputs: x, its lower bound, its upper bound. Their gradients are PyTorch's. */
export const clampTo: Op<undefined> = {
  name: "clamp",
  forward(ctx, inputs) {
    requireFloat("clamp", ...inputs);
    const [x, low, high] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    const shape = broadcastShapes(broadcastShapes(x.shape, low.shape, "clamp"), high.shape, "clamp");
    const full = inputs.map((input) => broadcast(input, shape));
    const out = empty(shape, "float32", "clamp");
    kernel.launch("forward", {
      arrays: [...full, out],
      params: { n: out.size },
      groups: linearGroups(out.size, 64),
    });
    ctx.save(...full);
    for (const each of full) each.release();
    return out;
  },
  backward(ctx, dy) {
    return ([0, 1, 2] as const).map((SIDE) => {
      if (!ctx.needsInputGrad[SIDE]) return null;
      const full = empty(dy.shape, "float32", "clamp's gradient");
      kernel.launch("gradient", {
        arrays: [...ctx.saved, full, dy],
        params: { n: dy.size },
        constants: { SIDE },
        groups: linearGroups(dy.size, 64),
      });
      const gradient = sumTo(full, ctx.inputShapes[SIDE]!);
      full.release();
      return gradient;
    });
  },
};
