// Picking by index: rows of a table (embedding), slices of an axis (torch.index_select), elements along an axis
// (torch.gather). Gradients add what was picked back to where it came from.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { requireFit, requireIndex } from "../shared/require.ts";
import { gatherArray, selectArray } from "./gather.ts";
import { addAlong, addSlices } from "./scatterAdd.ts";

/** Inputs: weight [rows, d] and index (whole numbers, any shape); result [...index, d]. An index ≥ rows gives NaN. */
export const embedding: Op<undefined> = {
  name: "embedding",
  forward(ctx, [weight, index]) {
    requireIndex("embedding", index!);
    if (weight!.shape.length !== 2)
      throw new RangeError(`embedding: weight is [rows, d], got ${formatShape(weight!.shape)}`);
    ctx.save(index!);
    return selectArray(weight!, index!, 0, "embedding");
  },
  backward: (ctx, dOut) => [slicesBack(ctx.inputShapes[0]!, ctx.saved[0]!, dOut, 0), null],
  accumulate(ctx, dOut, into) {
    addBack(into, ctx.saved[0]!, dOut, 0);
    return [];
  },
};

/** torch.index_select. Inputs: x and index [n]. An index past the end gives NaN. */
export const indexSelect: Op<{ axis: number }> = {
  name: "indexSelect",
  forward(ctx, [x, index], { axis }) {
    requireIndex("indexSelect", index!);
    ctx.save(index!);
    return selectArray(x!, index!, axis, "indexSelect");
  },
  backward: (ctx, dOut) => [slicesBack(ctx.inputShapes[0]!, ctx.saved[0]!, dOut, ctx.attrs.axis), null],
  accumulate(ctx, dOut, into) {
    addBack(into, ctx.saved[0]!, dOut, ctx.attrs.axis);
    return [];
  },
};

/** Adds the slices of dOut to `into` where they were picked. */
function addBack(into: DeviceArray, index: DeviceArray, dOut: DeviceArray, axis: number): void {
  const slices = dOut.view(into.shape.with(axis, index.size));
  addSlices(into, index, slices, axis);
  slices.release();
}

/** Zeros, and to them added the slices of dOut where they were picked. */
function slicesBack(shape: Shape, index: DeviceArray, dOut: DeviceArray, axis: number): DeviceArray {
  const dx = filled(shape, 0);
  addBack(dx, index, dOut, axis);
  return dx;
}

export interface GatherAttrs {
  axis: number;
  /** Where no element is picked twice: its gradient is then written without sorting. */
  distinct?: boolean;
}

/**
 * torch.gather. Inputs: x and index (of x's rank, no larger than x in any axis but `axis`); result like
 * index. An index past the end gives NaN.
 */
export const gather: Op<GatherAttrs> = {
  name: "gather",
  forward(ctx, [x, index], { axis }) {
    requireIndex("gather", index!);
    requireFit("gather", x!.shape, index!.shape, axis);
    ctx.save(index!);
    return gatherArray(x!, index!, axis);
  },
  backward(ctx, dOut) {
    const dx = filled(ctx.inputShapes[0]!, 0);
    addAlong(dx, ctx.saved[0]!, dOut, ctx.attrs.axis, ctx.attrs.distinct);
    return [dx, null];
  },
  accumulate(ctx, dOut, into) {
    addAlong(into, ctx.saved[0]!, dOut, ctx.attrs.axis, ctx.attrs.distinct);
    return [];
  },
};
