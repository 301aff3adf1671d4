// Operands of large products as panels: launches pack.wgsl.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import source from "./pack.wgsl" with { type: "text" };
import type { Operand } from "./product.ts";

const kernel = defineKernel({ name: "pack", code: source, entries: { pack: ["read", "write"] } });

/** Rows of A, or columns of B, of a panel. */
const PANEL = 32;

/** How many elements the panels of so many rows (or columns) and steps of k have. */
export function panelSize(size: number, k: number): number {
  return Math.ceil(size / PANEL) * PANEL * Math.ceil(k / 4) * 4;
}

/**
 * A's panels, whose vec4s go along k, or B's, whose go across it. Owned by the caller.
 * @param operand one matrix, read as vec4s `along` k or across it
 * @param size how many rows A, or columns B, has
 */
export function pack(
  which: "a" | "b",
  operand: Operand,
  along: "k" | "across",
  size: number,
  k: number,
): DeviceArray {
  const panels = empty([panelSize(size, k)], "float32", "the panels of a product's operand");
  const blocks = panels.size / 16;
  const byRows = (along === "k") === (which === "a"); // the matrix is contiguous along its rows, as the panels want it
  kernel.launch("pack", {
    arrays: [operand.array, panels],
    params: {
      ...{ size, k, steps: Math.ceil(k / 4), blocks },
      offset: (operand.offset ?? 0) / 4,
      pitch: (byRows ? operand.row : operand.column) / 4,
    },
    constants: { ALONG_K: along === "k" ? 1 : 0, TRANSPOSED: byRows ? 0 : 1 },
    groups: linearGroups(blocks, 64),
  });
  return panels;
}
