// The matrix product underneath matmul, linear and conv2d: which program runs it, and with what strides.
import type { DeviceArray } from "../tensor/array.ts";
import { device } from "../tensor/device.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { sizeOf } from "../tensor/shape.ts";
import operandsSource from "./gemmOperands.wgsl" with { type: "text" };
import plainSource from "./matmul.wgsl" with { type: "text" };
import subgroupSource from "./matmulSubgroup.wgsl" with { type: "text" };
import { unroll } from "./unroll.ts";

/** Matrices inside an array: element (i, j) of matrix s is at offset + s · batch + i · row + j · column. */
export interface Operand {
  array: DeviceArray;
  offset?: number;
  row: number;
  column: number;
  /** One stride a batch dimension; 0 repeats the matrix. */
  batch?: readonly number[];
}

/**
 * An operand whose element (i, j) is at offset + rows(i) + columns(j): the patches of a convolution's input. Each
 * map reads its index as a number of three digits, [·, middle, inner], and gives each digit a stride.
 */
export interface Gathered {
  array: DeviceArray;
  rows: DigitMap;
  columns: DigitMap;
}

export interface DigitMap {
  /** How many values the middle and the inner digit take. */
  sizes: readonly [middle: number, inner: number];
  strides: readonly [outer: number, middle: number, inner: number];
}

export interface Product {
  m: number;
  n: number;
  k: number;
  a: Operand;
  b: Operand | Gathered;
  /**
   * Where the result goes; its matrices lie `batchStride` apart. With `fold`, its columns come in runs of
   * `fold.columns`, one run `fold.stride` after the other (for [samples, channels, positions] from one product).
   */
  c: Omit<Operand, "batch"> & { batchStride?: number; fold?: { columns: number; stride: number } };
  /** Batch dimensions, which A and B step through by their `batch` strides. */
  batchShape?: readonly number[];
  /** A vector that is added to every column (one element a row of C) or to every row. */
  bias?: { array: DeviceArray; along: "rows" | "columns" };
}

const PARAMS = {
  m: "u32",
  n: "u32",
  k: "u32",
  batches: "u32",
  aOffset: "u32",
  aRow: "u32",
  aColumn: "u32",
  bOffset: "u32",
  rowMiddle: "u32",
  rowInner: "u32",
  rowStride: "u32",
  rowMiddleStride: "u32",
  rowInnerStride: "u32",
  columnMiddle: "u32",
  columnInner: "u32",
  columnStride: "u32",
  columnMiddleStride: "u32",
  columnInnerStride: "u32",
  cOffset: "u32",
  cRow: "u32",
  cColumn: "u32",
  cFold: "u32",
  cFoldStride: "u32",
  cBatch: "u32",
  bias: "u32",
  vectorC: "u32",
  rank: "u32",
  batchShape: "u32x8",
  aBatch: "u32x8",
  bBatch: "u32x8",
} as const;

const plain = defineKernel({
  name: "matmul",
  code: [plainSource, operandsSource],
  entries: { main: ["read", "read", "write", "read"] },
  params: PARAMS,
});

const SUBGROUP_BINDINGS = ["read", "read", "read", "write", "read"] as const;
const subgroup = defineKernel({
  name: "matmulSubgroup",
  code: [unroll(subgroupSource), operandsSource],
  entries: {
    rows8: SUBGROUP_BINDINGS,
    rows16: SUBGROUP_BINDINGS,
    rows32: SUBGROUP_BINDINGS,
  },
  params: PARAMS,
});

export type Family = "plain" | "subgroup";
let forced: Family | null = null;

/** Has every product run by one family of programs, or by what suits the adapter again. For tests and benchmarks. */
export function useFamily(family: Family | null): void {
  forced = family;
}

/** Families that run on this adapter. */
export function families(): Family[] {
  const { features, subgroupSize } = device().adapter;
  return features.includes("subgroups") && subgroupSize === 8 ? ["plain", "subgroup"] : ["plain"];
}

/** Launches the product. Shapes have been checked by the caller. */
export function gemm(product: Product): void {
  const operations = product.m * product.n * product.k * sizeOf(product.batchShape ?? []);
  if (!subgroupsSuit(operations, LARGE) || !launchSubgroup(product, operations)) launchPlain(product);
}

/** Multiply-adds from which on a program that takes the driver half a second to compile is worth it … */
const LARGE = 2 ** 20;
/** … and one that few products use: of convolutions, or of matrices whose rows are no vec4s. */
export const LARGE_RARE = 2 ** 24;

/** Whether programs for subgroups of 8 lanes are to do so many multiply-adds. */
export function subgroupsSuit(operations: number, least: number): boolean {
  return (forced ?? (operations >= least ? families().at(-1)! : "plain")) === "subgroup";
}

function launchPlain(product: Product): void {
  const { a, b, c, bias } = product;
  const params = paramsOf(product);
  plain.launch("main", {
    arrays: [a.array, b.array, c.array, bias?.array ?? a.array], // something must be bound
    params,
    groups: linearGroups(Math.ceil(params.m / 4) * Math.ceil(params.n / 4) * params.batches, 64),
  });
}

/** False where neither orientation has an A that this program can read, or the tiles are too many. */
function launchSubgroup(given: Product, operations: number): boolean {
  const product = [oriented(given), given, transposed(given)].find(
    (each) => each !== null && leftForm(each) !== null,
  );
  if (!product) return false;
  const { m, n, k, a, b, c, bias } = product;
  const aAlong = leftForm(product);
  const rows = aAlong === "across" ? 32 : tileRows(m);
  const groups = [Math.ceil(m / rows), Math.ceil(n / 32), sizeOf(product.batchShape ?? [])] as const;
  if (groups.some((count) => count > 65535)) return false;
  const bAlong = isGathered(b) ? null : contiguous(b, b.row, b.column, k, n);
  if (bAlong === null && !subgroupsSuit(operations, LARGE_RARE)) return false;
  subgroup.launch(`rows${rows}`, {
    arrays: [a.array, b.array, b.array, c.array, bias?.array ?? a.array],
    params: paramsOf(product),
    constants: {
      A_ALONG_K: aAlong === "k" ? 1 : 0,
      B_FORM: bAlong === "k" ? 1 : bAlong === "across" ? 2 : 0,
    },
    groups,
  });
  return true;
}

function leftForm({ a, k, m }: Product): "k" | "across" | null {
  return contiguous(a, a.column, a.row, k, m);
}

/** Along which dimension an operand can be read as vec4s, given its strides along k and across it. */
function contiguous(
  { offset = 0, batch = [] }: Operand,
  alongK: number,
  across: number,
  k: number,
  size: number,
): "k" | "across" | null {
  if (![offset, ...batch].every((n) => n % 4 === 0)) return null;
  if (alongK === 1 && across % 4 === 0 && k % 4 === 0) return "k";
  return across === 1 && alongK % 4 === 0 && size % 4 === 0 ? "across" : null;
}

function isGathered(operand: Operand | Gathered): operand is Gathered {
  return "rows" in operand;
}

/** What one turn of k costs in a tile of so many rows, relative to each other, as measured on lavapipe. */
const TILE_COSTS = { 32: 1.07, 16: 0.62, 8: 0.44 } as const;
type TileRows = keyof typeof TILE_COSTS;
const TILES = [32, 16, 8] as const;

const columnCost = (m: number, rows: TileRows) => Math.ceil(m / rows) * TILE_COSTS[rows];

/** The tile height that does the m rows at the least cost. */
function tileRows(m: number): TileRows {
  return TILES.reduce((best, rows) => (columnCost(m, rows) < columnCost(m, best) ? rows : best));
}

/** C = A B, or the same as Cᵀ = Bᵀ Aᵀ where tiles of rows × 32 columns waste less that way. */
function oriented(product: Product): Product {
  const cost = (m: number, n: number) => columnCost(m, tileRows(m)) * Math.ceil(n / 32);
  const { m, n } = product;
  return cost(m, n) <= cost(n, m) ? product : (transposed(product) ?? product);
}

/** The same product as Cᵀ = Bᵀ Aᵀ; null where B or C has a layout that only columns can have. */
function transposed(product: Product): Product | null {
  const { m, n, a, b, c, bias } = product;
  if (isGathered(b) || c.fold !== undefined) return null;
  const swap = <T extends Omit<Operand, "batch">>(x: T): T => ({ ...x, row: x.column, column: x.row });
  return {
    ...product,
    m: n,
    n: m,
    a: swap(b),
    b: swap(a),
    c: swap(c),
    bias: bias && { array: bias.array, along: bias.along === "rows" ? "columns" : "rows" },
  };
}

function paramsOf({ m, n, k, a, b, c, batchShape = [], bias }: Product) {
  const { rows, columns } = isGathered(b) ? b : { rows: oneDigit(b.row), columns: oneDigit(b.column) };
  return {
    m,
    n,
    k,
    batches: sizeOf(batchShape),
    aOffset: a.offset ?? 0,
    aRow: a.row,
    aColumn: a.column,
    bOffset: isGathered(b) ? 0 : (b.offset ?? 0),
    rowMiddle: rows.sizes[0],
    rowInner: rows.sizes[1],
    rowStride: rows.strides[0],
    rowMiddleStride: rows.strides[1],
    rowInnerStride: rows.strides[2],
    columnMiddle: columns.sizes[0],
    columnInner: columns.sizes[1],
    columnStride: columns.strides[0],
    columnMiddleStride: columns.strides[1],
    columnInnerStride: columns.strides[2],
    cOffset: c.offset ?? 0,
    cRow: c.row,
    cColumn: c.column,
    cFold: c.fold?.columns ?? n,
    cFoldStride: c.fold?.stride ?? 0,
    cBatch: c.batchStride ?? 0,
    bias: bias === undefined ? 0 : bias.along === "rows" ? 1 : 2,
    vectorC: columnsAreVectors(c, n) ? 1 : 0,
    rank: batchShape.length,
    batchShape,
    aBatch: a.batch ?? [],
    bBatch: isGathered(b) ? [] : (b.batch ?? []),
  };
}

function columnsAreVectors(
  { offset = 0, row, column, batchStride = 0, fold }: Product["c"],
  n: number,
): boolean {
  const steps = [n, offset, row, batchStride, fold?.columns ?? 0, fold?.stride ?? 0];
  return column === 1 && steps.every((step) => step % 4 === 0);
}

/** An index that is its own outer digit. */
function oneDigit(stride: number): DigitMap {
  return { sizes: [1, 1], strides: [stride, 0, 0] };
}
