// Initial weights, by torch.nn.init's names. Each overwrites a tensor in place, off the tape, with numbers from
// the seeded generator (manualSeed), and returns it.

import { formatShape, sizeOf } from "../gpu/shape.ts";
import { full, normal, uniform } from "../tensor/creation.ts";
import { noGrad } from "../tensor/grad-mode.ts";
import type { Tensor } from "../tensor/tensor.ts";

function fill(tensor: Tensor, values: () => Tensor): Tensor {
  return noGrad(() => tensor.copy_(values()));
}

/** Uniform in [low, high). */
export function uniform_(tensor: Tensor, low = 0, high = 1): Tensor {
  return fill(tensor, () => uniform(tensor.shape, low, high));
}

/** Normal, by mean and standard deviation. */
export function normal_(tensor: Tensor, mean = 0, deviation = 1): Tensor {
  return fill(tensor, () => normal(tensor.shape, mean, deviation));
}

/** The same number everywhere. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return fill(tensor, () => full(tensor.shape, value));
}

/** Connections into one output and out of one input: a weight is [out, in, …kernel]. */
export function calculateFanInAndFanOut({ shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new RangeError(
      `fan in and fan out want a weight of two dimensions or more, not ${formatShape(shape)}`,
    );
  }
  const [outputs, inputs] = shape as [number, number];
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: inputs * kernel, fanOut: outputs * kernel };
}

export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu";

/** What a function does to the deviation of its input, undone. `negativeSlope` is leakyRelu's. */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + negativeSlope ** 2));
    default:
      return 1;
  }
}

export interface KaimingOptions {
  /** The negative slope of the leakyRelu that follows. */
  a?: number;
  /** What is kept: the deviation of the forward pass, or of the gradients. */
  mode?: "fanIn" | "fanOut";
  nonlinearity?: Nonlinearity;
}

function kaimingDeviation(
  tensor: Tensor,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions,
) {
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFanInAndFanOut(tensor)[mode]);
}

/** He et al. 2015: uniform within ±gain · √(3 / fan). */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingDeviation(tensor, options);
  return uniform_(tensor, -bound, bound);
}

/** He et al. 2015: normal with deviation gain / √fan. */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, 0, kaimingDeviation(tensor, options));
}

/** Glorot & Bengio 2010: uniform within ±gain · √(6 / (fanIn + fanOut)). */
export function xavierUniform_(tensor: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(tensor, -bound, bound);
}
