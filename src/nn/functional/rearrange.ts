// F: Elements of images put elsewhere: patches to columns and back, channels to pixels and back, channels among each other.
import { formatShape } from "../../gpu/shape.ts";
import {
  fold as foldOp,
  patchesOf,
  type UnfoldAttrs,
  unfold as unfoldOp,
} from "../../kernels/convolution/patches.ts";
import { derive, linear } from "../../tensor/autograd/derive.ts";
import { wantNoMore, wantTensor, wantWhole } from "../../tensor/check.ts";
import { PAIR, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";
import { alone } from "./shared/rows.ts";

/** How unfold and fold go over an image. */
export interface UnfoldOptions {
  /** Distance between the elements of a patch. */
  dilation?: NumberOrPair;
  /** Zeros on each side of the image. */
  padding?: NumberOrPair;
  /** Distance between patches. */
  stride?: NumberOrPair;
}

derive(unfoldOp, linear);
derive(foldOp, linear);

const UNFOLD = { dilation: PAIR, padding: PAIR, stride: PAIR };
const unfoldOptions = takes("unfold", 3, UNFOLD);
const foldOptions = takes("fold", 4, UNFOLD);

function attrsOf(
  name: string,
  image: readonly number[],
  kernelSize: NumberOrPair,
  { dilation = 1, padding = 0, stride = 1 }: UnfoldOptions = {},
): UnfoldAttrs {
  const attrs = {
    image: image as [number, number],
    kernel: pair(kernelSize, `${name}: kernelSize`),
    dilation: pair(dilation, `${name}: dilation`),
    padding: pair(padding, `${name}: padding`, 0),
    stride: pair(stride, `${name}: stride`),
  };
  if (patchesOf(attrs).every((n) => n >= 1)) return attrs;
  throw new RangeError(
    `${name}: the kernel ${attrs.kernel.join(" × ")} (dilation ${attrs.dilation}) is larger than the image ${image.join(" × ")} with padding ${attrs.padding}`,
  );
}

/**
 * The patches of [samples, channels, height, width], as columns: [samples, channels · kernel elements, patches].
 * @shape [samples, channels, height, width] → [samples, channels · kernel elements, patches]
 * @example F.unfold(arange(9).reshape([1, 1, 3, 3]), 2).shape; // → [1, 4, 4]
 */
export function unfold(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: UnfoldOptions,
  ...more: never[]
): Tensor {
  wantTensor("unfold", "the input", x);
  unfoldOptions(options, more);
  if (x.ndim === 3) return alone("unfold", x, (batch) => unfold(batch, kernelSize, options));
  wantImages("unfold", x);
  return apply(unfoldOp, [x], attrsOf("unfold", x.shape.slice(2), kernelSize, options));
}

/**
 * The sum of patches where they came from: [samples, channels · kernel elements, patches] → [samples, channels, …outputSize].
 * @shape [samples, channels · kernel elements, patches] → [samples, channels, height, width]
 * @example F.fold(ones([1, 4, 4]), [3, 3], 2); // → [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
 */
export function fold(
  x: Tensor,
  outputSize: NumberOrPair,
  kernelSize: NumberOrPair,
  options?: UnfoldOptions,
  ...more: never[]
): Tensor {
  wantTensor("fold", "the input", x);
  foldOptions(options, more);
  if (x.ndim === 2) return alone("fold", x, (batch) => fold(batch, outputSize, kernelSize, options));
  const attrs = attrsOf("fold", pair(outputSize, "fold: outputSize"), kernelSize, options);
  const [down, across] = patchesOf(attrs);
  const elements = attrs.kernel[0] * attrs.kernel[1];
  if (x.ndim !== 3 || x.shape[1]! % elements !== 0 || x.shape[2] !== down * across) {
    throw new RangeError(
      `fold: wants [samples, channels · ${elements}, ${down * across}] for an image ${attrs.image.join(" × ")}, got ${formatShape(x.shape)}`,
    );
  }
  return apply(foldOp, [x], attrs);
}

function wantImages(name: string, x: Tensor): void {
  if (x.ndim === 4) return;
  throw new RangeError(
    `${name}: wants an input [samples, channels, height, width], got ${formatShape(x.shape)}`,
  );
}

/**
 * [samples, channels · r², height, width] → [samples, channels, height · r, width · r], r being `upscaleFactor`.
 * @shape [samples, channels · r², height, width] → [samples, channels, height · r, width · r]
 * @example F.pixelShuffle(ones([1, 8, 3, 3]), 2).shape; // → [1, 2, 6, 6]
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number, ...more: never[]): Tensor {
  wantTensor("pixelShuffle", "the input", x);
  wantWhole("pixelShuffle", { upscaleFactor }, 1);
  wantNoMore("pixelShuffle", more);
  if (x.ndim === 3) return alone("pixelShuffle", x, (batch) => pixelShuffle(batch, upscaleFactor));
  wantImages("pixelShuffle", x);
  const r = upscaleFactor;
  const [samples, all, height, width] = x.shape as [number, number, number, number];
  if (all % r ** 2 !== 0) {
    throw new RangeError(`pixelShuffle: ${all} channels do not come in groups of ${r}² = ${r ** 2}`);
  }
  const channels = all / r ** 2;
  return scope(
    () =>
      x
        .reshape([samples, channels, r, r, height, width])
        .permute([0, 1, 4, 2, 5, 3])
        .reshape([samples, channels, height * r, width * r]),
    "pixelShuffle",
  );
}

/**
 * [samples, channels, height · r, width · r] → [samples, channels · r², height, width], r being `downscaleFactor`.
 * @shape [samples, channels, height · r, width · r] → [samples, channels · r², height, width]
 * @example F.pixelUnshuffle(ones([1, 2, 6, 6]), 2).shape; // → [1, 8, 3, 3]
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number, ...more: never[]): Tensor {
  wantTensor("pixelUnshuffle", "the input", x);
  wantWhole("pixelUnshuffle", { downscaleFactor }, 1);
  wantNoMore("pixelUnshuffle", more);
  if (x.ndim === 3) return alone("pixelUnshuffle", x, (batch) => pixelUnshuffle(batch, downscaleFactor));
  wantImages("pixelUnshuffle", x);
  const r = downscaleFactor;
  const [samples, channels, high, wide] = x.shape as [number, number, number, number];
  if (high % r !== 0 || wide % r !== 0) {
    throw new RangeError(`pixelUnshuffle: ${high} × ${wide} pixels do not come in squares of ${r} × ${r}`);
  }
  return scope(
    () =>
      x
        .reshape([samples, channels, high / r, r, wide / r, r])
        .permute([0, 1, 3, 5, 2, 4])
        .reshape([samples, channels * r ** 2, high / r, wide / r]),
    "pixelUnshuffle",
  );
}

/**
 * Channels of [samples, channels, …] dealt out: the first of each group, then the second of each, and so on.
 * @shape [samples, channels, ...] → the same
 * @example F.channelShuffle(tensor([[[1], [2], [3], [4]]]), 2); // → [[[1], [3], [2], [4]]]
 */
export function channelShuffle(x: Tensor, groups: number, ...more: never[]): Tensor {
  wantTensor("channelShuffle", "the input", x);
  wantWhole("channelShuffle", { groups }, 1);
  wantNoMore("channelShuffle", more);
  const [samples, channels, ...image] = x.shape as [number, number, ...number[]];
  if (x.ndim < 3 || channels % groups !== 0) {
    throw new RangeError(
      `channelShuffle: wants an input [samples, channels, …] whose channels come in ${groups} groups, got ${formatShape(x.shape)}`,
    );
  }
  const parted = [samples, groups, channels / groups, ...image];
  const order = parted.map((_, axis) => (axis === 1 ? 2 : axis === 2 ? 1 : axis));
  return scope(() => x.reshape(parted).permute(order).reshape(x.shape), "channelShuffle");
}
