// Arrays continued over their ends along one axis: torch.roll, and padding that is circular, reflected or replicated.
import { empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import source from "./border.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "border",
  code: source,
  entries: { extend: ["read", "write"], gradient: ["read", "write"] },
});

export interface BorderAttrs {
  axis: number;
  mode: "wrap" | "reflect" | "replicate";
  /** Elements in front of the first one; fewer than 0 begin behind it. */
  before: number;
  /** Elements of the result along the axis. */
  length: number;
}

function launch(shape: Shape, { axis, mode, before, length }: BorderAttrs) {
  const n = shape[axis]!;
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  return {
    params: { outer, n, m: length, inner, before },
    constants: { MODE: kernel.constant(mode) },
  };
}

export const border: Op<BorderAttrs> = {
  name: "border",
  forward(_, [x], attrs) {
    const y = empty(x!.shape.with(attrs.axis, attrs.length), x!.dtype, "a border");
    kernel.launch("extend", {
      arrays: [x!, y],
      ...launch(x!.shape, attrs),
      groups: linearGroups(y.size, 64),
    });
    return y;
  },
  backward(ctx, dy) {
    const dx = empty(ctx.inputShapes[0]!, "float32", "a border's gradient");
    kernel.launch("gradient", {
      arrays: [dy, dx],
      ...launch(dx.shape, ctx.attrs),
      groups: linearGroups(dx.size, 64),
    });
    return [dx];
  },
};
