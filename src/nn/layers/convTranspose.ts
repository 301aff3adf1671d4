// Transposed convolutional layers.

import { isList, show, wantNumbers, wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, LIST, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { TRANSPOSE1D, TRANSPOSE2D } from "../functional/shared/convOptions.ts";
import { noteParameters } from "../held.ts";
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

/** Which of the sizes that an input may have come from, in place of outputPadding: a list, or PyTorch's keyword. */
export type OutputSize = readonly number[] | { outputSize?: readonly number[] } | null;

/** The sides that are asked for, or null. */
function askedSize(name: string, given: OutputSize | undefined): readonly number[] | null {
  if (given === null || given === undefined) return null;
  if (typeof given === "object" && !isList(given)) {
    takes(name, 2, { outputSize: LIST })(given);
    return given.outputSize ?? null;
  }
  wantNumbers(name, "outputSize is a list", given);
  return given;
}

/** The outputPadding with which an input's sides become `wanted`. */
function paddingFor(
  name: string,
  input: readonly number[],
  wanted: readonly number[],
  kernel: readonly number[],
  { stride, padding, dilation }: Record<"stride" | "padding" | "dilation", readonly number[]>,
): number[] {
  const image = input.slice(2);
  const whole = wanted.length === input.length && input.length > image.length;
  const asked = whole ? wanted.slice(2) : wanted;
  const least = image.map(
    (n, axis) => (n - 1) * stride[axis]! - 2 * padding[axis]! + dilation[axis]! * (kernel[axis]! - 1) + 1,
  );
  const fits = (n: number, d: number) => Number.isInteger(n) && n >= least[d]! && n < least[d]! + stride[d]!;
  if (asked.length !== image.length || !asked.every(fits)) {
    const most = least.map((n, d) => n + stride[d]! - 1);
    throw new RangeError(
      `${name}: outputSize is from [${least.join(", ")}] to [${most.join(", ")}] for an input ${show(input)}, got ${show(wanted)}`,
    );
  }
  return asked.map((n, axis) => n - least[axis]!);
}

/**
 * [samples, inChannels, height, width] → [samples, outChannels, …]; see F.convTranspose2d.
 * @shape [samples, inChannels, height, width] → [samples, outChannels, rows, columns]
 * @example new nn.ConvTranspose2d(3, 4, 2, { stride: 2 }).forward(ones([1, 3, 8, 8])).shape; // → [1, 4, 16, 16]
 */
export class ConvTranspose2d extends Module {
  readonly kernelSize: readonly [number, number];
  /** [inChannels, outChannels / groups, height, width] */
  weight: Parameter;
  bias: Parameter | null;

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
    noteParameters(this);
  }

  /** `outputSize` says which of the sizes that an input may have come from, in place of outputPadding: `[9, 9]`, or `{ outputSize: [9, 9] }`. */
  forward(x: Tensor, outputSize?: OutputSize): Tensor {
    const { bias, ...geometry } = this.options;
    const wanted = askedSize("ConvTranspose2d", outputSize);
    if (wanted === null) return F.convTranspose2d(x, this.weight, this.bias, geometry);
    wantTensor("ConvTranspose2d", "the input", x);
    const { stride = 1, padding = 0, dilation = 1 } = geometry;
    const sizes = {
      stride: pair(stride, "stride"),
      padding: pair(padding, "padding", 0),
      dilation: pair(dilation, "dilation"),
    };
    const more = paddingFor("ConvTranspose2d", x.shape, wanted, this.kernelSize, sizes);
    const outputPadding = more as [number, number];
    return F.convTranspose2d(x, this.weight, this.bias, { ...geometry, outputPadding });
  }

  protected override extraRepr(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/**
 * [samples, inChannels, length] → [samples, outChannels, …]; see F.convTranspose1d.
 * @shape [samples, inChannels, length] → [samples, outChannels, steps]
 * @example new nn.ConvTranspose1d(4, 2, 2, { stride: 2 }).forward(ones([1, 4, 8])).shape; // → [1, 2, 16]
 */
export class ConvTranspose1d extends Module {
  /** [inChannels, outChannels / groups, length] */
  weight: Parameter;
  bias: Parameter | null;

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
    noteParameters(this);
  }

  /** `outputSize` says which of the sizes that an input may have come from, in place of outputPadding: `[9]`, or `{ outputSize: [9] }`. */
  forward(x: Tensor, outputSize?: OutputSize): Tensor {
    const { bias, ...geometry } = this.options;
    const wanted = askedSize("ConvTranspose1d", outputSize);
    if (wanted === null) return F.convTranspose1d(x, this.weight, this.bias, geometry);
    wantTensor("ConvTranspose1d", "the input", x);
    const { stride = 1, padding = 0, dilation = 1 } = geometry;
    const sizes = { stride: [stride], padding: [padding], dilation: [dilation] };
    const [outputPadding] = paddingFor("ConvTranspose1d", x.shape, wanted, [this.kernelSize], sizes);
    return F.convTranspose1d(x, this.weight, this.bias, { ...geometry, outputPadding });
  }

  protected override extraRepr(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}
