// Sum and mean over axes, and the sum that undoes a broadcast. Maximum and minimum are in extreme.ts.
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastAxes, reducedShape, type Shape, sameShape, sizeOf } from "../../gpu/shape.ts";
import { expand } from "../shapes/copy.ts";
import { type Reduction, reduction } from "../shared/reduction.ts";
import shared from "../shared/reduction.wgsl" with { type: "text" };
import { defineExtreme, extremeArray } from "./extreme.ts";
import source from "./reduce.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "reduce",
  code: [shared, source],
  entries: {
    sum: ["read", "write"],
    columns: ["read", "write"],
    rows: ["read", "write"],
    sumWhole: ["read", "write"],
  },
});

const WORKGROUP = 64;
/** A CPU adapter's, where an invocation reads vec4s. */
const FEW = 8;
/** Elements that one invocation adds up at most; longer sums are split. */
const SPLIT = 256;
/** On a CPU adapter, where outputs alone keep its cores busy: another launch would take longer than a longer sum. */
const LONG_SPLIT = 2048;
const BUSY = 64;
/** A sum of so many elements is worth a launch of its own. */
const LONG = 16;

/** scale · the sum over axes of a raw array; of whole numbers, and bools, the sum as it is. Into a new array, or `into`. */
function sumArray(
  x: DeviceArray,
  axes: readonly number[],
  scale: number,
  keepDim: boolean,
  into?: DeviceArray,
): DeviceArray {
  const shape = reducedShape(x.shape, axes, keepDim);
  const params = reduction(x.shape, axes);
  const inner = params.reducedRank > 1 ? lastRun(axes) : [];
  if (sizeOf(inner.map((axis) => x.shape[axis]!)) >= LONG) {
    // Axes apart from each other one after the other: finding an element by two indices takes divisions.
    const sums = sumArray(x, inner, 1, true);
    const rest = axes.slice(0, -inner.length);
    const total = sumArray(sums, rest, scale, true, into);
    const result = total.view(shape);
    sums.release();
    total.release();
    return result;
  }
  const busy = device().adapter.software && params.outputs >= BUSY;
  const splits = Math.max(1, Math.ceil(params.reduced / (busy ? LONG_SPLIT : SPLIT)));
  const dtype = x.dtype === "bool" ? "int32" : x.dtype;
  const out =
    splits === 1
      ? (into?.view(shape) ?? empty(shape, dtype, "sum"))
      : empty([splits, params.outputs], dtype, "sum");
  const entry = entryFor(dtype, params);
  const workgroup = entry === "columns" || entry === "rows" ? FEW : WORKGROUP;
  kernel.launch(entry, {
    arrays: [x, out],
    params: { ...params, splits, scale: splits === 1 ? scale : 1 },
    constants: { WORKGROUP: workgroup },
    groups: linearGroups((params.outputs * splits) / (entry === "columns" ? 4 : 1), workgroup),
  });
  if (splits === 1) return out;
  const total = sumArray(out, [0], scale, false, into);
  const result = total.view(shape);
  out.release();
  total.release();
  return result;
}

function entryFor(dtype: DType, params: Reduction): "sum" | "columns" | "rows" | "sumWhole" {
  if (dtype !== "float32") return "sumWhole";
  if (!device().adapter.software) return "sum";
  return areColumns(params) ? "columns" : areRows(params) ? "rows" : "sum";
}

/** Whether the sums are those of runs of elements that follow each other, in vec4s. */
function areRows({ reduced, reducedRank, reducedStrides, keptStrides }: Reduction): boolean {
  const begin = [reduced, ...keptStrides];
  return reducedRank === 1 && reducedStrides[0] === 1 && begin.every((n) => n % 4 === 0);
}

/** Whether the sums are those of matrices' columns, in vec4s. */
function areColumns({ keptRank, keptShape, keptStrides, reducedRank, reducedStrides }: Reduction): boolean {
  const last = keptRank - 1;
  const inFours = [keptShape[last]!, reducedStrides[0]!, ...keptStrides.slice(0, last)];
  return keptStrides[last] === 1 && reducedRank === 1 && inFours.every((n) => n % 4 === 0);
}

/** The last of the axes, with those before it that lie next to each other. */
function lastRun(axes: readonly number[]): readonly number[] {
  let from = axes.length - 1;
  while (from > 0 && axes[from - 1]! === axes[from]! - 1) from--;
  return axes.slice(from);
}

/** The same for float32, into an array that is there already. */
export function sumInto(into: DeviceArray, x: DeviceArray, axes: readonly number[]): void {
  sumArray(x, axes, 1, false, into).release();
}

/** Sum, maximum or minimum over axes of a raw array. */
export function reduceArray(
  code: "sum" | "amax" | "amin",
  x: DeviceArray,
  axes: readonly number[],
  { scale = 1, keepDim = false } = {},
): DeviceArray {
  if (code === "sum") return sumArray(x, axes, scale, keepDim);
  const { values, positions } = extremeArray(code, x, axes, keepDim);
  positions.release();
  return values;
}

/** Sums a broadcast array back to `shape`; a new reference to x itself where nothing was broadcast. */
export function sumTo(x: DeviceArray, shape: Shape): DeviceArray {
  if (sameShape(x.shape, shape)) return x.retain();
  const sum = sumArray(x, broadcastAxes(shape, x.shape), 1, false);
  const result = sum.view(shape);
  sum.release();
  return result;
}

export interface ReduceAttrs {
  /** Sorted, distinct. */
  axes: readonly number[];
  keepDim: boolean;
}

function linear(name: "sum" | "mean"): Op<ReduceAttrs> {
  const scaleOf = (shape: Shape, axes: readonly number[]) =>
    name === "sum" ? 1 : 1 / sizeOf(axes.map((axis) => shape[axis]!));
  return {
    name,
    forward: (_, [x], { axes, keepDim }) => sumArray(x!, axes, scaleOf(x!.shape, axes), keepDim),
    backward(ctx, dy) {
      const shape = ctx.inputShapes[0]!;
      const kept = dy.view(reducedShape(shape, ctx.attrs.axes, true));
      const dx = expand(kept, shape, scaleOf(shape, ctx.attrs.axes));
      kept.release();
      return [dx];
    },
  };
}

/** Of equals: one for each output. */
const countsOf = (x: DeviceArray, axes: readonly number[]) => sumArray(x, axes, 1, false);

export const reduce = {
  sum: linear("sum"),
  mean: linear("mean"),
  amax: defineExtreme("amax", countsOf),
  amin: defineExtreme("amin", countsOf),
};
