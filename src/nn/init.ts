// Initial weights, by torch.nn.init's names. Each overwrites a tensor in place, off the tape, with numbers from
// the seeded generator (manualSeed), and returns it.

import { formatShape, sizeOf } from "../gpu/shape.ts";
import { noGrad } from "../tensor/autograd/grad-mode.ts";
import { show, wantNoMore, wantNumber, wantTensor } from "../tensor/check.ts";
import { full, normal, uniform } from "../tensor/creation.ts";
import { NUMBER, oneOf, takes } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";

function fill(tensor: Tensor, values: () => Tensor): Tensor {
  return noGrad(() => tensor.copy_(values()));
}

/** Uniform in [low, high). */
export function uniform_(tensor: Tensor, low = 0, high = 1, ...more: never[]): Tensor {
  wantTensor("uniform_", "what is filled", tensor);
  wantNumber("uniform_", "low", low);
  wantNumber("uniform_", "high", high);
  wantNoMore("uniform_", more);
  return fill(tensor, () => uniform(tensor.shape, low, high));
}

/** Normal, by mean and standard deviation. */
export function normal_(tensor: Tensor, mean = 0, deviation = 1, ...more: never[]): Tensor {
  wantTensor("normal_", "what is filled", tensor);
  wantNumber("normal_", "mean", mean);
  wantNumber("normal_", "deviation", deviation);
  wantNoMore("normal_", more);
  return fill(tensor, () => normal(tensor.shape, mean, deviation));
}

/** The same number everywhere. */
export function constant_(tensor: Tensor, value: number, ...more: never[]): Tensor {
  wantTensor("constant_", "what is filled", tensor);
  wantNumber("constant_", "value", value);
  wantNoMore("constant_", more);
  return fill(tensor, () => full(tensor.shape, value));
}

/** Connections into one output and out of one input: a weight is [out, in, …kernel]. */
export function calculateFanInAndFanOut(tensor: Tensor): { fanIn: number; fanOut: number } {
  wantTensor("calculateFanInAndFanOut", "the weight", tensor);
  const { shape } = tensor;
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
const NONLINEARITY = oneOf("linear", "sigmoid", "tanh", "relu", "leakyRelu");

/** What a function does to the deviation of its input, undone. `negativeSlope` is leakyRelu's. */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  if (!NONLINEARITY.fits(nonlinearity)) {
    const kind = typeof nonlinearity === "string" ? RangeError : TypeError;
    throw new kind(`calculateGain: the nonlinearity is ${NONLINEARITY.says}, got ${show(nonlinearity)}`);
  }
  wantNumber("calculateGain", "negativeSlope", negativeSlope);
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

const KAIMING = { a: NUMBER, mode: oneOf("fanIn", "fanOut"), nonlinearity: NONLINEARITY };
const kaimingUniformOptions = takes("kaimingUniform_", 2, KAIMING);
const kaimingNormalOptions = takes("kaimingNormal_", 2, KAIMING);

function kaimingDeviation(
  tensor: Tensor,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions = {},
) {
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFanInAndFanOut(tensor)[mode]);
}

/** He et al. 2015: uniform within ±gain · √(3 / fan). */
export function kaimingUniform_(tensor: Tensor, options?: KaimingOptions, ...more: never[]): Tensor {
  wantTensor("kaimingUniform_", "what is filled", tensor);
  kaimingUniformOptions(options, more);
  const bound = Math.sqrt(3) * kaimingDeviation(tensor, options);
  return uniform_(tensor, -bound, bound);
}

/** He et al. 2015: normal with deviation gain / √fan. */
export function kaimingNormal_(tensor: Tensor, options?: KaimingOptions, ...more: never[]): Tensor {
  wantTensor("kaimingNormal_", "what is filled", tensor);
  kaimingNormalOptions(options, more);
  return normal_(tensor, 0, kaimingDeviation(tensor, options));
}

/** Glorot & Bengio 2010: uniform within ±gain · √(6 / (fanIn + fanOut)). */
export function xavierUniform_(tensor: Tensor, gain = 1, ...more: never[]): Tensor {
  wantTensor("xavierUniform_", "what is filled", tensor);
  wantNumber("xavierUniform_", "gain", gain);
  wantNoMore("xavierUniform_", more);
  const { fanIn, fanOut } = calculateFanInAndFanOut(tensor);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(tensor, -bound, bound);
}
