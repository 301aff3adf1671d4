// Convolutions and their gradients as products over patches, which gemm gathers from the input. Only the gradients of patches
// are laid out, for a few samples or channels at a time, and conv2d.wgsl folds them.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import { gemm } from "../gemm/gemm.ts";
import type { DigitMap } from "../gemm/product.ts";
import { padArray } from "../shapes/pad.ts";
import { permuteArray } from "../shapes/permute.ts";
import type { Finish } from "../shared/unfinished.ts";
import source from "./conv2d.wgsl" with { type: "text" };
import type { Conv2dAttrs, Geometry, Pair } from "./conv2dGeometry.ts";

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

/** [N, out, P] → [out, N, P]: one long product over all samples instead of many short ones. Owned by the caller. */
function channelsFirst(dy: DeviceArray, g: Geometry): DeviceArray {
  const flat = dy.view([g.batch, g.outChannels, g.positions]);
  const byChannel = permuteArray(flat, [1, 0, 2]);
  flat.release();
  return byChannel;
}

/** y = w ∗ x + b, and what follows. */
export function forwardByGemm(
  x: DeviceArray,
  w: DeviceArray,
  b: DeviceArray | undefined,
  y: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
  finish: Finish,
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
    finish,
  });
  source.release();
}

/** dw, every element of it. */
export function weightGradientByGemm(
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

/** Gradients of patches are laid out for several samples together while they take this many bytes at most … */
const PATCH_BYTES = 32 * 2 ** 20;
/** … and those of one sample for all its channels up to so many: products for fewer channels are slimmer, and slower. */
const SAMPLE_BYTES = 128 * 2 ** 20;

/** Samples and channels whose patches' gradients are laid out at a time. */
function piecesOf({ positions, patchSize, channels }: Geometry): [samples: number, channels: number] {
  const most = device().adapter.limits.maxStorageBufferBindingSize;
  const samples = Math.floor(Math.min(PATCH_BYTES, most) / (positions * patchSize * 4));
  if (samples > 0) return [samples, channels];
  const fit = Math.floor(Math.min(SAMPLE_BYTES, most) / (positions * (patchSize / channels) * 4));
  return [1, Math.min(Math.max(fit, 1), channels)];
}

/** dx, every element of it. */
export function inputGradientByGemm(
  dy: DeviceArray,
  w: DeviceArray,
  dx: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): void {
  const byChannel = channelsFirst(dy, g);
  const [samplesAtOnce, channelsAtOnce] = piecesOf(g);
  for (let first = 0; first < g.batch; first += samplesAtOnce)
    for (let channel = 0; channel < g.channels; channel += channelsAtOnce) {
      const samples = Math.min(samplesAtOnce, g.batch - first);
      const channels = Math.min(channelsAtOnce, g.channels - channel);
      const elements = channels * g.kernelHeight * g.kernelWidth;
      const dPatches = empty([samples, g.positions, elements], "float32", "a convolution's patch gradients");
      gemm({
        m: samples * g.positions,
        n: elements,
        k: g.outChannels,
        a: { array: byChannel, offset: first * g.positions, row: 1, column: g.batch * g.positions },
        b: {
          array: w,
          offset: channel * g.kernelHeight * g.kernelWidth,
          row: g.patchSize,
          column: 1,
        },
        c: { array: dPatches, row: elements, column: 1 },
      });
      fold(dPatches, dx, g, attrs, { first, samples, channel, channels });
      dPatches.release();
    }
  byChannel.release();
}

/** Adds the gradients of some samples' and channels' patches up where they come from in dx. */
function fold(
  dPatches: DeviceArray,
  dx: DeviceArray,
  g: Geometry,
  { stride, padding, dilation }: Conv2dAttrs,
  piece: { first: number; samples: number; channel: number; channels: number },
): void {
  kernel.launch("fold", {
    arrays: [dPatches, dx],
    params: {
      ...piece,
      allChannels: g.channels,
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
    groups: linearGroups(piece.samples * piece.channels * g.height * g.width, 64),
  });
}
