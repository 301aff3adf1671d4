// Where values go into sorted rows. No gradient.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./search.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "search",
  code: [nan, source],
  entries: { search: ["read", "read", "write"] },
});

/** The positions of x's values in `sorted`, [n] or of x's shape but for the last axis: int32, shaped as x. */
export function searchArray(sorted: DeviceArray, x: DeviceArray, right: boolean): DeviceArray {
  const at = empty(x.shape, "int32", "searchsorted");
  const n = sorted.shape.at(-1)!;
  kernel.launch("search", {
    arrays: [sorted, x, at],
    params: { total: x.size, n, count: x.shape.at(-1) ?? 1, rows: n === 0 ? 1 : sorted.size / n },
    constants: { RIGHT: right ? 1 : 0 },
    groups: linearGroups(x.size, 64),
  });
  return at;
}
