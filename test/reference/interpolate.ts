// Images of another size. Row o of the result stands at the place s of the input's rows, `scale` of which are a row:
//
//   nearest          s = o · scale; y = x[⌊s⌋]           nearest-exact   s = (o + ½) · scale
//   linear, cubic    s = (o + ½) · scale − ½, or where corners are aligned o · (n − 1) / (m − 1); linear modes begin at 0.
//                    y = Σ_k weight(s − k) · x[k] over the two, or four, whole numbers k around s; beyond the border, the
//                    border's own element. weight(d): 1 − |d|, or Keys' cubic convolution with a = −¾:
//                      (a + 2)|d|³ − (a + 3)|d|² + 1 where |d| ≤ 1,   a|d|³ − 5a|d|² + 8a|d| − 4a where |d| < 2
//
// and columns likewise: y = R · x · Cᵀ with matrices R [outHeight, height] and C, so that dx = Rᵀ · g · C. Scales are rounded
// to float32, as they are given to kernels, and nearest places computed so: where they round to is part of the answer.
import { arr, type Reference } from "./reference.ts";

export interface InterpolateAttrs {
  mode: "nearest" | "nearest-exact" | "linear" | "cubic";
  alignCorners: boolean;
  from: [number, number];
  to: [number, number];
  scale: [number, number];
}

const A = -0.75;

function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (A + 2) * d ** 3 - (A + 3) * d ** 2 + 1;
  return d < 2 ? A * d ** 3 - 5 * A * d ** 2 + 8 * A * d - 4 * A : 0;
}

/** The weight of each of the input's rows in each of the result's. */
function matrix({ mode, alignCorners, from, to, scale }: InterpolateAttrs, d: 0 | 1): number[][] {
  const [n, m] = [from[d], to[d]];
  const unit = Math.fround(alignCorners ? (m > 1 ? (n - 1) / (m - 1) : 0) : scale[d]);
  return Array.from({ length: m }, (_, o) => {
    const row = new Array<number>(n).fill(0);
    if (mode.startsWith("nearest")) {
      const at = Math.fround((mode === "nearest" ? o : o + 0.5) * unit);
      row[Math.min(Math.floor(at), n - 1)] = 1;
      return row;
    }
    const s = alignCorners ? o * unit : (o + 0.5) * unit - 0.5;
    const place = mode === "linear" ? Math.max(s, 0) : s;
    const reach = mode === "linear" ? 1 : 2;
    for (let k = Math.floor(place) + 1 - reach; k <= Math.floor(place) + reach; k++) {
      const weight = mode === "linear" ? 1 - Math.abs(place - k) : cubic(place - k);
      row[Math.min(Math.max(k, 0), n - 1)] += weight;
    }
    return row;
  });
}

/** Visits each output element with each input element that it reads, and the weight. */
function forEachWeight(
  planes: number,
  attrs: InterpolateAttrs,
  visit: (atY: number, atX: number, weight: number) => void,
): void {
  const [rows, columns] = [matrix(attrs, 0), matrix(attrs, 1)];
  const [[H, W], [P, Q]] = [attrs.from, attrs.to];
  for (let plane = 0; plane < planes; plane++)
    for (let p = 0; p < P; p++)
      for (let q = 0; q < Q; q++)
        for (let h = 0; h < H; h++)
          for (let w = 0; w < W; w++)
            if (rows[p][h] !== 0 && columns[q][w] !== 0)
              visit((plane * P + p) * Q + q, (plane * H + h) * W + w, rows[p][h] * columns[q][w]);
}

export const interpolate: Reference<InterpolateAttrs> = {
  forward([x], attrs) {
    const y = arr([...x.shape.slice(0, 2), ...attrs.to]);
    forEachWeight(x.shape[0] * x.shape[1], attrs, (atY, atX, weight) => {
      y.data[atY] += weight * x.data[atX];
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachWeight(x.shape[0] * x.shape[1], attrs, (atY, atX, weight) => {
      dx.data[atX] += weight * g.data[atY];
    });
    return [dx];
  },
};
