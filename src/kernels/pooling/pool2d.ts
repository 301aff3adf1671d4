// Max-pooling and average-pooling of images, and their gradients. Windows may overlap and may reach into padding.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sizeOf } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import source from "./pool2d.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "pool2d",
  code: [nan, source],
  entries: {
    maxForward: ["read", "write", "write"],
    maxBackward: ["read", "write", "read"],
    maxBackwardDisjoint: ["read", "write", "read"],
    avgForward: ["read", "write"],
    avgBackward: ["read", "write"],
  },
});

/** Rows and columns. */
type Pair = readonly [height: number, width: number];

export interface PoolAttrs {
  kernel: Pair;
  stride: Pair;
  /** On each side; at most half of the kernel, as in PyTorch. */
  padding: Pair;
  /** Distance between the rows, and columns, of a window: of maxPool2d. */
  dilation?: Pair;
  /** Whether windows may reach beyond the padded image behind, so that no row is left out. */
  ceilMode?: boolean;
  /** Whether padding counts in a mean, or the elements of the image alone. True if left out. */
  countIncludePad?: boolean;
  /** What sums are divided by, in place of their number of elements. */
  divisorOverride?: number | null;
}

const ONES: Pair = [1, 1];

/** A pooling's sizes, a number a side: of images two, of sequences one. */
export interface PoolSizes {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation?: readonly number[];
  readonly ceilMode?: boolean;
}

/** On each side from a window's first element to its last. */
function extent({ kernel, dilation }: PoolSizes): number[] {
  return kernel.map((n, d) => (dilation?.[d] ?? 1) * (n - 1) + 1);
}

/** [samples, channels, ⌊(height + 2 · padding − extent) / stride⌋ + 1, likewise for other sides]; throws on a bad call. */
export function pooledShape(name: string, x: Shape, sizes: PoolSizes): number[] {
  const { kernel, stride, padding, dilation = [], ceilMode = false } = sizes;
  const said = (numbers: readonly number[]) => (numbers.length === 1 ? `${numbers[0]}` : `[${numbers}]`);
  if (x.length !== 2 + kernel.length) {
    const sides = kernel.length === 1 ? "length" : "height, width";
    throw new RangeError(`${name}: wants an input [samples, channels, ${sides}], got ${formatShape(x)}`);
  }
  if (padding.some((n, d) => 2 * n > kernel[d]!)) {
    throw new RangeError(`${name}: padding ${said(padding)} is more than half of the kernel ${said(kernel)}`);
  }
  const reach = extent(sizes);
  const image = x.slice(2).map((n, d) => {
    const windows = (n + 2 * padding[d]! - reach[d]!) / stride[d]! + 1;
    if (!ceilMode) return Math.floor(windows);
    const all = Math.ceil(windows);
    return (all - 1) * stride[d]! >= n + padding[d]! ? all - 1 : all; // each begins in the image, or before it
  });
  if (image.some((n) => n < 1)) {
    const apart = dilation.every((n) => n === 1) ? "" : ` of dilation ${said(dilation)}`;
    throw new RangeError(
      `${name}: kernel ${said(kernel)}${apart} does not fit into ${formatShape(x)} with padding ${said(padding)}`,
    );
  }
  return [...x.slice(0, 2), ...image];
}

/** Windows of a row that an invocation takes, and invocations of a workgroup. */
const RUNS = { gpu: { per: 1, workgroup: 64 }, software: { per: 32, workgroup: 8 } };

/** Computes arrays[1], of x's shape or of y's: an invocation an element, or a run of windows. */
function launch(
  entry: "maxForward" | "maxBackward" | "maxBackwardDisjoint" | "avgForward" | "avgBackward",
  arrays: DeviceArray[],
  x: Shape,
  y: Shape,
  attrs: PoolAttrs,
): void {
  const { kernel: size, stride, padding, dilation = ONES } = attrs;
  const { per, workgroup } = device().adapter.software ? RUNS.software : RUNS.gpu;
  const inRuns = entry === "maxForward" || entry === "maxBackwardDisjoint";
  const n = inRuns ? sizeOf(y.slice(0, 3)) * Math.ceil(y[3]! / per) : arrays[1]!.size;
  kernel.launch(entry, {
    arrays,
    params: {
      n,
      per,
      height: x[2]!,
      width: x[3]!,
      outHeight: y[2]!,
      outWidth: y[3]!,
      paddingHeight: padding[0],
      paddingWidth: padding[1],
    },
    constants: {
      KERNEL_HEIGHT: size[0],
      KERNEL_WIDTH: size[1],
      STRIDE_HEIGHT: stride[0],
      STRIDE_WIDTH: stride[1],
      WORKGROUP: workgroup,
      ...(entry.startsWith("avg")
        ? divisors(attrs)
        : { DILATION_HEIGHT: dilation[0], DILATION_WIDTH: dilation[1] }),
    },
    groups: linearGroups(n, workgroup),
  });
}

/** What the sums of windows are divided by. */
function divisors({ kernel, ceilMode, countIncludePad = true, divisorOverride, padding }: PoolAttrs) {
  const padded = padding.some((n) => n > 0);
  const cut = (divisorOverride ?? null) === null && (ceilMode === true || (padded && !countIncludePad));
  return {
    DIVISOR: divisorOverride ?? kernel[0] * kernel[1],
    CUT: cut ? 1 : 0,
    COUNT_PADDING: countIncludePad ? 1 : 0,
  };
}

/** Whether no two windows overlap. */
function disjoint(y: Shape, attrs: PoolAttrs): boolean {
  const size = extent(attrs);
  return [0, 1].every((axis) => y[axis + 2] === 1 || attrs.stride[axis]! >= size[axis]!);
}

/** The largest elements, and where in its image (row · width + column) each is. Owned by the caller. */
function largest(x: DeviceArray, attrs: PoolAttrs) {
  const name = "maxPool2d";
  requireFloat(name, x);
  const shape = pooledShape(name, x.shape, attrs);
  const y = empty(shape, "float32", name);
  const winners = empty(shape, "int32", `${name}'s winners`);
  launch("maxForward", [x, y, winners], x.shape, shape, attrs);
  return { y, winners };
}

/** Input x [samples, channels, height, width]. Of equal elements in a window, the first wins, of NaNs the last; padding never does. */
export const maxPool2d: Op<PoolAttrs> = {
  name: "maxPool2d",
  forward(ctx, [x], attrs) {
    const { y, winners } = largest(x!, attrs);
    ctx.save(winners);
    winners.release();
    return y;
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "maxPool2d's gradient");
    const entry = disjoint(dy.shape, ctx.attrs) ? "maxBackwardDisjoint" : "maxBackward";
    launch(entry, [dy, dx, ctx.saved[0]!], shape, dy.shape, ctx.attrs);
    return [dx];
  },
};

/** Where in its image (row · width + column) the largest element of each window is: int32. */
export function maxPool2dIndices(x: DeviceArray, attrs: PoolAttrs): DeviceArray {
  const { y, winners } = largest(x, attrs);
  y.release();
  return winners;
}

/** Input x [samples, channels, height, width]. */
export const avgPool2d: Op<PoolAttrs> = {
  name: "avgPool2d",
  forward(_, [x], attrs) {
    requireFloat("avgPool2d", x!);
    const shape = pooledShape("avgPool2d", x!.shape, attrs);
    const y = empty(shape, "float32", "avgPool2d");
    launch("avgForward", [x!, y], x!.shape, shape, attrs);
    return y;
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "avgPool2d's gradient");
    launch("avgBackward", [dy, dx], shape, dy.shape, ctx.attrs);
    return [dx];
  },
};
