// Who does a row where an array's rows are worked on one by one.
import { device } from "../../gpu/device.ts";

/** Rows from which on a CPU's cores are busy with an invocation each; a GPU wants a workgroup a row, long ones at least. */
export const MANY_ROWS = 64;
const LONG = 64;

/** Whether an invocation has a row of n elements to itself; else a workgroup shares it. `many` rows keep a CPU busy. */
export function rowsAreAlone(rows: number, n: number, many = MANY_ROWS): boolean {
  return n < LONG || (device().adapter.software && rows >= many);
}

/** Whether subgroups have 8 lanes: on lavapipe, where a vector register of the CPU is a subgroup, what they do has programs of its own. */
export function hasEightLanes(): boolean {
  const { features, subgroupSize } = device().adapter;
  return features.includes("subgroups") && subgroupSize === 8;
}
