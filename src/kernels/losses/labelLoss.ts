// Cross-entropy and negative log-likelihood: the losses of labels and of soft labels. Cross-entropy is what logSoftmax
// followed by the other gives, without the array between them.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { reduceArray } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./labelLoss.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "labelLoss",
  code: [nan, source],
  entries: {
    forward: ["read", "read", "read", "write", "write"],
    pick: ["read", "read", "read", "write"],
    backward: ["read", "read", "read", "write", "read", "read"],
    backwardRows: ["read", "read", "read", "write", "read", "read"],
    spread: ["read", "read", "read", "write"],
    count: ["read", "read", "write"],
  },
});

export interface LossAttrs {
  /** "mean" divides the sum over the rows by their number; "none" leaves one loss a row. */
  reduction: "mean" | "sum" | "none";
  /** Rows with this label count nothing, not among the rows that "mean" divides by either. As a uint32; PyTorch's −100 if left out. */
  ignored?: number;
  /** How many rows are not ignored, for "mean": all if left out. */
  counted?: number;
  /** The share of every label that is spread over all classes. */
  smoothing?: number;
}

const IGNORED = 2 ** 32 - 100;
/** Rows from which on a CPU's cores are busy with an invocation each. */
const MANY_ROWS = 16;

/** Whether the targets are probabilities. */
const isSoft = (targets: DeviceArray) => targets.dtype === "float32";

/** Throws unless there is one label for each row of x, or a probability for each element; and a weight for each class. */
function requireTargets(name: string, [x, targets, weight]: readonly DeviceArray[], soft: boolean): void {
  requireFloat(name, x!);
  const { shape } = x!;
  if (shape.length < 2)
    throw new RangeError(`${name}: wants an input [rows, classes], got ${formatShape(shape)}`);
  const rows = [shape[0]!, ...shape.slice(2)];
  const fits = isSoft(targets!)
    ? soft && sameShape(targets!.shape, shape)
    : targets!.dtype !== "bool" && sameShape(targets!.shape, rows);
  if (!fits) {
    const or = soft && isSoft(targets!) ? `, or float32 probabilities ${formatShape(shape)}` : "";
    const whole = targets!.dtype === "int32" || targets!.dtype === "uint32";
    const of = (shape: Shape) => sameShape(targets!.shape, shape);
    const hint =
      !whole && of(rows)
        ? ": int() makes them"
        : soft && of(shape)
          ? ": float() makes them probabilities"
          : "";
    throw new RangeError(
      `${name}: wants int32 labels ${formatShape(rows)}, one for each row of ${formatShape(shape)}, got ${targets!.dtype} ${formatShape(targets!.shape)}${or}${hint}`,
    );
  }
  if (weight === undefined) return;
  requireFloat(name, weight);
  if (!sameShape(weight.shape, [shape[1]!]))
    throw new RangeError(
      `${name}: the weights are [${shape[1]}], one for each class, got ${formatShape(weight.shape)}`,
    );
}

/** Throws where a gradient of the targets or of the weights would be wanted. */
function refuseGradients(name: string, [, targets = false, weight = false]: readonly boolean[]): void {
  if (targets || weight)
    throw new Error(
      `${name}: the ${targets ? "targets" : "weights"} are constants, no gradient flows into them: detach() them`,
    );
}

function launchOf(x: Shape, targets: DeviceArray, weight: DeviceArray | undefined, attrs: LossAttrs) {
  const { reduction, ignored = IGNORED, counted, smoothing = 0 } = attrs;
  const classes = x[1]!;
  const inner = sizeOf(x.slice(2));
  const rows = x[0]! * inner;
  return {
    rows,
    params: {
      rows,
      classes,
      inner,
      ignored,
      scale: reduction === "mean" ? 1 / (counted ?? rows) : 1,
      smoothing,
    },
    constants: {
      EACH: reduction === "none" ? 1 : 0,
      SOFT: isSoft(targets) ? 1 : 0,
      SMOOTH: smoothing > 0 ? 1 : 0,
      WEIGHTED: weight === undefined ? 0 : 1,
    },
    /** What stands first among the bindings; a program without weights reads none. */
    arrays: [targets, weight ?? targets],
  };
}

/** The losses of the rows in the labels' shape, or their sum times the reduction's factor; takes them over. */
function reduced(losses: DeviceArray, x: Shape, { reduction }: LossAttrs, scale: number): DeviceArray {
  const result =
    reduction === "none" ? losses.view([x[0]!, ...x.slice(2)]) : reduceArray("sum", losses, [0], { scale });
  losses.release();
  return result;
}

/** Inputs: logits [rows, classes, …], labels (whole numbers [rows, …]) or probabilities, and weights [classes] or none. */
export const crossEntropy: Op<LossAttrs> = {
  name: "crossEntropy",
  forward(ctx, inputs, attrs) {
    requireTargets("crossEntropy", inputs, true);
    refuseGradients("crossEntropy", ctx.needsInputGrad);
    const [x, targets, weight] = inputs as [DeviceArray, DeviceArray, DeviceArray?];
    const { rows: count, arrays, ...launch } = launchOf(x.shape, targets, weight, attrs);
    const losses = empty([count], "float32", "crossEntropy");
    const rows = empty([count, 3], "float32", "crossEntropy");
    kernel.launch("forward", {
      ...launch,
      arrays: [...arrays, x, losses, rows],
      groups: linearGroups(count, 64),
    });
    ctx.save(x, targets, rows, ...(weight === undefined ? [] : [weight]));
    rows.release();
    return reduced(losses, x.shape, attrs, launch.params.scale);
  },
  backward(ctx, dy) {
    const [x, targets, rows, weight] = ctx.saved as [DeviceArray, DeviceArray, DeviceArray, DeviceArray?];
    const dx = empty(x.shape, "float32", "crossEntropy's gradient");
    const { params, constants, arrays, rows: count } = launchOf(x.shape, targets, weight, ctx.attrs);
    const byRows = device().adapter.software && count >= MANY_ROWS;
    kernel.launch(byRows ? "backwardRows" : "backward", {
      params,
      constants: byRows ? { ...constants, WORKGROUP: 8 } : constants,
      arrays: [...arrays, dy, dx, rows, x],
      groups: byRows ? linearGroups(count, 8) : linearGroups(x.size, 64),
    });
    return [dx, null, null];
  },
};

/** Inputs: log-probabilities [rows, classes, …], labels (whole numbers [rows, …]), and weights [classes] or none. */
export const nllLoss: Op<LossAttrs> = {
  name: "nllLoss",
  forward(ctx, inputs, attrs) {
    requireTargets("nllLoss", inputs, false);
    refuseGradients("nllLoss", ctx.needsInputGrad);
    const [x, targets, weight] = inputs as [DeviceArray, DeviceArray, DeviceArray?];
    const { rows: count, arrays, ...launch } = launchOf(x.shape, targets, weight, attrs);
    const losses = empty([count], "float32", "nllLoss");
    kernel.launch("pick", { ...launch, arrays: [...arrays, x, losses], groups: linearGroups(count, 64) });
    ctx.save(targets, ...(weight === undefined ? [] : [weight]));
    return reduced(losses, x.shape, attrs, launch.params.scale);
  },
  backward(ctx, dy) {
    const [targets, weight] = ctx.saved as [DeviceArray, DeviceArray?];
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "nllLoss's gradient");
    const { params, constants, arrays } = launchOf(shape, targets, weight, ctx.attrs);
    kernel.launch("spread", {
      params,
      constants,
      arrays: [...arrays, dy, dx],
      groups: linearGroups(dx.size, 64),
    });
    return [dx, null, null];
  },
};

/** How much of each label every class has: q of labelLoss.wgsl, which is what −log p counts. */
export function labelShares(
  x: Shape,
  targets: DeviceArray,
  weight: DeviceArray | undefined,
  attrs: LossAttrs,
): DeviceArray {
  const { params, constants, arrays } = launchOf(x, targets, weight, { ...attrs, reduction: "sum" });
  const one = filled([], -1);
  const shares = empty(x, "float32", "shares of labels");
  kernel.launch("spread", {
    params,
    constants,
    arrays: [...arrays, one, shares],
    groups: linearGroups(shares.size, 64),
  });
  one.release();
  return shares;
}

/** What "mean" divides by where only the GPU knows it: the weights of all labels, those that are ignored left out. */
export function countedLabels(
  x: Shape,
  labels: DeviceArray,
  weight: DeviceArray | undefined,
  ignored: number,
): DeviceArray {
  const launch = launchOf(x, labels, weight, { reduction: "sum", ignored });
  const counts = empty([launch.rows], "float32", "counted labels");
  const { params, constants, arrays } = launch;
  kernel.launch("count", {
    params,
    constants,
    arrays: [...arrays, counts],
    groups: linearGroups(launch.rows, 64),
  });
  const sum = reduceArray("sum", counts, [0]);
  counts.release();
  return sum;
}
