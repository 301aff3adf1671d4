// Activation functions made of straight pieces, as layers.
import { wantNoMore, wantNumber, wantWhole } from "../../tensor/check.ts";
import { full } from "../../tensor/creation.ts";
import { NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { noteParameters } from "../held.ts";
import { Module, Parameter } from "../module.ts";

/**
 * min(max(x, 0), 6).
 * @example new nn.ReLU6().forward(tensor([-1, 2, 9])); // → [0, 2, 6]
 */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return F.relu6(x);
  }
}

/**
 * x · min(max(x + 3, 0), 6) / 6.
 * @example new nn.Hardswish().forward(tensor([-4, 1, 4])); // → [0, 0.6667, 4]
 */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return F.hardswish(x);
  }
}

/**
 * min(max(x + 3, 0), 6) / 6.
 * @example new nn.Hardsigmoid().forward(tensor([-4, 0, 4])); // → [0, 0.5, 1]
 */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return F.hardsigmoid(x);
  }
}

/**
 * x less λ towards 0, and 0 within.
 * @example new nn.Softshrink().forward(tensor([-2, 0.2, 2])); // → [-1.5, 0, 1.5]
 */
export class Softshrink extends Module {
  constructor(
    readonly lambda = 0.5,
    ...more: never[]
  ) {
    super();
    wantNumber("Softshrink", "lambda", lambda);
    wantNoMore("Softshrink", more);
  }

  forward(x: Tensor): Tensor {
    return F.softshrink(x, this.lambda);
  }

  protected override extraRepr(): string {
    return String(this.lambda);
  }
}

/**
 * x, and 0 where |x| ≤ λ.
 * @example new nn.Hardshrink().forward(tensor([-2, 0.2, 2])); // → [-2, 0, 2]
 */
export class Hardshrink extends Module {
  constructor(
    readonly lambda = 0.5,
    ...more: never[]
  ) {
    super();
    wantNumber("Hardshrink", "lambda", lambda);
    wantNoMore("Hardshrink", more);
  }

  forward(x: Tensor): Tensor {
    return F.hardshrink(x, this.lambda);
  }

  protected override extraRepr(): string {
    return String(this.lambda);
  }
}

/**
 * No less than `min`, no more than `max`.
 * @shape any → the same
 * @example new nn.Hardtanh().forward(tensor([-3, 0.5, 3])); // → [-1, 0.5, 1]
 */
export class Hardtanh extends Module {
  constructor(
    readonly min = -1,
    readonly max = 1,
    ...more: never[]
  ) {
    super();
    wantNumber("Hardtanh", "min", min);
    wantNumber("Hardtanh", "max", max);
    wantNoMore("Hardtanh", more);
  }

  forward(x: Tensor): Tensor {
    return F.hardtanh(x, this.min, this.max);
  }

  protected override extraRepr(): string {
    return `${this.min}, ${this.max}`;
  }
}

/**
 * x where it is above `threshold`, else `value`.
 * @shape any → the same
 * @example new nn.Threshold(1, 20).forward(tensor([-1, 2])); // → [20, 2]
 */
export class Threshold extends Module {
  constructor(
    readonly threshold: number,
    readonly value: number,
    ...more: never[]
  ) {
    super();
    wantNumber("Threshold", "the threshold", threshold);
    wantNumber("Threshold", "the value", value);
    wantNoMore("Threshold", more);
  }

  forward(x: Tensor): Tensor {
    return F.threshold(x, this.threshold, this.value);
  }

  protected override extraRepr(): string {
    return `${this.threshold}, ${this.value}`;
  }
}

const preluOptions = takes("PReLU", 1, { numParameters: NUMBER, init: NUMBER });

/**
 * x where it is above 0, else weight · x, the weight learned: one, or one a channel of dim 1.
 * @shape any → the same
 * @example new nn.PReLU().forward(tensor([-2, 3])); // → [-0.5, 3]
 */
export class PReLU extends Module {
  weight: Parameter;

  constructor(options?: { numParameters?: number; init?: number }, ...more: never[]) {
    super();
    preluOptions(options, more);
    const { numParameters = 1, init = 0.25 } = options ?? {};
    wantWhole("PReLU", { numParameters }, 1);
    this.weight = new Parameter(full([numParameters], init));
    noteParameters(this);
  }

  forward(x: Tensor): Tensor {
    return F.prelu(x, this.weight);
  }

  protected override extraRepr(): string {
    return `numParameters: ${this.weight.numel()}`;
  }
}

const rreluOptions = takes("RReLU", 1, { lower: NUMBER, upper: NUMBER });

/**
 * F.rrelu: slopes are drawn in training.
 * @example new nn.RReLU({ lower: 0.125, upper: 0.25 }).eval().forward(tensor([-8, 2])); // → [-1.5, 2]
 */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;

  constructor(options?: { lower?: number; upper?: number }, ...more: never[]) {
    super();
    rreluOptions(options, more);
    this.lower = options?.lower ?? 1 / 8;
    this.upper = options?.upper ?? 1 / 3;
  }

  forward(x: Tensor): Tensor {
    return F.rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }

  protected override extraRepr(): string {
    return `lower: ${this.lower}, upper: ${this.upper}`;
  }
}
