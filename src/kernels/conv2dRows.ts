// Launches conv2dRows.wgsl where it suits the adapter and the convolution's shape.
import type { DeviceArray } from "../tensor/array.ts";
import { defineKernel } from "../tensor/kernel.ts";
import type { Conv2dAttrs, Geometry } from "./conv2d.ts";
import source from "./conv2dRows.wgsl" with { type: "text" };
import { subgroupsSuit } from "./gemm.ts";
import { unroll } from "./unroll.ts";

const BINDINGS = ["read", "read", "write", "read"] as const;

const kernel = defineKernel({
  name: "conv2dRows",
  code: (sizes) => unroll(source, sizes),
  entries: { forward: BINDINGS, weightGradient: BINDINGS },
  params: {
    samples: "u32",
    channels: "u32",
    height: "u32",
    width: "u32",
    outChannels: "u32",
    outHeight: "u32",
    outWidth: "u32",
    kernelHeight: "u32",
    strideHeight: "u32",
    dilationHeight: "u32",
    hasBias: "u32",
  },
});

/** Output channels and outputs of a row that a lane holds at most: as measured, what the CPU's caches of code bear. */
const FORWARD = { rows: 8, span: 12 };
const WEIGHT_GRADIENT = { rows: 16, span: 6 };
/** Fewer outputs share too little of what is read … */
const LEAST_SPAN = 4;
/** … and so do fewer columns of the kernel; more make too long a program. */
const TAPS = { least: 2, most: 8 };

/** y = w ∗ x + b, x having its padding laid out. False, with nothing done, where the products of gemm.ts do better. */
export function rowsForward(
  x: DeviceArray,
  w: DeviceArray,
  bias: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): boolean {
  const span = spanOf(g, attrs, FORWARD.span);
  if (span === null) return false;
  const groups = [
    Math.ceil(g.outChannels / FORWARD.rows),
    Math.ceil((g.batch * g.positions) / span / 8),
    1,
  ] as const;
  if (groups.some((count) => count > 65535)) return false;
  kernel.launch("forward", {
    arrays: [x, w, y, bias ?? w], // something must be bound
    params: { ...paramsOf(x, g, attrs), hasBias: bias === undefined ? 0 : 1 },
    sizes: { ROWS: FORWARD.rows, SPAN: span, TAPS: g.kernelWidth },
    groups,
  });
  return true;
}

/** dw = Σ over the samples of dy ∗ x, likewise. */
export function rowsWeightGradient(
  x: DeviceArray,
  dy: DeviceArray,
  dw: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): boolean {
  const span = spanOf(g, attrs, WEIGHT_GRADIENT.span);
  if (span === null) return false;
  const groups = [
    Math.ceil(g.outChannels / WEIGHT_GRADIENT.rows),
    Math.ceil((g.channels * g.kernelHeight) / 8),
    1,
  ] as const;
  if (groups.some((count) => count > 65535)) return false;
  kernel.launch("weightGradient", {
    arrays: [x, dy, dw, dy], // something must be bound as the bias
    params: { ...paramsOf(x, g, attrs), hasBias: 0 },
    sizes: { ROWS: WEIGHT_GRADIENT.rows, SPAN: span, TAPS: g.kernelWidth },
    groups,
  });
  return true;
}

/** How many outputs of a row a lane is to hold; null where these programs are not for this convolution. */
function spanOf(g: Geometry, { stride, dilation }: Conv2dAttrs, most: number): number | null {
  const operations = g.batch * g.positions * g.outChannels * g.patchSize;
  if (stride[1] !== 1 || dilation[1] !== 1 || !subgroupsSuit(operations)) return null;
  if (g.kernelWidth < TAPS.least || g.kernelWidth > TAPS.most) return null;
  for (let span = most; span >= LEAST_SPAN; span--) if (g.outWidth % span === 0) return span;
  return null;
}

function paramsOf(x: DeviceArray, g: Geometry, { stride, dilation }: Conv2dAttrs) {
  return {
    samples: g.batch,
    channels: g.channels,
    height: x.shape[2]!,
    width: x.shape[3]!,
    outChannels: g.outChannels,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    kernelHeight: g.kernelHeight,
    strideHeight: stride[0],
    dilationHeight: dilation[0],
  };
}
