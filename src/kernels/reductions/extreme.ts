// Maximum and minimum over axes, and where they are. The gradient goes to the first of equals.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, reducedShape } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { reduction } from "../shared/reduction.ts";
import shared from "../shared/reduction.wgsl" with { type: "text" };
import source from "./extreme.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "extreme",
  code: [nan, shared, source],
  entries: {
    find: ["read", "write", "write"],
    merge: ["read", "write", "write", "read"],
    scatter: ["read", "write", "read"],
  },
});

const WORKGROUP = 64;
/** Elements that one invocation looks through, unless there are so many that the splits would outnumber them. */
const SPLIT = 256;

/**
 * The largest or smallest elements over axes of a raw array, and their positions (uint32): row-major over the
 * reduced axes.
 */
export function extremeArray(
  name: "max" | "min",
  x: DeviceArray,
  axes: readonly number[],
  keepDim: boolean,
): { values: DeviceArray; positions: DeviceArray } {
  const size = reduction(x.shape, axes);
  if (size.reduced === 0) {
    throw new RangeError(`${name}: no elements to choose from in axes [${axes}] of ${formatShape(x.shape)}`);
  }
  const splits = Math.ceil(size.reduced / Math.max(SPLIT, Math.sqrt(size.reduced)));
  const shape = reducedShape(x.shape, axes, keepDim);
  const partShape = splits === 1 ? shape : [splits, size.outputs];
  const part = { values: empty(partShape, "float32", name), positions: empty(partShape, "uint32", name) };
  const params = { ...size, splits };
  const constants = { SMALLEST: name === "min" ? 1 : 0 };
  kernel.launch("find", {
    arrays: [x, part.values, part.positions],
    params,
    constants,
    groups: linearGroups(size.outputs * splits, WORKGROUP),
  });
  if (splits === 1) return part;
  const whole = { values: empty(shape, "float32", name), positions: empty(shape, "uint32", name) };
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

function define(name: "max" | "min"): Op<{ axes: readonly number[]; keepDim: boolean }> {
  return {
    name,
    forward(ctx, [x], { axes, keepDim }) {
      const { values, positions } = extremeArray(name, x!, axes, keepDim);
      ctx.save(positions);
      positions.release();
      return values;
    },
    backward(ctx, dy) {
      const shape = ctx.inputShapes[0]!;
      const size = reduction(shape, ctx.attrs.axes);
      const dx = filled(shape, 0);
      kernel.launch("scatter", {
        arrays: [dy, dx, ctx.saved[0]!],
        params: { ...size, splits: 1 },
        groups: linearGroups(size.outputs, WORKGROUP),
      });
      return [dx];
    },
  };
}

export const max = define("max");
export const min = define("min");
