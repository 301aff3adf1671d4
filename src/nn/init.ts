// Initial weights, by torch.nn.init's names. Each overwrites a tensor in place, off the tape, with numbers from
// the seeded generator (manualSeed), and returns it.

import { formatShape, sizeOf } from "../gpu/shape.ts";
import { noGrad } from "../tensor/autograd/grad-mode.ts";
import { show, wantNoMore, wantNumber, wantTensor, wantWhole } from "../tensor/check.ts";
import { full, tensor as made, normal, uniform } from "../tensor/creation.ts";
import { where } from "../tensor/functions.ts";
import { naming } from "../tensor/naming.ts";
import { NUMBER, oneOf, takes } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { skipsInit } from "./skip-init.ts";

function fill(tensor: Tensor, values: () => Tensor): Tensor {
  return skipsInit() ? tensor : noGrad(() => tensor.copy_(values()));
}

/**
 * Uniform in [low, high).
 * @shape any → the same
 * @example nn.init.uniform_(zeros([100]), -1, 1).abs().le(1).all(); // → true
 */
export function uniform_(tensor: Tensor, low = 0, high = 1, ...more: never[]): Tensor {
  wantTensor("uniform_", "what is filled", tensor);
  wantNumber("uniform_", "low", low);
  wantNumber("uniform_", "high", high);
  wantNoMore("uniform_", more);
  return fill(tensor, () => uniform(tensor.shape, low, high));
}

/**
 * Normal, by mean and standard deviation.
 * @shape any → the same
 * @example nn.init.normal_(zeros([2, 3]), 0, 0.02).shape; // → [2, 3]
 */
export function normal_(tensor: Tensor, mean = 0, deviation = 1, ...more: never[]): Tensor {
  wantTensor("normal_", "what is filled", tensor);
  wantNumber("normal_", "mean", mean);
  wantNumber("normal_", "deviation", deviation);
  wantNoMore("normal_", more);
  return fill(tensor, () => normal(tensor.shape, mean, deviation));
}

/**
 * The same number everywhere.
 * @shape any → the same
 * @example nn.init.constant_(zeros([2]), 0.5); // → [0.5, 0.5]
 */
export function constant_(tensor: Tensor, value: number, ...more: never[]): Tensor {
  wantTensor("constant_", "what is filled", tensor);
  wantNumber("constant_", "value", value);
  wantNoMore("constant_", more);
  return fill(tensor, () => full(tensor.shape, value));
}

/**
 * Connections into one output and out of one input: a weight is [out, in, …kernel].
 * @shape [out, in, ...kernel] → nothing
 * @example nn.init.calculateFanInAndFanOut(zeros([8, 3, 5, 5])); // → { fanIn: 75, fanOut: 200 }
 */
export function calculateFanInAndFanOut(tensor: Tensor, ...more: never[]): { fanIn: number; fanOut: number } {
  wantNoMore("calculateFanInAndFanOut", more);
  wantTensor("calculateFanInAndFanOut", "the weight", tensor);
  const { shape } = tensor;
  if (shape.length < 2) {
    throw new RangeError(
      `calculateFanInAndFanOut: the weight has two dimensions or more, got ${formatShape(shape)}`,
    );
  }
  const [outputs, inputs] = shape as [number, number];
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: inputs * kernel, fanOut: outputs * kernel };
}

/** What comes behind the weights: it decides their gain. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";
const NONLINEARITY = oneOf("linear", "sigmoid", "tanh", "relu", "leakyRelu", "selu");

/**
 * What a function does to the deviation of its input, undone. `negativeSlope` is leakyRelu's.
 * @shape any → the same
 * @example nn.init.calculateGain("relu"); // → 1.4142
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01, ...more: never[]): number {
  wantNoMore("calculateGain", more);
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
    case "selu":
      return 3 / 4;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + negativeSlope ** 2));
    default:
      return 1;
  }
}

/** What Kaiming's initial weights depend on. */
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
  who: string,
  tensor: Tensor,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions = {},
) {
  return calculateGain(nonlinearity, a) / Math.sqrt(naming(who, () => calculateFanInAndFanOut(tensor))[mode]);
}

/**
 * He et al. 2015: uniform within ±gain · √(3 / fan).
 * @shape [out, in, ...kernel] → the same
 * @example nn.init.kaimingUniform_(zeros([3, 6]), { nonlinearity: "relu" }).abs().le(1).all(); // → true
 */
export function kaimingUniform_(tensor: Tensor, options?: KaimingOptions, ...more: never[]): Tensor {
  wantTensor("kaimingUniform_", "what is filled", tensor);
  kaimingUniformOptions(options, more);
  const bound = Math.sqrt(3) * kaimingDeviation("kaimingUniform_", tensor, options);
  return uniform_(tensor, -bound, bound);
}

/**
 * He et al. 2015: normal with deviation gain / √fan.
 * @shape [out, in, ...kernel] → the same
 * @example nn.init.kaimingNormal_(zeros([3, 6])).shape; // → [3, 6]
 */
export function kaimingNormal_(tensor: Tensor, options?: KaimingOptions, ...more: never[]): Tensor {
  wantTensor("kaimingNormal_", "what is filled", tensor);
  kaimingNormalOptions(options, more);
  return normal_(tensor, 0, kaimingDeviation("kaimingNormal_", tensor, options));
}

/**
 * Glorot & Bengio 2010: uniform within ±gain · √(6 / (fanIn + fanOut)).
 * @shape [out, in, ...kernel] → the same
 * @example nn.init.xavierUniform_(zeros([3, 3])).abs().le(1).all(); // → true
 */
export function xavierUniform_(tensor: Tensor, gain = 1, ...more: never[]): Tensor {
  wantTensor("xavierUniform_", "what is filled", tensor);
  wantNumber("xavierUniform_", "gain", gain);
  wantNoMore("xavierUniform_", more);
  const { fanIn, fanOut } = naming("xavierUniform_", () => calculateFanInAndFanOut(tensor));
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(tensor, -bound, bound);
}

/**
 * Glorot & Bengio 2010: normal with deviation gain · √(2 / (fanIn + fanOut)).
 * @shape [out, in, ...kernel] → the same
 * @example nn.init.xavierNormal_(zeros([3, 3])).shape; // → [3, 3]
 */
export function xavierNormal_(tensor: Tensor, gain = 1, ...more: never[]): Tensor {
  wantTensor("xavierNormal_", "what is filled", tensor);
  wantNumber("xavierNormal_", "gain", gain);
  wantNoMore("xavierNormal_", more);
  const { fanIn, fanOut } = naming("xavierNormal_", () => calculateFanInAndFanOut(tensor));
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * 0 everywhere.
 * @shape any → the same
 * @example nn.init.zeros_(ones([2])); // → [0, 0]
 */
export function zeros_(tensor: Tensor, ...more: never[]): Tensor {
  wantTensor("zeros_", "what is filled", tensor);
  wantNoMore("zeros_", more);
  return constant_(tensor, 0);
}

/**
 * 1 everywhere.
 * @shape any → the same
 * @example nn.init.ones_(zeros([2])); // → [1, 1]
 */
export function ones_(tensor: Tensor, ...more: never[]): Tensor {
  wantTensor("ones_", "what is filled", tensor);
  wantNoMore("ones_", more);
  return constant_(tensor, 1);
}

/**
 * 1 on the diagonal of a matrix, 0 elsewhere: a linear layer passes its input.
 * @shape [n, m] → the same
 * @example nn.init.eye_(zeros([2, 2])); // → [[1, 0], [0, 1]]
 */
export function eye_(tensor: Tensor, ...more: never[]): Tensor {
  wantTensor("eye_", "what is filled", tensor);
  wantNoMore("eye_", more);
  if (tensor.ndim !== 2) throw new RangeError(`eye_: wants a matrix, got ${formatShape(tensor.shape)}`);
  const columns = tensor.shape[1]!;
  const values = Float32Array.from({ length: tensor.numel() }, (_, i) =>
    Math.floor(i / columns) === i % columns ? 1 : 0,
  );
  return fill(tensor, () => made(values, { shape: tensor.shape }));
}

/**
 * 1 in the middle of each channel's own kernel, 0 elsewhere: a convolution passes its channels, in each of `groups`.
 * @shape [out, in, ...kernel] → the same
 * @example nn.init.dirac_(zeros([1, 1, 3])); // → [[[0, 1, 0]]]
 */
export function dirac_(tensor: Tensor, groups = 1, ...more: never[]): Tensor {
  wantTensor("dirac_", "what is filled", tensor);
  wantWhole("dirac_", { groups }, 1);
  wantNoMore("dirac_", more);
  const { shape } = tensor;
  if (shape.length < 3 || shape.length > 5 || shape[0]! % groups !== 0)
    throw new RangeError(
      `dirac_: wants the weights of a convolution, [out, in, …kernel], out being in ${groups} groups, got ${formatShape(shape)}`,
    );
  const [outputs, inputs, ...kernel] = shape as [number, number, ...number[]];
  const size = sizeOf(kernel);
  const middle = kernel.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  const each = outputs / groups;
  const values = new Float32Array(tensor.numel());
  for (let o = 0; o < outputs; o++) {
    const own = o % each;
    if (own < inputs) values[(o * inputs + own) * size + middle] = 1;
  }
  return fill(tensor, () => made(values, { shape }));
}

/** Steps of Newton's iteration: what lies at a millionth of the largest singular value has come up to 1. */
const NEWTON = 42;

/**
 * Orthogonal rows or columns, of which there are fewer, times `gain` (Saxe et al. 2013); further dimensions count as columns. The
 * orthogonal matrix nearest to a drawn normal one, by X ← (3 X − X Xᵀ X) / 2 (Björck & Bowie 1971): uniformly distributed, as
 * PyTorch's by QR is.
 * @shape [n, ...] → the same
 * @example
 * const rows = nn.init.orthogonal_(zeros([2, 4]));
 * rows.matmul(rows.t()).allclose(eye(2), { atol: 1e-5 }); // → true
 */
export function orthogonal_(tensor: Tensor, gain = 1, ...more: never[]): Tensor {
  wantTensor("orthogonal_", "what is filled", tensor);
  wantNumber("orthogonal_", "gain", gain);
  wantNoMore("orthogonal_", more);
  const { shape } = tensor;
  if (shape.length < 2)
    throw new RangeError(`orthogonal_: wants two dimensions or more, got ${formatShape(shape)}`);
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const flat = [Math.min(rows, columns), Math.max(rows, columns)];
  return fill(tensor, () => {
    const drawn = normal(flat, 0, 1);
    let x = drawn.div(drawn.square().sum().sqrt());
    for (let i = 0; i < NEWTON; i++) {
      const gram = x.matmul(x.transpose(0, 1));
      x = x.mul(1.5).sub(gram.matmul(x).mul(0.5));
    }
    return (rows <= columns ? x : x.transpose(0, 1)).mul(gain).reshape(shape);
  });
}

/** The error function: 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1 · 3 · … · (2n + 1)). */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The coefficients of erf's inverse (Giles 2012), of the middle and of the tails, highest power first. */
const MIDDLE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
];
const TAILS = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
];

/**
 * Normal, by mean and standard deviation, but nothing below `a` or above `b`: by the inverse of its distribution from uniform
 * numbers, as PyTorch draws it.
 * @shape any → the same
 * @example nn.init.truncNormal_(zeros([100])).abs().le(2).all(); // → true
 */
export function truncNormal_(
  tensor: Tensor,
  mean = 0,
  deviation = 1,
  a = -2,
  b = 2,
  ...more: never[]
): Tensor {
  wantTensor("truncNormal_", "what is filled", tensor);
  for (const [name, value] of Object.entries({ mean, deviation, a, b }))
    wantNumber("truncNormal_", name, value);
  wantNoMore("truncNormal_", more);
  if (!(a < b)) throw new RangeError(`truncNormal_: a is below b, got ${a} and ${b}`);
  const [low, high] = [a, b].map((end) => erf((end - mean) / deviation / Math.SQRT2)) as [number, number];
  return fill(tensor, () => {
    const u = uniform(tensor.shape, low, high).clamp({ min: -1 + 2 ** -24, max: 1 - 2 ** -24 });
    const w = u.square().neg().add(1).log().neg();
    const along = (coefficients: readonly number[], v: Tensor) =>
      coefficients.slice(1).reduce((sum, c) => sum.mul(v).add(c), full(tensor.shape, coefficients[0]!));
    const inverse = where(w.lt(5), along(MIDDLE, w.sub(2.5)), along(TAILS, w.sqrt().sub(3))).mul(u);
    return inverse
      .mul(deviation * Math.SQRT2)
      .add(mean)
      .clamp({ min: a, max: b });
  });
}

/**
 * Normal with this deviation, but a share `sparsity` of each column's rows 0 (Martens 2010). A matrix.
 * @shape [n, m] → the same
 * @example nn.init.sparse_(zeros([10, 3]), 0.5).eq(0).int().sum(0); // → [5, 5, 5]
 */
export function sparse_(tensor: Tensor, sparsity: number, deviation = 0.01, ...more: never[]): Tensor {
  wantTensor("sparse_", "what is filled", tensor);
  wantNumber("sparse_", "sparsity", sparsity);
  wantNumber("sparse_", "deviation", deviation);
  wantNoMore("sparse_", more);
  if (tensor.ndim !== 2) throw new RangeError(`sparse_: wants a matrix, got ${formatShape(tensor.shape)}`);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new RangeError(`sparse_: sparsity is a number from 0 to 1, got ${sparsity}`);
  const [rows, columns] = tensor.shape as [number, number];
  const none = Math.ceil(sparsity * rows);
  return fill(tensor, () => {
    const values = normal(tensor.shape, 0, deviation);
    if (none === 0) return values;
    const drawn = uniform(tensor.shape, 0, 1);
    const { values: ordered } = drawn.topk(none, 0, { largest: false });
    return values.mul(drawn.gt(ordered.narrow(0, none - 1, 1).expand([rows, columns])).float());
  });
}
