// Windows of an axis, which may overlap, as a new last axis (torch.Tensor.unfold).
import { empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { sizeOf, stridesOf } from "../../gpu/shape.ts";
import { pick } from "./copy.ts";
import source from "./unfold.wgsl" with { type: "text" };

const kernel = defineKernel({ name: "unfold", code: source, entries: { fold: ["read", "write"] } });

export interface UnfoldAttrs {
  axis: number;
  size: number;
  step: number;
}

/** Resolved: 1 ≤ size ≤ n and step ≥ 1. */
export const unfold: Op<UnfoldAttrs> = {
  name: "unfold",
  forward(_, [x], { axis, size, step }) {
    const strides = stridesOf(x!.shape);
    const windows = Math.floor((x!.shape[axis]! - size) / step) + 1;
    const shape = [...x!.shape.with(axis, windows), size];
    return pick(x!, shape, [...strides.with(axis, strides[axis]! * step), strides[axis]!], 0, 1, "unfold");
  },
  backward(ctx, dy) {
    const { axis, size, step } = ctx.attrs;
    const dx = empty(ctx.inputShapes[0]!, "float32", "unfold's gradient");
    const inner = sizeOf(dx.shape.slice(axis + 1));
    kernel.launch("fold", {
      arrays: [dy, dx],
      params: { total: dx.size, n: dx.shape[axis]!, inner, windows: dy.shape[axis]!, size, step },
      groups: linearGroups(dx.size, 64),
    });
    return [dx];
  },
};
