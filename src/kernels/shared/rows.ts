// Who does a row where an array's rows are worked on one by one.
import { device } from "../../gpu/device.ts";

/** Rows from which on a CPU is quicker with an invocation each, as barriers cost it much; a GPU wants a workgroup a row, long ones at least. */
export const MANY_ROWS = 8;
const LONG = 64;

/** Whether an invocation has a row of n elements to itself; else a workgroup shares it. */
export function rowsAreAlone(rows: number, n: number): boolean {
  return n < LONG || (device().adapter.software && rows >= MANY_ROWS);
}
