// Batched matrix products with either operand transposed, and their gradients, which are matrix products too:
//   C = A B   ⇒   dA = dC Bᵀ,  dB = Aᵀ dC.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes, broadcastStrides, formatShape, type Shape } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import { requireFloat } from "../shared/require.ts";
import { gemm } from "./gemm.ts";
import type { Operand } from "./product.ts";

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
  const [m, k] = dimensions(a, transposeA);
  const [k2, n] = dimensions(b, transposeB);
  if (k !== k2) {
    const name = ({ shape }: DeviceArray, transposed: boolean) =>
      `${formatShape(shape)}${transposed ? "ᵀ" : ""}`;
    throw new RangeError(
      `matmul: ${name(a, transposeA)} × ${name(b, transposeB)}: the inner dimensions ${k} and ${k2} differ`,
    );
  }
  const batchShape = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul");
  const c = empty([...batchShape, m, n], "float32", "matmul");
  gemm({
    m,
    n,
    k,
    a: operand(a, transposeA, batchShape),
    b: operand(b, transposeB, batchShape),
    c: { array: c, row: n, column: 1, batchStride: m * n },
    batchShape,
  });
  return c;
}

function dimensions({ shape }: DeviceArray, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function operand(array: DeviceArray, transposed: boolean, batchShape: Shape): Operand {
  const [rows, columns] = array.shape.slice(-2) as [number, number];
  const batch = broadcastStrides(array.shape.slice(0, -2), batchShape).map(
    (stride) => stride * rows * columns,
  );
  return { array, row: transposed ? 1 : columns, column: transposed ? columns : 1, batch };
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
    requireFloat("matmul", a!, b!);
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
