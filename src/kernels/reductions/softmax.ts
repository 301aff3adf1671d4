// Softmax and log-softmax along an axis. Both keep their result for the gradient.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { sizeOf } from "../../gpu/shape.ts";
import { hasEightLanes } from "../shared/lanes.ts";
import lanes from "../shared/lanes.wgsl" with { type: "text" };
import nan from "../shared/nan.wgsl" with { type: "text" };
import { rowsAreAlone } from "../shared/rows.ts";
import source from "./softmax.wgsl" with { type: "text" };
import lanesSource from "./softmaxLanes.wgsl" with { type: "text" };
import rowsSource from "./softmaxRows.wgsl" with { type: "text" };

const entries = { forward: ["read", "write"], backward: ["read", "write", "read"] } as const;
const kernel = defineKernel({ name: "softmax", code: [nan, source], entries });
const ofRows = defineKernel({ name: "softmaxRows", code: [nan, rowsSource], entries });
const ofLanes = defineKernel({ name: "softmaxLanes", code: [lanesSource, nan, lanes], entries });

/** The shortest row that a subgroup has, and how many rows a workgroup has where there are enough of them. */
const SHORTEST = 64;
const ROWS_OF_GROUP = 16;
const ENOUGH_GROUPS = 32;
/** Rows below which workgroups are small on a CPU, so that each of its cores has some. */
const FEW_ROWS = 512;
/** Elements from which on a row is worth a large workgroup. */
const VERY_LONG = 2048;

function launch(entry: "forward" | "backward", arrays: DeviceArray[], axis: number, log: boolean): void {
  const { shape } = arrays[0]!;
  const n = shape[axis]!;
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  const constants = { LOG: log ? 1 : 0 };
  if (inner === 1 && n % 4 === 0 && n >= SHORTEST && hasEightLanes()) {
    const each = outer >= ROWS_OF_GROUP * ENOUGH_GROUPS ? ROWS_OF_GROUP : 1;
    const groups = linearGroups(Math.ceil(outer / each), 1);
    ofLanes.launch(entry, { arrays, constants, params: { rows: outer, n4: n / 4, each }, groups });
  } else if (inner === 1 && !rowsAreAlone(outer, n)) {
    const WORKGROUP = n >= VERY_LONG ? 256 : 64;
    const groups = linearGroups(outer, 1);
    ofRows.launch(entry, {
      arrays,
      constants: { ...constants, WORKGROUP },
      params: { rows: outer, n },
      groups,
    });
  } else {
    const rows = n === 0 ? 0 : outer * inner;
    const WORKGROUP = device().adapter.software && rows < FEW_ROWS ? 8 : 64;
    const groups = linearGroups(rows, WORKGROUP);
    kernel.launch(entry, {
      arrays,
      constants: { ...constants, WORKGROUP },
      params: { outer, n, inner },
      groups,
    });
  }
}

function define(name: "softmax" | "logSoftmax"): Op<{ axis: number }> {
  const log = name === "logSoftmax";
  return {
    name,
    forward(ctx, [x], { axis }) {
      const y = empty(x!.shape, "float32", name);
      launch("forward", [x!, y], axis, log);
      ctx.save(y);
      return y;
    },
    backward(ctx, dy) {
      const y = ctx.saved[0]!;
      const dx = empty(y.shape, "float32", `${name}'s gradient`);
      launch("backward", [y, dx, dy], ctx.attrs.axis, log);
      return [dx];
    },
  };
}

export const softmax = define("softmax");
export const logSoftmax = define("logSoftmax");
