// F: the functions that layers are made of, by PyTorch's names. Each checks what users pass and applies one
// operation of src/kernels (or a few), where the mathematics and the gradients are.

import { nextDraw } from "../gpu/random.ts";
import { formatShape, sameShape } from "../gpu/shape.ts";
import { conv2d as conv2dOp } from "../kernels/convolution/conv2d.ts";
import { linear as linearOp } from "../kernels/gemm/linear.ts";
import { embedding as embeddingOp } from "../kernels/indexing/gather.ts";
import { crossEntropy as crossEntropyOp } from "../kernels/losses/crossEntropy.ts";
import { type KlDivAttrs, klDiv } from "../kernels/losses/klDiv.ts";
import { nllLoss as nllLossOp } from "../kernels/losses/nllLoss.ts";
import { batchNorm as batchNormOp } from "../kernels/norms/batchNorm.ts";
import { avgPool2d as avgPool2dOp, maxPool2d as maxPool2dOp } from "../kernels/pooling/pool2d.ts";
import { dropout as dropoutOp } from "../kernels/random/dropout.ts";
import { wantProbability, wantWhole } from "../tensor/check.ts";
import { indexArray } from "../tensor/from-host.ts";
import { arrayOf, handleOf } from "../tensor/handle.ts";
import { scope } from "../tensor/scope.ts";
import { apply, Tensor } from "../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";

// Linear maps ----------------------------------------------------------------------------------------------

/** x · weightᵀ + bias: x [..., in], weight [out, in], bias [out] or null → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
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

/**
 * 2-D cross-correlation: x [samples, in, height, width], weight [out, in, kernel height, kernel width], bias [out]
 * or null → [samples, out, …]; each image side becomes ⌊(n + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { stride = 1, padding = 0, dilation = 1 }: ConvOptions<NumberOrPair> = {},
): Tensor {
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
  { stride = 1, padding = 0, dilation = 1 }: ConvOptions<number> = {},
): Tensor {
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

function checkBias(name: string, bias: Tensor | null, outputs: number): void {
  if (bias === null || sameShape(bias.shape, [outputs])) return;
  throw new RangeError(`${name}: the bias is [${outputs}], got ${formatShape(bias.shape)}`);
}

/** Rows of weight [rows, d] by index: a list, or a uint32 tensor of any shape → [...index, d]. */
export function embedding(index: Tensor | readonly number[], weight: Tensor): Tensor {
  if (index instanceof Tensor) return apply(embeddingOp, [weight, index], undefined);
  return withIndices(index, weight.shape[0] ?? 0, "embedding: index", (rows) =>
    apply(embeddingOp, [weight, rows], undefined),
  );
}

// Pooling --------------------------------------------------------------------------------------------------

export interface PoolOptions {
  /** Distance between windows; the kernel's size if left out. */
  stride?: NumberOrPair;
  /** On each side, at most half of the kernel. */
  padding?: NumberOrPair;
}

function poolAttrs(name: string, kernelSize: NumberOrPair, { stride, padding = 0 }: PoolOptions) {
  const kernel = pair(kernelSize, `${name}: kernelSize`);
  return {
    kernel,
    stride: stride === undefined ? kernel : pair(stride, `${name}: stride`),
    padding: pair(padding, `${name}: padding`, 0),
  };
}

/** The largest value of each window of [samples, channels, height, width]; the first of equals gets the gradient. */
export function maxPool2d(x: Tensor, kernelSize: NumberOrPair, options: PoolOptions = {}): Tensor {
  return apply(maxPool2dOp, [x], poolAttrs("maxPool2d", kernelSize, options));
}

/** The mean of each window of [samples, channels, height, width]; padding counts as zeros. */
export function avgPool2d(x: Tensor, kernelSize: NumberOrPair, options: PoolOptions = {}): Tensor {
  return apply(avgPool2dOp, [x], poolAttrs("avgPool2d", kernelSize, options));
}

// Activations ----------------------------------------------------------------------------------------------

/** max(x, 0). */
export const relu = (x: Tensor): Tensor => x.relu();
/** x where it is above 0, else negativeSlope · x. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => x.leakyRelu(negativeSlope);
/** GELU in its tanh approximation. */
export const gelu = (x: Tensor): Tensor => x.gelu();
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
/** The hyperbolic tangent of each element. */
export const tanh = (x: Tensor): Tensor => x.tanh();
/** eˣ over the sum of eˣ along the axis (negative: from the last): what lies along it adds up to 1. */
export const softmax = (x: Tensor, axis: number): Tensor => x.softmax(axis);
/** The logarithm of softmax, without its under- and overflow. */
export const logSoftmax = (x: Tensor, axis: number): Tensor => x.logSoftmax(axis);

// Losses ---------------------------------------------------------------------------------------------------

export interface LossOptions {
  reduction?: "mean" | "sum";
}

/** Class numbers: a list, or a uint32 tensor [samples]. */
export type Labels = Tensor | readonly number[];

/** −mean of each row's log-probability of its label: logProbabilities [samples, classes] → a single number. */
export function nllLoss(
  logProbabilities: Tensor,
  labels: Labels,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  return withLabels("nllLoss", logProbabilities, labels, (rows) =>
    apply(nllLossOp, [logProbabilities, rows], { reduction }),
  );
}

/** nllLoss of logSoftmax, in one: logits [samples, classes] → a single number. */
export function crossEntropy(
  logits: Tensor,
  labels: Labels,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  return withLabels("crossEntropy", logits, labels, (rows) =>
    apply(crossEntropyOp, [logits, rows], { reduction }),
  );
}

/**
 * Kullback-Leibler divergence of logProbabilities (logSoftmax of logits) from target probabilities, both
 * [samples, classes] → a single number: Σ t · (log t − logProbability), 0 where t is 0, divided by the samples
 * ("batchmean", the default here; PyTorch's own default divides by the elements) or not ("sum").
 *
 * The loss of soft labels, such as those of mixed sounds: for one-hot targets it is nllLoss. Targets are constants:
 * the gradient, −t / samples, is that of logProbabilities alone, and targets that require one are refused.
 */
export function klDivLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  { reduction = "batchmean" }: Partial<KlDivAttrs> = {},
): Tensor {
  return apply(klDiv, [logProbabilities, targets], { reduction });
}

/** mean (or sum) of (x − target)², both of one shape. */
export function mseLoss(x: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  if (!sameShape(x.shape, target.shape)) {
    throw new RangeError(
      `mseLoss: input ${formatShape(x.shape)} and target ${formatShape(target.shape)} are of different shapes`,
    );
  }
  return scope(() => {
    const squares = x.sub(target).square();
    return reduction === "mean" ? squares.mean() : squares.sum();
  }, "mseLoss");
}

function withLabels(name: string, scores: Tensor, labels: Labels, use: (labels: Tensor) => Tensor): Tensor {
  if (labels instanceof Tensor) return use(labels);
  if (scores.ndim !== 2) {
    throw new RangeError(`${name}: wants an input [samples, classes], got ${formatShape(scores.shape)}`);
  }
  const [samples, classes] = scores.shape as [number, number];
  if (labels.length !== samples) {
    throw new RangeError(
      `${name}: ${labels.length} labels do not fit the ${samples} samples of ${formatShape(scores.shape)}`,
    );
  }
  return withIndices(labels, classes, `${name}: label`, use);
}

/** Checks a list of indices, and lends it as a tensor. */
function withIndices(
  list: readonly number[],
  count: number,
  what: string,
  use: (list: Tensor) => Tensor,
): Tensor {
  const lent = new Tensor(indexArray(list, count, what), "a list of indices");
  try {
    return use(lent);
  } finally {
    handleOf(lent).free("it was a list");
  }
}

// Regularisation -------------------------------------------------------------------------------------------

/** Training: each element becomes 0 with probability p, the others x / (1 − p). Else x itself. */
export function dropout(x: Tensor, p = 0.5, { training = true } = {}): Tensor {
  wantProbability("dropout", { p });
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
  { training = false, momentum = 0.1, eps = 1e-5 }: BatchNormOptions = {},
): Tensor {
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
