// Softmax and log-softmax along an axis. Both keep their result for the gradient.
import { empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./softmax.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "softmax",
  code: [nan, source],
  entries: { forward: ["read", "write"], backward: ["read", "write", "read"] },
});

function geometry(shape: Shape, axis: number) {
  const params = {
    outer: sizeOf(shape.slice(0, axis)),
    n: shape[axis]!,
    inner: sizeOf(shape.slice(axis + 1)),
  };
  return { params, groups: linearGroups(params.n === 0 ? 0 : params.outer * params.inner, 64) };
}

function define(name: "softmax" | "logSoftmax"): Op<{ axis: number }> {
  const constants = { LOG: name === "logSoftmax" ? 1 : 0 };
  return {
    name,
    forward(ctx, [x], { axis }) {
      const y = empty(x!.shape, "float32", name);
      kernel.launch("forward", { arrays: [x!, y], constants, ...geometry(x!.shape, axis) });
      ctx.save(y);
      return y;
    },
    backward(ctx, dy) {
      const y = ctx.saved[0]!;
      const dx = empty(y.shape, "float32", `${name}'s gradient`);
      kernel.launch("backward", { arrays: [y, dx, dy], constants, ...geometry(y.shape, ctx.attrs.axis) });
      return [dx];
    },
  };
}

export const softmax = define("softmax");
export const logSoftmax = define("logSoftmax");
