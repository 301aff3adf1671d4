// Sum, mean, maximum and minimum over axes, and the sum that undoes a broadcast.
import { type DeviceArray, empty } from "../tensor/array.ts";
import type { Op } from "../tensor/autograd.ts";
import { defineKernel, linearGroups } from "../tensor/kernel.ts";
import { reducedShape, type Shape, sameShape, sizeOf, stridesOf } from "../tensor/shape.ts";
import { expand } from "./copy.ts";
import source from "./reduce.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "reduce",
  code: source,
  entries: { forward: ["read", "write"], pickFirst: ["read", "write", "read", "read"] },
  params: {
    outputs: "u32",
    splits: "u32",
    reduced: "u32",
    splitLength: "u32",
    keptRank: "u32",
    reducedRank: "u32",
    scale: "f32",
    keptShape: "u32x8",
    keptStrides: "u32x8",
    reducedShape: "u32x8",
    reducedStrides: "u32x8",
  },
});

const WORKGROUP = 64;
/** Elements that one invocation reduces at most; longer reductions are split. */
const SPLIT = 256;
const CODES = { sum: 0, max: 1, min: 2 } as const;

function geometry(shape: Shape, axes: readonly number[]) {
  const strides = stridesOf(shape);
  const pickAxes = (wanted: boolean, of: readonly number[]) =>
    of.filter((_, axis) => axes.includes(axis) === wanted);
  const keptShape = pickAxes(false, shape);
  const reducedDims = pickAxes(true, shape);
  return {
    outputs: sizeOf(keptShape),
    reduced: sizeOf(reducedDims),
    keptRank: keptShape.length,
    reducedRank: reducedDims.length,
    keptShape,
    keptStrides: pickAxes(false, strides),
    reducedShape: reducedDims,
    reducedStrides: pickAxes(true, strides),
  };
}

/** Reduces axes of a raw array; `scale` multiplies the result. */
export function reduceArray(
  code: keyof typeof CODES,
  x: DeviceArray,
  axes: readonly number[],
  scale = 1,
  keepDim = false,
): DeviceArray {
  const shape = reducedShape(x.shape, axes, keepDim);
  const g = geometry(x.shape, axes);
  if (code !== "sum" && g.reduced === 0)
    throw new RangeError(`${code}: there is no largest or smallest of no elements`);
  const splits = Math.max(1, Math.ceil(g.reduced / SPLIT));
  const out = empty(splits === 1 ? shape : [splits, g.outputs], "float32", code);
  kernel.launch("forward", {
    arrays: [x, out],
    params: { ...g, splits, splitLength: SPLIT, scale: splits === 1 ? scale : 1 },
    constants: { OP: CODES[code] },
    groups: linearGroups(g.outputs * splits, WORKGROUP),
  });
  if (splits === 1) return out;
  const total = reduceArray(code, out, [0], scale);
  const result = total.view(shape);
  out.release();
  total.release();
  return result;
}

/** Sums a broadcast array back to `shape`; a new reference to x itself where nothing was broadcast. */
export function sumTo(x: DeviceArray, shape: Shape): DeviceArray {
  if (sameShape(x.shape, shape)) return x.retain();
  const extra = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, axis) =>
    axis < extra || (shape[axis - extra] === 1 && n !== 1) ? [axis] : [],
  );
  const sum = reduceArray("sum", x, axes);
  const result = sum.view(shape);
  sum.release();
  return result;
}

interface ReduceAttrs {
  /** Sorted, distinct. */
  axes: readonly number[];
  keepDim: boolean;
}

function linear(name: "sum" | "mean"): Op<ReduceAttrs> {
  const scaleOf = (shape: Shape, axes: readonly number[]) =>
    name === "sum" ? 1 : 1 / sizeOf(axes.map((axis) => shape[axis]!));
  return {
    name,
    forward: (_, [x], { axes, keepDim }) => reduceArray("sum", x!, axes, scaleOf(x!.shape, axes), keepDim),
    backward(ctx, dy) {
      const shape = ctx.inputShapes[0]!;
      const kept = dy.view(reducedShape(shape, ctx.attrs.axes, true));
      const dx = expand(kept, shape, scaleOf(shape, ctx.attrs.axes));
      kept.release();
      return [dx];
    },
  };
}

function extreme(name: "max" | "min"): Op<ReduceAttrs> {
  return {
    name,
    forward(ctx, [x], { axes, keepDim }) {
      const y = reduceArray(name, x!, axes, 1, keepDim);
      ctx.save(x!, y);
      return y;
    },
    backward(ctx, dy) {
      const [x, y] = ctx.saved as [DeviceArray, DeviceArray];
      const dx = empty(x.shape, "float32", `${name}'s gradient`);
      const g = geometry(x.shape, ctx.attrs.axes);
      kernel.launch("pickFirst", {
        arrays: [x, dx, y, dy],
        params: { ...g, splits: 1, splitLength: g.reduced, scale: 1 },
        constants: { OP: CODES[name] },
        groups: linearGroups(g.outputs, WORKGROUP),
      });
      return [dx];
    },
  };
}

export const reduce = { sum: linear("sum"), mean: linear("mean"), max: extreme("max"), min: extreme("min") };
