// The sizes of a convolution, checked.
import { formatShape, type Shape } from "../../gpu/shape.ts";

export type Pair = readonly [height: number, width: number];

export interface Conv2dAttrs {
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}

/** The sizes of a convolution; throws where they do not fit together. */
export function geometry(x: Shape, w: Shape, { stride, padding, dilation }: Conv2dAttrs) {
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
  const patchSize = channels * kernelHeight * kernelWidth;
  const outShape = [batch, outChannels, outHeight, outWidth];
  return {
    batch,
    channels,
    height,
    width,
    outChannels,
    kernelHeight,
    kernelWidth,
    outHeight,
    outWidth,
    positions,
    patchSize,
    outShape,
  };
}
export type Geometry = ReturnType<typeof geometry>;
