// F: Convolutions.
import { formatShape } from "../../gpu/shape.ts";
import { conv2d as conv2dOp } from "../../kernels/convolution/conv2d.ts";
import { wantWhole } from "../../tensor/check.ts";
import { NUMBER, PAIR, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";
import { checkBias, wantWeights } from "./weights.ts";

export interface ConvOptions<T> {
  stride?: T;
  /** Zeros on each side. */
  padding?: T;
  /** Distance between the elements that a kernel reads. */
  dilation?: T;
}

/** PyTorch's order, where they have no names. */
const CONV_ORDER = ["stride", "padding", "dilation", "groups"];
const conv2dOptions = takes("conv2d", 4, { stride: PAIR, padding: PAIR, dilation: PAIR }, CONV_ORDER);
const conv1dOptions = takes("conv1d", 4, { stride: NUMBER, padding: NUMBER, dilation: NUMBER }, CONV_ORDER);

/**
 * 2-D cross-correlation: x [samples, in, height, width], weight [out, in, kernel height, kernel width], bias [out]
 * or null → [samples, out, …]; each image side becomes ⌊(n + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvOptions<NumberOrPair>,
  ...more: never[]
): Tensor {
  wantWeights("conv2d", x, weight, bias);
  conv2dOptions(options, more);
  const { stride = 1, padding = 0, dilation = 1 } = options ?? {};
  checkBias("conv2d", bias, weight.shape[0] ?? 0);
  return apply(conv2dOp, bias === null ? [x, weight] : [x, weight, bias], {
    stride: pair(stride, "conv2d: stride"),
    padding: pair(padding, "conv2d: padding", 0),
    dilation: pair(dilation, "conv2d: dilation"),
  });
}

/** 1-D cross-correlation: x [samples, in, length], weight [out, in, kernel], bias [out] or null → [samples, out, …]. */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvOptions<number>,
  ...more: never[]
): Tensor {
  wantWeights("conv1d", x, weight, bias);
  conv1dOptions(options, more);
  const { stride = 1, padding = 0, dilation = 1 } = options ?? {};
  if (x.ndim !== 3 || weight.ndim !== 3) {
    throw new RangeError(
      `conv1d: wants input [samples, channels, length] and weight [out, in, kernel], got ${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    );
  }
  if (x.shape[1] !== weight.shape[1]) {
    throw new RangeError(
      `conv1d: weight ${formatShape(weight.shape)} wants ${weight.shape[1]} input channels, input ${formatShape(x.shape)} has ${x.shape[1]}`,
    );
  }
  wantWhole("conv1d", { stride, dilation }, 1);
  wantWhole("conv1d", { padding }, 0);
  return scope(() => {
    const image = conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
      stride: [1, stride],
      padding: [0, padding],
      dilation: [1, dilation],
    });
    return image.squeeze(2);
  }, "conv1d");
}
