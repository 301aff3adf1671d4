// The sizes of a convolution, checked.
import { formatShape, type Shape } from "../../gpu/shape.ts";

export type Pair = readonly [height: number, width: number];

export interface Conv2dAttrs {
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  /** Input and output channels come in so many groups, each of which sees its own alone. 1 if left out. */
  groups?: number;
}

export interface ConvTranspose2dAttrs extends Conv2dAttrs {
  outputPadding: Pair;
}

/** The sizes of a convolution from an image [batch, channels, height, width] to one of [batch, outChannels, …]. */
export interface Geometry {
  batch: number;
  channels: number;
  height: number;
  width: number;
  outChannels: number;
  outHeight: number;
  outWidth: number;
  kernelHeight: number;
  kernelWidth: number;
  groups: number;
  /** outHeight · outWidth */
  positions: number;
  /** Elements of the input that one of the output reads. */
  patchSize: number;
  inShape: Shape;
  outShape: Shape;
}

export type FourSizes = [number, number, number, number];

/** The sizes of the convolution that makes `y` of `x`. */
export function sizesOf(x: Shape, y: Shape, kernel: Pair, groups: number): Geometry {
  const [batch, channels, height, width] = x as FourSizes;
  const [, outChannels, outHeight, outWidth] = y as FourSizes;
  const [kernelHeight, kernelWidth] = kernel;
  return {
    batch,
    channels,
    height,
    width,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    groups,
    positions: outHeight * outWidth,
    patchSize: (channels / groups) * kernelHeight * kernelWidth,
    inShape: x,
    outShape: y,
  };
}

/** The sizes of conv2d; throws where they do not fit together. */
export function geometry(x: Shape, w: Shape, attrs: Conv2dAttrs): Geometry {
  const { stride, padding, dilation, groups = 1 } = attrs;
  if (x.length !== 4 || w.length !== 4) {
    throw new RangeError(
      `conv2d: wants input [samples, channels, height, width] and weight [out, in, height, width], got ${formatShape(x)} and ${formatShape(w)}`,
    );
  }
  const [batch, channels, ...image] = x as FourSizes;
  const [outChannels, inChannels, ...kernel] = w as FourSizes;
  if (channels !== inChannels * groups) {
    const inGroups = groups === 1 ? "" : ` in ${groups} groups`;
    throw new RangeError(
      `conv2d: weight ${formatShape(w)}${inGroups} wants ${inChannels * groups} input channels, input ${formatShape(x)} has ${channels}`,
    );
  }
  if (outChannels % groups !== 0) {
    throw new RangeError(
      `conv2d: the ${outChannels} output channels of weight ${formatShape(w)} do not come in ${groups} groups`,
    );
  }
  const out = image.map(
    (n, axis) =>
      Math.floor((n + 2 * padding[axis]! - dilation[axis]! * (kernel[axis]! - 1) - 1) / stride[axis]!) + 1,
  );
  if (out.some((n) => n < 1)) {
    throw new RangeError(
      `conv2d: the kernel ${kernel.join(" × ")} (dilation ${dilation}) is larger than the input ${image.join(" × ")} with padding ${padding}`,
    );
  }
  return sizesOf(x, [batch, outChannels, ...out], kernel, groups);
}

/** The sizes of the convolution whose gradient convTranspose2d is: from its result to its input. */
export function transposedGeometry(x: Shape, w: Shape, attrs: ConvTranspose2dAttrs): Geometry {
  const { stride, padding, dilation, outputPadding, groups = 1 } = attrs;
  if (x.length !== 4 || w.length !== 4) {
    throw new RangeError(
      `convTranspose2d: wants input [samples, channels, height, width] and weight [in, out / groups, height, width], got ${formatShape(x)} and ${formatShape(w)}`,
    );
  }
  const [batch, channels, ...image] = x as FourSizes;
  const [inChannels, outPerGroup, ...kernel] = w as FourSizes;
  if (channels !== inChannels) {
    throw new RangeError(
      `convTranspose2d: weight ${formatShape(w)} wants ${inChannels} input channels, input ${formatShape(x)} has ${channels}`,
    );
  }
  if (channels % groups !== 0) {
    throw new RangeError(
      `convTranspose2d: the ${channels} input channels of weight ${formatShape(w)} do not come in ${groups} groups`,
    );
  }
  if (outputPadding.some((n, axis) => n >= Math.max(stride[axis]!, dilation[axis]!))) {
    throw new RangeError(
      `convTranspose2d: outputPadding [${outputPadding}] is to be below the stride [${stride}] or the dilation [${dilation}]`,
    );
  }
  const out = image.map(
    (n, axis) =>
      (n - 1) * stride[axis]! -
      2 * padding[axis]! +
      dilation[axis]! * (kernel[axis]! - 1) +
      outputPadding[axis]! +
      1,
  );
  if (out.some((n) => n < 1)) {
    throw new RangeError(
      `convTranspose2d: padding [${padding}] leaves nothing of the result of kernel ${kernel.join(" × ")} and input ${image.join(" × ")}`,
    );
  }
  return sizesOf([batch, outPerGroup * groups, ...out], x, kernel, groups);
}
