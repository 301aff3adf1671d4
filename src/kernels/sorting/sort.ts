// Sorting along an axis. No gradient of its own: what is sorted is picked by the positions found here (indexing/gather.ts).
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { permuteArray } from "../shapes/permute.ts";
import source from "./sort.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "sort",
  code: source,
  entries: { runs: ["read", "write", "write"], merge: ["read", "write", "write", "read"] },
});

const WORKGROUP = 64;
/** RUN and STEP in sort.wgsl. */
const RUN = 32;
const STEP = 16;
const KINDS: Record<DType, number> = { float32: 0, uint32: 1, int32: 2, bool: 1 };

/**
 * The first `most` of each row of an array, sorted along `axis`: keys in that order and the positions that they came
 * from, int32 [rows, most], the rows being all other axes, row-major.
 */
function sortRows(
  x: DeviceArray,
  axis: number,
  { most = x.shape[axis]!, descending = false, kind = KINDS[x.dtype] } = {},
): { keys: DeviceArray; positions: DeviceArray } {
  const n = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const rows = sizeOf(x.shape.slice(0, axis)) * inner;
  let next = Math.min(RUN, most);
  let sorted = {
    keys: empty([rows, Math.ceil(n / RUN), next], "uint32", "sort"),
    positions: empty([rows, Math.ceil(n / RUN), next], "int32", "sort"),
  };
  kernel.launch("runs", {
    arrays: [x, sorted.keys, sorted.positions],
    params: { n, rows, inner, length: 0, kept: 0, next },
    constants: { KIND: kind, DESCENDING: descending ? 1 : 0 },
    groups: linearGroups(rows * n, WORKGROUP),
  });
  for (let length = RUN; length < n; length *= 2) {
    const kept = next;
    next = Math.min(2 * length, most);
    const shape = [rows, Math.ceil(n / (2 * length)), next] as const;
    const joined = { keys: empty(shape, "uint32", "sort"), positions: empty(shape, "int32", "sort") };
    kernel.launch("merge", {
      arrays: [sorted.keys, joined.keys, joined.positions, sorted.positions],
      params: { n, rows, inner, length, kept, next },
      groups: linearGroups(shape[0]! * shape[1]! * Math.ceil(next / STEP), WORKGROUP),
    });
    sorted.keys.release();
    sorted.positions.release();
    sorted = joined;
  }
  return sorted;
}

/** Indices along an axis in order, and where each was. A negative one is past the end, as it is to the kernels that use it. */
export const sortIndices = (index: DeviceArray, axis: number) =>
  sortRows(index, axis, { kind: KINDS.uint32 });

/** The positions of the first `most` elements in order along `axis`: int32, shaped as x but for that axis. */
export function sortedPositions(
  x: DeviceArray,
  axis: number,
  most: number,
  descending: boolean,
): DeviceArray {
  const shape = x.shape.with(axis, most);
  if (sizeOf(shape) === 0) return empty(shape, "int32", "sort");
  const { keys, positions } = sortRows(x, axis, { most, descending });
  keys.release();
  const last = shape.length - 1;
  const byRow = positions.view([...x.shape.toSpliced(axis, 1), most]);
  positions.release();
  if (axis === last) return byRow;
  const order = shape.map((_, d) => (d < axis ? d : d === axis ? last : d - 1));
  const result = permuteArray(byRow, order);
  byRow.release();
  return result;
}
