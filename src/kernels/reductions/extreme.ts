// Maximum and minimum over axes, and where they are. Equals share the gradient, as in torch.amax; among NaNs too.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, reducedShape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { reduction } from "../shared/reduction.ts";
import shared from "../shared/reduction.wgsl" with { type: "text" };
import { TYPE } from "../shared/types.ts";
import source from "./extreme.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "extreme",
  code: [nan, shared, source],
  entries: {
    find: ["read", "write", "write"],
    merge: ["read", "write", "write", "read"],
    count: ["read", "read", "write"],
    share: ["read", "read", "write", "read", "read"],
  },
});

const WORKGROUP = 64;
/** Elements that one invocation looks through, unless there are so many that the splits would outnumber them. */
const SPLIT = 256;

function splitsOf({ reduced }: { reduced: number }): number {
  return Math.ceil(reduced / Math.max(SPLIT, Math.sqrt(reduced)));
}

/**
 * The largest or smallest elements over axes of a raw array, and their positions (int32): row-major over the
 * reduced axes.
 */
export function extremeArray(
  name: "amax" | "amin",
  x: DeviceArray,
  axes: readonly number[],
  keepDim: boolean,
  who: string = name,
): { values: DeviceArray; positions: DeviceArray } {
  const size = reduction(x.shape, axes);
  if (size.reduced === 0) {
    throw new RangeError(`${who}: no elements to choose from in dim ${axes} of ${formatShape(x.shape)}`);
  }
  const splits = splitsOf(size);
  const shape = reducedShape(x.shape, axes, keepDim);
  const partShape = splits === 1 ? shape : [splits, size.outputs];
  const part = { values: empty(partShape, x.dtype, name), positions: empty(partShape, "int32", name) };
  const params = { ...size, splits };
  const constants = { SMALLEST: name === "amin" ? 1 : 0, KIND: TYPE[x.dtype] };
  kernel.launch("find", {
    arrays: [x, part.values, part.positions],
    params,
    constants,
    groups: linearGroups(size.outputs * splits, WORKGROUP),
  });
  if (splits === 1) return part;
  const whole = { values: empty(shape, x.dtype, name), positions: empty(shape, "int32", name) };
  kernel.launch("merge", {
    arrays: [part.values, whole.values, whole.positions, part.positions],
    params,
    constants,
    groups: linearGroups(size.outputs, WORKGROUP),
  });
  part.values.release();
  part.positions.release();
  return whole;
}

export interface ExtremeAttrs {
  axes: readonly number[];
  keepDim: boolean;
  /** What was called, where it is another. */
  who?: string;
}

/** sumArray of reduce.ts, which needs this file's maximum. */
type Sum = (x: DeviceArray, axes: readonly number[]) => DeviceArray;

export function defineExtreme(name: "amax" | "amin", sum: Sum): Op<ExtremeAttrs> {
  return {
    name,
    forward(ctx, [x], { axes, keepDim, who }) {
      const { values, positions } = extremeArray(name, x!, axes, keepDim, who);
      positions.release();
      ctx.save(x!, values);
      return values;
    },
    backward(ctx, dy) {
      const [x, values] = ctx.saved as [DeviceArray, DeviceArray];
      const size = reduction(x.shape, ctx.attrs.axes);
      const params = { ...size, splits: splitsOf(size) };
      const groups = linearGroups(size.outputs * params.splits, WORKGROUP);
      const parts = empty([params.splits, size.outputs], "float32", `${name}'s gradient`);
      kernel.launch("count", { arrays: [x, values, parts], params, groups });
      const counts = params.splits === 1 ? parts.retain() : sum(parts, [0]);
      parts.release();
      const dx = empty(x.shape, "float32", `${name}'s gradient`);
      kernel.launch("share", { arrays: [x, values, dx, counts, dy], params, groups });
      counts.release();
      return [dx];
    },
  };
}
