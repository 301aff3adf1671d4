// Adding by index, of raw arrays: slices of an axis, elements along it. The operations are in placing.ts; the gradients of
// picking.ts are these too.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { sameShape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { pick, place } from "../shapes/copy.ts";
import { sortIndices } from "../sorting/sort.ts";
import source from "./scatterAdd.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "scatterAdd",
  code: ({ WIDTH, WHOLE }) => {
    const type = WHOLE ? "i32" : "f32"; // sums of i32 have the bits of u32's too
    return `alias element = ${WIDTH === 4 ? `vec4<${type}>` : type};\n${source}`;
  },
  entries: {
    direct: ["read", "write", "read"],
    scan: ["read", "write", "read"],
    collect: ["read", "write", "read", "read", "write"],
    join: ["read", "write", "read", "read", "write"],
  },
});

const WORKGROUP = 64;
/** CHUNK in scatterAdd.wgsl. */
const CHUNK = 64;
/** OF_SCAN. */
const OF_SCAN = 4;
/** Elements of an index that `scan` looks through at most: one after the other; and those of all its workgroups, so that sorting takes longer. */
const SCANNED = 4096;
const SCANNED_IN_ALL = 2 ** 17;

/** out[o, index, i] += source[o, j, i], the index being [n], or of source's shape; source fits out but along `axis`. */
function add(out: DeviceArray, index: DeviceArray, source: DeviceArray, axis: number, distinct: boolean) {
  if (source.size === 0 || out.size === 0) return;
  const n = source.shape[axis]!;
  const own = index.shape.length === 1 && source.shape.length > 1 ? 0 : 1;
  const inner = sizeOf(source.shape.slice(axis + 1));
  const WIDTH = own === 0 && inner % 4 === 0 ? 4 : 1;
  const columns = source.size / n / WIDTH;
  const params = { n, columns, inner: inner / WIDTH, size: out.shape[axis]!, own };
  const sizes: Record<string, number> = source.dtype === "float32" ? { WIDTH } : { WIDTH, WHOLE: 1 };
  if (distinct || n === 1) {
    const groups = linearGroups(n * columns, WORKGROUP);
    kernel.launch("direct", { arrays: [source, out, index], params, sizes, groups });
    return;
  }
  const workgroup = device().adapter.software ? 8 : WORKGROUP;
  const scans = params.size * Math.ceil(columns / (workgroup * OF_SCAN));
  if (own === 0 && n <= SCANNED && scans * n <= SCANNED_IN_ALL) {
    const constants = { WORKGROUP: workgroup };
    kernel.launch("scan", {
      arrays: [source, out, index],
      params,
      sizes,
      constants,
      groups: linearGroups(scans, 1),
    });
    return;
  }
  const { keys, positions } = sortIndices(index, own === 1 ? axis : 0);
  const chunks = Math.ceil(n / CHUNK);
  const parts = empty([2, chunks, columns * WIDTH], source.dtype, "scatterAdd");
  const arrays = [source, out, keys, positions, parts];
  kernel.launch("collect", { arrays, params, sizes, groups: linearGroups(chunks * columns, WORKGROUP) });
  kernel.launch("join", { arrays, params, sizes, groups: linearGroups((chunks - 1) * columns, WORKGROUP) });
  for (const array of [keys, positions, parts]) array.release();
}

/** Adds slices of `source` to those of `out` that an index [n], or of any shape with n elements, names. */
export function addSlices(out: DeviceArray, index: DeviceArray, source: DeviceArray, axis: number): void {
  const flat = index.view([index.size]);
  add(out, flat, source, axis, false);
  flat.release();
}

/** Adds the elements of `source` that the index covers where it names, along `axis`. `distinct`: each to a place of its own. */
export function addAlong(
  out: DeviceArray,
  index: DeviceArray,
  source: DeviceArray,
  axis: number,
  distinct = false,
): void {
  const taken = covered(source, index);
  const reached = out.shape.map((n, d) => (d === axis ? n : index.shape[d]!));
  if (sameShape(reached, out.shape)) add(out, index, taken, axis, distinct);
  else {
    const part = pick(out, reached, stridesOf(out.shape));
    add(part, index, taken, axis, distinct);
    place(part, out, stridesOf(out.shape));
    part.release();
  }
  taken.release();
}

/** The part of an array that an index covers: the array itself where that is all of it. */
export function covered(source: DeviceArray, index: DeviceArray): DeviceArray {
  if (sameShape(source.shape, index.shape)) return source.retain();
  return pick(source, index.shape, stridesOf(source.shape));
}
