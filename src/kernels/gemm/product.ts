// A matrix product as the programs of gemm.ts take it: where its operands' elements are, and what of that goes into
// the uniforms of gemmOperands.wgsl.
import type { DeviceArray } from "../../gpu/array.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { AS_IT_IS, type Finish, finishParams } from "../shared/unfinished.ts";

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
  /**
   * Where the sums of A's rows over k go, if the program that runs it can add them up on the way: they are a bias's gradient,
   * where A is the transpose of dy. There is one matrix.
   */
  rowSums?: DeviceArray | undefined;
  /** What is done to its elements before they are stored; what is added to them lies as C does. */
  finish?: Finish;
}

/** All arrays of a product. */
export function arraysOf({ a, b, c, bias, finish }: Product): DeviceArray[] {
  return [a.array, b.array, c.array, ...(bias ? [bias.array] : []), ...(finish?.other ? [finish.other] : [])];
}

/** What the programs bind: where there is no bias, or nothing that is added, something else must be. */
export function bindingsOf({ a, b, c, bias, finish }: Product): DeviceArray[] {
  return [a.array, b.array, c.array, bias?.array ?? a.array, finish?.other ?? a.array];
}

export function isGathered(operand: Operand | Gathered): operand is Gathered {
  return "rows" in operand;
}

/** The same product as Cᵀ = Bᵀ Aᵀ; null where B or C has a layout that only columns can have. */
export function transposed(product: Product): Product | null {
  const { m, n, a, b, c, bias } = product;
  if (isGathered(b) || c.fold !== undefined) return null;
  const swap = <T extends Omit<Operand, "batch">>(x: T): T => ({ ...x, row: x.column, column: x.row });
  return {
    ...product,
    rowSums: undefined,
    m: n,
    n: m,
    a: swap(b),
    b: swap(a),
    c: swap(c),
    bias: bias && { array: bias.array, along: bias.along === "rows" ? "columns" : "rows" },
  };
}

/** Operations of a product, a multiply-add being two. */
export function operationsOf({ m, n, k, batchShape = [] }: Product): number {
  return 2 * m * n * k * sizeOf(batchShape);
}

/** Values for gemmOperands.wgsl's `Params`. */
export function paramsOf({ m, n, k, a, b, c, batchShape = [], bias, finish = AS_IT_IS }: Product) {
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
    ...finishParams(finish),
    splits: 1,
    splitDepth: k,
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

/** The next multiple of 4: elements of a row that is read as vec4s. */
export function toFours(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** An index that is its own outer digit. */
function oneDigit(stride: number): DigitMap {
  return { sizes: [1, 1], strides: [stride, 0, 0] };
}
