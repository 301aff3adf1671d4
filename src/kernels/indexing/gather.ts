// Picking by index, of raw arrays: slices of an axis, elements along it. The operations are in picking.ts.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { pick } from "../shapes/copy.ts";
import source from "./gather.wgsl" with { type: "text" };

const BINDINGS = ["read", "read", "write"] as const;
const kernel = defineKernel({
  name: "gather",
  code: ({ FOURS }) => `alias Element = ${FOURS ? "vec4u" : "u32"};\n${source}`,
  entries: { rows: BINDINGS, along: BINDINGS },
});

/** Elements, or fours of them, of a row that an invocation picks at most on a CPU adapter. */
const EACH = 16;

/** Slices index[0], index[1], … of an axis; the result has index's shape in its place. */
export function selectArray(x: DeviceArray, index: DeviceArray, axis: number, what: string): DeviceArray {
  const out = empty(x.shape.toSpliced(axis, 1, ...index.shape), x.dtype, what);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const { software } = device().adapter;
  const fours = software && inner % 4 === 0; // as in copy.ts
  const [n, row] = [out.size, inner].map((size) => (fours ? size / 4 : size)) as [number, number];
  const each = software ? EACH : 1;
  kernel.launch("rows", {
    arrays: [x, index, out],
    sizes: { FOURS: Number(fours) },
    params: { n, size: x.shape[axis]!, count: index.size, inner: row },
    constants: { EACH: each },
    groups: linearGroups(n === 0 ? 0 : (n / row) * Math.ceil(row / each), 64),
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
    sizes: { FOURS: 0 },
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
