// Tensor's running results along a dimension, and differences.
import type { Op } from "../../gpu/op.ts";
import { gather } from "../../kernels/indexing/picking.ts";
import { cumprod, cumsum, logcumsumexp, runningPositions } from "../../kernels/reductions/scan.ts";
import { axisOf, wantNoMore, wantWhole } from "../check.ts";
import { arrayOf } from "../handle.ts";
import { scope } from "../scope.ts";
import { asTuple, type Chosen } from "./reductions.ts";
import { Statistics } from "./statistics.ts";

export abstract class Scans<Self extends Scans<Self>> extends Statistics<Self> {
  private scan(op: Op<{ axis: number }>, dim: number, more: readonly unknown[]): Self {
    wantNoMore(op.name, more);
    if (op === logcumsumexp) this.requireFloat(op.name);
    if (this.dtype === "bool") return scope(() => this.int().scan(op, dim, more), op.name);
    return this.asOne(op.name, (x) => this.apply(op, [x], { axis: axisOf(dim, x.ndim, op.name) }));
  }

  /** Running sums along a dim: of whole numbers whole numbers, and of bools int32.
   * @shape any → the same
   * @example
   * tensor([1, 2, 3]).cumsum(0); // → [1, 3, 6]
   * tensor([true, false, true]).cumsum(0).dtype; // → int32 */
  cumsum(dim: number, ...more: never[]): Self {
    return this.scan(cumsum, dim, more);
  }
  /** Running products along a dim: of whole numbers whole numbers, and of bools int32.
   * @shape any → the same
   * @example tensor([1, 2, 3]).cumprod(0); // → [1, 2, 6] */
  cumprod(dim: number, ...more: never[]): Self {
    return this.scan(cumprod, dim, more);
  }
  /** Running ln Σ eˣ along a dim, without overflow.
   * @shape any → the same
   * @example tensor([0, 0]).logcumsumexp(0); // → [0, 0.6931] */
  logcumsumexp(dim: number, ...more: never[]): Self {
    return this.scan(logcumsumexp, dim, more);
  }

  private running(name: "cummax" | "cummin", dim: number, more: readonly unknown[]): Chosen<Self> {
    wantNoMore(name, more);
    this.requireFloat(name);
    return this.asOneChosen(name, (x) => {
      const axis = axisOf(dim, x.ndim, name);
      const indices = this.wrap(runningPositions(name, arrayOf(x), axis), name);
      return asTuple({ values: this.apply(gather, [x, indices], { axis }), indices });
    });
  }

  /** The running maximum along a dim, and where it is: the last of equals, and NaN from the first one on.
   * @shape any → the same, the same
   * @example tensor([1, 3, 2]).cummax(0); // → { values: [1, 3, 3], indices: [0, 1, 1] } */
  cummax(dim: number, ...more: never[]): Chosen<Self> {
    return this.running("cummax", dim, more);
  }
  /** The running minimum along a dim, and where it is: the last of equals, and NaN from the first one on.
   * @shape any → the same, the same
   * @example tensor([3, 1, 2]).cummin(0); // → { values: [3, 1, 1], indices: [0, 1, 1] } */
  cummin(dim: number, ...more: never[]): Chosen<Self> {
    return this.running("cummin", dim, more);
  }

  /** Differences of neighbours along a dim, n times over.
   * @shape [..., size, ...] → [..., size − n, ...]
   * @example tensor([1, 4, 9]).diff(); // → [3, 5] */
  diff(n = 1, dim = -1, ...more: never[]): Self {
    wantNoMore("diff", more);
    wantWhole("diff", { n }, 0);
    const axis = axisOf(dim, this.ndim, "diff");
    return scope(() => {
      let x = this as unknown as Self;
      for (let i = 0; i < n && x.shape[axis]! > 0; i++) {
        const length = x.shape[axis]! - 1;
        x = x.narrow(axis, 1, length).sub(x.narrow(axis, 0, length));
      }
      return n === 0 ? this.clone() : x;
    }, "diff");
  }
}
