// Launches matmulRows.wgsl: products of one to four rows on CPU adapters.
import { device, MOST_GROUPS } from "../../gpu/device.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import finish from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import { AS_IT_IS, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import source from "./matmulRows.wgsl" with { type: "text" };
import { bindingsOf, isGathered, operationsOf, type Product } from "./product.ts";

const kernel = defineKernel({
  name: "matmulRows",
  code: (sizes) => [unroll(source, sizes), finish, nan].join("\n"),
  entries: { rows: ["read", "read", "write", "read", "read"] },
});

/** Rows that a lane has registers for. */
const MOST_ROWS = 4;
/** Columns of a workgroup. */
const COLUMNS = 32;

/** Launches a product of few rows whose operands lie along k, where `wanted`; false where it is none. */
export function launchRows(product: Product, wanted: () => boolean): boolean {
  const { m, n, k, a, b, c, bias, batchShape = [], rowSums } = product;
  const isPlain = !isGathered(b) && batchShape.length === 0 && c.fold === undefined && rowSums === undefined;
  if (m < 1 || m > MOST_ROWS || !isPlain || !device().adapter.software || bias?.along === "rows")
    return false;
  const alongK = a.column === 1 && b.row === 1 && c.column === 1;
  const offsets = [a.offset ?? 0, b.offset ?? 0, c.offset ?? 0];
  const inFours = [k, a.row, b.column].every((step) => step % 4 === 0) && offsets.every((each) => each === 0);
  const groups = Math.ceil(n / COLUMNS);
  if (!alongK || !inFours || k === 0 || groups > MOST_GROUPS || !wanted()) return false;
  kernel.launch("rows", {
    arrays: bindingsOf(product),
    params: {
      ...{ n, fours: k / 4, aRow: a.row / 4, bColumn: b.column / 4, cRow: c.row },
      ...finishParams(product.finish ?? AS_IT_IS),
      hasBias: bias === undefined ? 0 : 1,
    },
    sizes: { ROWS: m },
    operations: operationsOf(product),
    groups: [groups, 1, 1],
  });
  return true;
}
