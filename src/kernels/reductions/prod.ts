// The product over axes. Its gradient is exact where elements are 0.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { reducedShape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { reduction } from "../shared/reduction.ts";
import shared from "../shared/reduction.wgsl" with { type: "text" };
import source from "./prod.wgsl" with { type: "text" };
import { type ReduceAttrs, reduceArray } from "./reduce.ts";

const kernel = defineKernel({
  name: "prod",
  code: [nan, shared, source],
  entries: {
    multiply: ["read", "write"],
    zeros: ["read", "write"],
    share: ["read", "write", "read", "read", "read"],
  },
});

const WORKGROUP = 64;
/** Elements that one invocation multiplies at most. */
const SPLIT = 256;

function sizes(x: DeviceArray, axes: readonly number[]) {
  const size = reduction(x.shape, axes);
  const params = { ...size, splits: Math.max(1, Math.ceil(size.reduced / SPLIT)) };
  return { params, groups: linearGroups(params.outputs * params.splits, WORKGROUP) };
}

/** Shaped [outputs]. */
function product(x: DeviceArray, axes: readonly number[], nonzero: boolean): DeviceArray {
  const { params, groups } = sizes(x, axes);
  const out = empty([params.splits, params.outputs], "float32", "prod");
  const constants = { NONZERO: nonzero ? 1 : 0 };
  kernel.launch("multiply", { arrays: [x, out], params, constants, groups });
  const whole = params.splits === 1 ? out.view([params.outputs]) : product(out, [0], nonzero);
  out.release();
  return whole;
}

export const prod: Op<ReduceAttrs> = {
  name: "prod",
  forward(ctx, [x], { axes, keepDim }) {
    const flat = product(x!, axes, false);
    const y = flat.view(reducedShape(x!.shape, axes, keepDim));
    flat.release();
    ctx.save(x!);
    return y;
  },
  backward(ctx, dy) {
    const x = ctx.saved[0]!;
    const { axes } = ctx.attrs;
    const { params, groups } = sizes(x, axes);
    const products = product(x, axes, true);
    const parts = empty([params.splits, params.outputs], "float32", "prod's gradient");
    kernel.launch("zeros", { arrays: [x, parts], params, groups });
    const counts = params.splits === 1 ? parts.retain() : reduceArray("sum", parts, [0]);
    parts.release();
    const dx = empty(x.shape, "float32", "prod's gradient");
    kernel.launch("share", { arrays: [x, dx, products, counts, dy], params, groups });
    products.release();
    counts.release();
    return [dx];
  },
};
