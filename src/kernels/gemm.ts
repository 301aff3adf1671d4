// The matrix product underneath matmul, linear and conv2d: which program runs it, and with what strides.
import type { DeviceArray } from "../tensor/array.ts";
import { device } from "../tensor/device.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { sizeOf } from "../tensor/shape.ts";
import plainSource from "./matmul.wgsl" with { type: "text" };
import subgroupSource from "./matmulSubgroup.wgsl" with { type: "text" };

/** Matrices inside an array: element (i, j) of matrix s is at offset + s · batch + i · row + j · column. */
export interface Operand {
  array: DeviceArray;
  offset?: number;
  row: number;
  column: number;
  /** One stride a batch dimension; 0 repeats the matrix. */
  batch?: readonly number[];
}

export interface Product {
  m: number;
  n: number;
  k: number;
  a: Operand;
  b: Operand;
  /**
   * Where the result goes; its matrices lie `batchStride` apart. With `fold`, its columns come in runs of
   * `fold.columns`, one run `fold.stride` after the other (for [samples, channels, positions] from one product).
   */
  c: Omit<Operand, "batch"> & { batchStride?: number; fold?: { columns: number; stride: number } };
  /** Batch dimensions, which A and B step through by their `batch` strides. */
  batchShape?: readonly number[];
  /** C += A B instead of C = A B. */
  accumulate?: boolean;
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
  bRow: "u32",
  bColumn: "u32",
  cOffset: "u32",
  cRow: "u32",
  cColumn: "u32",
  cFold: "u32",
  cFoldStride: "u32",
  cBatch: "u32",
  rank: "u32",
  batchShape: "u32x8",
  aBatch: "u32x8",
  bBatch: "u32x8",
} as const;

const plain = defineKernel({
  name: "matmul",
  code: plainSource,
  entries: { main: ["read", "read", "write", "read"] },
  params: PARAMS,
});

const subgroup = defineKernel({
  name: "matmulSubgroup",
  code: subgroupSource,
  entries: { main: ["read", "read", "read", "read", "write", "read"] },
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
  const { m, n, k, a, b, c, batchShape = [], accumulate, bias } = product;
  const batches = sizeOf(batchShape);
  const params = {
    m,
    n,
    k,
    batches,
    aOffset: a.offset ?? 0,
    aRow: a.row,
    aColumn: a.column,
    bOffset: b.offset ?? 0,
    bRow: b.row,
    bColumn: b.column,
    cOffset: c.offset ?? 0,
    cRow: c.row,
    cColumn: c.column,
    cFold: c.fold?.columns ?? n,
    cFoldStride: c.fold?.stride ?? 0,
    cBatch: c.batchStride ?? 0,
    rank: batchShape.length,
    batchShape,
    aBatch: a.batch ?? [],
    bBatch: b.batch ?? [],
  };
  const constants = {
    ACCUMULATE: accumulate ? 1 : 0,
    BIAS: bias === undefined ? 0 : bias.along === "rows" ? 1 : 2,
  };
  const biasArray = bias?.array ?? a.array; // something must be bound
  const family = forced ?? families().at(-1)!;
  if (family === "plain") {
    plain.launch("main", {
      arrays: [a.array, b.array, c.array, biasArray],
      params,
      constants,
      groups: linearGroups(Math.ceil(m / 4) * Math.ceil(n / 4) * batches, 64),
    });
    return;
  }
  const aligned = (operand: Operand, pitch: number) =>
    [operand.offset ?? 0, pitch, ...(operand.batch ?? [])].every((stride) => stride % 4 === 0);
  const A_VECTOR = a.column === 1 && k % 4 === 0 && aligned(a, a.row) ? 1 : 0;
  const alongN = b.column === 1 && n % 4 === 0 && k % 4 === 0 && aligned(b, b.row);
  const alongK = b.row === 1 && k % 4 === 0 && aligned(b, b.column);
  subgroup.launch("main", {
    arrays: [a.array, a.array, b.array, b.array, c.array, biasArray],
    params,
    constants: { ...constants, A_VECTOR, B_FORM: alongN ? 1 : alongK ? 2 : 0 },
    groups: linearGroups(Math.ceil(m / 16) * Math.ceil(n / 32) * batches, 1),
  });
}
