// Activation functions as layers.
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";

export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}

export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
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

export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}

export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}

export class Softmax extends Module {
  constructor(readonly axis: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return F.softmax(x, this.axis);
  }

  protected override describe(): string {
    return `axis: ${this.axis}`;
  }
}

export class LogSoftmax extends Module {
  constructor(readonly axis: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.axis);
  }

  protected override describe(): string {
    return `axis: ${this.axis}`;
  }
}
