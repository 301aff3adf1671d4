// Picking by index, of raw arrays: slices of an axis, elements along it. The operations are in picking.ts.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { pick } from "../shapes/copy.ts";
import source from "./gather.wgsl" with { type: "text" };

const BINDINGS = ["read", "read", "write"] as const;
const kernel = defineKernel({
  name: "gather",
  code: source,
  entries: { rows: BINDINGS, along: BINDINGS },
});

/** Slices index[0], index[1], … of an axis; the result has index's shape in its place. */
export function selectArray(x: DeviceArray, index: DeviceArray, axis: number, what: string): DeviceArray {
  const out = empty(x.shape.toSpliced(axis, 1, ...index.shape), x.dtype, what);
  kernel.launch("rows", {
    arrays: [x, index, out],
    params: { n: out.size, size: x.shape[axis]!, count: index.size, inner: sizeOf(x.shape.slice(axis + 1)) },
    groups: linearGroups(out.size, 64),
  });
  return out;
}

/** torch.gather of raw arrays. */
export function gatherArray(x: DeviceArray, index: DeviceArray, axis: number): DeviceArray {
  const shape = reachable(x.shape, index.shape, axis);
  const part = sameShape(shape, x.shape) ? x.retain() : pick(x, shape, stridesOf(x.shape));
  const out = empty(index.shape, x.dtype, "gather");
  kernel.launch("along", {
    arrays: [part, index, out],
    params: {
      n: out.size,
      size: shape[axis]!,
      count: index.shape[axis]!,
      inner: sizeOf(shape.slice(axis + 1)),
    },
    groups: linearGroups(out.size, 64),
  });
  part.release();
  return out;
}

/** The part of x that an index can reach: all of `axis`, and as far as the index goes in the others. */
function reachable(x: Shape, index: Shape, axis: number): number[] {
  return index.map((n, d) => (d === axis ? x[d]! : n));
}
