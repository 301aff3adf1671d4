// Matrix product of the last two axes, the axes before them broadcast as in NumPy (rank ≥ 2):
//
//   y[…, i, j] = Σₖ a[…, i, k] · b[…, k, j]
//   da[…, i, k] = Σⱼ g[…, i, j] · b[…, k, j]      db[…, k, j] = Σᵢ a[…, i, k] · g[…, i, j]
//
// each gradient summed besides over the batches that its operand was stretched to. With `transposeA` (`transposeB`)
// the operand is stored with its last two axes swapped: a is […, k, i], b is […, j, k].
import {
  type Arr,
  arr,
  broadcastOffset,
  broadcastShapes,
  forEachIndex,
  type Reference,
} from "./reference.ts";

export interface MatmulAttrs {
  transposeA: boolean;
  transposeB: boolean;
}

/** The sizes of i, j and k, and the broadcast batch shape. */
function dimensions(a: Arr, b: Arr, { transposeA, transposeB }: MatmulAttrs) {
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  return {
    batch: broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    I: transposeA ? columnsA : rowsA,
    K: transposeA ? rowsA : columnsA,
    J: transposeB ? rowsB : columnsB,
  };
}

/** Visits every product of the sum above, by the flat positions of its three elements. */
function forEachProduct(
  a: Arr,
  b: Arr,
  attrs: MatmulAttrs,
  visit: (atY: number, atA: number, atB: number) => void,
): void {
  const { batch, I, J, K } = dimensions(a, b, attrs);
  forEachIndex(batch, (index, matrix) => {
    const startA = broadcastOffset(index, a.shape.slice(0, -2)) * I * K;
    const startB = broadcastOffset(index, b.shape.slice(0, -2)) * K * J;
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        for (let k = 0; k < K; k++) {
          const atA = startA + (attrs.transposeA ? k * I + i : i * K + k);
          const atB = startB + (attrs.transposeB ? j * K + k : k * J + j);
          visit(matrix * I * J + i * J + j, atA, atB);
        }
      }
    }
  });
}

export const matmul: Reference<MatmulAttrs> = {
  forward([a, b], attrs) {
    const { batch, I, J } = dimensions(a, b, attrs);
    const y = arr([...batch, I, J]);
    forEachProduct(a, b, attrs, (atY, atA, atB) => {
      y.data[atY] += a.data[atA] * b.data[atB];
    });
    return y;
  },
  backward([a, b], attrs, g) {
    const da = arr(a.shape);
    const db = arr(b.shape);
    forEachProduct(a, b, attrs, (atY, atA, atB) => {
      da.data[atA] += g.data[atY] * b.data[atB];
      db.data[atB] += g.data[atY] * a.data[atA];
    });
    return [da, db];
  },
};
