// Reordering dimensions. The gradient is the inverse reordering. Made when somebody needs it (pickLater): attention reads its
// inputs as they lie. Runs on copy.wgsl.

import type { DeviceArray, Lie } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { stridesOf } from "../../gpu/shape.ts";
import { pick, picked } from "./copy.ts";

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

function permuted(x: DeviceArray, dims: readonly number[]): DeviceArray {
  const lieIn = ({ shape, strides, offset }: Lie) => ({
    shape: dims.map((d) => shape[d]!),
    strides: dims.map((d) => strides[d]!),
    offset,
  });
  return picked(x, lieIn, "permute");
}

/** Result dimension i is input dimension dims[i]. */
export const permute: Op<{ dims: readonly number[] }> = {
  name: "permute",
  forward: (_, [x], { dims }) => permuted(x!, dims),
  backward: (ctx, dy) => [
    permuted(
      dy,
      ctx.attrs.dims.map((_, axis) => ctx.attrs.dims.indexOf(axis)),
    ),
  ],
};
