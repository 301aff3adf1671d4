// Pooling over windows of an NCHW image. Window (p, q) covers rows p·stride₀ − padding₀ + 0 … kernel₀ − 1 and
// columns likewise; the output has ⌊(H + 2·padding − kernel) / stride⌋ + 1 rows, and columns likewise.
//
//   maxPool2d:  y = max of the window's elements inside the image (padding never wins)
//               dx = g at the first of the largest, in the window's row-major order
//   avgPool2d:  y = Σ of the window's elements inside the image / (kernel₀ · kernel₁)
//               (padding counts as zeros: PyTorch's default, count_include_pad = true)
//               dx = g / (kernel₀ · kernel₁) at each of them
import { type Arr, arr, type Reference } from "./reference.ts";

export interface PoolAttrs {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
}

function outputShape(x: Arr, { kernel, stride, padding }: PoolAttrs): number[] {
  const [N, C, H, W] = x.shape;
  return [
    N,
    C,
    Math.floor((H + 2 * padding[0] - kernel[0]) / stride[0]) + 1,
    Math.floor((W + 2 * padding[1] - kernel[1]) / stride[1]) + 1,
  ];
}

/** Visits each output element with the flat positions of its window's elements inside the image, row by row. */
function forEachWindow(x: Arr, attrs: PoolAttrs, visit: (atY: number, window: number[]) => void): void {
  const { kernel, stride, padding } = attrs;
  const [N, C, H, W] = x.shape;
  const [, , P, Q] = outputShape(x, attrs);
  for (let image = 0; image < N * C; image++) {
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) {
        const window: number[] = [];
        for (let r = 0; r < kernel[0]; r++) {
          for (let s = 0; s < kernel[1]; s++) {
            const h = p * stride[0] - padding[0] + r;
            const v = q * stride[1] - padding[1] + s;
            if (h >= 0 && h < H && v >= 0 && v < W) window.push((image * H + h) * W + v);
          }
        }
        visit((image * P + p) * Q + q, window);
      }
    }
  }
}

function firstLargest(x: Arr, window: number[]): number {
  let best = window[0];
  for (const i of window) if (x.data[i] > x.data[best]) best = i;
  return best;
}

export const maxPool2d: Reference<PoolAttrs> = {
  forward([x], attrs) {
    const y = arr(outputShape(x, attrs));
    forEachWindow(x, attrs, (atY, window) => {
      y.data[atY] = x.data[firstLargest(x, window)];
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachWindow(x, attrs, (atY, window) => {
      dx.data[firstLargest(x, window)] += g.data[atY];
    });
    return [dx];
  },
};

export const avgPool2d: Reference<PoolAttrs> = {
  forward([x], attrs) {
    const y = arr(outputShape(x, attrs));
    forEachWindow(x, attrs, (atY, window) => {
      for (const i of window) y.data[atY] += x.data[i] / (attrs.kernel[0] * attrs.kernel[1]);
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachWindow(x, attrs, (atY, window) => {
      for (const i of window) dx.data[i] += g.data[atY] / (attrs.kernel[0] * attrs.kernel[1]);
    });
    return [dx];
  },
};
