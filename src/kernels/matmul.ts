// Batched matrix products with either operand transposed, and their gradients, which are matrix products too:
//   C = A B   ⇒   dA = dC Bᵀ,  dB = Aᵀ dC.
import { type DeviceArray, empty } from "../tensor/array.ts";
import type { Op } from "../tensor/autograd.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { broadcastShapes, broadcastStrides, formatShape, sizeOf } from "../tensor/shape.ts";
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
    rank: "u32",
    batchShape: "u32x8",
    aBatch: "u32x8",
    bBatch: "u32x8",
  },
});

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
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [k2, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== k2) {
    const t = (array: DeviceArray, transposed: boolean) =>
      `${formatShape(array.shape)}${transposed ? "ᵀ" : ""}`;
    throw new RangeError(
      `matmul: ${t(a, transposeA)} × ${t(b, transposeB)}: the inner dimensions ${k} and ${k2} differ`,
    );
  }
  const aLead = a.shape.slice(0, -2);
  const bLead = b.shape.slice(0, -2);
  const lead = broadcastShapes(aLead, bLead, "matmul");
  const batches = sizeOf(lead);
  const c = empty([...lead, m, n], "float32", "matmul");
  kernel.launch("main", {
    arrays: [a, b, c],
    params: {
      m,
      n,
      k,
      batches,
      aRow: transposeA ? 1 : aColumns,
      aColumn: transposeA ? aColumns : 1,
      bRow: transposeB ? 1 : bColumns,
      bColumn: transposeB ? bColumns : 1,
      rank: lead.length,
      batchShape: lead,
      aBatch: broadcastStrides(aLead, lead).map((stride) => stride * aRows * aColumns),
      bBatch: broadcastStrides(bLead, lead).map((stride) => stride * bRows * bColumns),
    },
    groups: linearGroups(Math.ceil(m / 4) * Math.ceil(n / 4) * batches, 64),
  });
  return c;
}

/** Frees `full` after summing it to `shape`. */
function reduceTo(full: DeviceArray, shape: readonly number[]): DeviceArray {
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
