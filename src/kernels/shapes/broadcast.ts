// Repeating along dimensions of size 1 and new ones in front (torch.expand). The gradient sums what was repeated.
import type { Op } from "../../gpu/op.ts";
import type { Shape } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import { expand as expandArray } from "./copy.ts";

/** Resolved: a shape that x broadcasts to. */
export const expand: Op<{ shape: Shape }> = {
  name: "expand",
  forward: (_, [x], { shape }) => expandArray(x!, shape),
  backward: (ctx, dy) => [sumTo(dy, ctx.inputShapes[0]!)],
};
