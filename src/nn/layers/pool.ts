// Pooling layers.
import { show, wantNoMore, wantPositive, wantWhole } from "../../tensor/check.ts";
import { BOOLEAN, type Kind, NUMBER, orNull, PAIR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { Module } from "../module.ts";

const windows = (kind: Kind) => ({ stride: orNull(kind), padding: kind });
const max = (kind: Kind) => ({ ...windows(kind), dilation: kind, ceilMode: BOOLEAN });
const average = (kind: Kind) => ({ ...windows(kind), ceilMode: BOOLEAN, countIncludePad: BOOLEAN });
const maxPool2d = takes("MaxPool2d", 2, max(PAIR));
const maxPool1d = takes("MaxPool1d", 2, max(NUMBER));
const avgPool2d = takes("AvgPool2d", 2, { ...average(PAIR), divisorOverride: orNull(NUMBER) });
const avgPool1d = takes("AvgPool1d", 2, average(NUMBER));
const lpPool1d = takes("LPPool1d", 3, { stride: orNull(NUMBER), ceilMode: BOOLEAN });
const lpPool2d = takes("LPPool2d", 3, { stride: orNull(PAIR), ceilMode: BOOLEAN });

/** Options without those that a layer has not. */
type Max<T> = Omit<F.MaxPoolOptions<T>, "returnIndices">;

/** "2, stride: 1" */
function described(first: unknown, options: object): string {
  const set = Object.entries(options).map(([name, value]) => `, ${name}: ${show(value)}`);
  return show(first) + set.join("");
}

/**
 * The largest value of each window; see F.maxPool2d, which also tells where they are.
 * @example new nn.MaxPool2d(2).forward(arange(16).reshape([1, 1, 4, 4])); // → [[[[5, 7], [13, 15]]]]
 */
export class MaxPool2d extends Module {
  constructor(
    readonly kernelSize: NumberOrPair,
    readonly options: Max<NumberOrPair> = {},
    ...more: never[]
  ) {
    super();
    maxPool2d(options, more);
    pair(kernelSize, "MaxPool2d: kernelSize");
  }

  forward(x: Tensor): Tensor {
    return F.maxPool2d(x, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.kernelSize, this.options);
  }
}

/**
 * The largest value of each window of sequences; see F.maxPool1d.
 * @example new nn.MaxPool1d(2).forward(tensor([[[1, 4, 2, 3]]])); // → [[[4, 3]]]
 */
export class MaxPool1d extends Module {
  constructor(
    readonly kernelSize: number,
    readonly options: Max<number> = {},
    ...more: never[]
  ) {
    super();
    maxPool1d(options, more);
    wantWhole("MaxPool1d", { kernelSize }, 1);
  }

  forward(x: Tensor): Tensor {
    return F.maxPool1d(x, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.kernelSize, this.options);
  }
}

/**
 * The mean of each window; see F.avgPool2d.
 * @example new nn.AvgPool2d(2).forward(arange(16).reshape([1, 1, 4, 4])); // → [[[[2.5, 4.5], [10.5, 12.5]]]]
 */
export class AvgPool2d extends Module {
  constructor(
    readonly kernelSize: NumberOrPair,
    readonly options: F.AvgPool2dOptions = {},
    ...more: never[]
  ) {
    super();
    avgPool2d(options, more);
    pair(kernelSize, "AvgPool2d: kernelSize");
  }

  forward(x: Tensor): Tensor {
    return F.avgPool2d(x, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of sequences; see F.avgPool1d.
 * @example new nn.AvgPool1d(2).forward(tensor([[[1, 3, 5, 7]]])); // → [[[2, 6]]]
 */
export class AvgPool1d extends Module {
  constructor(
    readonly kernelSize: number,
    readonly options: F.AvgPoolOptions<number> = {},
    ...more: never[]
  ) {
    super();
    avgPool1d(options, more);
    wantWhole("AvgPool1d", { kernelSize }, 1);
  }

  forward(x: Tensor): Tensor {
    return F.avgPool1d(x, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.kernelSize, this.options);
  }
}

/**
 * (Σ xᵖ)^(1/p) of each window; see F.lpPool2d.
 * @example new nn.LPPool2d(2, 2).forward(ones([1, 1, 4, 4])); // → [[[[2, 2], [2, 2]]]]
 */
export class LPPool2d extends Module {
  constructor(
    readonly normType: number,
    readonly kernelSize: NumberOrPair,
    readonly options: { stride?: NumberOrPair | null; ceilMode?: boolean } = {},
    ...more: never[]
  ) {
    super();
    wantPositive("LPPool2d", { normType });
    pair(kernelSize, "LPPool2d: kernelSize");
    lpPool2d(options, more);
  }

  forward(x: Tensor): Tensor {
    return F.lpPool2d(x, this.normType, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.normType, { kernelSize: this.kernelSize, ...this.options });
  }
}

/**
 * (Σ xᵖ)^(1/p) of each window of sequences; see F.lpPool1d.
 * @example new nn.LPPool1d(2, 2).forward(tensor([[[3, 4]]])); // → [[[5]]]
 */
export class LPPool1d extends Module {
  constructor(
    readonly normType: number,
    readonly kernelSize: number,
    readonly options: { stride?: number | null; ceilMode?: boolean } = {},
    ...more: never[]
  ) {
    super();
    wantPositive("LPPool1d", { normType });
    wantWhole("LPPool1d", { kernelSize }, 1);
    lpPool1d(options, more);
  }

  forward(x: Tensor): Tensor {
    return F.lpPool1d(x, this.normType, this.kernelSize, this.options);
  }

  protected override extraRepr(): string {
    return described(this.normType, { kernelSize: this.kernelSize, ...this.options });
  }
}

abstract class Adaptive<Size> extends Module {
  constructor(
    readonly outputSize: Size,
    ...more: never[]
  ) {
    super();
    const { name } = this.constructor;
    wantNoMore(name, more);
    const sizes = Array.isArray(outputSize) ? (outputSize as unknown[]) : [outputSize];
    for (const each of sizes) if (each !== null) wantWhole(name, { outputSize: each as number }, 1);
  }

  protected override extraRepr(): string {
    return show(this.outputSize);
  }
}

/**
 * Means over as many windows as `outputSize` says; see F.adaptiveAvgPool2d.
 * @example new nn.AdaptiveAvgPool2d(1).forward(ones([1, 8, 5, 7])).shape; // → [1, 8, 1, 1]
 */
export class AdaptiveAvgPool2d extends Adaptive<F.AdaptiveSize> {
  forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * The largest values of as many windows as `outputSize` says; see F.adaptiveMaxPool2d.
 * @example new nn.AdaptiveMaxPool2d(1).forward(ones([1, 8, 5, 7])).shape; // → [1, 8, 1, 1]
 */
export class AdaptiveMaxPool2d extends Adaptive<F.AdaptiveSize> {
  forward(x: Tensor): Tensor {
    return F.adaptiveMaxPool2d(x, this.outputSize);
  }
}

/**
 * Means of sequences over `outputSize` windows; see F.adaptiveAvgPool1d.
 * @example new nn.AdaptiveAvgPool1d(2).forward(tensor([[[1, 3, 5, 7]]])); // → [[[2, 6]]]
 */
export class AdaptiveAvgPool1d extends Adaptive<number> {
  forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * The largest values of sequences over `outputSize` windows; see F.adaptiveMaxPool1d.
 * @example new nn.AdaptiveMaxPool1d(2).forward(tensor([[[1, 3, 5, 7]]])); // → [[[3, 7]]]
 */
export class AdaptiveMaxPool1d extends Adaptive<number> {
  forward(x: Tensor): Tensor {
    return F.adaptiveMaxPool1d(x, this.outputSize);
  }
}
