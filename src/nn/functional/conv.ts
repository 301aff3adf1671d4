// F: Convolutions.
import { formatShape } from "../../gpu/shape.ts";
import { conv2d as conv2dOp } from "../../kernels/convolution/conv2d.ts";
import { pad as padOp } from "../../kernels/shapes/pad.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { wantWhole } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";
import "./shared/convDerivatives.ts";
import { CONV1D, CONV2D, samePadding } from "./shared/convOptions.ts";
import { alone } from "./shared/rows.ts";
import { checkBias, isAlone, wantWeights } from "./weights.ts";

/** What convolutions take beside their tensors. */
export interface ConvOptions<T> {
  stride?: T;
  /** Zeros on each side; "same": as many as keep the size (with stride 1); "valid": none. */
  padding?: T | "same" | "valid";
  /** Distance between the elements that a kernel reads. */
  dilation?: T;
  /** Channels come in so many groups, each of which sees its own input channels alone. */
  groups?: number;
}

const conv2dOptions = takes("conv2d", 4, CONV2D);
const conv1dOptions = takes("conv1d", 4, CONV1D);

/**
 * 2-D cross-correlation: x [samples, in, height, width], weight [out, in / groups, kernel height, kernel width], bias [out]
 * or null → [samples, out, …]; each image side becomes ⌊(n + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 * @shape [samples, in, height, width], [out, in / groups, kernel height, kernel width], [out] → [samples, out, rows, columns]
 * @example
 * F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3])); // → [[[[9, 9], [9, 9]]]]
 * F.conv2d(ones([8, 3, 32, 32]), ones([16, 3, 3, 3]), null, { stride: 2, padding: 1 }).shape; // → [8, 16, 16, 16]
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
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options ?? {};
  wantWhole("conv2d", { groups }, 1);
  if (isAlone("conv2d", x, weight, 4, (weight.shape[1] ?? 0) * groups))
    return alone("conv2d", x, (batch) => conv2d(batch, weight, bias, options));
  checkBias("conv2d", bias, weight.shape[0] ?? 0);
  const attrs = {
    stride: pair(stride, "conv2d: stride"),
    dilation: pair(dilation, "conv2d: dilation"),
    groups,
  };
  const run = (image: Tensor, padding: [number, number]) =>
    apply(conv2dOp, bias === null ? [image, weight] : [image, weight, bias], { ...attrs, padding });
  if (padding !== "same") return run(x, padding === "valid" ? [0, 0] : pair(padding, "conv2d: padding", 0));

  // Where one zero more is wanted on one side than on the other, it comes behind, as in PyTorch.
  const { before, more: uneven } = samePadding("conv2d", weight.shape.slice(-2), attrs);
  if (x.ndim !== 4 || uneven.every((n) => n === 0)) return run(x, before);
  const sides = [[0, 0] as const, [0, 0] as const, ...uneven.map((n) => [0, n] as const)];
  return scope(() => run(apply(padOp, [x], { padding: sides, value: 0 }), before), "conv2d");
}

/**
 * 1-D cross-correlation: x [samples, in, length], weight [out, in / groups, kernel], bias [out] or null → [samples, out, …].
 * @shape [samples, in, length], [out, in / groups, kernel], [out] → [samples, out, steps]
 * @example F.conv1d(tensor([[[1, 2, 3, 4]]]), tensor([[[1, -1]]])); // → [[[-1, -1, -1]]]
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvOptions<number>,
  ...more: never[]
): Tensor {
  wantWeights("conv1d", x, weight, bias);
  conv1dOptions(options, more);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options ?? {};
  if (isAlone("conv1d", x, weight, 3, (weight.shape[1] ?? 0) * groups))
    return alone("conv1d", x, (batch) => conv1d(batch, weight, bias, options));
  if (x.ndim !== 3 || weight.ndim !== 3) {
    throw new RangeError(
      `conv1d: wants input [samples, channels, length] and weight [out, in, kernel], got ${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    );
  }
  wantWhole("conv1d", { stride, dilation, groups }, 1);
  if (padding === "same" && stride !== 1)
    throw new RangeError(`conv1d: padding "same" wants stride 1, got ${stride}`);
  if (typeof padding === "number") wantWhole("conv1d", { padding }, 0);
  if (x.shape[1] !== weight.shape[1]! * groups) {
    const inGroups = groups === 1 ? "" : ` in ${groups} groups`;
    throw new RangeError(
      `conv1d: weight ${formatShape(weight.shape)}${inGroups} wants ${weight.shape[1]! * groups} input channels, input ${formatShape(x.shape)} has ${x.shape[1]}`,
    );
  }
  checkBias("conv1d", bias, weight.shape[0]!);
  requireFloat("conv1d", ...[x, weight, ...(bias ? [bias] : [])].map(arrayOf));
  if (weight.shape[0]! % groups !== 0)
    throw new RangeError(
      `conv1d: the ${weight.shape[0]} output channels of weight ${formatShape(weight.shape)} do not come in ${groups} groups`,
    );
  const around = typeof padding === "number" ? padding : 0;
  const [length, kernel] = [x.shape[2]!, weight.shape[2]!];
  if (padding !== "same" && dilation * (kernel - 1) + 1 > length + 2 * around)
    throw new RangeError(
      `conv1d: the kernel ${kernel} (dilation ${dilation}) is larger than the input ${length} with padding ${around}`,
    );
  return scope(() => {
    const image = conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
      stride: [1, stride],
      padding: typeof padding === "number" ? [0, padding] : padding,
      dilation: [1, dilation],
      groups,
    });
    return image.squeeze(2);
  }, "conv1d");
}
