// Dropout (Srivastava et al. 2014) as a layer.
import { wantNoMore, wantProbability } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Module } from "../module.ts";

/**
 * Sets each element to 0 with probability p while training, and scales the others by 1 / (1 − p).
 * @example new nn.Dropout(0.5).eval().forward(ones([3])); // → [1, 1, 1]
 */
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

  protected override extraRepr(): string {
    return `p: ${this.p}`;
  }
}

/**
 * Dropout of whole channels of [samples, channels, length]; see F.dropout1d.
 * @example new nn.Dropout1d(0.5).forward(ones([2, 4, 8])).shape; // → [2, 4, 8]
 */
export class Dropout1d extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    wantNoMore("Dropout1d", more);
    wantProbability("Dropout1d", { p });
  }

  forward(x: Tensor): Tensor {
    return F.dropout1d(x, this.p, { training: this.training });
  }

  protected override extraRepr(): string {
    return `p: ${this.p}`;
  }
}

/**
 * Dropout of whole channels of images; see F.dropout2d.
 * @example new nn.Dropout2d(0.5).forward(ones([2, 4, 8, 8])).shape; // → [2, 4, 8, 8]
 */
export class Dropout2d extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    wantNoMore("Dropout2d", more);
    wantProbability("Dropout2d", { p });
  }

  forward(x: Tensor): Tensor {
    return F.dropout2d(x, this.p, { training: this.training });
  }

  protected override extraRepr(): string {
    return `p: ${this.p}`;
  }
}

/**
 * Dropout that keeps the mean and deviation of what selu gives; see F.alphaDropout.
 * @example new nn.AlphaDropout(0.5).eval().forward(ones([3])); // → [1, 1, 1]
 */
export class AlphaDropout extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    wantNoMore("AlphaDropout", more);
    wantProbability("AlphaDropout", { p });
  }

  forward(x: Tensor): Tensor {
    return F.alphaDropout(x, this.p, { training: this.training });
  }

  protected override extraRepr(): string {
    return `p: ${this.p}`;
  }
}

/**
 * The same of whole channels; see F.featureAlphaDropout.
 * @example new nn.FeatureAlphaDropout(0.5).forward(ones([2, 4, 8])).shape; // → [2, 4, 8]
 */
export class FeatureAlphaDropout extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    wantNoMore("FeatureAlphaDropout", more);
    wantProbability("FeatureAlphaDropout", { p });
  }

  forward(x: Tensor): Tensor {
    return F.featureAlphaDropout(x, this.p, { training: this.training });
  }

  protected override extraRepr(): string {
    return `p: ${this.p}`;
  }
}
