// Pooling to a given number of rows and columns, by means and by maxima, and the gradients.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import scaled from "../shared/scaled.wgsl" with { type: "text" };
import source from "./adaptivePool2d.wgsl" with { type: "text" };

const kernel = defineKernel({
  name: "adaptivePool2d",
  code: [nan, scaled, source],
  entries: {
    avgForward: ["read", "write"],
    avgBackward: ["read", "write"],
    maxForward: ["read", "write", "write"],
    maxBackward: ["read", "write", "read"],
  },
});

export interface AdaptivePoolAttrs {
  /** Rows and columns of the result. */
  size: readonly [height: number, width: number];
}

/** Throws unless there is something to pool. */
function outputShape(name: string, x: Shape, { size }: AdaptivePoolAttrs): number[] {
  if (x.length !== 4 || x[2] === 0 || x[3] === 0) {
    throw new RangeError(
      `${name}: wants an input [samples, channels, height, width] with an element an image, got ${formatShape(x)}`,
    );
  }
  return [...x.slice(0, 2), ...size];
}

/** Computes arrays[1] from arrays[0]. */
function launch(
  entry: "avgForward" | "avgBackward" | "maxForward" | "maxBackward",
  arrays: DeviceArray[],
  x: Shape,
  y: Shape,
): void {
  const n = arrays[1]!.size;
  kernel.launch(entry, {
    arrays,
    params: { n, height: x[2]!, width: x[3]!, outHeight: y[2]!, outWidth: y[3]! },
    groups: linearGroups(n, 64),
  });
}

/** Input x [samples, channels, height, width]; result [samples, channels, …size]. */
export const adaptiveAvgPool2d: Op<AdaptivePoolAttrs> = {
  name: "adaptiveAvgPool2d",
  forward(_, [x], attrs) {
    requireFloat("adaptiveAvgPool2d", x!);
    const y = empty(outputShape("adaptiveAvgPool2d", x!.shape, attrs), "float32", "adaptiveAvgPool2d");
    launch("avgForward", [x!, y], x!.shape, y.shape);
    return y;
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "adaptiveAvgPool2d's gradient");
    launch("avgBackward", [dy, dx], shape, dy.shape);
    return [dx];
  },
};

/** The largest elements, and where in its image (row · width + column) each is. Owned by the caller. */
function largest(x: DeviceArray, attrs: AdaptivePoolAttrs) {
  requireFloat("adaptiveMaxPool2d", x);
  const shape = outputShape("adaptiveMaxPool2d", x.shape, attrs);
  const y = empty(shape, "float32", "adaptiveMaxPool2d");
  const winners = empty(shape, "int32", "adaptiveMaxPool2d's winners");
  launch("maxForward", [x, y, winners], x.shape, shape);
  return { y, winners };
}

/** Likewise; of equal elements in a window, the first wins, of NaNs the last. */
export const adaptiveMaxPool2d: Op<AdaptivePoolAttrs> = {
  name: "adaptiveMaxPool2d",
  forward(ctx, [x], attrs) {
    const { y, winners } = largest(x!, attrs);
    ctx.save(winners);
    winners.release();
    return y;
  },
  backward(ctx, dy) {
    const shape = ctx.inputShapes[0]!;
    const dx = empty(shape, "float32", "adaptiveMaxPool2d's gradient");
    launch("maxBackward", [dy, dx, ctx.saved[0]!], shape, dy.shape);
    return [dx];
  },
};

/** Where in its image (row · width + column) the largest element of each window is: int32. */
export function adaptiveMaxPool2dIndices(x: DeviceArray, attrs: AdaptivePoolAttrs): DeviceArray {
  const { y, winners } = largest(x, attrs);
  y.release();
  return winners;
}
