// Activation functions as layers.
import { wantNoMore, wantNumber } from "../../tensor/check.ts";
import { NUMBER, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Module } from "../module.ts";

/**
 * max(x, 0).
 * @shape any → the same
 * @example new nn.ReLU().forward(tensor([-1, 2])); // → [0, 2]
 */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}

/**
 * x where it is above 0, else negativeSlope · x.
 * @shape any → the same
 * @example new nn.LeakyReLU(0.1).forward(tensor([-1, 2])); // → [-0.1, 2]
 */
export class LeakyReLU extends Module {
  constructor(
    readonly negativeSlope = 0.01,
    ...more: never[]
  ) {
    super();
    wantNumber("LeakyReLU", "negativeSlope", negativeSlope);
    wantNoMore("LeakyReLU", more);
  }

  forward(x: Tensor): Tensor {
    return F.leakyRelu(x, this.negativeSlope);
  }

  protected override extraRepr(): string {
    return String(this.negativeSlope);
  }
}

const geluOptions = takes("GELU", 1, { approximate: oneOf("none", "tanh") });

/**
 * F.gelu.
 * @shape any → the same
 * @example new nn.GELU().forward(tensor([-1, 1])); // → [-0.1587, 0.8413]
 */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor(options?: { approximate?: "none" | "tanh" }, ...more: never[]) {
    super();
    geluOptions(options, more);
    this.approximate = options?.approximate ?? "none";
  }

  forward(x: Tensor): Tensor {
    return F.gelu(x, { approximate: this.approximate });
  }

  protected override extraRepr(): string {
    return this.approximate === "none" ? "" : `approximate: ${this.approximate}`;
  }
}

/**
 * 1 / (1 + e⁻ˣ).
 * @shape any → the same
 * @example new nn.Sigmoid().forward(tensor([0, 1])); // → [0.5, 0.7311]
 */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}

/**
 * The hyperbolic tangent of each element.
 * @shape any → the same
 * @example new nn.Tanh().forward(tensor([0, 1])); // → [0, 0.7616]
 */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}

/**
 * F.softmax along one axis.
 * @shape any → the same
 * @example new nn.Softmax(1).forward(tensor([[0, 0]])); // → [[0.5, 0.5]]
 */
export class Softmax extends Module {
  constructor(
    readonly axis: number,
    ...more: never[]
  ) {
    super();
    wantNumber("Softmax", "dim", axis);
    wantNoMore("Softmax", more);
  }

  forward(x: Tensor): Tensor {
    return F.softmax(x, this.axis);
  }

  protected override extraRepr(): string {
    return `axis: ${this.axis}`;
  }
}

/**
 * F.logSoftmax along one axis.
 * @shape any → the same
 * @example new nn.LogSoftmax(1).forward(tensor([[0, 0]])); // → [[-0.6931, -0.6931]]
 */
export class LogSoftmax extends Module {
  constructor(
    readonly axis: number,
    ...more: never[]
  ) {
    super();
    wantNumber("LogSoftmax", "dim", axis);
    wantNoMore("LogSoftmax", more);
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.axis);
  }

  protected override extraRepr(): string {
    return `axis: ${this.axis}`;
  }
}

/**
 * x / (1 + e⁻ˣ), also called swish.
 * @shape any → the same
 * @example new nn.SiLU().forward(tensor([0, 1])); // → [0, 0.7311]
 */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return F.silu(x);
  }
}

/**
 * x tanh(ln(1 + eˣ)).
 * @shape any → the same
 * @example new nn.Mish().forward(tensor([0, 1])); // → [0, 0.8651]
 */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return F.mish(x);
  }
}

/**
 * elu, scaled so that normalised inputs stay so.
 * @shape any → the same
 * @example new nn.SELU().forward(tensor([0, 1])); // → [0, 1.0507]
 */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return F.selu(x);
  }
}

/**
 * ln(1 / (1 + e⁻ˣ)).
 * @shape any → the same
 * @example new nn.LogSigmoid().forward(tensor([0])); // → [-0.6931]
 */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.logsigmoid(x);
  }
}

/**
 * x / (1 + |x|).
 * @shape any → the same
 * @example new nn.Softsign().forward(tensor([3])); // → [0.75]
 */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return F.softsign(x);
  }
}

/**
 * x − tanh x.
 * @shape any → the same
 * @example new nn.Tanhshrink().forward(tensor([0, 1])); // → [0, 0.2384]
 */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return F.tanhshrink(x);
  }
}

/**
 * x where it is above 0, else α (eˣ − 1).
 * @shape any → the same
 * @example new nn.ELU().forward(tensor([-1, 2])); // → [-0.6321, 2]
 */
export class ELU extends Module {
  constructor(
    readonly alpha = 1,
    ...more: never[]
  ) {
    super();
    wantNumber("ELU", "alpha", alpha);
    wantNoMore("ELU", more);
  }

  forward(x: Tensor): Tensor {
    return F.elu(x, this.alpha);
  }

  protected override extraRepr(): string {
    return String(this.alpha);
  }
}

/**
 * x where it is above 0, else α (e^(x/α) − 1).
 * @shape any → the same
 * @example new nn.CELU().forward(tensor([-1, 2])); // → [-0.6321, 2]
 */
export class CELU extends Module {
  constructor(
    readonly alpha = 1,
    ...more: never[]
  ) {
    super();
    wantNumber("CELU", "alpha", alpha);
    wantNoMore("CELU", more);
  }

  forward(x: Tensor): Tensor {
    return F.celu(x, this.alpha);
  }

  protected override extraRepr(): string {
    return String(this.alpha);
  }
}

const softplusOptions = takes("Softplus", 1, { beta: NUMBER, threshold: NUMBER });

/**
 * F.softplus.
 * @shape any → the same
 * @example new nn.Softplus().forward(tensor([0])); // → [0.6931]
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(options?: { beta?: number; threshold?: number }, ...more: never[]) {
    super();
    softplusOptions(options, more);
    this.beta = options?.beta ?? 1;
    this.threshold = options?.threshold ?? 20;
  }

  forward(x: Tensor): Tensor {
    return F.softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  protected override extraRepr(): string {
    return `beta: ${this.beta}, threshold: ${this.threshold}`;
  }
}

/**
 * The first half of a dim, times the sigmoid of the second.
 * @shape [..., 2 n, ...] → [..., n, ...]
 * @example new nn.GLU().forward(tensor([[1, 2, 0, 0]])); // → [[0.5, 1]]
 */
export class GLU extends Module {
  constructor(
    readonly dim = -1,
    ...more: never[]
  ) {
    super();
    wantNumber("GLU", "the dim", dim);
    wantNoMore("GLU", more);
  }

  forward(x: Tensor): Tensor {
    return F.glu(x, this.dim);
  }

  protected override extraRepr(): string {
    return `dim: ${this.dim}`;
  }
}

/**
 * softmax of −x.
 * @shape any → the same
 * @example new nn.Softmin(1).forward(tensor([[0, 0]])); // → [[0.5, 0.5]]
 */
export class Softmin extends Module {
  constructor(
    readonly dim: number,
    ...more: never[]
  ) {
    super();
    wantNumber("Softmin", "the dim", dim);
    wantNoMore("Softmin", more);
  }

  forward(x: Tensor): Tensor {
    return F.softmin(x, this.dim);
  }

  protected override extraRepr(): string {
    return `dim: ${this.dim}`;
  }
}
