// Pooling over windows of an NCHW image. Window (p, q) covers rows p·stride₀ − padding₀ + 0 … kernel₀ − 1 and
// columns likewise; the output has ⌊(H + 2·padding − kernel) / stride⌋ + 1 rows, and columns likewise.
//
//   maxPool2d:  y = max of the window's elements inside the image (padding never wins)
//               dx = g at the first of the largest, in the window's row-major order
//   avgPool2d:  y = Σ of the window's elements inside the image / (kernel₀ · kernel₁)
//               (padding counts as zeros: PyTorch's default, count_include_pad = true)
//               dx = g / (kernel₀ · kernel₁) at each of them
//
// With ceilMode, ⌈…⌉ + 1 rows, but for a last one that would begin behind the image; a window's mean is then over what of
// it lies in the padded image, and without countIncludePad over what lies in the image. maxPool2d's rows may be dilated.
import { type Arr, arr, type Reference } from "./reference.ts";

export interface PoolAttrs {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation?: [number, number];
  ceilMode?: boolean;
  countIncludePad?: boolean;
  divisorOverride?: number;
}

function outputShape(x: Arr, { kernel, stride, padding, dilation = [1, 1], ceilMode }: PoolAttrs): number[] {
  const [N, C, ...image] = x.shape;
  const out = image.map((n, d) => {
    const windows = (n + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1;
    if (!ceilMode) return Math.floor(windows);
    return (Math.ceil(windows) - 1) * stride[d] >= n + padding[d]
      ? Math.ceil(windows) - 1
      : Math.ceil(windows);
  });
  return [N, C, ...out];
}

/** What the sum of window (p, q), `inside` elements of which lie in the image, is divided by. */
function divisor(x: Arr, attrs: PoolAttrs, at: number[], inside: number): number {
  const { kernel, stride, padding, countIncludePad = true, divisorOverride } = attrs;
  if (divisorOverride !== undefined) return divisorOverride;
  if (!countIncludePad) return inside;
  const sides = kernel.map(
    (size, d) => Math.min(at[d] * stride[d] + size, x.shape[d + 2] + 2 * padding[d]) - at[d] * stride[d],
  );
  return sides[0] * sides[1];
}

/** Visits each output element with the flat positions of its window's elements inside the image, row by row. */
function forEachWindow(
  x: Arr,
  attrs: PoolAttrs,
  visit: (atY: number, window: number[], at: number[]) => void,
): void {
  const { kernel, stride, padding, dilation = [1, 1] } = attrs;
  const [N, C, H, W] = x.shape;
  const [, , P, Q] = outputShape(x, attrs);
  for (let image = 0; image < N * C; image++) {
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) {
        const window: number[] = [];
        for (let r = 0; r < kernel[0]; r++) {
          for (let s = 0; s < kernel[1]; s++) {
            const h = p * stride[0] - padding[0] + r * dilation[0];
            const v = q * stride[1] - padding[1] + s * dilation[1];
            if (h >= 0 && h < H && v >= 0 && v < W) window.push((image * H + h) * W + v);
          }
        }
        visit((image * P + p) * Q + q, window, [p, q]);
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
    forEachWindow(x, attrs, (atY, window, at) => {
      for (const i of window) y.data[atY] += x.data[i] / divisor(x, attrs, at, window.length);
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachWindow(x, attrs, (atY, window, at) => {
      for (const i of window) dx.data[i] += g.data[atY] / divisor(x, attrs, at, window.length);
    });
    return [dx];
  },
};

// ---- to a given size: window (p, q) covers the rows ⌊p·H / P⌋ … ⌈(p + 1)·H / P⌉ − 1, and columns likewise

export interface AdaptivePoolAttrs {
  size: [number, number];
}

function forEachShare(
  x: Arr,
  { size: [P, Q] }: AdaptivePoolAttrs,
  visit: (atY: number, window: number[]) => void,
): void {
  const [N, C, H, W] = x.shape;
  for (let image = 0; image < N * C; image++) {
    for (let p = 0; p < P; p++) {
      for (let q = 0; q < Q; q++) {
        const window: number[] = [];
        for (let h = Math.floor((p * H) / P); h < Math.ceil(((p + 1) * H) / P); h++)
          for (let w = Math.floor((q * W) / Q); w < Math.ceil(((q + 1) * W) / Q); w++)
            window.push((image * H + h) * W + w);
        visit((image * P + p) * Q + q, window);
      }
    }
  }
}

export const adaptiveAvgPool2d: Reference<AdaptivePoolAttrs> = {
  forward([x], attrs) {
    const y = arr([...x.shape.slice(0, 2), ...attrs.size]);
    forEachShare(x, attrs, (atY, window) => {
      for (const i of window) y.data[atY] += x.data[i] / window.length;
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachShare(x, attrs, (atY, window) => {
      for (const i of window) dx.data[i] += g.data[atY] / window.length;
    });
    return [dx];
  },
};

export const adaptiveMaxPool2d: Reference<AdaptivePoolAttrs> = {
  forward([x], attrs) {
    const y = arr([...x.shape.slice(0, 2), ...attrs.size]);
    forEachShare(x, attrs, (atY, window) => {
      y.data[atY] = x.data[firstLargest(x, window)];
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachShare(x, attrs, (atY, window) => {
      dx.data[firstLargest(x, window)] += g.data[atY];
    });
    return [dx];
  },
};
