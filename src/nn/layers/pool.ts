// Pooling layers.
import { show } from "../../tensor/check.ts";
import { PAIR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { type NumberOrPair, pair } from "../functional/pair.ts";
import { Module } from "../module.ts";

const poolOptions = takes("Pool2d", 2, { stride: PAIR, padding: PAIR });

abstract class Pool2d extends Module {
  constructor(
    readonly kernelSize: NumberOrPair,
    readonly options: F.PoolOptions = {},
    ...more: never[]
  ) {
    super();
    poolOptions(options, more, this.constructor.name);
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
