// Kullback-Leibler divergence of log-probabilities from target probabilities: the loss of soft labels.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./klDiv.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "klDiv",
  code: [nan, source],
  entries: { forward: ["read", "read", "write"], backward: ["read", "read", "write"] },
});

export interface KlDivAttrs {
  /** "batchmean" divides the sum over all elements by the number of rows, "mean" by that of elements; "none" leaves all. */
  reduction: "batchmean" | "mean" | "sum" | "none";
}

/** The factor that the reduction puts before the sum. */
function scaleOf(x: Shape, { reduction }: KlDivAttrs): number {
  return reduction === "batchmean" ? 1 / x[0]! : reduction === "mean" ? 1 / sizeOf(x) : 1;
}

/** Inputs: log-probabilities [rows, classes], target probabilities of the same shape, which have no gradient. */
export const klDiv: Op<KlDivAttrs> = {
  name: "klDiv",
  forward(ctx, inputs, attrs) {
    const [x, targets] = inputs as [DeviceArray, DeviceArray];
    requireFloat("klDiv", x, targets);
    if (x.shape.length !== 2 || !sameShape(x.shape, targets.shape)) {
      throw new RangeError(
        `klDiv: wants log-probabilities [rows, classes] and targets of the same shape, got ${formatShape(x.shape)} and ${formatShape(targets.shape)}`,
      );
    }
    if (ctx.needsInputGrad[1]) {
      throw new Error("klDiv: the targets are constants, no gradient flows into them: detach() them");
    }
    const terms = empty(x.shape, "float32", "klDiv");
    kernel.launch("forward", {
      arrays: [x, targets, terms],
      params: { n: x.size, scale: 1 },
      groups: linearGroups(x.size, 64),
    });
    ctx.save(targets);
    if (attrs.reduction === "none") return terms;
    const loss = reduceArray("sum", terms, [0, 1], { scale: scaleOf(x.shape, attrs) });
    terms.release();
    return loss;
  },
  backward(ctx, dy) {
    const targets = ctx.saved[0]!;
    const dx = empty(targets.shape, "float32", "klDiv's gradient");
    kernel.launch("backward", {
      arrays: [dy, targets, dx],
      params: { n: dx.size, scale: scaleOf(dx.shape, ctx.attrs) },
      constants: { EACH: ctx.attrs.reduction === "none" ? 1 : 0 },
      groups: linearGroups(dx.size, 64),
    });
    return [dx, null];
  },
};
