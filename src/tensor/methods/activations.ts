// Tensor's activation functions, by the names that they have in nn.functional.
import { activations } from "../../kernels/elementwise/activations.ts";
import { unary } from "../../kernels/elementwise/unary.ts";
import { where } from "../../kernels/elementwise/where.ts";
import { wantNumber, wantPositive } from "../check.ts";
import { NUMBER, oneOf, takes } from "../options.ts";
import { scope } from "../scope.ts";
import { Elementwise } from "./elementwise.ts";

const softplusOptions = takes("softplus", 1, { beta: NUMBER, threshold: NUMBER });
const geluOptions = takes("gelu", 1, { approximate: oneOf("none", "tanh") });

/** Klambauer et al., Self-Normalizing Neural Networks, 2017. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export abstract class Activations<Self extends Activations<Self>> extends Elementwise<Self> {
  /** 1 / (1 + e⁻ˣ).
   * @shape any → the same
   * @example tensor([0, 1]).sigmoid(); // → [0.5, 0.7311] */
  sigmoid(): Self {
    return this.of(unary.sigmoid);
  }
  /** Hyperbolic tangent.
   * @shape any → the same
   * @example tensor([0, 1]).tanh(); // → [0, 0.7616] */
  tanh(): Self {
    return this.of(unary.tanh);
  }
  /** max(x, 0).
   * @shape any → the same
   * @example tensor([-1, 2]).relu(); // → [0, 2] */
  relu(): Self {
    return this.dtype === "float32" ? this.of(unary.relu) : this.maximum(0);
  }
  /** x where it is above 0, else negativeSlope · x; see F.leakyRelu.
   * @shape any → the same
   * @example tensor([-1, 2]).leakyRelu(0.1); // → [-0.1, 2] */
  leakyRelu(negativeSlope = 0.01): Self {
    wantNumber("leakyRelu", "negativeSlope", negativeSlope);
    return this.of(unary.leakyRelu, negativeSlope);
  }
  /**
   * x Φ(x), Φ the share of a standard normal distribution below x; with { approximate: "tanh" },
   * 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
   * @shape any → the same
   * @example tensor([-1, 1]).gelu(); // → [-0.1587, 0.8413]
   */
  gelu(options?: { approximate?: "none" | "tanh" }, ...more: never[]): Self {
    geluOptions(options, more);
    return this.of(options?.approximate === "tanh" ? unary.geluTanh : unary.gelu);
  }
  /** x / (1 + e⁻ˣ), also called swish.
   * @shape any → the same
   * @example tensor([0, 1]).silu(); // → [0, 0.7311] */
  silu(): Self {
    return this.of(unary.silu);
  }
  /** x tanh(ln(1 + eˣ)).
   * @shape any → the same
   * @example tensor([0, 1]).mish(); // → [0, 0.8651] */
  mish(): Self {
    return this.of(activations.mish);
  }
  /** ln(1 / (1 + e⁻ˣ)).
   * @shape any → the same
   * @example tensor([0]).logsigmoid(); // → [-0.6931] */
  logsigmoid(): Self {
    return this.of(activations.logsigmoid);
  }
  /** x · min(max(x + 3, 0), 6) / 6.
   * @shape any → the same
   * @example tensor([-4, 1, 4]).hardswish(); // → [0, 0.6667, 4] */
  hardswish(): Self {
    return this.of(activations.hardswish);
  }
  /** min(max(x + 3, 0), 6) / 6.
   * @shape any → the same
   * @example tensor([-4, 0, 4]).hardsigmoid(); // → [0, 0.5, 1] */
  hardsigmoid(): Self {
    return this.of(activations.hardsigmoid);
  }
  /** x / (1 + |x|).
   * @shape any → the same
   * @example tensor([-1, 3]).softsign(); // → [-0.5, 0.75] */
  softsign(): Self {
    return this.of(activations.softsign);
  }
  /** x − tanh x, exact near 0.
   * @shape any → the same
   * @example tensor([0, 1]).tanhshrink(); // → [0, 0.2384] */
  tanhshrink(): Self {
    return this.of(activations.tanhshrink);
  }
  /** x where it is above 0, else α (eˣ − 1).
   * @shape any → the same
   * @example tensor([-1, 2]).elu(); // → [-0.6321, 2] */
  elu(alpha = 1): Self {
    wantNumber("elu", "alpha", alpha);
    return this.of(activations.elu, alpha, 1, 1);
  }
  /** elu, scaled so that normalised inputs stay so.
   * @shape any → the same
   * @example tensor([0, 1]).selu(); // → [0, 1.0507] */
  selu(): Self {
    return this.of(activations.elu, SELU_ALPHA * SELU_SCALE, SELU_SCALE, 1);
  }
  /** x where it is above 0, else α (e^(x/α) − 1), whose slope is 1 at 0.
   * @shape any → the same
   * @example tensor([-1, 2]).celu(2); // → [-0.7869, 2] */
  celu(alpha = 1): Self {
    wantNumber("celu", "alpha", alpha);
    if (alpha === 0) throw new RangeError("celu: alpha is not 0");
    return this.of(activations.elu, alpha, 1, 1 / alpha);
  }
  /** ln(1 + e^(βx)) / β, a smooth relu; x itself where βx is above the threshold, 20 unless given.
   * @shape any → the same
   * @example tensor([0, 50]).softplus(); // → [0.6931, 50] */
  softplus(options?: { beta?: number; threshold?: number }, ...more: never[]): Self {
    softplusOptions(options, more);
    const { beta = 1, threshold = 20 } = options ?? {};
    wantPositive("softplus", { beta });
    return this.of(activations.softplus, beta, threshold);
  }
  /** No less than `min`, no more than `max`; at and beyond them there is no gradient.
   * @shape any → the same
   * @example tensor([-3, 0.5, 3]).hardtanh(); // → [-1, 0.5, 1] */
  hardtanh(min = -1, max = 1): Self {
    wantNumber("hardtanh", "min", min);
    wantNumber("hardtanh", "max", max);
    if (!(min <= max)) throw new RangeError(`hardtanh: min is at most max, got ${min} and ${max}`);
    // Whole numbers stay what they are, between the bounds' whole parts, as in PyTorch.
    if (this.dtype !== "float32") return this.clamp(Math.trunc(min), Math.trunc(max));
    return this.of(activations.hardtanh, min, max);
  }
  /** min(max(x, 0), 6).
   * @shape any → the same
   * @example tensor([-1, 9]).relu6(); // → [0, 6] */
  relu6(): Self {
    return this.hardtanh(0, 6);
  }
  /** x less λ towards 0, and 0 within. NaN stays NaN.
   * @shape any → the same
   * @example tensor([-2, 0.2, 2]).softshrink(0.5); // → [-1.5, 0, 1.5] */
  softshrink(lambda = 0.5): Self {
    wantShrink("softshrink", lambda);
    return this.of(activations.softshrink, lambda);
  }
  /** x, and 0 where |x| ≤ λ.
   * @shape any → the same
   * @example tensor([-2, 0.2, 2]).hardshrink(0.5); // → [-2, 0, 2] */
  hardshrink(lambda = 0.5): Self {
    wantShrink("hardshrink", lambda);
    return this.of(activations.hardshrink, lambda);
  }
  /** x where it is above `threshold`, else `value`.
   * @shape any → the same
   * @example tensor([-1, 2]).threshold(1, 20); // → [20, 2] */
  threshold(threshold: number, value: number): Self {
    wantNumber("threshold", "the threshold", threshold);
    wantNumber("threshold", "the value", value);
    if (this.dtype === "float32") return this.of(activations.threshold, threshold, value);
    return scope(
      () => this.apply(where, [this.gt(threshold), this, this.number(value, this.dtype)], undefined),
      "threshold",
    );
  }
}

function wantShrink(who: string, lambda: number): void {
  wantNumber(who, "lambda", lambda);
  if (lambda < 0) throw new RangeError(`${who}: lambda is a number ≥ 0, got ${lambda}`);
}
