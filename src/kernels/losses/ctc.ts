// Connectionist temporal classification: the loss of labels that no one has set times to.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import type { Shape } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./ctc.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "ctc",
  code: [nan, source],
  entries: {
    alpha: ["read", "read", "read", "write", "write"],
    beta: ["read", "read", "read", "write"],
    share: ["read", "read", "read", "write"],
    gradient: ["read", "read", "read", "read", "read", "read", "read", "write"],
  },
});

export interface CtcAttrs {
  blank: number;
  /** Labels of the longest sample. */
  longest: number;
  reduction: "mean" | "sum" | "none";
  zeroInfinity: boolean;
}

function launchOf([times, samples, classes]: Shape, { blank, longest, reduction, zeroInfinity }: CtcAttrs) {
  const mean = reduction === "mean";
  return {
    params: {
      times: times!,
      samples: samples!,
      classes: classes!,
      places: 2 * longest + 1,
      blank,
      scale: mean ? 1 / samples! : 1,
    },
    constants: {
      ZERO_INFINITY: zeroInfinity ? 1 : 0,
      EACH: reduction === "none" ? 1 : 0,
      MEAN: mean ? 1 : 0,
    },
  };
}

/**
 * Inputs: log-probabilities [times, samples, classes]; labels (uint32), in a row; facts (uint32 [samples, 4]): each sample's first
 * label, how many labels and how many times it has, and nothing.
 */
export const ctc: Op<CtcAttrs> = {
  name: "ctcLoss",
  forward(ctx, inputs, attrs) {
    const [x, labels, facts] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    requireFloat("ctcLoss", x);
    const { params, constants } = launchOf(x.shape, attrs);
    const { times, samples, places } = params;
    const alpha = empty([samples, times, places], "float32", "ctcLoss");
    const losses = empty([samples], "float32", "ctcLoss");
    kernel.launch("alpha", {
      params,
      constants,
      arrays: [x, labels, facts, alpha, losses],
      groups: linearGroups(samples, 1),
    });
    ctx.save(x, labels, facts, alpha, losses);
    alpha.release();
    const shares = empty([samples], "float32", "ctcLoss");
    kernel.launch("share", {
      params,
      constants,
      arrays: [losses, labels, facts, shares],
      groups: linearGroups(samples, 64),
    });
    losses.release();
    if (attrs.reduction === "none") return shares;
    const loss = reduceArray("sum", shares, [0], { scale: params.scale });
    shares.release();
    return loss;
  },
  backward(ctx, dy) {
    const [x, labels, facts, alpha, losses] = ctx.saved as [
      DeviceArray,
      DeviceArray,
      DeviceArray,
      DeviceArray,
      DeviceArray,
    ];
    const { params, constants } = launchOf(x.shape, ctx.attrs);
    const beta = empty(alpha.shape, "float32", "ctcLoss's gradient");
    kernel.launch("beta", {
      params,
      constants,
      arrays: [x, labels, facts, beta],
      groups: linearGroups(params.samples, 1),
    });
    const dx = empty(x.shape, "float32", "ctcLoss's gradient");
    kernel.launch("gradient", {
      params,
      constants,
      arrays: [x, labels, facts, alpha, beta, losses, dy, dx],
      groups: linearGroups(x.size, 64),
    });
    beta.release();
    return [dx, null, null];
  },
};
