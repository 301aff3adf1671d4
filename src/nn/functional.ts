// F: the functions that layers are made of, by PyTorch's names. Each checks what users pass and applies one
// operation of src/kernels (or a few), where the mathematics and the gradients are.

import { nextDraw } from "../gpu/random.ts";
import { formatShape, sameShape } from "../gpu/shape.ts";
import { conv2d as conv2dOp } from "../kernels/convolution/conv2d.ts";
import { linear as linearOp } from "../kernels/gemm/linear.ts";
import { embedding as embeddingOp } from "../kernels/indexing/gather.ts";
import { batchNorm as batchNormOp } from "../kernels/norms/batchNorm.ts";
import { avgPool2d as avgPool2dOp, maxPool2d as maxPool2dOp } from "../kernels/pooling/pool2d.ts";
import { dropout as dropoutOp } from "../kernels/random/dropout.ts";
import {
  isList,
  isTensor,
  show,
  wantAlone,
  wantNoMore,
  wantProbability,
  wantTensor,
  wantTensorOrNull,
  wantWhole,
} from "../tensor/check.ts";
import { checkIndices, indexArray } from "../tensor/from-host.ts";
import { arrayOf } from "../tensor/handle.ts";
import { BOOLEAN, NUMBER, PAIR, takes } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import { apply, type Tensor } from "../tensor/tensor.ts";
import { lend } from "./lend.ts";
import { type NumberOrPair, pair } from "./pair.ts";

export * from "./losses.ts";

// Linear maps ----------------------------------------------------------------------------------------------

/** x · weightᵀ + bias: x [..., in], weight [out, in], bias [out] or null → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, ...more: never[]): Tensor {
  wantWeights("linear", x, weight, bias);
  wantNoMore("linear", more);
  const features = x.shape.at(-1);
  if (weight.ndim !== 2 || features !== weight.shape[1]) {
    throw new RangeError(
      `linear: weight ${formatShape(weight.shape)} wants inputs of ${weight.shape[1] ?? "?"} features, got ${formatShape(x.shape)}`,
    );
  }
  checkBias("linear", bias, weight.shape[0]!);
  return scope(() => {
    const rows = x.ndim === 2 ? x : x.reshape([-1, weight.shape[1]!]);
    const y = apply(linearOp, bias === null ? [rows, weight] : [rows, weight, bias], undefined);
    return x.ndim === 2 ? y : y.reshape([...x.shape.slice(0, -1), weight.shape[0]!]);
  }, "linear");
}

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

function wantWeights(name: string, x: Tensor, weight: Tensor, bias: Tensor | null): void {
  wantTensor(name, "the input", x);
  wantTensor(name, "the weight", weight);
  wantTensorOrNull(name, "the bias", bias);
}

function checkBias(name: string, bias: Tensor | null, outputs: number): void {
  if (bias === null || sameShape(bias.shape, [outputs])) return;
  throw new RangeError(`${name}: the bias is [${outputs}], got ${formatShape(bias.shape)}`);
}

/**
 * Rows of weight [rows, d] by index: a list, or a uint32 tensor of any shape → [...index, d]. An index that is no row is
 * refused where it comes from the host; one that the GPU computed gives a row of NaN.
 */
export function embedding(index: Tensor | readonly number[], weight: Tensor, ...more: never[]): Tensor {
  wantTensor("embedding", "the weight", weight);
  wantNoMore("embedding", more);
  const rows = weight.shape[0] ?? 0;
  if (isTensor(index)) {
    checkIndices("embedding: an index", index, rows);
    return apply(embeddingOp, [weight, index], undefined);
  }
  if (!isList(index))
    throw new TypeError(
      `embedding: the index is a list of whole numbers or a uint32 tensor, got ${show(index)}`,
    );
  const list = indexArray(index, rows, "embedding: index");
  return lend(list, (lent) => apply(embeddingOp, [weight, lent], undefined));
}

// Pooling --------------------------------------------------------------------------------------------------

export interface PoolOptions {
  /** Distance between windows; the kernel's size if left out. */
  stride?: NumberOrPair;
  /** On each side, at most half of the kernel. */
  padding?: NumberOrPair;
}

const POOL = { stride: PAIR, padding: PAIR };
const maxPool2dOptions = takes("maxPool2d", 3, POOL);
const avgPool2dOptions = takes("avgPool2d", 3, POOL);

function poolAttrs(name: string, kernelSize: NumberOrPair, { stride, padding = 0 }: PoolOptions = {}) {
  const kernel = pair(kernelSize, `${name}: kernelSize`);
  return {
    kernel,
    stride: stride === undefined ? kernel : pair(stride, `${name}: stride`),
    padding: pair(padding, `${name}: padding`, 0),
  };
}

/** The largest value of each window of [samples, channels, height, width]; the first of equals gets the gradient. */
export function maxPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: PoolOptions,
  ...more: never[]
): Tensor {
  wantTensor("maxPool2d", "the input", x);
  maxPool2dOptions(options, more);
  return apply(maxPool2dOp, [x], poolAttrs("maxPool2d", kernelSize, options));
}

/** The mean of each window of [samples, channels, height, width]; padding counts as zeros. */
export function avgPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: PoolOptions,
  ...more: never[]
): Tensor {
  wantTensor("avgPool2d", "the input", x);
  avgPool2dOptions(options, more);
  return apply(avgPool2dOp, [x], poolAttrs("avgPool2d", kernelSize, options));
}

// Activations ----------------------------------------------------------------------------------------------

/** A function of a tensor and nothing else. */
type OfOne = (x: Tensor) => Tensor;

function alone(name: string, f: OfOne): OfOne {
  return (x, ...more: unknown[]) => {
    wantTensor(name, "the input", x);
    wantAlone(name, more);
    return f(x);
  };
}

/** max(x, 0). */
export const relu = alone("relu", (x) => x.relu());

/** x where it is above 0, else negativeSlope · x. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01, ...more: never[]): Tensor {
  wantTensor("leakyRelu", "the input", x);
  wantNoMore("leakyRelu", more);
  return x.leakyRelu(negativeSlope);
}

/** GELU in its tanh approximation. */
export const gelu = alone("gelu", (x) => x.gelu());
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = alone("sigmoid", (x) => x.sigmoid());
/** The hyperbolic tangent of each element. */
export const tanh = alone("tanh", (x) => x.tanh());

/** eˣ over the sum of eˣ along the axis (negative: from the last): what lies along it adds up to 1. */
export function softmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("softmax", "the input", x);
  wantNoMore("softmax", more);
  return x.softmax(axis);
}

/** The logarithm of softmax, without its under- and overflow. */
export function logSoftmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("logSoftmax", "the input", x);
  wantNoMore("logSoftmax", more);
  return x.logSoftmax(axis);
}

// Regularisation -------------------------------------------------------------------------------------------

const dropoutOptions = takes("dropout", 3, { training: BOOLEAN });

/** Training: each element becomes 0 with probability p, the others x / (1 − p). Else x itself. */
export function dropout(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("dropout", "the input", x);
  dropoutOptions(options, more);
  wantProbability("dropout", { p });
  const training = options?.training ?? true;
  return training && p > 0 ? apply(dropoutOp, [x], { p, ...nextDraw() }) : x;
}

export interface BatchNormOptions {
  /** Whether to normalise by the batch's own statistics, and move the running ones, or by the running ones. */
  training?: boolean;
  /** Share of the batch's statistics that goes into the running ones. */
  momentum?: number;
  /** Added to the variance. */
  eps?: number;
}

const batchNormOptions = takes("batchNorm", 6, { training: BOOLEAN, momentum: NUMBER, eps: NUMBER });

/**
 * Each channel of x [samples, channels, …] to mean 0 and variance 1, times weight plus bias (each [channels] or null).
 * Training changes runningMean and runningVar in place, as PyTorch does: (1 − momentum) · running + momentum · batch,
 * with the unbiased variance. They may be null there.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: BatchNormOptions,
  ...more: never[]
): Tensor {
  wantTensor("batchNorm", "the input", x);
  wantTensorOrNull("batchNorm", "runningMean", runningMean);
  wantTensorOrNull("batchNorm", "runningVar", runningVar);
  wantTensorOrNull("batchNorm", "the weight", weight);
  wantTensorOrNull("batchNorm", "the bias", bias);
  batchNormOptions(options, more);
  const { training = false, momentum = 0.1, eps = 1e-5 } = options ?? {};
  const inputs = [x, weight, bias].filter((tensor) => tensor !== null);
  return apply(batchNormOp, inputs, {
    training,
    momentum,
    eps,
    runningMean: runningMean && arrayOf(runningMean),
    runningVar: runningVar && arrayOf(runningVar),
    weight: weight !== null,
    bias: bias !== null,
  });
}
