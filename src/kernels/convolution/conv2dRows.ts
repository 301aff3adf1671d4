// Launches conv2dRows.wgsl where it suits the adapter and the convolution's shape.

import { type DeviceArray, empty } from "../../gpu/array.ts";
import { readsTextures } from "../../gpu/bindings.ts";
import { MOST_GROUPS } from "../../gpu/device.ts";
import { kept } from "../../gpu/kept.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { TEXTURE_BYTES } from "../../gpu/texture.ts";
import { families } from "../gemm/gemm.ts";
import { sumInto } from "../reductions/reduce.ts";
import finishing from "../shared/finish.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import texel from "../shared/texel.wgsl" with { type: "text" };
import { AS_IT_IS, type Finish, finishParams } from "../shared/unfinished.ts";
import { unroll } from "../shared/unroll.ts";
import type { Conv2dAttrs, FourSizes, Geometry, Pair } from "./conv2dGeometry.ts";
import source from "./conv2dRows.wgsl" with { type: "text" };

type Sizes = Record<string, number>;
const operand = ({ TEXTURES }: Sizes) => (TEXTURES === 1 ? "texture" : "read");
const bindings = (sizes: Sizes) => [operand(sizes), operand(sizes), "write", "read", "read"] as const;

const kernel = defineKernel({
  name: "conv2dRows",
  code: (sizes) =>
    [unroll(source, { ...sizes, SHARE: Math.ceil(sizes.ROWS! / 8) }), finishing, nan, texel].join("\n"),
  entries: {
    layOut: (sizes) => [operand(sizes), "write"],
    forward: bindings,
    weightGradient: bindings,
  },
});

const NOTHING = {
  ...finishParams(AS_IT_IS),
  samples: 0,
  channels: 0,
  outChannels: 0,
  outHeight: 0,
  outWidth: 0,
  spans: 0,
  kernelHeight: 0,
  strideHeight: 0,
  dilationHeight: 0,
  hasBias: 0,
  slices: 0,
  planes: 0,
  sourceHeight: 0,
  sourceWidth: 0,
  paddingHeight: 0,
  paddingWidth: 0,
};

/** Output channels that a lane holds at most, and outputs of a row at most: as measured, what a CPU's cache of code bears. */
const FORWARD = { rows: 8, spans: [12, 8, 4] };
/** With all rows of a small kernel at a time. */
const WHOLE = { most: 9, rows: 8, spans: [8, 4] };
/** Outputs below each other, which share weights and most of the input; with kernels of at most so many columns. */
const DOWN = 2;
const DOWN_COLUMNS = 6;
/** Likewise; a sum over the samples is cut into slices until there are so many workgroups. */
const WEIGHT_GRADIENT = { rows: 16, spans: [4], busy: 64 };
/** The copies of rows are the same in all programs. */
const ANY = { ROWS: 8, SPAN: 4, DOWN: 1, HIGH: 1, TAPS: 2 };
/** Fewer columns of the kernel share too little of what is read; more make too long a program. */
const TAPS = { least: 2, most: 8 };

/** What is launched: the tile that a lane holds, how the outputs of a row are cut into spans, and the workgroups. */
function forwardLaunch(g: Geometry, attrs: Conv2dAttrs) {
  const whole = isWhole(g, attrs);
  const shares = whole ? g.kernelHeight > 1 : attrs.stride[0] === 1 && g.kernelWidth <= DOWN_COLUMNS;
  const down = shares && g.outHeight > 1 ? DOWN : 1;
  const { rows: most, spans: lengths } = whole ? WHOLE : FORWARD;
  const rows = rowsOf(g, most);
  const span = spanOf(g, lengths);
  const spans = Math.ceil(g.outWidth / span);
  const lanes = g.batch * Math.ceil(g.outHeight / down) * spans;
  return {
    rows,
    span,
    spans,
    down,
    high: whole ? g.kernelHeight : 1,
    groups: [Math.ceil(g.outChannels / rows), Math.ceil(lanes / 8), 1],
  } as const;
}

function weightGradientLaunch(g: Geometry, attrs: Conv2dAttrs) {
  // Lanes have a channel each; where there are fewer, a row of the kernel.
  const whole = isWhole(g, attrs) && g.channels >= 8;
  const { rows: most, spans } = whole ? WHOLE : WEIGHT_GRADIENT;
  const rows = rowsOf(g, most);
  const high = whole ? g.kernelHeight : 1;
  const span = spanOf(g, spans);
  const across = Math.ceil(g.outChannels / rows);
  const down = Math.ceil((g.channels * g.kernelHeight) / high / 8);
  const slices = Math.min(g.batch, Math.ceil(WEIGHT_GRADIENT.busy / (across * down)));
  return {
    rows,
    span,
    spans: Math.ceil(g.outWidth / span),
    down: 1,
    high,
    slices,
    groups: [across, down, slices],
  } as const;
}

/** Whether a lane takes all rows of the kernel at a time. */
function isWhole({ kernelHeight, kernelWidth }: Geometry, { stride, dilation }: Conv2dAttrs): boolean {
  return stride[0] === 1 && dilation[0] === 1 && kernelHeight * kernelWidth <= WHOLE.most;
}

/** Output channels a lane: as few as leave the fewest lanes idle, where all lanes together take as many turns. */
function rowsOf({ outChannels }: Geometry, most: number): number {
  return Math.ceil(outChannels / Math.ceil(outChannels / most));
}

/** Which length of a span does a row at the least cost. */
function spanOf({ outWidth }: Geometry, lengths: readonly number[]): number {
  return least(lengths, (each) => Math.ceil(outWidth / each) * (each + 2)); // 2: what a span costs besides
}

/** Whether these programs can do a convolution of such a shape on this adapter. */
export function rowsSuit(what: "forward" | "weightGradient", g: Geometry, attrs: Conv2dAttrs): boolean {
  const { stride, dilation } = attrs;
  if (stride[1] !== 1 || dilation[1] !== 1 || g.kernelWidth < TAPS.least || g.kernelWidth > TAPS.most)
    return false;
  if (!families().includes("subgroup")) return false;
  const { groups } = what === "forward" ? forwardLaunch(g, attrs) : weightGradientLaunch(g, attrs);
  return (
    groups.every((count) => count <= MOST_GROUPS) && 4 * sizeOf(inputRowsShape(g, attrs)) <= TEXTURE_BYTES
  );
}

/** Whether rows are read from textures, which takes a quarter of the instructions (see matmulTexture.wgsl). */
function textures(): number {
  return readsTextures() ? 1 : 0;
}

/** y = w ∗ x + b and what follows, where rowsSuit says that it can be done. */
export function rowsForward(
  x: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
  finish: Finish = AS_IT_IS,
  keeps = false,
): void {
  const { rows: ROWS, span, spans, down, high, groups } = forwardLaunch(g, attrs);
  const rows = keeps ? keptInputRows(x, g, attrs) : inputRows(x, g, attrs);
  const taps = w.view([g.outChannels, g.channels, g.kernelHeight / high, high * g.kernelWidth]);
  const weights = layOut(taps, taps.shape.with(3, fours(high * g.kernelWidth)));
  taps.release();
  kernel.launch("forward", {
    arrays: [rows, weights, y, bias ?? w, finish.other ?? w], // something must be bound
    params: {
      ...paramsOf(rows, spans, g, attrs),
      ...finishParams(finish),
      hasBias: bias === undefined ? 0 : 1,
    },
    sizes: {
      ROWS,
      SPAN: span,
      DOWN: down,
      HIGH: high,
      TAPS: g.kernelWidth,
      TEXTURES: textures(),
    },
    operations: 2 * multiplyAdds(g),
    groups,
  });
  rows.release();
  weights.release();
}

/** dw = Σ over the samples of dy ∗ x, likewise. */
export function rowsWeightGradient(
  x: DeviceArray,
  dy: DeviceArray,
  dw: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const { rows: ROWS, span, spans, down, high, slices, groups } = weightGradientLaunch(g, attrs);
  const rows = keptInputRows(x, g, attrs);
  const gradients = g.outWidth === span * spans ? dy.retain() : layOut(dy, dy.shape.with(3, span * spans));
  const sums =
    slices === 1 ? dw.retain() : empty([slices, ...dw.shape], "float32", "conv2d's weight gradient");
  kernel.launch("weightGradient", {
    arrays: [rows, gradients, sums, gradients, gradients], // something must be bound
    params: { ...paramsOf(rows, spans, g, attrs), slices },
    sizes: {
      ROWS,
      SPAN: span,
      DOWN: down,
      HIGH: high,
      TAPS: g.kernelWidth,
      TEXTURES: textures(),
    },
    operations: 2 * multiplyAdds(g),
    groups,
  });
  if (slices > 1) sumInto(dw, sums, [0]);
  for (const each of [rows, gradients, sums]) each.release();
}

function multiplyAdds(g: Geometry): number {
  return g.batch * g.positions * g.outChannels * g.patchSize;
}

/** The shape of x with its padding, as rows and columns that all tiles of both programs find what they read in. */
function inputRowsShape(g: Geometry, attrs: Conv2dAttrs): FourSizes {
  const { stride, dilation } = attrs;
  const launches = [forwardLaunch(g, attrs), weightGradientLaunch(g, attrs)];
  const lines = Math.max(...launches.map(({ down }) => Math.ceil(g.outHeight / down) * down));
  const columns = Math.max(...launches.map(({ span, spans }) => span * spans));
  const height = (lines - 1) * stride[0] + (g.kernelHeight - 1) * dilation[0] + 1;
  return [g.batch, g.channels, height, columns + fours(g.kernelWidth - 1)];
}

function inputRows(x: DeviceArray, g: Geometry, attrs: Conv2dAttrs): DeviceArray {
  return layOut(x, inputRowsShape(g, attrs), attrs.padding);
}

/** The same, which the forward pass leaves to the weights' gradient: it is there as long as x. */
function keptInputRows(x: DeviceArray, g: Geometry, attrs: Conv2dAttrs): DeviceArray {
  const shape = inputRowsShape(g, attrs);
  const key = `${g.inShape} as ${shape} from ${attrs.padding}`;
  return kept([x], key, () => [layOut(x, shape, attrs.padding)])[0]!.retain();
}

/** [samples, channels, height, width] with so many rows and columns of zeros before it, and more behind it up to `shape`. */
function layOut(x: DeviceArray, shape: Shape, padding: Pair = [0, 0]): DeviceArray {
  const [samples, channels, height, width] = shape as FourSizes;
  const out = empty(shape, "float32", "conv2d's rows");
  const planes = samples * channels;
  kernel.launch("layOut", {
    arrays: [x, out],
    params: {
      ...NOTHING,
      planes,
      height,
      pitch: width / 4,
      sourceHeight: x.shape[2]!,
      sourceWidth: x.shape[3]!,
      paddingHeight: padding[0],
      paddingWidth: padding[1],
    },
    sizes: { ...ANY, TEXTURES: textures() },
    groups: linearGroups(planes * height, 8),
  });
  return out;
}

function paramsOf(rows: DeviceArray, spans: number, g: Geometry, { stride, dilation }: Conv2dAttrs) {
  return {
    ...NOTHING,
    samples: g.batch,
    channels: g.channels,
    height: rows.shape[2]!,
    pitch: rows.shape[3]! / 4,
    outChannels: g.outChannels,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    spans,
    kernelHeight: g.kernelHeight,
    strideHeight: stride[0],
    dilationHeight: dilation[0],
  };
}

function fours(n: number): number {
  return Math.ceil(n / 4) * 4;
}

function least<T>(candidates: readonly T[], cost: (candidate: T) => number): T {
  return candidates.reduce((best, each) => (cost(each) < cost(best) ? each : best));
}
