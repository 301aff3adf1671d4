// The drawn cases of convolutions in groups and transposed ones, of resampling, patches, and pooling to a given size, for
// gradientCases.ts.
import * as conv2d from "./conv2d.ts";
import { type GridSampleAttrs, gridSample, gridSampleAt } from "./gridSample.ts";
import { type InterpolateAttrs, interpolate } from "./interpolate.ts";
import * as pool from "./pool.ts";
import { Random } from "./random.ts";
import type { Arr, Reference } from "./reference.ts";
import { fold, type UnfoldAttrs, unfold } from "./unfold.ts";

interface OwnCases {
  name: string;
  reference: Reference<unknown>;
  withoutGradient: number[];
  cases: { inputs: Arr[]; attrs: unknown }[];
}

export const convCases: OwnCases[] = [];

function add<A>(
  name: string,
  reference: Reference<A>,
  draw: (random: Random) => { inputs: Arr[]; attrs: A }[],
  withoutGradient: number[] = [],
): void {
  const cases = draw(new Random(5000 + convCases.length));
  convCases.push({ name, reference: reference as Reference<unknown>, withoutGradient, cases });
}

type Pair = [number, number];

/** Sizes of a convolution in groups, every kind of stride, padding and dilation among them. */
function grouped(r: Random) {
  const groups = r.int(1, 3);
  const [ins, outs] = [r.int(1, 2), r.int(1, 2)];
  const pair = (low: number, high: number): Pair => [r.int(low, high), r.int(low, high)];
  const attrs = { stride: pair(1, 3), padding: pair(0, 2), dilation: pair(1, 3), groups };
  return { N: r.int(1, 2), C: groups * ins, O: groups * outs, ins, outs, kernel: pair(1, 3), attrs };
}

add("convTranspose2d", conv2d.convTranspose2d, (r) =>
  Array.from({ length: 12 }, () => {
    const { N, C, outs, kernel, attrs } = grouped(r);
    const outputPadding = [0, 1].map((d) =>
      r.int(0, Math.max(attrs.stride[d], attrs.dilation[d]) - 1),
    ) as Pair;
    const padding = [0, 1].map((d) =>
      Math.min(attrs.padding[d], attrs.dilation[d] * (kernel[d] - 1)),
    ) as Pair;
    // Two rows or more, so that something is left where padding takes the rest.
    const inputs = [r.array([N, C, r.int(2, 4), r.int(2, 4)]), r.array([C, outs, ...kernel])];
    return { inputs, attrs: { ...attrs, padding, outputPadding } };
  }).filter(({ inputs, attrs }) => conv2d.convTranspose2d.forward(inputs, attrs).shape.every((n) => n > 0)),
);

add("conv2d's weight gradient", conv2d.conv2dWeight, (r) =>
  Array.from({ length: 12 }, () => {
    const { N, C, O, ins, kernel, attrs } = grouped(r);
    const image = [0, 1].map((d) => attrs.dilation[d] * (kernel[d] - 1) + 1 + r.int(0, 3));
    const x = r.array([N, C, ...image]);
    const w = r.array([O, ins, ...kernel]);
    const dy = r.array(conv2d.conv2d.forward([x, w], attrs).shape);
    return { inputs: [x, dy], attrs: { ...attrs, kernel } };
  }),
);

const pairOf = (r: Random, low: number, high: number): Pair => [r.int(low, high), r.int(low, high)];

add("adaptiveAvgPool2d", pool.adaptiveAvgPool2d, (r) =>
  Array.from({ length: 5 }, () => ({
    inputs: [r.array([2, 2, ...pairOf(r, 1, 7)])],
    attrs: { size: pairOf(r, 1, 8) },
  })),
);
add("adaptiveMaxPool2d", pool.adaptiveMaxPool2d, (r) =>
  Array.from({ length: 5 }, () => ({
    inputs: r.distinct([2, 2, ...pairOf(r, 1, 7)]),
    attrs: { size: pairOf(r, 1, 8) },
  })),
);

/** Every mode, from sizes that go into each other and that do not, larger and smaller, and to one row. */
function resizings(r: Random): { from: Pair; attrs: InterpolateAttrs }[] {
  const modes = ["nearest", "nearest-exact", "linear", "cubic"] as const;
  const sizes: [Pair, Pair][] = [
    [
      [3, 4],
      [6, 8],
    ],
    [
      [7, 5],
      [3, 11],
    ],
    [
      [1, 6],
      [5, 1],
    ],
  ];
  return modes.flatMap((mode) =>
    sizes.flatMap(([from, to]) =>
      (mode === "linear" || mode === "cubic" ? [false, true] : [false]).map((alignCorners) => {
        // At times a factor that the sizes do not quite have, as interpolate's own scaleFactor may be.
        const scale = from.map((n, d) => (n / to[d]) * (r.int(0, 2) === 0 ? 0.95 : 1)) as Pair;
        return { from, attrs: { mode, alignCorners, from, to, scale } };
      }),
    ),
  );
}
add("interpolate", interpolate, (r) =>
  resizings(r).map(({ from, attrs }) => ({ inputs: [r.array([2, 1, ...from])], attrs })),
);
function unfoldings(r: Random): UnfoldAttrs[] {
  return Array.from({ length: 6 }, () => {
    const [kernel, dilation] = [pairOf(r, 1, 3), pairOf(r, 1, 2)];
    const image = kernel.map((n, d) => dilation[d] * (n - 1) + 1 + r.int(0, 3)) as Pair;
    return { image, kernel, dilation, stride: pairOf(r, 1, 3), padding: pairOf(r, 0, 2) };
  });
}
add("unfold", unfold, (r) =>
  unfoldings(r).map((attrs) => ({ inputs: [r.array([2, 2, ...attrs.image])], attrs })),
);
add("fold", fold, (r) =>
  unfoldings(r).map((attrs) => {
    const columns = unfold.forward([r.array([1, 2, ...attrs.image])], attrs);
    return { inputs: [r.array(columns.shape)], attrs };
  }),
);

/** Every border, with corners aligned or not: images, and places away from whole and half pixels, where there are kinks. */
function samplings(
  r: Random,
): { x: Arr; grid: Arr; paddingMode: GridSampleAttrs["paddingMode"]; alignCorners: boolean }[] {
  return (["zeros", "border", "reflection"] as const).flatMap((paddingMode) =>
    [false, true].map((alignCorners) => {
      const grid = r.array([2, 2, 5, 2], -1.8, 1.8);
      const unit = [4, 3].map((n) => (alignCorners ? (n - 1) / 2 : n / 2));
      const shift = alignCorners ? 0 : 0.5;
      grid.data.forEach((u, i) => {
        const s = (u + 1) * unit[i % 2] - shift;
        grid.data[i] = (Math.floor(2 * s) / 2 + 0.1 + 0.3 * r.uniform() + shift) / unit[i % 2] - 1;
      });
      return { x: r.array([2, 2, 3, 4]), grid, paddingMode, alignCorners };
    }),
  );
}
add("gridSample", gridSample, (r) =>
  samplings(r).map(({ x, grid, ...attrs }) => ({
    inputs: [x, grid],
    attrs: { ...attrs, mode: "bilinear" as const },
  })),
);
add("gridSample, nearest", gridSampleAt, (r) =>
  samplings(r).map(({ x, ...attrs }) => ({ inputs: [x], attrs: { ...attrs, mode: "nearest" as const } })),
);
