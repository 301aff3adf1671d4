// F: Transposed convolutions.
import { formatShape } from "../../gpu/shape.ts";
import { convTranspose2d as convTranspose2dOp } from "../../kernels/convolution/convTranspose2d.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { wantWhole } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";
import "./shared/convDerivatives.ts";
import { TRANSPOSE1D, TRANSPOSE2D } from "./shared/convOptions.ts";
import { alone } from "./shared/rows.ts";
import { checkBias, isAlone, wantWeights } from "./weights.ts";

/** What transposed convolutions take beside their tensors. */
export interface ConvTransposeOptions<T> {
  /** Distance between the places in the result of neighbouring elements of the input. */
  stride?: T;
  /** What is cut off on each side of the result: the padding of the convolution that this one is the gradient of. */
  padding?: T;
  /** What is added behind, where several sizes would have made an input of this one. */
  outputPadding?: T;
  /** Channels come in so many groups, each of which sees its own input channels alone. */
  groups?: number;
  /** Distance between the elements of the result that neighbours in the kernel write to. */
  dilation?: T;
}

const options2d = takes("convTranspose2d", 4, TRANSPOSE2D);
const options1d = takes("convTranspose1d", 4, TRANSPOSE1D);

/**
 * Transposed 2-D convolution, the gradient of conv2d with respect to its input: x [samples, in, height, width], weight
 * [in, out / groups, kernel height, kernel width], bias [out] or null → [samples, out, …]; each image side becomes
 * (n − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 * @shape [samples, in, height, width], [in, out / groups, kernel height, kernel width], [out] → [samples, out, rows, columns]
 * @example F.convTranspose2d(ones([1, 3, 8, 8]), ones([3, 4, 2, 2]), null, { stride: 2 }).shape; // → [1, 4, 16, 16]
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvTransposeOptions<NumberOrPair>,
  ...more: never[]
): Tensor {
  wantWeights("convTranspose2d", x, weight, bias);
  options2d(options, more);
  const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1 } = options ?? {};
  wantWhole("convTranspose2d", { groups }, 1);
  if (isAlone("convTranspose2d", x, weight, 4, weight.shape[0] ?? 0))
    return alone("convTranspose2d", x, (batch) => convTranspose2d(batch, weight, bias, options));
  checkBias("convTranspose2d", bias, (weight.shape[1] ?? 0) * groups);
  const attrs = {
    stride: pair(stride, "convTranspose2d: stride"),
    padding: pair(padding, "convTranspose2d: padding", 0),
    outputPadding: pair(outputPadding, "convTranspose2d: outputPadding", 0),
    groups,
    dilation: pair(dilation, "convTranspose2d: dilation"),
  };
  const transposed = () => apply(convTranspose2dOp, [x, weight], attrs);
  if (bias === null) return transposed();
  return scope(() => transposed().add(bias.reshape([1, -1, 1, 1])), "convTranspose2d");
}

/**
 * Transposed 1-D convolution: x [samples, in, length], weight [in, out / groups, kernel], bias [out] or null → [samples, out, …].
 * @shape [samples, in, length], [in, out / groups, kernel], [out] → [samples, out, steps]
 * @example F.convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 1]]]), null, { stride: 2 }); // → [[[1, 1, 2, 2]]]
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvTransposeOptions<number>,
  ...more: never[]
): Tensor {
  wantWeights("convTranspose1d", x, weight, bias);
  options1d(options, more);
  const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1 } = options ?? {};
  if (isAlone("convTranspose1d", x, weight, 3, weight.shape[0] ?? 0))
    return alone("convTranspose1d", x, (batch) => convTranspose1d(batch, weight, bias, options));
  if (x.ndim !== 3 || weight.ndim !== 3) {
    throw new RangeError(
      `convTranspose1d: wants input [samples, channels, length] and weight [in, out / groups, kernel], got ${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    );
  }
  wantWhole("convTranspose1d", { stride, dilation, groups }, 1);
  wantWhole("convTranspose1d", { padding, outputPadding }, 0);
  checkBias("convTranspose1d", bias, weight.shape[1]! * groups);
  requireFloat("convTranspose1d", ...[x, weight, ...(bias ? [bias] : [])].map(arrayOf));
  const [, channels, length] = x.shape as [number, number, number];
  const [inputs, , kernel] = weight.shape as [number, number, number];
  if (channels !== inputs)
    throw new RangeError(
      `convTranspose1d: weight ${formatShape(weight.shape)} wants ${inputs} input channels, input ${formatShape(x.shape)} has ${channels}`,
    );
  if (channels % groups !== 0)
    throw new RangeError(
      `convTranspose1d: the ${channels} input channels of weight ${formatShape(weight.shape)} do not come in ${groups} groups`,
    );
  if (outputPadding >= Math.max(stride, dilation))
    throw new RangeError(
      `convTranspose1d: outputPadding ${outputPadding} is to be below the stride ${stride} or the dilation ${dilation}`,
    );
  if ((length - 1) * stride - 2 * padding + dilation * (kernel - 1) + outputPadding < 0)
    throw new RangeError(
      `convTranspose1d: padding ${padding} leaves nothing of the result of kernel ${kernel} and input ${length}`,
    );
  return scope(() => {
    const image = convTranspose2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
      stride: [1, stride],
      padding: [0, padding],
      outputPadding: [0, outputPadding],
      groups,
      dilation: [1, dilation],
    });
    return image.squeeze(2);
  }, "convTranspose1d");
}
