// Images read at places of one's own, against float64 loops, and PyTorch's numbers for one affine map.
import { expect, test } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import { arange, tensor, zeros } from "../../../src/tensor/index.ts";
import { check, toTensor } from "../../harness.ts";
import { casesOf } from "../../kernels/drawn.ts";
import { type GridSampleAttrs, gridSample, gridSampleAt } from "../../reference/gridSample.ts";
import type { Arr } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";

check<GridSampleAttrs>({
  name: "F.gridSample",
  covers: [],
  run: ([x, grid], attrs) => F.gridSample(x!, grid!, attrs),
  reference: gridSample,
  cases: casesOf<GridSampleAttrs>("gridSample"),
  // Four pixels a place; a pixel is read by ten places at most.
  terms: () => 40,
  // A place is rounded to 2⁻²⁴ of what is up to six pixels from its origin, and a weight is its distance from a pixel.
  ulps: 4 * 6,
});

check<GridSampleAttrs & { grid: Arr }>({
  name: "F.gridSample, nearest",
  covers: [],
  run: ([x], { grid, ...attrs }) => F.gridSample(x!, toTensor(grid), attrs),
  reference: gridSampleAt,
  cases: casesOf<GridSampleAttrs & { grid: Arr }>("gridSample, nearest"),
  terms: () => 10,
});

/** torch.nn.functional.grid_sample(arange(12).reshape(1, 1, 3, 4), affine_grid(theta, [1, 1, 2, 3])), by PyTorch 1.13. */
const PYTORCH = [
  ["bilinear", "zeros", false, [0.44, 0.68, 0.0667, 7.0333, 6.5, 4.18]],
  ["bilinear", "zeros", true, [0.12, 0.54, 0, 9.05, 8.65, 4.29]],
  ["bilinear", "border", false, [0.5333, 1.6, 2.6667, 7.0333, 6.5, 5.7]],
  ["bilinear", "reflection", true, [0.95, 3.75, 6.55, 9.05, 8.65, 7.35]],
  ["nearest", "zeros", false, [1, 0, 0, 5, 6, 7]],
  ["nearest", "border", true, [0, 1, 3, 9, 10, 7]],
  ["nearest", "reflection", true, [0, 5, 7, 9, 10, 7]],
] as const;

test("an affine map of an image, as PyTorch's", async () => {
  const x = arange(12).reshape([1, 1, 3, 4]);
  const theta = tensor([0.8, 0.3, 0.2, -0.4, 1.1, -0.5], { shape: [1, 2, 3] });
  for (const [mode, paddingMode, alignCorners, wanted] of PYTORCH) {
    const grid = F.affineGrid(theta, [1, 1, 2, 3], { alignCorners });
    const y = await F.gridSample(x, grid, { mode, paddingMode, alignCorners }).data();
    expect([mode, paddingMode, ...[...y].map((n) => Math.round(n * 1e4) / 1e4)]).toEqual([
      mode,
      paddingMode,
      ...wanted,
    ]);
  }
});

test("bad calls are refused by name", () => {
  expectRefused([
    [
      () => F.gridSample(zeros([1, 1, 4, 4]), zeros([2, 3, 3, 2])),
      "gridSample: wants an input [samples, channels, height, width] and a grid [samples, rows, columns, 2], got [1, 1, 4, 4] and [2, 3, 3, 2]",
    ],
    [
      () => F.affineGrid(zeros([1, 3, 3]), [1, 1, 2, 2]),
      "affineGrid: theta is [1, 2, 3] for a size [1, 1, 2, 2], got [1, 3, 3]",
    ],
  ]);
});

test("of an image of more than 2²⁴ pixels, each pixel is the one that was asked for", async () => {
  const [size, columns] = [4100, 8];
  const image = arange(size).expand([1, 1, size, size]).contiguous();
  const last = Array.from({ length: columns }, (_, c) => [(2 * c) / (size - 1) - 1, 1]).flat();
  const grid = tensor(last, { shape: [1, 1, columns, 2] });
  const read = F.gridSample(image, grid, { mode: "nearest", alignCorners: true });
  expect([...(await read.data())]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
