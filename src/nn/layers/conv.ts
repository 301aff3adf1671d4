// Convolutional layers.

import { show, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, NUMBER, PAIR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { Module, Parameter } from "../module.ts";
import { defaultInit } from "./linear.ts";

export interface ConvOptions<T> {
  stride?: T;
  /** Zeros on each side. */
  padding?: T;
  dilation?: T;
  bias?: boolean;
}

const ORDER = ["stride", "padding", "dilation", "groups", "bias"];
const conv2dOptions = takes(
  "Conv2d",
  4,
  { stride: PAIR, padding: PAIR, dilation: PAIR, bias: BOOLEAN },
  ORDER,
);
const conv1dOptions = takes(
  "Conv1d",
  4,
  { stride: NUMBER, padding: NUMBER, dilation: NUMBER, bias: BOOLEAN },
  ORDER,
);

/** [samples, inChannels, height, width] → [samples, outChannels, …]; see F.conv2d. */
export class Conv2d extends Module {
  readonly kernelSize: readonly [number, number];
  /** [outChannels, inChannels, height, width] */
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
    wantWhole("Conv2d", { inChannels }, 1);
    wantWhole("Conv2d", { outChannels }, 1);
    this.kernelSize = pair(kernelSize, "Conv2d: kernelSize");
    this.weight = new Parameter(zeros([outChannels, inChannels, ...this.kernelSize]));
    this.bias = (options.bias ?? true) ? new Parameter(zeros([outChannels])) : null;
    defaultInit(this.weight, this.bias, inChannels * this.kernelSize[0] * this.kernelSize[1]);
  }

  forward(x: Tensor): Tensor {
    return F.conv2d(x, this.weight, this.bias, geometry(this.options));
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/** [samples, inChannels, length] → [samples, outChannels, …]; see F.conv1d. */
export class Conv1d extends Module {
  /** [outChannels, inChannels, length] */
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
    wantWhole("Conv1d", { inChannels }, 1);
    wantWhole("Conv1d", { outChannels }, 1);
    wantWhole("Conv1d", { kernelSize }, 1);
    this.weight = new Parameter(zeros([outChannels, inChannels, kernelSize]));
    this.bias = (options.bias ?? true) ? new Parameter(zeros([outChannels])) : null;
    defaultInit(this.weight, this.bias, inChannels * kernelSize);
  }

  forward(x: Tensor): Tensor {
    return F.conv1d(x, this.weight, this.bias, geometry(this.options));
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/** The options without `bias`, which is none of the function's. */
function geometry<T>({ stride, padding, dilation }: ConvOptions<T>): F.ConvOptions<T> {
  return { stride, padding, dilation };
}

function describeConv(inChannels: number, outChannels: number, kernel: unknown, options: object): string {
  const set = Object.entries(options).map(([name, value]) => `, ${name}: ${show(value)}`);
  return `${inChannels}, ${outChannels}, ${show(kernel)}${set.join("")}`;
}
