// Cross-entropy of labels from logits: what logSoftmax followed by nllLoss gives, without the array between them.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import source from "./crossEntropy.wgsl" with { type: "text" };
import { eachRow, type LossAttrs, lossParams, reduced, requireLabels } from "./nllLoss.ts";

const kernel = defineKernel({
  name: "crossEntropy",
  code: [nan, source],
  entries: {
    forward: ["read", "read", "write", "write"],
    backward: ["read", "read", "write", "read", "read"],
  },
});

/** Inputs: logits [rows, classes], labels (uint32 [rows]). A label that is no class makes the loss NaN. */
export const crossEntropy: Op<LossAttrs> = {
  name: "crossEntropy",
  forward(ctx, inputs, attrs) {
    const [x, labels] = inputs as [DeviceArray, DeviceArray];
    requireLabels("crossEntropy", x, labels);
    const params = lossParams(x.shape, attrs);
    const losses = empty([params.rows], "float32", "crossEntropy");
    const rows = empty([params.rows, 2], "float32", "crossEntropy");
    kernel.launch("forward", {
      arrays: [x, labels, losses, rows],
      params,
      groups: linearGroups(params.rows, 64),
    });
    ctx.save(x, labels, rows);
    rows.release();
    return reduced(losses, attrs, params.scale);
  },
  backward(ctx, dy) {
    const [x, labels, rows] = ctx.saved as [DeviceArray, DeviceArray, DeviceArray];
    const dx = empty(x.shape, "float32", "crossEntropy's gradient");
    kernel.launch("backward", {
      arrays: [x, labels, dx, rows, dy],
      params: lossParams(x.shape, ctx.attrs),
      constants: eachRow(ctx.attrs),
      groups: linearGroups(x.size, 64),
    });
    return [dx, null];
  },
};
