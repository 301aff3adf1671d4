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
  /** "mean" divides the sum over the rows by their number; "none" leaves one loss a row. */
  reduction: "mean" | "sum" | "none";
  /** Rows with this label count nothing, not among the rows that "mean" divides by either. As a uint32; PyTorch's −100 if left out. */
  ignored?: number;
  /** How many rows are not ignored, for "mean": all if left out. */
  counted?: number;
}

const IGNORED = 2 ** 32 - 100;

/** Throws unless there is one label for each row of x. */
export function requireLabels(name: string, x: DeviceArray, labels: DeviceArray): void {
  requireFloat(name, x);
  if (x.shape.length !== 2)
    throw new RangeError(`${name}: wants an input [rows, classes], got ${formatShape(x.shape)}`);
  if (
    (labels.dtype !== "uint32" && labels.dtype !== "int32") ||
    labels.shape.length !== 1 ||
    labels.shape[0] !== x.shape[0]
  ) {
    throw new RangeError(
      `${name}: wants uint32 labels [${x.shape[0]}], one for each row of ${formatShape(x.shape)}, got ${labels.dtype} ${formatShape(labels.shape)}`,
    );
  }
}

/** The sizes, and the factor that the reduction puts before the sum. */
export function lossParams(x: Shape, { reduction, ignored = IGNORED, counted }: LossAttrs) {
  const [rows, classes] = x as [number, number];
  return { rows, classes, ignored, scale: reduction === "mean" ? 1 / (counted ?? rows) : 1 };
}

/** The losses of the rows as they are, or their sum times the reduction's factor; takes them over. */
export function reduced(losses: DeviceArray, { reduction }: LossAttrs, scale: number): DeviceArray {
  if (reduction === "none") return losses;
  const loss = reduceArray("sum", losses, [0], { scale });
  losses.release();
  return loss;
}

/** Override constants of the gradients: whether there is a dy for each row. */
export function eachRow({ reduction }: LossAttrs): { EACH: number } {
  return { EACH: reduction === "none" ? 1 : 0 };
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
    ctx.save(labels);
    return reduced(losses, attrs, params.scale);
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "nllLoss's gradient");
    kernel.launch("backward", {
      arrays: [dy, ctx.saved[0]!, dx],
      params: lossParams(shape, ctx.attrs),
      constants: eachRow(ctx.attrs),
      groups: linearGroups(dx.size, 64),
    });
    return [dx, null];
  },
};
