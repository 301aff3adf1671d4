// Rows of a table by index (embedding), and elements along an axis by index (torch.gather).
import { type DeviceArray, empty } from "../tensor/array.ts";
import type { Op } from "../tensor/autograd.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import source from "./gather.wgsl" with { type: "text" };

const BINDINGS = ["read", "read", "write"] as const;
const kernel = defineKernel({
  name: "gather",
  code: source,
  entries: { rows: BINDINGS, rowsGrad: BINDINGS, along: BINDINGS, alongGrad: BINDINGS },
  params: { n: "u32", count: "u32", size: "u32", inner: "u32", rows: "u32" },
});

function requireIndex(name: string, index: DeviceArray): void {
  if (index.dtype !== "uint32")
    throw new TypeError(`${name}: the index is a uint32 tensor, got ${index.dtype}`);
}

/** Inputs: weight [rows, d] and index (uint32, any shape); result [...index, d]. An index ≥ rows gives NaN. */
export const embedding: Op<undefined> = {
  name: "embedding",
  forward(ctx, [weight, index]) {
    requireIndex("embedding", index!);
    if (weight!.shape.length !== 2)
      throw new RangeError(`embedding: weight is [rows, d], got ${formatShape(weight!.shape)}`);
    const [rows, inner] = weight!.shape as [number, number];
    const out = empty([...index!.shape, inner], weight!.dtype, "embedding");
    kernel.launch("rows", {
      arrays: [weight!, index!, out],
      params: { n: out.size, count: index!.size, size: 0, inner, rows },
      groups: linearGroups(out.size, 64),
    });
    ctx.save(index!);
    return out;
  },
  backward(ctx, dOut) {
    const index = ctx.saved[0]!;
    const [rows, inner] = ctx.inputShapes[0] as [number, number];
    const dWeight = empty([rows, inner], "float32", "embedding's gradient");
    kernel.launch("rowsGrad", {
      arrays: [dOut, index, dWeight],
      params: { n: dWeight.size, count: index.size, size: 0, inner, rows },
      groups: linearGroups(dWeight.size, 64),
    });
    return [dWeight, null];
  },
};

/** Inputs: x and index (uint32, x's shape but along `axis`); result like index. An index past the end gives NaN. */
export const gather: Op<{ axis: number }> = {
  name: "gather",
  forward(ctx, [x, index], { axis }) {
    requireIndex("gather", index!);
    const fits =
      x!.shape.length === index!.shape.length &&
      x!.shape.every((n, d) => d === axis || n === index!.shape[d]);
    if (!fits) {
      throw new RangeError(
        `gather: index ${formatShape(index!.shape)} must equal x ${formatShape(x!.shape)} in every axis but ${axis}`,
      );
    }
    const out = empty(index!.shape, x!.dtype, "gather");
    kernel.launch("along", {
      arrays: [x!, index!, out],
      params: { n: out.size, ...sizes(x!.shape, index!.shape, axis) },
      groups: linearGroups(out.size, 64),
    });
    ctx.save(index!);
    return out;
  },
  backward(ctx, dOut) {
    const index = ctx.saved[0]!;
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "gather's gradient");
    kernel.launch("alongGrad", {
      arrays: [dOut, index, dx],
      params: { n: dx.size, ...sizes(shape, index.shape, ctx.attrs.axis) },
      groups: linearGroups(dx.size, 64),
    });
    return [dx, null];
  },
};

function sizes(x: readonly number[], index: readonly number[], axis: number) {
  return { size: x[axis]!, count: index[axis]!, inner: sizeOf(x.slice(axis + 1)), rows: 0 };
}
