// Transposed convolutional layers.

import { wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { TRANSPOSE1D, TRANSPOSE2D } from "../functional/shared/convOptions.ts";
import { Module, Parameter } from "../module.ts";
import { describeConv, wantChannels } from "./conv.ts";
import { defaultInit } from "./linear.ts";

export interface ConvTransposeOptions<T> extends F.ConvTransposeOptions<T> {
  bias?: boolean;
}

/** PyTorch has `bias` before `dilation`. */
const withBias = <T extends { dilation: unknown }>({ dilation, ...before }: T) => ({
  ...before,
  bias: BOOLEAN,
  dilation: dilation as typeof BOOLEAN,
});
const options2d = takes("ConvTranspose2d", 4, withBias(TRANSPOSE2D));
const options1d = takes("ConvTranspose1d", 4, withBias(TRANSPOSE1D));

/** [samples, inChannels, height, width] → [samples, outChannels, …]; see F.convTranspose2d. */
export class ConvTranspose2d extends Module {
  readonly kernelSize: readonly [number, number];
  /** [inChannels, outChannels / groups, height, width] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: NumberOrPair,
    readonly options: ConvTransposeOptions<NumberOrPair> = {},
    ...more: never[]
  ) {
    super();
    options2d(options, more);
    const { groups = 1, bias = true } = options;
    wantChannels("ConvTranspose2d", inChannels, outChannels, groups);
    this.kernelSize = pair(kernelSize, "ConvTranspose2d: kernelSize");
    this.weight = new Parameter(zeros([inChannels, outChannels / groups, ...this.kernelSize]));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    // PyTorch counts the fan in as of any other weight: by its second dimension.
    defaultInit(this.weight, this.bias, (outChannels / groups) * this.kernelSize[0] * this.kernelSize[1]);
  }

  forward(x: Tensor): Tensor {
    const { bias, ...geometry } = this.options;
    return F.convTranspose2d(x, this.weight, this.bias, geometry);
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/** [samples, inChannels, length] → [samples, outChannels, …]; see F.convTranspose1d. */
export class ConvTranspose1d extends Module {
  /** [inChannels, outChannels / groups, length] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: number,
    readonly options: ConvTransposeOptions<number> = {},
    ...more: never[]
  ) {
    super();
    options1d(options, more);
    const { groups = 1, bias = true } = options;
    wantChannels("ConvTranspose1d", inChannels, outChannels, groups);
    wantWhole("ConvTranspose1d", { kernelSize }, 1);
    this.weight = new Parameter(zeros([inChannels, outChannels / groups, kernelSize]));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    defaultInit(this.weight, this.bias, (outChannels / groups) * kernelSize);
  }

  forward(x: Tensor): Tensor {
    const { bias, ...geometry } = this.options;
    return F.convTranspose1d(x, this.weight, this.bias, geometry);
  }

  protected override describe(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}
