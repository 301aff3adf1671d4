// Launches conv2dRows.wgsl where it suits the adapter and the convolution's shape.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { families } from "../gemm/gemm.ts";
import { unroll } from "../shared/unroll.ts";
import type { Conv2dAttrs, Geometry } from "./conv2dGeometry.ts";
import source from "./conv2dRows.wgsl" with { type: "text" };

const BINDINGS = ["read", "read", "write", "read"] as const;

const kernel = defineKernel({
  name: "conv2dRows",
  code: (sizes) => unroll(source, sizes),
  entries: { layOut: ["read", "write"], forward: BINDINGS, weightGradient: BINDINGS },
});

const NOTHING = {
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
  planes: 0,
  sourceHeight: 0,
  sourceWidth: 0,
  paddingHeight: 0,
  paddingWidth: 0,
};

/** Output channels that a lane holds, and outputs of a row at most: as measured, what a CPU's cache of code bears. */
const FORWARD = { rows: 8, spans: [12, 8, 4] };
const WEIGHT_GRADIENT = { rows: 16, span: 4 };
/** The copies of rows are the same in all programs. */
const ANY = { ROWS: 8, SPAN: 4, TAPS: 2 };
/** Fewer columns of the kernel share too little of what is read; more make too long a program. */
const TAPS = { least: 2, most: 8 };

/** What is launched: how the outputs of a row are cut into spans, and the workgroups. */
function forwardLaunch(g: Geometry) {
  const span = least(FORWARD.spans, (each) => Math.ceil(g.outWidth / each) * (each + 2)); // 2: what a span costs besides
  const spans = Math.ceil(g.outWidth / span);
  return {
    span,
    spans,
    groups: [Math.ceil(g.outChannels / FORWARD.rows), Math.ceil((g.batch * g.outHeight * spans) / 8), 1],
  } as const;
}

function weightGradientLaunch(g: Geometry) {
  const { span, rows } = WEIGHT_GRADIENT;
  return {
    span,
    spans: Math.ceil(g.outWidth / span),
    groups: [Math.ceil(g.outChannels / rows), Math.ceil((g.channels * g.kernelHeight) / 8), 1],
  } as const;
}

/** Whether these programs can do a convolution of such a shape on this adapter. */
export function rowsSuit(
  what: "forward" | "weightGradient",
  g: Geometry,
  { stride, dilation }: Conv2dAttrs,
): boolean {
  if (stride[1] !== 1 || dilation[1] !== 1 || g.kernelWidth < TAPS.least || g.kernelWidth > TAPS.most)
    return false;
  const { groups } = what === "forward" ? forwardLaunch(g) : weightGradientLaunch(g);
  return families().includes("subgroup") && groups.every((count) => count <= 65535);
}

/** y = w ∗ x + b, where rowsSuit says that it can be done. */
export function rowsForward(
  x: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const { span, spans, groups } = forwardLaunch(g);
  const rows = inputRows(x, span * spans, g, attrs);
  const weights = layOut(w, fours(g.kernelWidth));
  kernel.launch("forward", {
    arrays: [rows, weights, y, bias ?? w], // something must be bound
    params: { ...paramsOf(rows, spans, g, attrs), hasBias: bias === undefined ? 0 : 1 },
    sizes: { ROWS: FORWARD.rows, SPAN: span, TAPS: g.kernelWidth },
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
  const { span, spans, groups } = weightGradientLaunch(g);
  const rows = inputRows(x, span * spans, g, attrs);
  const gradients = g.outWidth === span * spans ? dy.retain() : layOut(dy, span * spans);
  kernel.launch("weightGradient", {
    arrays: [rows, gradients, dw, gradients], // something must be bound
    params: paramsOf(rows, spans, g, attrs),
    sizes: { ROWS: WEIGHT_GRADIENT.rows, SPAN: span, TAPS: g.kernelWidth },
    operations: 2 * multiplyAdds(g),
    groups,
  });
  rows.release();
  gradients.release();
}

function multiplyAdds(g: Geometry): number {
  return g.batch * g.positions * g.outChannels * g.patchSize;
}

/** x with its padding, in rows long enough for outputs in so many columns. */
function inputRows(x: DeviceArray, columns: number, g: Geometry, { padding }: Conv2dAttrs): DeviceArray {
  return layOut(x, columns + fours(g.kernelWidth - 1), padding);
}

/** [samples, channels, height, width] with padding above, below and to the left, and zeros to the right up to `width`. */
function layOut(x: DeviceArray, width: number, padding: readonly [number, number] = [0, 0]): DeviceArray {
  const [samples, channels, sourceHeight, sourceWidth] = x.shape as [number, number, number, number];
  const height = sourceHeight + 2 * padding[0];
  const out = empty([samples, channels, height, width], "float32", "conv2d's rows");
  const planes = samples * channels;
  kernel.launch("layOut", {
    arrays: [x, out],
    params: {
      ...NOTHING,
      planes,
      height,
      pitch: width / 4,
      sourceHeight,
      sourceWidth,
      paddingHeight: padding[0],
      paddingWidth: padding[1],
    },
    sizes: ANY,
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
