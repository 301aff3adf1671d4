// Two-dimensional convolution (cross-correlation, as every deep-learning library has it):
//
//   y[n, o, p, q] = b[o] + Σ_{c, r, s} w[o, c, r, s] · x[n, c, p·stride₀ − padding₀ + r·dilation₀,
//                                                              q·stride₁ − padding₁ + s·dilation₁]
//
// where x outside of its bounds is 0; the output has ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1 rows,
// and columns likewise. Every term is one product, so the gradients are the same loop read the other way:
//   dx += w · g    dw += x · g    db[o] = Σ_{n, p, q} g[n, o, p, q]
import { type Arr, arr, type Reference } from "./reference.ts";

export interface Conv2dAttrs {
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
}

function outputShape(x: Arr, w: Arr, { stride, padding, dilation }: Conv2dAttrs): number[] {
  const [N, , H, W] = x.shape;
  const [O, , R, S] = w.shape;
  return [
    N,
    O,
    Math.floor((H + 2 * padding[0] - dilation[0] * (R - 1) - 1) / stride[0]) + 1,
    Math.floor((W + 2 * padding[1] - dilation[1] * (S - 1) - 1) / stride[1]) + 1,
  ];
}

/** Visits every product of the sum above that is not with padding, by the flat positions of its three elements. */
function forEachProduct(
  x: Arr,
  w: Arr,
  attrs: Conv2dAttrs,
  visit: (atY: number, atX: number, atW: number) => void,
): void {
  const { stride, padding, dilation } = attrs;
  const [N, C, H, W] = x.shape;
  const [O, , R, S] = w.shape;
  const [, , P, Q] = outputShape(x, w, attrs);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      for (let p = 0; p < P; p++) {
        for (let q = 0; q < Q; q++) {
          const atY = ((n * O + o) * P + p) * Q + q;
          for (let c = 0; c < C; c++) {
            for (let r = 0; r < R; r++) {
              for (let s = 0; s < S; s++) {
                const h = p * stride[0] - padding[0] + r * dilation[0];
                const v = q * stride[1] - padding[1] + s * dilation[1];
                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                visit(atY, ((n * C + c) * H + h) * W + v, ((o * C + c) * R + r) * S + s);
              }
            }
          }
        }
      }
    }
  }
}

/** inputs [x NCHW, w OIHW] or [x, w, b with O elements]. */
export const conv2d: Reference<Conv2dAttrs> = {
  forward([x, w, b], attrs) {
    const y = arr(outputShape(x, w, attrs));
    const [, O, P, Q] = y.shape;
    if (b) for (let i = 0; i < y.data.length; i++) y.data[i] = b.data[Math.floor(i / (P * Q)) % O];
    forEachProduct(x, w, attrs, (atY, atX, atW) => {
      y.data[atY] += x.data[atX] * w.data[atW];
    });
    return y;
  },
  backward([x, w, b], attrs, g) {
    const dx = arr(x.shape);
    const dw = arr(w.shape);
    forEachProduct(x, w, attrs, (atY, atX, atW) => {
      dx.data[atX] += w.data[atW] * g.data[atY];
      dw.data[atW] += x.data[atX] * g.data[atY];
    });
    if (!b) return [dx, dw];
    const [, O, P, Q] = g.shape;
    const db = arr(b.shape);
    for (let i = 0; i < g.data.length; i++) db.data[Math.floor(i / (P * Q)) % O] += g.data[i];
    return [dx, dw, db];
  },
};
