// Max-pooling and average-pooling of images, and their gradients. Windows may overlap and may reach into padding.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
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
}

/** [samples, channels, ⌊(height + 2 · padding − kernel) / stride⌋ + 1, likewise for the width]; throws on a bad call. */
function outputShape(name: string, x: Shape, { kernel, stride, padding }: PoolAttrs): number[] {
  if (x.length !== 4) {
    throw new RangeError(`${name}: wants an input [samples, channels, height, width], got ${formatShape(x)}`);
  }
  if (padding.some((n, d) => 2 * n > kernel[d]!)) {
    throw new RangeError(`${name}: padding [${padding}] is more than half of the kernel [${kernel}]`);
  }
  const image = x.slice(2).map((n, d) => Math.floor((n + 2 * padding[d]! - kernel[d]!) / stride[d]!) + 1);
  if (image.some((n) => n < 1)) {
    throw new RangeError(
      `${name}: kernel [${kernel}] does not fit into ${formatShape(x)} with padding [${padding}]`,
    );
  }
  return [...x.slice(0, 2), ...image];
}

/** Computes arrays[1], of x's shape or of y's; maxBackwardDisjoint takes an invocation a window, the others one an element. */
function launch(
  entry: "maxForward" | "maxBackward" | "maxBackwardDisjoint" | "avgForward" | "avgBackward",
  arrays: DeviceArray[],
  x: Shape,
  y: Shape,
  { kernel: size, stride, padding }: PoolAttrs,
): void {
  const n = arrays[entry === "maxBackwardDisjoint" ? 0 : 1]!.size;
  kernel.launch(entry, {
    arrays,
    params: {
      n,
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
    },
    groups: linearGroups(n, 64),
  });
}

/** Whether no two windows overlap. */
function disjoint(y: Shape, { kernel: size, stride }: PoolAttrs): boolean {
  return [0, 1].every((axis) => y[axis + 2] === 1 || stride[axis]! >= size[axis]!);
}

/** Input x [samples, channels, height, width]. Of equal elements in a window, the first wins; padding never does. */
export const maxPool2d: Op<PoolAttrs> = {
  name: "maxPool2d",
  forward(ctx, [x], attrs) {
    requireFloat("maxPool2d", x!);
    const shape = outputShape("maxPool2d", x!.shape, attrs);
    const y = empty(shape, "float32", "maxPool2d");
    const winners = empty(shape, "uint32", "maxPool2d's winners");
    launch("maxForward", [x!, y, winners], x!.shape, shape, attrs);
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

/** Input x [samples, channels, height, width]. Padding counts as zeros (PyTorch's count_include_pad). */
export const avgPool2d: Op<PoolAttrs> = {
  name: "avgPool2d",
  forward(_, [x], attrs) {
    requireFloat("avgPool2d", x!);
    const shape = outputShape("avgPool2d", x!.shape, attrs);
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
