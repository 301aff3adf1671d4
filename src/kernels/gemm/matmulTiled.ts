// The matrix product for GPUs: launches matmulTiled.wgsl.
import { empty } from "../../gpu/array.ts";
import { device, MOST_GROUPS } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import finish from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import { AS_IT_IS, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import source from "./matmulTiled.wgsl" with { type: "text" };
import { bindingsOf, isGathered, type Operand, operationsOf, type Product, paramsOf } from "./product.ts";

const BINDINGS = ["read", "read", "write", "read", "read"] as const;
const kernel = defineKernel({
  name: "matmulTiled",
  code: (sizes) => [unroll(source, sizes), operandsSource, finish, nan].join("\n"),
  entries: { tile: BINDINGS, combine: BINDINGS },
});

/** What an invocation holds, how many warps make a workgroup, and how much of k is brought at a time. */
interface Tile {
  rows: number;
  columns: number;
  up: number;
  across: number;
  depth: number;
  /** Workgroups that keep a large GPU busy: with fewer, k is split. */
  enough: number;
}

// Which tile is the quickest was measured on an H200 (docs/performance.md): the larger, the fewer loads a multiply-add, where
// there are enough of them, and where few of their rows lie past the edge.
const LARGE: Tile = { rows: 8, columns: 8, up: 4, across: 2, depth: 8, enough: 1024 }; // 128 × 128
const MEDIUM: Tile = { rows: 8, columns: 8, up: 2, across: 2, depth: 8, enough: 256 }; // 64 × 128; fits everywhere
const EIGHTY: Tile = { rows: 20, columns: 4, up: 1, across: 4, depth: 8, enough: 256 }; // 80 × 128
const SMALL: Tile = { rows: 4, columns: 4, up: 4, across: 2, depth: 16, enough: 256 }; // 64 × 64
const FLAT: Tile = { rows: 8, columns: 8, up: 1, across: 2, depth: 16, enough: 1024 }; // 32 × 128

/** Steps of k from which on splitting is worth the second launch. */
const SHORTEST_SPLIT = 256;

/** Workgroups along columns and rows of C. */
function workgroups(tile: Tile, m: number, n: number): [number, number] {
  const { M, N } = sizesOf(tile);
  return [Math.ceil(n / N), Math.ceil(m / M)];
}

function tileFor(product: Product, batches: number): Tile {
  const tile = quickest(product, batches);
  const { DEPTH, M, N } = sizesOf(tile);
  const bytes = 2 * DEPTH * (M / 4 + 1 + N / 4 + 1) * 16;
  return bytes > device().adapter.limits.maxComputeWorkgroupStorageSize ? MEDIUM : tile;
}

function quickest({ m, n, k, b }: Product, batches: number): Tile {
  const count = (tile: Tile) => batches * workgroups(tile, m, n).reduce((x, y) => x * y);
  if (m <= 32 && n > 64) return isGathered(b) ? MEDIUM : FLAT;
  if (m <= 64 || n <= 64) return SMALL;
  if (m <= 80) return EIGHTY;
  if (count(LARGE) >= (k < 512 ? 1000 : 48)) return LARGE;
  return count(MEDIUM) >= 64 ? MEDIUM : SMALL;
}

function sizesOf({ rows, columns, up, across, depth }: Tile) {
  const [m, n, threads] = [4 * rows * up, 8 * columns * across, 32 * up * across];
  return {
    ROWS: rows,
    COLUMNS: columns,
    UP: up,
    ACROSS: across,
    DEPTH: depth,
    // Written out for GPUs; in loops for CPUs, whose drivers would compile for half a minute.
    UNROLLED: device().adapter.software ? 1 : depth,
    M: m,
    N: n,
    THREADS: threads,
    LOADS_A: Math.ceil((m * depth) / 4 / threads),
    LOADS_B: Math.ceil((n * depth) / 4 / threads),
  };
}

/** Whether an operand's neighbours across k are aligned vec4s. */
function inVectors(
  count: number,
  across: number,
  along: number,
  { offset = 0, batch = [] }: Operand,
): boolean {
  return across === 1 && [count, along, offset, ...batch].every((step) => step % 4 === 0);
}

/** False, with nothing done, where the tiles are too many for one launch. */
export function launchTiled(product: Product): boolean {
  const { m, n, k, a, b } = product;
  const params = paramsOf(product);
  const tile = tileFor(product, params.batches);
  const [across, down] = workgroups(tile, m, n);
  const wanted = Math.min(
    Math.ceil(tile.enough / (across * down * params.batches)),
    Math.floor(k / SHORTEST_SPLIT),
  );
  const splitDepth = Math.ceil(k / Math.max(wanted, 1) / tile.depth) * tile.depth;
  const splits = Math.max(Math.ceil(k / splitDepth), 1);
  const groups = [across, down, params.batches * splits] as const;
  if (groups.some((count) => count > MOST_GROUPS)) return false;
  const vectors = {
    VECTORS_A: a.column !== 1 && inVectors(m, a.row, a.column, a) ? 1 : 0,
    VECTORS_B: !isGathered(b) && b.row !== 1 && inVectors(n, b.column, b.row, b) ? 1 : 0,
  };
  const launch = {
    constants: {
      A_ALONG_K: a.column === 1 ? 1 : 0,
      B_ALONG_K: !isGathered(b) && b.row === 1 && b.column !== 1 ? 1 : 0,
    },
    sizes: { ...sizesOf(tile), ...vectors },
    operations: operationsOf(product),
    groups,
  };
  if (splits === 1) {
    const arrays = bindingsOf(product);
    kernel.launch("tile", { ...launch, arrays, params: { ...params, splits, splitDepth } });
    return true;
  }
  const partial = empty([params.batches * splits, m, n], "float32", "a product's splits");
  kernel.launch("tile", {
    ...launch,
    arrays: [a.array, b.array, partial, a.array, a.array],
    params: {
      ...params,
      ...finishParams(AS_IT_IS),
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
    arrays: [partial, ...bindingsOf(product).slice(1)],
    params: { ...params, splits, splitDepth },
    sizes: launch.sizes,
    groups: linearGroups(params.batches * m * n, 64),
  });
  partial.release();
  return true;
}
