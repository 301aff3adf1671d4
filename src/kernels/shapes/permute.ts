// Reordering dimensions. The gradient is the inverse reordering. Runs on copy.wgsl.

import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { stridesOf } from "../../gpu/shape.ts";
import { pick } from "./copy.ts";

export function permuteArray(x: DeviceArray, dims: readonly number[]): DeviceArray {
  const strides = stridesOf(x.shape);
  return pick(
    x,
    dims.map((d) => x.shape[d]!),
    dims.map((d) => strides[d]!),
    0,
    1,
    "permute",
  );
}

/** Result dimension i is input dimension dims[i]. */
export const permute: Op<{ dims: readonly number[] }> = {
  name: "permute",
  forward: (_, [x], { dims }) => permuteArray(x!, dims),
  backward: (ctx, dy) => [
    permuteArray(
      dy,
      ctx.attrs.dims.map((_, axis) => ctx.attrs.dims.indexOf(axis)),
    ),
  ],
};
