// Choosing between two arrays element by element, with broadcasting.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import { broadcast } from "../shapes/copy.ts";
import { promote } from "../shared/types.ts";
import { castArray } from "./cast.ts";
import source from "./where.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "where",
  code: source,
  entries: { choose: ["read", "write", "read", "read"], keep: ["read", "write", "read"] },
});

/** Inputs: condition (any type; no gradient), a, b, which meet in one type. */
export const where: Op<undefined> = {
  name: "where",
  forward(ctx, inputs) {
    const [condition, a, b] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    const shape = broadcastShapes(broadcastShapes(condition.shape, a.shape, "where"), b.shape, "where");
    const dtype = promote(a.dtype, b.dtype);
    const full = [condition, a, b].map((x, i) => {
      const cast = i === 0 ? x.retain() : castArray(x, dtype);
      const whole = broadcast(cast, shape);
      cast.release();
      return whole;
    }) as [DeviceArray, DeviceArray, DeviceArray];
    const out = empty(shape, dtype, "where");
    kernel.launch("choose", {
      arrays: [full[0], out, full[1], full[2]],
      params: { n: out.size },
      constants: { FLOAT: condition.dtype === "float32" ? 1 : 0 },
      groups: linearGroups(out.size, 64),
    });
    ctx.save(full[0]);
    for (const x of full) x.release();
    return out;
  },
  backward(ctx, dy) {
    const condition = ctx.saved[0]!;
    const side = (input: 1 | 2, WHEN: number) => {
      if (!ctx.needsInputGrad[input]) return null;
      const full = empty(dy.shape, "float32", "where's gradient");
      kernel.launch("keep", {
        arrays: [condition, full, dy],
        params: { n: dy.size },
        constants: { WHEN, FLOAT: condition.dtype === "float32" ? 1 : 0 },
        groups: linearGroups(dy.size, 64),
      });
      const gradient = sumTo(full, ctx.inputShapes[input]!);
      full.release();
      return gradient;
    };
    return [null, side(1, 1), side(2, 0)];
  },
};
