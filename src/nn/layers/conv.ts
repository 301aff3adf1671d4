// Convolutional layers.

import { show, wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { CONV1D, CONV2D, samePadding } from "../functional/shared/convOptions.ts";
import { noteParameters } from "../held.ts";
import { Module, Parameter } from "../module.ts";
import { defaultInit } from "./linear.ts";

export interface ConvOptions<T> extends F.ConvOptions<T> {
  bias?: boolean;
  /** What stands around the input in place of zeros: itself mirrored, its edges, its other side. */
  paddingMode?: "zeros" | "reflect" | "replicate" | "circular";
}

const OWN = { bias: BOOLEAN, paddingMode: oneOf("zeros", "reflect", "replicate", "circular") };
const conv2dOptions = takes("Conv2d", 4, { ...CONV2D, ...OWN });
const conv1dOptions = takes("Conv1d", 4, { ...CONV1D, ...OWN });

/** Throws unless the channels are whole numbers that come in the groups. */
export function wantChannels(name: string, inChannels: number, outChannels: number, groups: number): void {
  wantWhole(name, { inChannels }, 1);
  wantWhole(name, { outChannels }, 1);
  wantWhole(name, { groups }, 1);
  for (const [what, n] of Object.entries({ inChannels, outChannels })) {
    if (n % groups !== 0) throw new RangeError(`${name}: ${what}, ${n}, do not come in ${groups} groups`);
  }
}

type Sides = readonly [before: number, behind: number];

/** How much is put before and behind each side of the input, where it is not zeros. */
function paddingAround(
  name: string,
  padding: "same" | "valid" | readonly number[],
  kernel: readonly number[],
  sizes: { stride: readonly number[]; dilation: readonly number[] },
): Sides[] {
  if (padding === "valid") return kernel.map(() => [0, 0]);
  if (padding !== "same") return padding.map((n) => [n, n]);
  const { before, more } = samePadding(name, kernel, sizes);
  return kernel.map((_, axis) => [before[axis]!, before[axis]! + more[axis]!]);
}

/**
 * [samples, inChannels, height, width] → [samples, outChannels, …]; see F.conv2d.
 * @shape [samples, inChannels, height, width] → [samples, outChannels, rows, columns]
 * @example
 * const conv = new nn.Conv2d(3, 16, 3, { stride: 2, padding: 1 });
 * conv.forward(ones([8, 3, 32, 32])).shape; // → [8, 16, 16, 16]
 * conv.weight.shape; // → [16, 3, 3, 3]
 */
export class Conv2d extends Module {
  readonly kernelSize: readonly [number, number];
  /** [outChannels, inChannels / groups, height, width] */
  weight: Parameter;
  bias: Parameter | null;
  /** What paddingMode puts before and behind, for rows and for columns. */
  private readonly around: readonly Sides[];

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
    noteParameters(this);
    const { padding = 0, stride = 1, dilation = 1 } = options;
    const sides = typeof padding === "string" ? padding : pair(padding, "Conv2d: padding", 0);
    const sizes = { stride: pair(stride, "Conv2d: stride"), dilation: pair(dilation, "Conv2d: dilation") };
    this.around = paddingAround("Conv2d", sides, this.kernelSize, sizes);
  }

  forward(x: Tensor): Tensor {
    const { bias, paddingMode: mode = "zeros", ...geometry } = this.options;
    if (mode === "zeros") return F.conv2d(x, this.weight, this.bias, geometry);
    wantTensor("Conv2d", "the input", x);
    const [height, width] = this.around as [Sides, Sides];
    const bordered = x.pad([...width, ...height], { mode });
    return F.conv2d(bordered, this.weight, this.bias, { ...geometry, padding: 0 });
  }

  protected override extraRepr(): string {
    return describeConv(this.inChannels, this.outChannels, this.kernelSize, this.options);
  }
}

/**
 * [samples, inChannels, length] → [samples, outChannels, …]; see F.conv1d.
 * @shape [samples, inChannels, length] → [samples, outChannels, steps]
 * @example new nn.Conv1d(1, 16, 8, { stride: 4 }).forward(ones([2, 1, 100])).shape; // → [2, 16, 24]
 */
export class Conv1d extends Module {
  /** [outChannels, inChannels / groups, length] */
  weight: Parameter;
  bias: Parameter | null;
  /** What paddingMode puts before and behind. */
  private readonly around: Sides;

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
    noteParameters(this);
    const { padding = 0, stride = 1, dilation = 1 } = options;
    const sides = typeof padding === "string" ? padding : [padding];
    const sizes = { stride: [stride], dilation: [dilation] };
    this.around = paddingAround("Conv1d", sides, [kernelSize], sizes)[0]!;
  }

  forward(x: Tensor): Tensor {
    const { bias, paddingMode: mode = "zeros", ...geometry } = this.options;
    if (mode === "zeros") return F.conv1d(x, this.weight, this.bias, geometry);
    wantTensor("Conv1d", "the input", x);
    return F.conv1d(x.pad(this.around, { mode }), this.weight, this.bias, { ...geometry, padding: 0 });
  }

  protected override extraRepr(): string {
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
