// Rows of a table by index (embedding), and elements along an axis by index (torch.gather).
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { pick, place } from "../shapes/copy.ts";
import source from "./gather.wgsl" with { type: "text" };

const BINDINGS = ["read", "read", "write"] as const;
const kernel = defineKernel({
  name: "gather",
  code: source,
  entries: { rows: BINDINGS, rowsGrad: BINDINGS, along: BINDINGS, alongGrad: BINDINGS },
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

/**
 * torch.gather. Inputs: x and index (uint32, of x's rank, no larger than x in any axis but `axis`); result like
 * index. An index past the end gives NaN.
 */
export const gather: Op<{ axis: number }> = {
  name: "gather",
  forward(ctx, [x, index], { axis }) {
    requireIndex("gather", index!);
    requireFit(x!.shape, index!.shape, axis);
    const shape = reachable(x!.shape, index!.shape, axis);
    const part = sameShape(shape, x!.shape) ? x!.retain() : pick(x!, shape, stridesOf(x!.shape));
    const out = empty(index!.shape, x!.dtype, "gather");
    kernel.launch("along", {
      arrays: [part, index!, out],
      params: { n: out.size, ...sizes(shape, index!.shape, axis) },
      groups: linearGroups(out.size, 64),
    });
    part.release();
    ctx.save(index!);
    return out;
  },
  backward(ctx, dOut) {
    const index = ctx.saved[0]!;
    const whole = ctx.inputShapes[0]!;
    const shape = reachable(whole, index.shape, ctx.attrs.axis);
    const part = empty(shape, "float32", "gather's gradient");
    kernel.launch("alongGrad", {
      arrays: [dOut, index, part],
      params: { n: part.size, ...sizes(shape, index.shape, ctx.attrs.axis) },
      groups: linearGroups(part.size, 64),
    });
    if (sameShape(shape, whole)) return [part, null];
    const dx = filled(whole, 0);
    place(part, dx, stridesOf(whole));
    part.release();
    return [dx, null];
  },
};

/** Throws where an index reaches beyond x in an axis other than the one that it picks from. */
export function requireFit(x: Shape, index: Shape, axis: number): void {
  if (x.length === index.length && x.every((n, d) => d === axis || n >= index[d]!)) return;
  throw new RangeError(
    `gather: index ${formatShape(index)} is larger than x ${formatShape(x)} in an axis other than ${axis}`,
  );
}

/** The part of x that an index can reach: all of `axis`, and as far as the index goes in the others. */
function reachable(x: Shape, index: Shape, axis: number): number[] {
  return index.map((n, d) => (d === axis ? x[d]! : n));
}

function sizes(x: Shape, index: Shape, axis: number) {
  return { size: x[axis]!, count: index[axis]!, inner: sizeOf(x.slice(axis + 1)), rows: 0 };
}
