// Triangles of matrices (torch.tril, torch.triu).
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import source from "./triangle.wgsl" with { type: "text" };

const kernel = defineKernel({ name: "triangle", code: source, entries: { keep: ["read", "write"] } });

export interface TriangleAttrs {
  upper: boolean;
  /** How far to the right of the main one the diagonal is that bounds it. */
  diagonal: number;
}

function keep(x: DeviceArray, { upper, diagonal }: TriangleAttrs): DeviceArray {
  const out = empty(x.shape, x.dtype, upper ? "triu" : "tril");
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  kernel.launch("keep", {
    arrays: [x, out],
    params: { n: x.size, rows, columns, diagonal: Math.min(Math.max(diagonal, -rows), columns) },
    constants: { UPPER: upper ? 1 : 0 },
    groups: linearGroups(x.size, 64),
  });
  return out;
}

/** Of the last two axes. */
export const triangle: Op<TriangleAttrs> = {
  name: "triangle",
  forward: (_, [x], attrs) => keep(x!, attrs),
  backward: (ctx, dy) => [keep(dy, ctx.attrs)],
};
