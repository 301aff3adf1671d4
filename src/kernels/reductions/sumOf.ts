// Variance, standard deviation, Euclidean norm and the logarithm of a sum of exponentials over axes.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { reducedShape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { reduction } from "../shared/reduction.ts";
import shared from "../shared/reduction.wgsl" with { type: "text" };
import { extremeArray } from "./extreme.ts";
import { type ReduceAttrs, reduceArray } from "./reduce.ts";
import source from "./sumOf.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "sumOf",
  code: [nan, shared, source],
  entries: {
    add: ["read", "read", "write"],
    finish: ["read", "read", "write"],
    gradient: ["read", "read", "write", "read", "read"],
  },
});

const WORKGROUP = 64;
/** Elements that one invocation adds up at most. */
const SPLIT = 256;

export interface SpreadAttrs extends ReduceAttrs {
  /** Taken off n in the denominator. */
  correction: number;
}

type Name = "variance" | "std" | "norm" | "logsumexp";

/** What is taken off each element first; norm takes nothing, and reads none of what it is given. */
function centresOf(name: Name, x: DeviceArray, axes: readonly number[], n: number): DeviceArray {
  if (name === "norm") return x.retain();
  if (name !== "logsumexp") return reduceArray("sum", x, axes, { scale: 1 / n });
  const { values, positions } = extremeArray("amax", x, axes, false, name);
  positions.release();
  return values;
}

function define<A extends ReduceAttrs>(name: Name): Op<A> {
  const constants = { FUNCTION: kernel.constant(name) };
  const sizes = (x: DeviceArray, { axes, ...attrs }: ReduceAttrs) => {
    const size = reduction(x.shape, axes);
    const correction = (attrs as Partial<SpreadAttrs>).correction;
    const scale = correction === undefined ? 1 : 1 / Math.max(0, size.reduced - correction);
    return { ...size, splits: Math.max(1, Math.ceil(size.reduced / SPLIT)), scale };
  };
  return {
    name,
    forward(ctx, [x], attrs) {
      const params = sizes(x!, attrs);
      const { outputs, splits } = params;
      const centres = centresOf(name, x!, attrs.axes, params.reduced);
      let sums = empty([splits, outputs], "float32", name);
      const groups = linearGroups(outputs * splits, WORKGROUP);
      kernel.launch("add", { arrays: [x!, centres, sums], params, constants, groups });
      if (splits > 1) {
        const parts = sums;
        sums = reduceArray("sum", parts, [0]);
        parts.release();
      }
      const y = empty(reducedShape(x!.shape, attrs.axes, attrs.keepDim), "float32", name);
      const arrays = [sums, name === "norm" ? sums : centres, y];
      kernel.launch("finish", { arrays, params, constants, groups: linearGroups(outputs, WORKGROUP) });
      sums.release();
      ctx.save(x!, centres, y);
      centres.release();
      return y;
    },
    backward(ctx, dy) {
      const [x, centres, y] = ctx.saved as [DeviceArray, DeviceArray, DeviceArray];
      const params = sizes(x, ctx.attrs);
      const dx = empty(x.shape, "float32", `${name}'s gradient`);
      const groups = linearGroups(params.outputs * params.splits, WORKGROUP);
      kernel.launch("gradient", { arrays: [x, centres, dx, y, dy], params, constants, groups });
      return [dx];
    },
  };
}

export const variance = define<SpreadAttrs>("variance");
export const std = define<SpreadAttrs>("std");
export const norm = define<ReduceAttrs>("norm");
export const logsumexp = define<ReduceAttrs>("logsumexp");
