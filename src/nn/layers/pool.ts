// Pooling layers.
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { type NumberOrPair, pair, show } from "../pair.ts";

abstract class Pool2d extends Module {
  constructor(
    readonly kernelSize: NumberOrPair,
    readonly options: F.PoolOptions = {},
  ) {
    super();
    pair(kernelSize, `${this.constructor.name}: kernelSize`);
  }

  protected override describe(): string {
    const set = Object.entries(this.options).map(([name, value]) => `, ${name}: ${show(value)}`);
    return show(this.kernelSize) + set.join("");
  }
}

/** The largest value of each window; see F.maxPool2d. */
export class MaxPool2d extends Pool2d {
  forward(x: Tensor): Tensor {
    return F.maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window; see F.avgPool2d. */
export class AvgPool2d extends Pool2d {
  forward(x: Tensor): Tensor {
    return F.avgPool2d(x, this.kernelSize, this.options);
  }
}
