// Dropout (Srivastava et al. 2014) as a layer.
import { wantNoMore, wantProbability } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Module } from "../module.ts";

/** Sets each element to 0 with probability p while training, and scales the others by 1 / (1 − p). */
export class Dropout extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    wantNoMore("Dropout", more);
    wantProbability("Dropout", { p });
  }

  forward(x: Tensor): Tensor {
    return F.dropout(x, this.p, { training: this.training });
  }

  protected override describe(): string {
    return `p: ${this.p}`;
  }
}
