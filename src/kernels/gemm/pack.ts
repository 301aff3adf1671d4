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

/** A product's operand of one matrix, read as vec4s along k or across it. */
export interface Packed {
  operand: Operand;
  along: "k" | "across";
  /** How many rows A, or columns B, has. */
  size: number;
  /** From one of them to the next, and from a step of k to the next. */
  strides: { across: number; k: number };
  k: number;
}

/** A's panels, whose vec4s go along k, or B's, whose go across it. Owned by the caller. */
export function pack({ operand, along, size, strides, k }: Packed, which: "a" | "b"): DeviceArray {
  const panels = empty([panelSize(size, k)], "float32", "the panels of a product's operand");
  const blocks = panels.size / 16;
  kernel.launch("pack", {
    arrays: [operand.array, panels],
    params: {
      ...{ size, k, steps: Math.ceil(k / 4), blocks },
      offset: (operand.offset ?? 0) / 4,
      pitch: (along === "k" ? strides.across : strides.k) / 4,
    },
    constants: { ALONG_K: along === "k" ? 1 : 0, TRANSPOSED: (along === "k") === (which === "a") ? 0 : 1 },
    groups: linearGroups(blocks, 64),
  });
  return panels;
}
