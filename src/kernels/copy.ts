// Strided copies, on which permute, slice, pad, concat and broadcasting rest.
import { type DeviceArray, empty } from "../tensor/array.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { broadcastStrides, type Shape, stridesOf } from "../tensor/shape.ts";
import source from "./copy.wgsl" with { type: "text" };
import { coalesce } from "./strides.ts";

const kernel = defineKernel({
  name: "copy",
  code: source,
  entries: { pick: ["read", "write"], place: ["read", "write"] },
  params: { n: "u32", offset: "u32", rank: "u32", scale: "f32", shape: "u32x8", strides: "u32x8" },
});

const WORKGROUP = 64;

/** A new array of `shape` whose element at an index is x[offset + index · strides], times `scale`. */
export function pick(
  x: DeviceArray,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
  scale = 1,
  what = "a copy",
): DeviceArray {
  const out = empty(shape, x.dtype, what);
  kernel.launch("pick", {
    arrays: [x, out],
    params: { n: out.size, offset, scale, ...walk(shape, strides) },
    constants: { SCALED: scale === 1 ? 0 : 1 },
    groups: linearGroups(out.size, WORKGROUP),
  });
  return out;
}

/** Writes x's elements to out[offset + index · strides], index running over x's shape. */
export function place(x: DeviceArray, out: DeviceArray, strides: readonly number[], offset = 0): void {
  kernel.launch("place", {
    arrays: [x, out],
    params: { n: x.size, offset, scale: 1, ...walk(x.shape, strides) },
    groups: linearGroups(x.size, WORKGROUP),
  });
}

/** Overwrites `to` with the elements of `from`, an array of the same shape and type in other storage. */
export function copyArray(from: DeviceArray, to: DeviceArray): void {
  place(from, to, stridesOf(to.shape));
}

/** x broadcast to a larger shape, times `scale`. */
export function expand(x: DeviceArray, shape: Shape, scale = 1): DeviceArray {
  return pick(x, shape, broadcastStrides(x.shape, shape), 0, scale, "a broadcast");
}

/** The members of `Params` that say how to walk `shape` with `strides`. */
function walk(shape: Shape, strides: readonly number[]) {
  const { rank, shape: joined, walks } = coalesce(shape, strides);
  return { rank, shape: joined, strides: walks[0]! };
}

/** Row-major elements from `starts` on, every `steps`-th, as strides and offset into an array of `shape`. */
export function window(
  strides: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): { strides: number[]; offset: number } {
  return {
    strides: strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
    offset: strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
  };
}
