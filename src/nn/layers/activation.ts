// Activation functions as layers.
import { wantNoMore, wantNumber } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Module } from "../module.ts";

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}

/** x where it is above 0, else negativeSlope · x. */
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

  protected override describe(): string {
    return String(this.negativeSlope);
  }
}

/** In its tanh approximation. */
export class GELU extends Module {
  forward(x: Tensor): Tensor {
    return F.gelu(x);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}

/** The hyperbolic tangent of each element. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}

/** F.softmax along one axis. */
export class Softmax extends Module {
  constructor(
    readonly axis: number,
    ...more: never[]
  ) {
    super();
    wantNumber("Softmax", "the axis", axis);
    wantNoMore("Softmax", more);
  }

  forward(x: Tensor): Tensor {
    return F.softmax(x, this.axis);
  }

  protected override describe(): string {
    return `axis: ${this.axis}`;
  }
}

/** F.logSoftmax along one axis. */
export class LogSoftmax extends Module {
  constructor(
    readonly axis: number,
    ...more: never[]
  ) {
    super();
    wantNumber("LogSoftmax", "the axis", axis);
    wantNoMore("LogSoftmax", more);
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.axis);
  }

  protected override describe(): string {
    return `axis: ${this.axis}`;
  }
}
