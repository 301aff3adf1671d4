// Convolutions that a CPU adapter does as a product a sample, of arrays as they lie: of kernels of one element (small ones have a
// program of their own, conv2dPointwise.ts), and the input's
// gradient where patches do not overlap. Elements that follow each other are read four at a time, gathered ones are not; and
// nothing is folded.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { gemm } from "../gemm/gemm.ts";
import type { Product } from "../gemm/product.ts";
import { place } from "../shapes/copy.ts";
import type { Finish } from "../shared/unfinished.ts";
import type { Conv2dAttrs, Geometry } from "./conv2dGeometry.ts";

/** Positions from which on a sample's product is large enough to be one by itself. */
const WIDE = 32;

/** Whether patches are the input's elements as they lie, and may be read in fours. */
export function isPointwise(g: Geometry, attrs: Conv2dAttrs): boolean {
  const { channels, patchSize, positions } = g;
  return patchSize === channels && positions >= WIDE && positions % 4 === 0 && patchesApart(g, attrs);
}

/** y[n] = W · x[n] + b, and what follows, as a product a sample. */
export function pointwiseProduct(
  x: DeviceArray,
  w: DeviceArray,
  b: DeviceArray | undefined,
  y: DeviceArray,
  { batch, channels, outChannels, positions }: Geometry,
  finish: Finish,
): Product {
  return {
    m: outChannels,
    n: positions,
    k: channels,
    batchShape: [batch],
    a: { array: w, row: channels, column: 1, batch: [0] },
    b: { array: x, row: positions, column: 1, batch: [channels * positions] },
    c: { array: y, row: positions, column: 1, batchStride: outChannels * positions },
    ...(b !== undefined && { bias: { array: b, along: "rows" as const } }),
    finish,
  };
}

/** Whether the kernel's places cover the input without a gap or an overlap, so that each element gets its gradient from one. */
export function patchesApart(g: Geometry, { stride, padding }: Conv2dAttrs): boolean {
  const { kernelHeight, kernelWidth, height, width } = g;
  return (
    stride[0] === kernelHeight &&
    stride[1] === kernelWidth &&
    padding[0] + padding[1] === 0 &&
    height === g.outHeight * kernelHeight &&
    width === g.outWidth * kernelWidth &&
    device().adapter.software
  );
}

/** dx[n] = Wᵀ · dy[n], put where the elements of the patches belong. */
export function apartInputGradient(dy: DeviceArray, w: DeviceArray, dx: DeviceArray, g: Geometry): void {
  const { batch, channels, positions, patchSize, outHeight, outWidth, kernelHeight, kernelWidth, width } = g;
  const shape = [batch * channels, kernelHeight, kernelWidth, outHeight, outWidth];
  const isWhole = patchSize === channels;
  const patches = isWhole ? dx.retain() : empty(shape, "float32", "conv2d's patch gradients");
  gemm({
    m: patchSize,
    n: positions,
    k: g.outChannels,
    batchShape: [batch],
    a: { array: w, row: 1, column: patchSize, batch: [0] },
    b: { array: dy, row: positions, column: 1, batch: [g.outChannels * positions] },
    c: { array: patches, row: positions, column: 1, batchStride: patchSize * positions },
  });
  if (!isWhole) place(patches, dx, [g.height * width, width, 1, kernelHeight * width, kernelWidth]);
  patches.release();
}
