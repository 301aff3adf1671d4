// Elements of an array picked at regular distances, each once: diagonals, reversed dimensions. The gradient puts them back.
// Runs on copy.wgsl.
import { empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { addAt, pick, place } from "./copy.ts";

export interface StridedAttrs {
  shape: Shape;
  /** May be negative. */
  strides: readonly number[];
  offset: number;
}

/** Element i of the result is x[offset + i · strides]; no element of x is picked twice. */
export const strided: Op<StridedAttrs> = {
  name: "strided",
  forward: (_, [x], { shape, strides, offset }) => pick(x!, shape, strides, offset, 1, "strided"),
  backward(ctx, dy) {
    const whole = ctx.inputShapes[0]!;
    const all = sizeOf(whole) === dy.size;
    const dx = all ? empty(whole, "float32", "strided's gradient") : filled(whole, 0);
    place(dy, dx, ctx.attrs.strides, ctx.attrs.offset);
    return [dx];
  },
  accumulate(ctx, dy, into) {
    addAt(dy, into, ctx.attrs.strides, ctx.attrs.offset);
    return [];
  },
};
