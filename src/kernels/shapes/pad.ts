// A border of one value around an array. The gradient is the window without the border. Runs on frame.wgsl
// and copy.wgsl.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, stridesOf } from "../../gpu/shape.ts";
import { pick, window } from "./copy.ts";
import { framed } from "./frame.ts";

export interface PadAttrs {
  /** For each axis, how many elements come before and after. */
  padding: readonly (readonly [before: number, after: number])[];
  value: number;
}

/** A copy of x with a border. */
export function padArray(x: DeviceArray, padding: PadAttrs["padding"], value = 0): DeviceArray {
  const shape = x.shape.map((n, axis) => n + padding[axis]![0] + padding[axis]![1]);
  const starts = padding.map(([before]) => before);
  return framed(x, shape, starts, [], value, "pad");
}

export const pad: Op<PadAttrs> = {
  name: "pad",
  forward(_, [x], { padding, value }) {
    if (padding.length !== x!.shape.length || !padding.flat().every((n) => Number.isInteger(n) && n >= 0)) {
      throw new RangeError(
        `pad: wants a pair of whole numbers ≥ 0 for each of the ${x!.shape.length} axes of ${formatShape(x!.shape)}`,
      );
    }
    return padArray(x!, padding, value);
  },
  backward(ctx, dy) {
    const { strides, offset } = window(
      stridesOf(dy.shape),
      ctx.attrs.padding.map(([before]) => before),
      [],
    );
    return [pick(dy, ctx.inputShapes[0]!, strides, offset, 1, "pad's gradient")];
  },
};
