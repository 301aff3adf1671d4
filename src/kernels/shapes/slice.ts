// A regular window of an array: elements starts … ends − 1 of each axis, every steps-th. The gradient is
// dy among zeros. Runs on copy.wgsl and frame.wgsl.

import type { Op } from "../../gpu/op.ts";
import { stridesOf } from "../../gpu/shape.ts";
import { addAt, pick, window } from "./copy.ts";
import { framed } from "./frame.ts";

/** Resolved: 0 ≤ start ≤ end ≤ n and step ≥ 1 on every axis. */
export interface SliceAttrs {
  starts: readonly number[];
  ends: readonly number[];
  steps: readonly number[];
}

export const slice: Op<SliceAttrs> = {
  name: "slice",
  forward(_, [x], { starts, ends, steps }) {
    const shape = starts.map((start, axis) => Math.ceil((ends[axis]! - start) / steps[axis]!));
    const { strides, offset } = window(stridesOf(x!.shape), starts, steps);
    return pick(x!, shape, strides, offset, 1, "slice");
  },
  backward(ctx, dy) {
    const { starts, steps } = ctx.attrs;
    return [framed(dy, ctx.inputShapes[0]!, starts, steps, 0, "slice's gradient")];
  },
  accumulate(ctx, dy, into) {
    const { strides, offset } = window(stridesOf(into.shape), ctx.attrs.starts, ctx.attrs.steps);
    addAt(dy, into, strides, offset);
    return [];
  },
};
