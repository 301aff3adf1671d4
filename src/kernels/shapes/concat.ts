// Joining arrays along an axis. The gradient cuts dy apart again. Runs on copy.wgsl.
import { empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, stridesOf } from "../../gpu/shape.ts";
import { pick, place } from "./copy.ts";

export const concat: Op<{ axis: number }> = {
  name: "cat",
  forward(_, inputs, { axis }) {
    const first = inputs[0]!;
    for (const x of inputs) {
      const fits =
        x.shape.length === first.shape.length && x.shape.every((n, d) => d === axis || n === first.shape[d]);
      if (!fits || x.dtype !== first.dtype) {
        throw new RangeError(
          `cat: ${x.dtype} ${formatShape(x.shape)} does not join ${first.dtype} ${formatShape(first.shape)} along dim ${axis}`,
        );
      }
    }
    const total = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    const out = empty(first.shape.with(axis, total), first.dtype, "cat");
    const strides = stridesOf(out.shape);
    let at = 0;
    for (const x of inputs) {
      place(x, out, strides, at * strides[axis]!);
      at += x.shape[axis]!;
    }
    return out;
  },
  backward(ctx, dy) {
    const strides = stridesOf(dy.shape);
    let at = 0;
    return ctx.inputShapes.map((shape, i) => {
      const offset = at * strides[ctx.attrs.axis]!;
      at += shape[ctx.attrs.axis]!;
      return ctx.needsInputGrad[i] ? pick(dy, shape, strides, offset, 1, "cat's gradient") : null;
    });
  },
};
