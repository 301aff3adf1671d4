// 2-D convolution (cross-correlation, as PyTorch's) as matrix products over patches, the pieces of the input that
// lie under the kernel at each position, P = oh · ow of them a sample with K = in · kh · kw elements:
//   y[n]   = W · patches[n]ᵀ + b           [out, K] × [K, P]
//   dW     = Σ_n dy[n] · patches[n]        [out, P] × [P, K]
//   dx[n]  = fold(dy[n]ᵀ · W)              [P, out] × [out, K]
//   db     = Σ_n Σ_p dy[n, ·, p]
// The patches themselves, kh · kw times the input, are never laid out: the products gather their elements from the
// input (see gemmOperands.wgsl). Only their gradients are, for a few samples at a time. Where the adapter and the
// shape suit it, y and dW come from programs of their own (conv2dRows.ts).
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
import { announce, families, gemm, patchesClass, prefersRows } from "../gemm/gemm.ts";
import type { DigitMap } from "../gemm/product.ts";
import { reduceArray } from "../reductions/reduce.ts";
import { padArray } from "../shapes/pad.ts";
import { permuteArray } from "../shapes/permute.ts";
import { requireFloat } from "../shared/require.ts";
import source from "./conv2d.wgsl" with { type: "text" };
import { type Conv2dAttrs, type Geometry, geometry, type Pair } from "./conv2dGeometry.ts";
import { rowsForward, rowsSuit, rowsWeightGradient } from "./conv2dRows.ts";

const kernel = defineKernel({
  name: "conv2d",
  code: source,
  entries: { fold: ["read", "write"] },
});

/** The input that patches are gathered from: with its padding laid out. Owned by the caller. */
function padded(x: DeviceArray, [height, width]: Pair): DeviceArray {
  if (height === 0 && width === 0) return x.retain();
  return padArray(x, [
    [0, 0],
    [0, 0],
    [height, height],
    [width, width],
  ]);
}

/** Where the padded input has a patch's element: the sum of its position's and its kernel element's offset. */
function patchMaps(x: DeviceArray, g: Geometry, { stride, dilation }: Conv2dAttrs) {
  const [channels, height, width] = x.shape.slice(1) as [number, number, number];
  const position: DigitMap = {
    sizes: [g.outHeight, g.outWidth],
    strides: [channels * height * width, stride[0] * width, stride[1]],
  };
  const element: DigitMap = {
    sizes: [g.kernelHeight, g.kernelWidth],
    strides: [height * width, dilation[0] * width, dilation[1]],
  };
  return { position, element };
}

/** Inputs: x [N, in, H, W], w [out, in, kh, kw] and, if there is one, b [out]. */
export const conv2d: Op<Conv2dAttrs> = {
  name: "conv2d",
  forward(ctx, inputs, attrs) {
    requireFloat("conv2d", ...inputs);
    const [x, w, b] = inputs as [DeviceArray, DeviceArray, DeviceArray | undefined];
    const g = geometry(x.shape, w.shape, attrs);
    if (b !== undefined && (b.shape.length !== 1 || b.shape[0] !== g.outChannels)) {
      throw new RangeError(
        `conv2d: bias ${formatShape(b.shape)} does not fit ${g.outChannels} output channels`,
      );
    }
    const y = empty(g.outShape, "float32", "conv2d");
    byRowsOrGemm(
      patchesClass(g.outChannels, g.batch * g.positions, g.patchSize),
      rowsSuit("forward", g, attrs),
      g,
      [x, w, y, ...(b === undefined ? [] : [b])],
      () => rowsForward(x, w, b, y, g, attrs),
      () => forwardByGemm(x, w, b, y, g, attrs),
    );
    ctx.save(x, w);
    return y;
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const [needsX, needsW, needsB] = ctx.needsInputGrad;
    const g = geometry(x.shape, w.shape, ctx.attrs);
    return [
      needsX ? inputGradient(dy, w, g, ctx.attrs) : null,
      needsW ? weightGradient(dy, x, w.shape, g, ctx.attrs) : null,
      ...(needsB ? [reduceArray("sum", dy, [0, 2, 3])] : []),
    ];
  },
};

/** [N, out, P] → [out, N, P]: one long product over all samples instead of many short ones. Owned by the caller. */
function channelsFirst(dy: DeviceArray, g: Geometry): DeviceArray {
  const flat = dy.view([g.batch, g.outChannels, g.positions]);
  const byChannel = permuteArray(flat, [1, 0, 2]);
  flat.release();
  return byChannel;
}

function forwardByGemm(
  x: DeviceArray,
  w: DeviceArray,
  b: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const source = padded(x, attrs.padding);
  const { position, element } = patchMaps(source, g, attrs);
  gemm({
    m: g.outChannels,
    n: g.batch * g.positions,
    k: g.patchSize,
    a: { array: w, row: g.patchSize, column: 1 },
    b: { array: source, rows: element, columns: position },
    c: {
      array: y,
      row: g.positions,
      column: 1,
      fold: { columns: g.positions, stride: g.outChannels * g.positions },
    },
    ...(b !== undefined && { bias: { array: b, along: "rows" } }),
  });
  source.release();
}

function weightGradient(
  dy: DeviceArray,
  x: DeviceArray,
  shape: Shape,
  g: Geometry,
  attrs: Conv2dAttrs,
): DeviceArray {
  const dw = empty(shape, "float32", "conv2d's weight gradient");
  byRowsOrGemm(
    patchesClass(g.outChannels, g.patchSize, g.batch * g.positions),
    rowsSuit("weightGradient", g, attrs),
    g,
    [x, dy, dw],
    () => rowsWeightGradient(x, dy, dw, g, attrs),
    () => weightGradientByGemm(x, dy, dw, g, attrs),
  );
  return dw;
}

/** Launches a convolution, or its weight gradient, on a program of its own or as a product. */
function byRowsOrGemm(
  name: string,
  suits: boolean,
  g: Geometry,
  arrays: DeviceArray[],
  byRows: () => void,
  byGemm: () => void,
): void {
  const operations = g.batch * g.positions * g.outChannels * g.patchSize;
  const run = () => (suits && prefersRows(name, operations) ? byRows() : byGemm());
  if (suits) announce(() => ({ class: name, families: [...families(), "rows"], arrays, run }));
  run();
}

function weightGradientByGemm(
  x: DeviceArray,
  dy: DeviceArray,
  dw: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const source = padded(x, attrs.padding);
  const byChannel = channelsFirst(dy, g);
  const { position, element } = patchMaps(source, g, attrs);
  gemm({
    m: g.outChannels,
    n: g.patchSize,
    k: g.batch * g.positions,
    a: { array: byChannel, row: g.batch * g.positions, column: 1 },
    b: { array: source, rows: position, columns: element },
    c: { array: dw, row: g.patchSize, column: 1 },
  });
  byChannel.release();
  source.release();
}

/** Gradients of patches are laid out for at most this many bytes at a time. */
const PATCH_BYTES = 32 * 2 ** 20;

function inputGradient(
  dy: DeviceArray,
  w: DeviceArray,
  g: Geometry,
  { stride, padding, dilation }: Conv2dAttrs,
): DeviceArray {
  const dx = empty([g.batch, g.channels, g.height, g.width], "float32", "conv2d's input gradient");
  const byChannel = channelsFirst(dy, g);
  const limit = Math.min(PATCH_BYTES, device().adapter.limits.maxStorageBufferBindingSize);
  const atOnce = Math.max(1, Math.floor(limit / (g.positions * g.patchSize * 4)));
  for (let first = 0; first < g.batch; first += atOnce) {
    const samples = Math.min(atOnce, g.batch - first);
    const dPatches = empty([samples, g.positions, g.patchSize], "float32", "conv2d's patch gradients");
    gemm({
      m: samples * g.positions,
      n: g.patchSize,
      k: g.outChannels,
      a: { array: byChannel, offset: first * g.positions, row: 1, column: g.batch * g.positions },
      b: { array: w, row: g.patchSize, column: 1 },
      c: { array: dPatches, row: g.patchSize, column: 1 },
    });
    kernel.launch("fold", {
      arrays: [dPatches, dx],
      params: {
        first,
        samples,
        channels: g.channels,
        outHeight: g.outHeight,
        outWidth: g.outWidth,
        paddingHeight: padding[0],
        paddingWidth: padding[1],
        dilationHeight: dilation[0],
        dilationWidth: dilation[1],
      },
      constants: {
        KERNEL_HEIGHT: g.kernelHeight,
        KERNEL_WIDTH: g.kernelWidth,
        HEIGHT: g.height,
        WIDTH: g.width,
        STRIDE_HEIGHT: stride[0],
        STRIDE_WIDTH: stride[1],
      },
      groups: linearGroups(samples * g.channels * g.height * g.width, 64),
    });
    dPatches.release();
  }
  byChannel.release();
  return dx;
}
