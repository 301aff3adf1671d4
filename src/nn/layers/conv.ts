// Convolutional layers.

import { show, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { CONV1D, CONV2D } from "../functional/shared/convOptions.ts";
import { Module, Parameter } from "../module.ts";
import { defaultInit } from "./linear.ts";

export interface ConvOptions<T> extends F.ConvOptions<T> {
  bias?: boolean;
}

const conv2dOptions = takes("Conv2d", 4, { ...CONV2D, bias: BOOLEAN });
const conv1dOptions = takes("Conv1d", 4, { ...CONV1D, bias: BOOLEAN });

/** Throws unless the channels are whole numbers that come in the groups. */
export function wantChannels(name: string, inChannels: number, outChannels: number, groups: number): void {
  wantWhole(name, { inChannels }, 1);
  wantWhole(name, { outChannels }, 1);
  wantWhole(name, { groups }, 1);
  for (const [what, n] of Object.entries({ inChannels, outChannels })) {
    if (n % groups !== 0) throw new RangeError(`${name}: ${what}, ${n}, do not come in ${groups} groups`);
  }
}

/** [samples, inChannels, height, width] → [samples, outChannels, …]; see F.conv2d. */
export class Conv2d extends Module {
  readonly kernelSize: readonly [number, number];
  /** [outChannels, inChannels / groups, height, width] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: NumberOrPair,
    readonly options: ConvOptions<NumberOrPair> = {},
    ...more: never[]
  ) {
    super();
    conv2dOptions(options, more);
    const { groups = 1, bias = true } = options;
    wantChannels("Conv2d", inChannels, outChannels, groups);
    this.kernelSize = pair(kernelSize, "Conv2d: kernelSize");
    this.weight = new Parameter(zeros([outChannels, inChannels / groups, ...this.kernelSize]));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    defaultInit(this.weight, this.bias, (inChannels / groups) * this.kernelSize[0] * this.kernelSize[1]);
  }

  forward(x: Tensor): Tensor {
    const { bias, ...geometry } = this.options;
    return F.conv2d(x, this.weight, this.bias, geometry);
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/** [samples, inChannels, length] → [samples, outChannels, …]; see F.conv1d. */
export class Conv1d extends Module {
  /** [outChannels, inChannels / groups, length] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: number,
    readonly options: ConvOptions<number> = {},
    ...more: never[]
  ) {
    super();
    conv1dOptions(options, more);
    const { groups = 1, bias = true } = options;
    wantChannels("Conv1d", inChannels, outChannels, groups);
    wantWhole("Conv1d", { kernelSize }, 1);
    this.weight = new Parameter(zeros([outChannels, inChannels / groups, kernelSize]));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    defaultInit(this.weight, this.bias, (inChannels / groups) * kernelSize);
  }

  forward(x: Tensor): Tensor {
    const { bias, ...geometry } = this.options;
    return F.conv1d(x, this.weight, this.bias, geometry);
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/** What layers of convolutions say of themselves. */
export function describeConv(
  inChannels: number,
  outChannels: number,
  kernel: unknown,
  options: object,
): string {
  const set = Object.entries(options).map(([name, value]) => `, ${name}: ${show(value)}`);
  return `${inChannels}, ${outChannels}, ${show(kernel)}${set.join("")}`;
}
