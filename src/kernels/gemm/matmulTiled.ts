// The matrix product for GPUs: launches matmulTiled.wgsl.
import { empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { unroll } from "../shared/unroll.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import source from "./matmulTiled.wgsl" with { type: "text" };
import { isGathered, operationsOf, type Product, paramsOf } from "./product.ts";

const kernel = defineKernel({
  name: "matmulTiled",
  code: (sizes) => `${unroll(source, sizes)}\n${operandsSource}`,
  entries: { tile: ["read", "read", "write", "read"], combine: ["read", "read", "write", "read"] },
});

/** Rows and columns of C, each, that an invocation of the 16 × 16 holds. */
const LARGE_TILE = 8;
const SMALL_TILE = 4;
/** Workgroups that keep a large GPU busy, and steps of k from which on splitting is worth the second launch. */
const ENOUGH = 256;
const SHORTEST_SPLIT = 256;

/** False, with nothing done, where the tiles are too many for one launch. */
export function launchTiled(product: Product): boolean {
  const { m, n, k, a, b, c, bias } = product;
  const params = paramsOf(product);
  const tilesOf = (per: number) => [Math.ceil(n / (16 * per)), Math.ceil(m / (16 * per))] as const;
  const workgroups = (per: number) => tilesOf(per)[0] * tilesOf(per)[1] * params.batches;
  const per = Math.min(m, n) > 64 && workgroups(LARGE_TILE) >= ENOUGH / 2 ? LARGE_TILE : SMALL_TILE;
  const wanted = Math.min(Math.ceil(ENOUGH / workgroups(per)), Math.floor(k / SHORTEST_SPLIT));
  const splitDepth = Math.ceil(k / Math.max(wanted, 1) / 8) * 8;
  const splits = Math.max(Math.ceil(k / splitDepth), 1);
  const groups = [...tilesOf(per), params.batches * splits] as const;
  if (groups.some((count) => count > 65535)) return false;
  const launch = {
    constants: {
      A_ALONG_K: a.column === 1 ? 1 : 0,
      B_ALONG_K: !isGathered(b) && b.row === 1 && b.column !== 1 ? 1 : 0,
    },
    sizes: { PER: per },
    operations: operationsOf(product),
    groups,
  };
  if (splits === 1) {
    const arrays = [a.array, b.array, c.array, bias?.array ?? a.array]; // something must be bound
    kernel.launch("tile", { ...launch, arrays, params: { ...params, splits, splitDepth } });
    return true;
  }
  const partial = empty([params.batches * splits, m, n], "float32", "a product's splits");
  kernel.launch("tile", {
    ...launch,
    arrays: [a.array, b.array, partial, a.array],
    params: {
      ...params,
      ...{
        splits,
        splitDepth,
        bias: 0,
        cOffset: 0,
        cBatch: m * n,
        cRow: n,
        cColumn: 1,
        cFold: n,
        cFoldStride: 0,
      },
    },
  });
  kernel.launch("combine", {
    arrays: [partial, partial, c.array, bias?.array ?? partial],
    params: { ...params, splits, splitDepth },
    sizes: launch.sizes,
    groups: linearGroups(params.batches * m * n, 64),
  });
  partial.release();
  return true;
}
