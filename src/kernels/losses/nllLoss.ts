// Negative log-likelihood of labels. crossEntropy.ts takes logits instead of log-probabilities.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./nllLoss.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "nllLoss",
  code: [nan, source],
  entries: { pick: ["read", "read", "write"], backward: ["read", "read", "write"] },
});

export interface LossAttrs {
  /** "mean" divides the sum over the rows by their number. */
  reduction: "mean" | "sum";
}

/** Throws unless there is one label for each row of x. */
export function requireLabels(name: string, x: DeviceArray, labels: DeviceArray): void {
  requireFloat(name, x);
  if (x.shape.length !== 2)
    throw new RangeError(`${name}: wants an input [rows, classes], got ${formatShape(x.shape)}`);
  if (labels.dtype !== "uint32" || labels.shape.length !== 1 || labels.shape[0] !== x.shape[0]) {
    throw new RangeError(
      `${name}: wants uint32 labels [${x.shape[0]}], one for each row of ${formatShape(x.shape)}, got ${labels.dtype} ${formatShape(labels.shape)}`,
    );
  }
}

/** The sizes, and the factor that the reduction puts before the sum. */
export function lossParams(x: Shape, { reduction }: LossAttrs) {
  const [rows, classes] = x as [number, number];
  return { rows, classes, scale: reduction === "mean" ? 1 / rows : 1 };
}

/** Inputs: log-probabilities [rows, classes], labels (uint32 [rows]). A label that is no class makes the loss NaN. */
export const nllLoss: Op<LossAttrs> = {
  name: "nllLoss",
  forward(ctx, inputs, attrs) {
    const [x, labels] = inputs as [DeviceArray, DeviceArray];
    requireLabels("nllLoss", x, labels);
    const params = lossParams(x.shape, attrs);
    const losses = empty([params.rows], "float32", "nllLoss");
    kernel.launch("pick", { arrays: [x, labels, losses], params, groups: linearGroups(params.rows, 64) });
    const loss = reduceArray("sum", losses, [0], { scale: params.scale });
    losses.release();
    ctx.save(labels);
    return loss;
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "nllLoss's gradient");
    kernel.launch("backward", {
      arrays: [dy, ctx.saved[0]!, dx],
      params: lossParams(shape, ctx.attrs),
      groups: linearGroups(dx.size, 64),
    });
    return [dx, null];
  },
};
