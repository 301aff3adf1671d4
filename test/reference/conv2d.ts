// Two-dimensional convolution (cross-correlation, as every deep-learning library has it):
//
//   y[n, o, p, q] = b[o] + Σ_{c, r, s} w[o, c, r, s] · x[n, g(o) + c, p·stride₀ − padding₀ + r·dilation₀,
//                                                                     q·stride₁ − padding₁ + s·dilation₁]
//
// where c counts the input channels of o's group, g(o) is the first of them, and x outside of its bounds is 0; the output has ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1 rows,
// and columns likewise. Every term is one product, so the gradients are the same loop read the other way:
//   dx += w · g    dw += x · g    db[o] = Σ_{n, p, q} g[n, o, p, q]
// and so are the operations that these gradients are: convTranspose2d, dx of (g, w), and conv2dWeight, dw of (x, g).
import { type Arr, arr, type Reference } from "./reference.ts";

export interface Conv2dAttrs {
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  groups?: number;
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
  [N, C, H, W]: readonly number[],
  [, O, P, Q]: readonly number[],
  [, , R, S]: readonly number[],
  { stride, padding, dilation, groups = 1 }: Conv2dAttrs,
  visit: (atY: number, atX: number, atW: number) => void,
): void {
  const [ins, outs] = [C / groups, O / groups];
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      for (let p = 0; p < P; p++) {
        for (let q = 0; q < Q; q++) {
          const atY = ((n * O + o) * P + p) * Q + q;
          for (let c = 0; c < ins; c++) {
            const channel = Math.floor(o / outs) * ins + c;
            for (let r = 0; r < R; r++) {
              for (let s = 0; s < S; s++) {
                const h = p * stride[0] - padding[0] + r * dilation[0];
                const v = q * stride[1] - padding[1] + s * dilation[1];
                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                visit(atY, ((n * C + channel) * H + h) * W + v, ((o * ins + c) * R + r) * S + s);
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
    forEachProduct(x.shape, y.shape, w.shape, attrs, (atY, atX, atW) => {
      y.data[atY] += x.data[atX] * w.data[atW];
    });
    return y;
  },
  backward([x, w, b], attrs, g) {
    const dx = arr(x.shape);
    const dw = arr(w.shape);
    forEachProduct(x.shape, g.shape, w.shape, attrs, (atY, atX, atW) => {
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

export interface ConvTranspose2dAttrs extends Conv2dAttrs {
  outputPadding: [number, number];
}

/** inputs [x NCHW, w [C, out / groups, R, S]]: each x[n, c, p, q] is spread over the result as w[c] says. */
export const convTranspose2d: Reference<ConvTranspose2dAttrs> = {
  forward([x, w], attrs) {
    const { stride, padding, dilation, outputPadding, groups = 1 } = attrs;
    const image = [0, 1].map(
      (d) =>
        (x.shape[d + 2] - 1) * stride[d] -
        2 * padding[d] +
        dilation[d] * (w.shape[d + 2] - 1) +
        outputPadding[d] +
        1,
    );
    const y = arr([x.shape[0], w.shape[1] * groups, ...image]);
    forEachProduct(y.shape, x.shape, w.shape, attrs, (atX, atY, atW) => {
      y.data[atY] += x.data[atX] * w.data[atW];
    });
    return y;
  },
  backward([x, w], attrs, g) {
    const dx = arr(x.shape);
    const dw = arr(w.shape);
    forEachProduct(g.shape, x.shape, w.shape, attrs, (atX, atY, atW) => {
      dx.data[atX] += w.data[atW] * g.data[atY];
      dw.data[atW] += x.data[atX] * g.data[atY];
    });
    return [dx, dw];
  },
};

/** inputs [x NCHW, dy of conv2d's result]: the gradient of the weights. */
export const conv2dWeight: Reference<Conv2dAttrs & { kernel: [number, number] }> = {
  forward([x, dy], attrs) {
    const dw = arr([dy.shape[1], x.shape[1] / (attrs.groups ?? 1), ...attrs.kernel]);
    forEachProduct(x.shape, dy.shape, dw.shape, attrs, (atY, atX, atW) => {
      dw.data[atW] += x.data[atX] * dy.data[atY];
    });
    return dw;
  },
  backward([x, dy], attrs, g) {
    const [dx, ddy] = [arr(x.shape), arr(dy.shape)];
    forEachProduct(x.shape, dy.shape, g.shape, attrs, (atY, atX, atW) => {
      dx.data[atX] += dy.data[atY] * g.data[atW];
      ddy.data[atY] += x.data[atX] * g.data[atW];
    });
    return [dx, ddy];
  },
};
