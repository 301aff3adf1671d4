// The losses of each element against its target: squares, magnitudes, what lies between, binary cross-entropy, Poisson's,
// margins.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./pointwise.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "pointwise",
  code: [nan, source],
  entries: {
    forward: ["read", "read", "read", "write"],
    backward: ["read", "read", "read", "write", "read"],
  },
});

/** By torch.nn.functional's names. */
const KINDS = {
  mseLoss: "mse",
  l1Loss: "l1",
  smoothL1Loss: "smoothL1",
  huberLoss: "huber",
  binaryCrossEntropy: "bce",
  binaryCrossEntropyWithLogits: "bceLogits",
  poissonNllLoss: "poisson",
  poissonNllLossOfRates: "poissonRate",
  softMarginLoss: "softMargin",
  hingeEmbeddingLoss: "hingeEmbedding",
} as const;

export type PointwiseName = keyof typeof KINDS;

export interface PointwiseAttrs {
  /** "mean" divides the sum by the number of elements; "none" leaves one loss an element. */
  reduction: "mean" | "sum" | "none";
  /** The loss's own number: smooth L1's beta, Huber's delta, a margin, Poisson's eps. */
  p: number;
}

function define(name: PointwiseName): Op<PointwiseAttrs> {
  const code = kernel.constant(KINDS[name]);
  const launchOf = ([x, targets, weight]: readonly DeviceArray[], { reduction, p }: PointwiseAttrs) => ({
    arrays: [x!, targets!, weight ?? targets!],
    params: {
      n: x!.size,
      weights: weight?.size ?? 0,
      p,
      scale: reduction === "mean" ? 1 / x!.size : 1,
    },
    constants: { KIND: code, WEIGHTED: weight === undefined ? 0 : 1 },
    groups: linearGroups(x!.size, 64),
  });
  return {
    name,
    forward(ctx, inputs, attrs) {
      requireFloat(name, ...inputs);
      const [x, targets] = inputs as [DeviceArray, DeviceArray];
      if (!sameShape(x.shape, targets.shape))
        throw new RangeError(
          `${name}: input ${formatShape(x.shape)} and target ${formatShape(targets.shape)} are of different shapes`,
        );
      const terms = empty(x.shape, "float32", name);
      const launch = launchOf(inputs, attrs);
      kernel.launch("forward", { ...launch, arrays: [...launch.arrays, terms] });
      ctx.save(...inputs);
      if (attrs.reduction === "none") return terms;
      const axes = x.shape.map((_, axis) => axis);
      const loss = reduceArray("sum", terms, axes, { scale: launch.params.scale });
      terms.release();
      return loss;
    },
    backward(ctx, dy) {
      const launch = launchOf(ctx.saved, ctx.attrs);
      return ctx.saved.map((_, i) => {
        if (i > 1 || !ctx.needsInputGrad[i]) return null;
        const gradient = empty(ctx.saved[i]!.shape, "float32", `${name}'s gradient`);
        kernel.launch("backward", {
          ...launch,
          arrays: [...launch.arrays, gradient, dy],
          constants: { ...launch.constants, TARGET: i, EACH: ctx.attrs.reduction === "none" ? 1 : 0 },
        });
        return gradient;
      });
    },
  };
}

/** Inputs: x and targets of one shape; binary cross-entropy of logits takes weights of positive targets too, constants of the last dimensions. */
export const pointwise = Object.fromEntries(
  (Object.keys(KINDS) as PointwiseName[]).map((name) => [name, define(name)]),
) as Record<PointwiseName, Op<PointwiseAttrs>>;
