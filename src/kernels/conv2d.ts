// 2-D convolution (cross-correlation, as PyTorch's) as matrix products over unfolded patches:
//   y[n]       = W · patches[n]ᵀ + b           [out, K] × [K, P]      K = in · kh · kw,  P = oh · ow
//   dW         = Σ_n dy[n] · patches[n]        [out, P] × [P, K]
//   dx[n]      = fold(dy[n]ᵀ · W)              [P, out] × [out, K]
//   db         = Σ_n Σ_p dy[n, ·, p]
// Patches are large (kh·kw times the input): they are made for a few samples at a time, and again in backward.
import { type DeviceArray, empty } from "../tensor/array.ts";
import type { Op } from "../tensor/autograd.ts";
import { device } from "../tensor/device.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import source from "./conv2d.wgsl" with { type: "text" };
import { gemm } from "./gemm.ts";
import { permuteArray } from "./permute.ts";
import { reduceArray } from "./reduce.ts";

const BINDINGS = ["read", "write"] as const;
const kernel = defineKernel({
  name: "conv2d",
  code: source,
  entries: { unfold: BINDINGS, fold: BINDINGS },
  params: {
    first: "u32",
    samples: "u32",
    channels: "u32",
    outHeight: "u32",
    paddingHeight: "u32",
    paddingWidth: "u32",
    dilationHeight: "u32",
    dilationWidth: "u32",
  },
});

export type Pair = readonly [height: number, width: number];

export interface Conv2dAttrs {
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}

/** Patches are unfolded for at most this many bytes at a time. */
const PATCH_BYTES = 32 * 2 ** 20;

/** What the launches need to know, and the checks of what users passed. */
function geometry(x: Shape, w: Shape, { stride, padding, dilation }: Conv2dAttrs) {
  if (x.length !== 4 || w.length !== 4) {
    throw new RangeError(
      `conv2d: wants input [samples, channels, height, width] and weight [out, in, height, width], got ${formatShape(x)} and ${formatShape(w)}`,
    );
  }
  const [batch, channels, height, width] = x as [number, number, number, number];
  const [outChannels, inChannels, kernelHeight, kernelWidth] = w as [number, number, number, number];
  if (channels !== inChannels) {
    throw new RangeError(
      `conv2d: weight ${formatShape(w)} wants ${inChannels} input channels, input ${formatShape(x)} has ${channels}`,
    );
  }
  const outSize = (n: number, kernelSize: number, axis: 0 | 1) =>
    Math.floor((n + 2 * padding[axis] - dilation[axis] * (kernelSize - 1) - 1) / stride[axis]) + 1;
  const outHeight = outSize(height, kernelHeight, 0);
  const outWidth = outSize(width, kernelWidth, 1);
  if (outHeight < 1 || outWidth < 1) {
    throw new RangeError(
      `conv2d: the kernel ${kernelHeight} × ${kernelWidth} (dilation ${dilation}) is larger than the input ${height} × ${width} with padding ${padding}`,
    );
  }
  const positions = outHeight * outWidth;
  return {
    batch,
    outChannels,
    positions,
    patchSize: channels * kernelHeight * kernelWidth,
    outShape: [batch, outChannels, outHeight, outWidth],
    params: {
      channels,
      outHeight,
      paddingHeight: padding[0],
      paddingWidth: padding[1],
      dilationHeight: dilation[0],
      dilationWidth: dilation[1],
    },
    constants: {
      KERNEL_HEIGHT: kernelHeight,
      KERNEL_WIDTH: kernelWidth,
      OUT_WIDTH: outWidth,
      POSITIONS: positions,
      HEIGHT: height,
      WIDTH: width,
      STRIDE_HEIGHT: stride[0],
      STRIDE_WIDTH: stride[1],
    },
  };
}
type Geometry = ReturnType<typeof geometry>;

/** Calls `body` with runs of samples whose patches fit into memory together. */
function forChunks(
  { batch, positions, patchSize }: Geometry,
  body: (first: number, samples: number) => void,
): void {
  const limit = Math.min(PATCH_BYTES, device().adapter.limits.maxStorageBufferBindingSize);
  const perChunk = Math.max(1, Math.floor(limit / (positions * patchSize * 4)));
  for (let first = 0; first < batch; first += perChunk) body(first, Math.min(perChunk, batch - first));
}

function unfold(x: DeviceArray, g: Geometry, first: number, samples: number): DeviceArray {
  const patches = empty([samples, g.positions, g.patchSize], "float32", "conv2d's patches");
  kernel.launch("unfold", {
    arrays: [x, patches],
    params: { ...g.params, first, samples },
    constants: g.constants,
    groups: linearGroups(samples * g.positions, 1),
  });
  return patches;
}

/** Inputs: x [N, in, H, W], w [out, in, kh, kw] and, if there is one, b [out]. */
export const conv2d: Op<Conv2dAttrs> = {
  name: "conv2d",
  forward(ctx, [x, w, b], attrs) {
    const g = geometry(x!.shape, w!.shape, attrs);
    if (b !== undefined && (b.shape.length !== 1 || b.shape[0] !== g.outChannels)) {
      throw new RangeError(
        `conv2d: bias ${formatShape(b.shape)} does not fit ${g.outChannels} output channels`,
      );
    }
    const y = empty(g.outShape, "float32", "conv2d");
    forChunks(g, (first, samples) => {
      const patches = unfold(x!, g, first, samples);
      gemm({
        m: g.outChannels,
        n: samples * g.positions,
        k: g.patchSize,
        a: { array: w!, row: g.patchSize, column: 1 },
        b: { array: patches, row: 1, column: g.patchSize },
        c: {
          array: y,
          offset: first * g.outChannels * g.positions,
          row: g.positions,
          column: 1,
          fold: { columns: g.positions, stride: g.outChannels * g.positions },
        },
        bias: b === undefined ? undefined : { array: b, along: "rows" },
      });
      patches.release();
    });
    ctx.save(x!, w!);
    return y;
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const g = geometry(x.shape, w.shape, ctx.attrs);
    return [
      ctx.needsInputGrad[0] ? inputGradient(dy, w, x.shape, g) : null,
      ctx.needsInputGrad[1] ? weightGradient(dy, x, w.shape, g) : null,
      ...(ctx.needsInputGrad[2] ? [reduceArray("sum", dy, [0, 2, 3])] : []),
    ];
  },
};

function inputGradient(dy: DeviceArray, w: DeviceArray, shape: Shape, g: Geometry): DeviceArray {
  const dx = empty(shape, "float32", "conv2d's input gradient");
  forChunks(g, (first, samples) => {
    const dPatches = empty([samples, g.positions, g.patchSize], "float32", "conv2d's patch gradients");
    gemm({
      m: g.positions,
      n: g.patchSize,
      k: g.outChannels,
      a: {
        array: dy,
        offset: first * g.outChannels * g.positions,
        row: 1,
        column: g.positions,
        batch: [g.outChannels * g.positions],
      },
      b: { array: w, row: g.patchSize, column: 1, batch: [0] },
      c: { array: dPatches, row: g.patchSize, column: 1, batchStride: g.positions * g.patchSize },
      batchShape: [samples],
    });
    kernel.launch("fold", {
      arrays: [dPatches, dx],
      params: { ...g.params, first, samples },
      constants: g.constants,
      groups: linearGroups((dx.size / g.batch) * samples, 64),
    });
    dPatches.release();
  });
  return dx;
}

function weightGradient(dy: DeviceArray, x: DeviceArray, shape: Shape, g: Geometry): DeviceArray {
  const dw = empty(shape, "float32", "conv2d's weight gradient");
  // [N, out, P] → [out, N, P]: one long product over all samples instead of a sum of short ones.
  const flat = dy.view([g.batch, g.outChannels, g.positions]);
  const byChannel = permuteArray(flat, [1, 0, 2]);
  flat.release();
  forChunks(g, (first, samples) => {
    const patches = unfold(x, g, first, samples);
    gemm({
      m: g.outChannels,
      n: g.patchSize,
      k: samples * g.positions,
      a: { array: byChannel, offset: first * g.positions, row: g.batch * g.positions, column: 1 },
      b: { array: patches, row: g.patchSize, column: 1 },
      c: { array: dw, row: g.patchSize, column: 1 },
      accumulate: first > 0,
    });
    patches.release();
  });
  byChannel.release();
  return dw;
}
