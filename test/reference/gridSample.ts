// An image read at places of one's own: grid [N, P, Q, 2] of (x, y), −1 being the left (top) and 1 the right (bottom)
// edge, or with alignCorners the middle of the outermost pixels. A place u along a side of n pixels is the pixel
//   s = ((u + 1) · n − 1) / 2, or (u + 1) / 2 · (n − 1)
// on the border's, or mirrored at the edges, where paddingMode says so. Bilinear: y = Σ over the whole k around s of
// (1 − |s − k|) · x[k], and columns likewise; pixels outside are 0. Nearest: the nearest whole k, of two the even one.
import { type Arr, arr, type Reference } from "./reference.ts";

export interface GridSampleAttrs {
  mode: "bilinear" | "nearest";
  paddingMode: "zeros" | "border" | "reflection";
  alignCorners: boolean;
}

/** The pixel of a place, and by how much it moves with it. */
function pixel(u: number, n: number, { paddingMode, alignCorners }: GridSampleAttrs): [number, number] {
  let slope = alignCorners ? (n - 1) / 2 : n / 2;
  let s = alignCorners ? ((u + 1) / 2) * (n - 1) : ((u + 1) * n - 1) / 2;
  if (paddingMode === "reflection") {
    const [low, high] = alignCorners ? [0, n - 1] : [-0.5, n - 0.5];
    if (low === high) return [0, 0];
    while (s < low || s > high) {
      s = s < low ? 2 * low - s : 2 * high - s;
      slope = -slope;
    }
  }
  if (paddingMode !== "zeros" && (s < 0 || s > n - 1)) return [Math.min(Math.max(s, 0), n - 1), 0];
  return [s, slope];
}

function toEven(s: number): number {
  const down = Math.floor(s);
  if (s - down !== 0.5) return Math.round(s);
  return down % 2 === 0 ? down : down + 1;
}

/** Each pixel that a place along a side reads: its number, its weight, and how the weight changes with the place. */
function taps(u: number, n: number, attrs: GridSampleAttrs): [at: number, weight: number, change: number][] {
  const [s, slope] = pixel(u, n, attrs);
  const all: [number, number, number][] =
    attrs.mode === "nearest"
      ? [[toEven(s), 1, 0]]
      : [
          [Math.floor(s), 1 - (s - Math.floor(s)), -slope],
          [Math.floor(s) + 1, s - Math.floor(s), slope],
        ];
  return all.filter(([at]) => at >= 0 && at < n);
}

function forEachTap(
  [x, grid]: Arr[],
  attrs: GridSampleAttrs,
  visit: (atY: number, atX: number, atGrid: number, weight: number, changes: [number, number]) => void,
): void {
  const [N, C, H, W] = x.shape;
  const [, P, Q] = grid.shape;
  for (let n = 0; n < N; n++)
    for (let at = 0; at < P * Q; at++) {
      const atGrid = (n * P * Q + at) * 2;
      for (const [h, down, downChange] of taps(grid.data[atGrid + 1], H, attrs))
        for (const [w, across, acrossChange] of taps(grid.data[atGrid], W, attrs))
          for (let c = 0; c < C; c++)
            visit((n * C + c) * P * Q + at, ((n * C + c) * H + h) * W + w, atGrid, down * across, [
              down * acrossChange,
              downChange * across,
            ]);
    }
}

export const gridSample: Reference<GridSampleAttrs> = {
  forward(inputs, attrs) {
    const [x, grid] = inputs;
    const y = arr([...x.shape.slice(0, 2), grid.shape[1], grid.shape[2]]);
    forEachTap(inputs, attrs, (atY, atX, _, weight) => {
      y.data[atY] += weight * x.data[atX];
    });
    return y;
  },
  backward(inputs, attrs, g) {
    const [x, grid] = inputs;
    const [dx, dGrid] = [arr(x.shape), arr(grid.shape)];
    forEachTap(inputs, attrs, (atY, atX, atGrid, weight, changes) => {
      dx.data[atX] += weight * g.data[atY];
      for (const i of [0, 1]) dGrid.data[atGrid + i] += changes[i] * x.data[atX] * g.data[atY];
    });
    return [dx, dGrid];
  },
};

/** At given places, which have no gradient: what is nearest jumps from pixel to pixel. */
export const gridSampleAt: Reference<GridSampleAttrs & { grid: Arr }> = {
  forward: ([x], attrs) => gridSample.forward([x, attrs.grid], attrs),
  backward: ([x], attrs, g) => [gridSample.backward([x, attrs.grid], attrs, g)[0]],
};
