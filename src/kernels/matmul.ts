// Batched matrix products with either operand transposed, and their gradients, which are matrix products too:
//   C = A B   ⇒   dA = dC Bᵀ,  dB = Aᵀ dC.
import { type DeviceArray, empty } from "../tensor/array.ts";
import type { Op } from "../tensor/autograd.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { broadcastShapes, broadcastStrides, formatShape, type Shape, sizeOf } from "../tensor/shape.ts";
import source from "./matmul.wgsl" with { type: "text" };
import { sumTo } from "./reduce.ts";

const kernel = defineKernel({
  name: "matmul",
  code: source,
  entries: { main: ["read", "read", "write"] },
  params: {
    m: "u32",
    n: "u32",
    k: "u32",
    batches: "u32",
    aRow: "u32",
    aColumn: "u32",
    bRow: "u32",
    bColumn: "u32",
    aOffset: "u32",
    bOffset: "u32",
    cOffset: "u32",
    rank: "u32",
    batchShape: "u32x8",
    aBatch: "u32x8",
    bBatch: "u32x8",
  },
});

/** A stack of matrices inside an array: `shape` is [...batch, rows, columns], row-major from element `offset` on. */
export interface Matrices {
  array: DeviceArray;
  shape: Shape;
  offset?: number;
  /** Elements from one row to the next, where that is more than a row holds. */
  pitch?: number;
  /** Whether each matrix is to be read transposed. */
  transposed?: boolean;
}

/** [m, k, n] of op(A) op(B). Throws where the inner dimensions differ. */
function productSizes(a: Matrices, b: Matrices): [number, number, number] {
  const sizes = ({ shape, transposed }: Matrices) => {
    const [rows, columns] = shape.slice(-2) as [number, number];
    return transposed ? [columns, rows] : [rows, columns];
  };
  const [m, k] = sizes(a) as [number, number];
  const [k2, n] = sizes(b) as [number, number];
  if (k === k2) return [m, k, n];
  const name = ({ shape, transposed }: Matrices) => `${formatShape(shape)}${transposed ? "ᵀ" : ""}`;
  throw new RangeError(`matmul: ${name(a)} × ${name(b)}: the inner dimensions ${k} and ${k2} differ`);
}

/**
 * C = op(A) op(B), or C += op(A) op(B), for every matrix of the batch; C's matrices lie one after the other
 * from element `offset` on.
 */
export function matmulInto(
  c: { array: DeviceArray; offset?: number; accumulate?: boolean },
  a: Matrices,
  b: Matrices,
): void {
  const [m, k, n] = productSizes(a, b);
  const aLead = a.shape.slice(0, -2);
  const bLead = b.shape.slice(0, -2);
  const lead = broadcastShapes(aLead, bLead, "matmul");
  const batches = sizeOf(lead);
  const strides = ({ shape, transposed, pitch = shape.at(-1)! }: Matrices) =>
    transposed ? [1, pitch] : [pitch, 1];
  const batchStrides = ({ shape }: Matrices) =>
    broadcastStrides(shape.slice(0, -2), lead).map((stride) => stride * shape.at(-2)! * shape.at(-1)!);
  const [aRow, aColumn] = strides(a) as [number, number];
  const [bRow, bColumn] = strides(b) as [number, number];
  kernel.launch("main", {
    arrays: [a.array, b.array, c.array],
    params: {
      m,
      n,
      k,
      batches,
      aRow,
      aColumn,
      bRow,
      bColumn,
      aOffset: a.offset ?? 0,
      bOffset: b.offset ?? 0,
      cOffset: c.offset ?? 0,
      rank: lead.length,
      batchShape: lead,
      aBatch: batchStrides(a),
      bBatch: batchStrides(b),
    },
    constants: { ACCUMULATE: c.accumulate ? 1 : 0 },
    groups: linearGroups(Math.ceil(m / 4) * Math.ceil(n / 4) * batches, 64),
  });
}

export interface MatmulAttrs {
  /** Whether the last two dimensions of an operand are read swapped. */
  transposeA: boolean;
  transposeB: boolean;
}

/** op(A) op(B) of raw arrays [..., m, k] × [..., k, n] → [..., m, n]; leading dimensions broadcast. */
export function matmulArrays(
  a: DeviceArray,
  b: DeviceArray,
  { transposeA, transposeB }: MatmulAttrs,
): DeviceArray {
  const left = { array: a, shape: a.shape, transposed: transposeA };
  const right = { array: b, shape: b.shape, transposed: transposeB };
  const [m, , n] = productSizes(left, right);
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul");
  const c = empty([...lead, m, n], "float32", "matmul");
  matmulInto({ array: c }, left, right);
  return c;
}

/** Frees `full` after summing it to `shape`. */
function reduceTo(full: DeviceArray, shape: Shape): DeviceArray {
  const sum = sumTo(full, shape);
  full.release();
  return sum;
}

export const matmul: Op<MatmulAttrs> = {
  name: "matmul",
  forward(ctx, [a, b], attrs) {
    const c = matmulArrays(a!, b!, attrs);
    ctx.save(a!, b!);
    return c;
  },
  backward(ctx, dc) {
    const [a, b] = ctx.saved as [DeviceArray, DeviceArray];
    const { transposeA, transposeB } = ctx.attrs;
    const gradA = () =>
      transposeA
        ? matmulArrays(b, dc, { transposeA: transposeB, transposeB: true })
        : matmulArrays(dc, b, { transposeA: false, transposeB: !transposeB });
    const gradB = () =>
      transposeB
        ? matmulArrays(dc, a, { transposeA: true, transposeB: transposeA })
        : matmulArrays(a, dc, { transposeA: !transposeA, transposeB: false });
    return [
      ctx.needsInputGrad[0] ? reduceTo(gradA(), a.shape) : null,
      ctx.needsInputGrad[1] ? reduceTo(gradB(), b.shape) : null,
    ];
  },
};
