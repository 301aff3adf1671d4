// F: Activations: functions of each element, and softmax.
import { formatShape } from "../../gpu/shape.ts";
import { axisOf, wantAlone, wantNoMore, wantPositive, wantTensor } from "../../tensor/check.ts";
import { uniform } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A function of a tensor and nothing else. */
type OfOne = (x: Tensor) => Tensor;

function alone(name: string, f: OfOne): OfOne {
  return (x, ...more: unknown[]) => {
    wantTensor(name, "the input", x);
    wantAlone(name, more);
    return f(x);
  };
}

/**
 * max(x, 0).
 * @example F.relu(tensor([-1, 2])); // → [0, 2]
 */
export const relu = alone("relu", (x) => x.relu());

/**
 * x where it is above 0, else negativeSlope · x.
 * @example F.leakyRelu(tensor([-1, 2]), 0.1); // → [-0.1, 2]
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01, ...more: never[]): Tensor {
  wantTensor("leakyRelu", "the input", x);
  wantNoMore("leakyRelu", more);
  return x.leakyRelu(negativeSlope);
}

/**
 * x Φ(x), Φ the normal distribution's; with { approximate: "tanh" }, 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
 * @example F.gelu(tensor([-1, 0, 1])); // → [-0.1587, 0, 0.8413]
 */
export function gelu(x: Tensor, options?: { approximate?: "none" | "tanh" }, ...more: never[]): Tensor {
  wantTensor("gelu", "the input", x);
  return x.gelu(options, ...more);
}
/**
 * 1 / (1 + e⁻ˣ).
 * @example F.sigmoid(tensor([0, 1])); // → [0.5, 0.7311]
 */
export const sigmoid = alone("sigmoid", (x) => x.sigmoid());
/**
 * The hyperbolic tangent of each element.
 * @example F.tanh(tensor([0, 1])); // → [0, 0.7616]
 */
export const tanh = alone("tanh", (x) => x.tanh());

/**
 * min(max(x, 0), 6).
 * @example F.relu6(tensor([-1, 2, 9])); // → [0, 2, 6]
 */
export const relu6 = alone("relu6", (x) => x.relu6());
/**
 * x / (1 + e⁻ˣ), also called swish.
 * @example F.silu(tensor([0, 1])); // → [0, 0.7311]
 */
export const silu = alone("silu", (x) => x.silu());
/**
 * x tanh(ln(1 + eˣ)).
 * @example F.mish(tensor([0, 1])); // → [0, 0.8651]
 */
export const mish = alone("mish", (x) => x.mish());
/**
 * elu, scaled so that normalised inputs stay so (Klambauer et al. 2017).
 * @example F.selu(tensor([0, 1])); // → [0, 1.0507]
 */
export const selu = alone("selu", (x) => x.selu());
/**
 * x · min(max(x + 3, 0), 6) / 6.
 * @example F.hardswish(tensor([-4, 1, 4])); // → [0, 0.6667, 4]
 */
export const hardswish = alone("hardswish", (x) => x.hardswish());
/**
 * min(max(x + 3, 0), 6) / 6.
 * @example F.hardsigmoid(tensor([-4, 0, 4])); // → [0, 0.5, 1]
 */
export const hardsigmoid = alone("hardsigmoid", (x) => x.hardsigmoid());
/**
 * ln(1 / (1 + e⁻ˣ)).
 * @example F.logsigmoid(tensor([0])); // → [-0.6931]
 */
export const logsigmoid = alone("logsigmoid", (x) => x.logsigmoid());
/**
 * x / (1 + |x|).
 * @example F.softsign(tensor([-1, 3])); // → [-0.5, 0.75]
 */
export const softsign = alone("softsign", (x) => x.softsign());
/**
 * x − tanh x.
 * @example F.tanhshrink(tensor([0, 1])); // → [0, 0.2384]
 */
export const tanhshrink = alone("tanhshrink", (x) => x.tanhshrink());

/**
 * x where it is above 0, else α (eˣ − 1).
 * @example F.elu(tensor([-1, 2])); // → [-0.6321, 2]
 */
export function elu(x: Tensor, alpha = 1, ...more: never[]): Tensor {
  wantTensor("elu", "the input", x);
  wantNoMore("elu", more);
  return x.elu(alpha);
}

/**
 * x where it is above 0, else α (e^(x/α) − 1).
 * @example F.celu(tensor([-1, 2]), 2); // → [-0.7869, 2]
 */
export function celu(x: Tensor, alpha = 1, ...more: never[]): Tensor {
  wantTensor("celu", "the input", x);
  wantNoMore("celu", more);
  return x.celu(alpha);
}

/**
 * ln(1 + e^(βx)) / β; x itself where βx is above the threshold. `beta` is 1 and `threshold` 20 unless given.
 * @example F.softplus(tensor([0, 50])); // → [0.6931, 50]
 */
export function softplus(
  x: Tensor,
  options?: { beta?: number; threshold?: number },
  ...more: never[]
): Tensor {
  wantTensor("softplus", "the input", x);
  return x.softplus(options, ...more);
}

/**
 * No less than `min`, no more than `max`; at and beyond them there is no gradient.
 * @example F.hardtanh(tensor([-3, 0.5, 3])); // → [-1, 0.5, 1]
 */
export function hardtanh(x: Tensor, min = -1, max = 1, ...more: never[]): Tensor {
  wantTensor("hardtanh", "the input", x);
  wantNoMore("hardtanh", more);
  return x.hardtanh(min, max);
}

/**
 * x less λ towards 0, and 0 within.
 * @example F.softshrink(tensor([-2, 0.2, 2]), 0.5); // → [-1.5, 0, 1.5]
 */
export function softshrink(x: Tensor, lambda = 0.5, ...more: never[]): Tensor {
  wantTensor("softshrink", "the input", x);
  wantNoMore("softshrink", more);
  return x.softshrink(lambda);
}

/**
 * x, and 0 where |x| ≤ λ.
 * @example F.hardshrink(tensor([-2, 0.2, 2]), 0.5); // → [-2, 0, 2]
 */
export function hardshrink(x: Tensor, lambda = 0.5, ...more: never[]): Tensor {
  wantTensor("hardshrink", "the input", x);
  wantNoMore("hardshrink", more);
  return x.hardshrink(lambda);
}

/**
 * x where it is above `threshold`, else `value`.
 * @shape any → the same
 * @example F.threshold(tensor([-1, 2]), 1, 20); // → [20, 2]
 */
export function threshold(x: Tensor, threshold: number, value: number, ...more: never[]): Tensor {
  wantTensor("threshold", "the input", x);
  wantNoMore("threshold", more);
  return x.threshold(threshold, value);
}

/**
 * x where it is above 0, else weight · x: one weight, or one a channel of dim 1. Its weight has a gradient.
 * @shape any, [] → the same
 * @shape [samples, channels, ...], [channels] → the same
 * @shape any, [1] → the same
 * @example F.prelu(tensor([-2, 3]), tensor([0.25])); // → [-0.5, 3]
 */
export function prelu(x: Tensor, weight: Tensor, ...more: never[]): Tensor {
  wantTensor("prelu", "the input", x);
  wantNoMore("prelu", more);
  return x.prelu(weight);
}

const rreluOptions = takes("rrelu", 2, { lower: NUMBER, upper: NUMBER, training: BOOLEAN });

/**
 * x where it is above 0, else a slope times x, drawn for each element from lower … upper (1/8 … 1/3) in training, and
 * their mean else.
 * @shape any → the same
 * @example F.rrelu(tensor([-8, 2]), { lower: 0.125, upper: 0.25, training: false }); // → [-1.5, 2]
 */
export function rrelu(
  x: Tensor,
  options?: { lower?: number; upper?: number; training?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("rrelu", "the input", x);
  rreluOptions(options, more);
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options ?? {};
  if (!(lower <= upper)) throw new RangeError(`rrelu: lower is at most upper, got ${lower} and ${upper}`);
  if (!training) return x.leakyRelu((lower + upper) / 2);
  return scope(() => x.mul(where(x.gt(0), 1, uniform(x.shape, lower, upper))), "rrelu");
}

/**
 * The first half of a dim, times the sigmoid of the second: [..., 2 n, ...] → [..., n, ...].
 * @shape [..., 2 n, ...] → [..., n, ...]
 * @example
 * F.glu(tensor([[1, 2, 0, 0]])); // → [[0.5, 1]]
 * F.glu(tensor([1, 2, 3])); // throws glu: dim -1 of [3] has no two halves
 */
export function glu(x: Tensor, dim = -1, ...more: never[]): Tensor {
  wantTensor("glu", "the input", x);
  wantNoMore("glu", more);
  const at = axisOf(dim, x.ndim, "glu");
  const n = x.shape[at]!;
  if (n % 2 === 1) throw new RangeError(`glu: dim ${dim} of ${formatShape(x.shape)} has no two halves`);
  return scope(() => x.narrow(at, 0, n / 2).mul(x.narrow(at, n / 2, n / 2).sigmoid()), "glu");
}

/**
 * softmax of −x.
 * @shape any → the same
 * @example F.softmin(tensor([0, 0]), 0); // → [0.5, 0.5]
 */
export function softmin(x: Tensor, dim: number, ...more: never[]): Tensor {
  wantTensor("softmin", "the input", x);
  wantNoMore("softmin", more);
  return scope(() => x.neg().softmax(dim), "softmin");
}

const gumbelOptions = takes("gumbelSoftmax", 2, { tau: NUMBER, hard: BOOLEAN, dim: NUMBER });

/**
 * A draw from the distribution whose logarithms are `logits`, as softmax((logits + g) / tau), g = −ln(−ln u) (Jang et al.
 * 2017). With `hard` it is 1 for the largest and 0 else, and has the gradient of the soft one.
 * @shape any → the same
 * @example F.gumbelSoftmax(zeros([4, 3]), { hard: true }).sum(1); // → [1, 1, 1, 1]
 */
export function gumbelSoftmax(
  logits: Tensor,
  options?: { tau?: number; hard?: boolean; dim?: number },
  ...more: never[]
): Tensor {
  wantTensor("gumbelSoftmax", "the logits", logits);
  gumbelOptions(options, more);
  const { tau = 1, hard = false, dim = -1 } = options ?? {};
  wantPositive("gumbelSoftmax", { tau });
  const at = axisOf(dim, logits.ndim, "gumbelSoftmax");
  return scope(() => {
    // 1 − u is never 0, and ln(1 − u) is 0 where u is: the smallest that it can be else.
    const exponential = uniform(logits.shape, 0, 1)
      .neg()
      .log1p()
      .neg()
      .clamp(2 ** -25);
    const soft = logits.sub(exponential.log()).div(tau).softmax(at);
    if (!hard) return soft;
    const chosen = soft.eq(soft.amax(at, true)).float();
    return chosen.sub(soft.detach()).add(soft);
  }, "gumbelSoftmax");
}

/**
 * eˣ over the sum of eˣ along the axis (negative: from the last): what lies along it adds up to 1.
 * @shape any → the same
 * @example F.softmax(tensor([0, Math.log(3)]), 0); // → [0.25, 0.75]
 */
export function softmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("softmax", "the input", x);
  wantNoMore("softmax", more);
  return x.softmax(axis);
}

/**
 * The logarithm of softmax, without its under- and overflow.
 * @shape any → the same
 * @example F.logSoftmax(tensor([0, 0]), 0); // → [-0.6931, -0.6931]
 */
export function logSoftmax(x: Tensor, axis: number, ...more: never[]): Tensor {
  wantTensor("logSoftmax", "the input", x);
  wantNoMore("logSoftmax", more);
  return x.logSoftmax(axis);
}
