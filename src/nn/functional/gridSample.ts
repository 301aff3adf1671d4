// F: Images read at places of one's own.
import { formatShape } from "../../gpu/shape.ts";
import { show, wantTensor } from "../../tensor/check.ts";
import { tensor } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { BOOLEAN, oneOf, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What gridSample takes beside image and grid. */
export interface GridSampleOptions {
  /** Between four pixels, or the nearest one. */
  mode?: "bilinear" | "nearest";
  /** What is beyond the border: zeros, the border itself, or the image mirrored. */
  paddingMode?: "zeros" | "border" | "reflection";
  /** Whether −1 and 1 are the middles of the outermost pixels, rather than their edges. */
  alignCorners?: boolean;
}

const gridSampleOptions = takes("gridSample", 3, {
  mode: oneOf("bilinear", "nearest"),
  paddingMode: oneOf("zeros", "border", "reflection"),
  alignCorners: BOOLEAN,
});
const affineGridOptions = takes("affineGrid", 3, { alignCorners: BOOLEAN });

/**
 * x [samples, channels, height, width] at the places of `grid` [samples, rows, columns, 2], each (x, y) with −1 left and
 * top and 1 right and bottom (Jaderberg et al. 2015) → [samples, channels, rows, columns]. Both have gradients, but for
 * the grid where pixels are the nearest.
 * @shape [samples, channels, height, width], [samples, rows, columns, 2] → [samples, channels, rows, columns]
 * @example F.gridSample(ones([1, 3, 8, 8]), zeros([1, 4, 4, 2])).shape; // → [1, 3, 4, 4]
 */
export function gridSample(x: Tensor, grid: Tensor, options?: GridSampleOptions, ...more: never[]): Tensor {
  wantTensor("gridSample", "the input", x);
  wantTensor("gridSample", "the grid", grid);
  gridSampleOptions(options, more);
  const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options ?? {};
  const fits = x.ndim === 4 && grid.ndim === 4 && grid.shape[3] === 2 && grid.shape[0] === x.shape[0];
  if (!fits || x.shape[2] === 0 || x.shape[3] === 0) {
    throw new RangeError(
      `gridSample: wants an input [samples, channels, height, width] and a grid [samples, rows, columns, 2], got ${formatShape(x.shape)} and ${formatShape(grid.shape)}`,
    );
  }
  const [samples, channels, height, width] = x.shape as [number, number, number, number];
  const [, rows, columns] = grid.shape as [number, number, number];
  return scope(() => {
    const places = grid.reshape([samples, rows * columns, 2]);
    const along = (axis: number, size: number) => {
      const at = places.narrow(2, axis, 1).squeeze(2).add(1);
      const pixel = alignCorners ? at.mul((size - 1) / 2) : at.mul(size / 2).sub(0.5);
      return paddingMode === "zeros" ? pixel : inside(pixel, size, paddingMode, alignCorners);
    };
    const flat = x.reshape([samples, channels, height * width]);
    // float32 has every whole number up to 2²⁴ only; up to there one launch fewer.
    const isLarge = height * width > 2 ** 24;
    /** The pixels at whole rows and columns, 0 where there are none. [samples, channels, places] */
    const pixels = (row: Tensor, column: Tensor): Tensor => {
      const [h, w] = [row.clamp(0, height - 1), column.clamp(0, width - 1)];
      const index = isLarge ? h.to("int32").mul(width).add(w.to("int32")) : h.mul(width).add(w).to("int32");
      const values = flat.gather(2, index.unsqueeze(1).expand([samples, channels, rows * columns]));
      return where(row.eq(h).unsqueeze(1), where(column.eq(w).unsqueeze(1), values, 0), 0);
    };
    const [down, across] = [along(1, height), along(0, width)];
    const read = () => {
      if (mode === "nearest") return pixels(down.detach().round(), across.detach().round());
      const [top, left] = [down.detach().floor(), across.detach().floor()];
      const [t, s] = [down.sub(top), across.sub(left)];
      const corners = [
        [top, left, t.neg().add(1).mul(s.neg().add(1))],
        [top, left.add(1), t.neg().add(1).mul(s)],
        [top.add(1), left, t.mul(s.neg().add(1))],
        [top.add(1), left.add(1), t.mul(s)],
      ] as const;
      return corners
        .map(([row, column, weight]) => pixels(row, column).mul(weight.unsqueeze(1)))
        .reduce((sum, each) => sum.add(each));
    };
    return read().reshape([samples, channels, rows, columns]);
  }, "gridSample");
}

/** Places beyond the border, put on it or mirrored. */
function inside(at: Tensor, size: number, mode: "border" | "reflection", alignCorners: boolean): Tensor {
  if (mode === "border") return at.clamp(0, size - 1);
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
  if (span === 0) return at.mul(0);
  const distance = at.sub(low).abs();
  const times = distance.detach().div(span).floor();
  const rest = distance.sub(times.mul(span));
  const isEven = times.eq(times.div(2).floor().mul(2));
  return where(isEven, rest, rest.neg().add(span))
    .add(low)
    .clamp(0, size - 1);
}

/**
 * The grid that gridSample wants for an affine map `theta` [samples, 2, 3] of the places of an image of `size` [samples,
 * channels, height, width]: theta · (x, y, 1) → [samples, height, width, 2].
 * @shape [samples, 2, 3] → [samples, height, width, 2]
 * @example F.affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 3, 4, 5]).shape; // → [1, 4, 5, 2]
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options?: { alignCorners?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("affineGrid", "theta", theta);
  affineGridOptions(options, more);
  if (!Array.isArray(size) || size.length !== 4 || !size.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new TypeError(
      `affineGrid: the size is [samples, channels, height, width], whole numbers ≥ 1, got ${show(size)}`,
    );
  }
  const [samples, , height, width] = size as [number, number, number, number];
  if (theta.ndim !== 3 || theta.shape[0] !== samples || theta.shape[1] !== 2 || theta.shape[2] !== 3) {
    throw new RangeError(
      `affineGrid: theta is [${samples}, 2, 3] for a size ${formatShape(size)}, got ${formatShape(theta.shape)}`,
    );
  }
  const place = (i: number, n: number) => {
    if (options?.alignCorners !== true) return (2 * i + 1) / n - 1;
    return n === 1 ? 0 : (2 * i) / (n - 1) - 1;
  };
  const base = Array.from({ length: height * width }, (_, i) => [
    place(i % width, width),
    place(Math.floor(i / width), height),
    1,
  ]).flat();
  return scope(() => {
    const places = tensor(base, { shape: [height * width, 3] });
    return places.matmul(theta.transpose(1, 2)).reshape([samples, height, width, 2]);
  }, "affineGrid");
}
