// Placing by index: elements along an axis written (torch.scatter) or added (torch.scatter_add), slices added
// (torch.index_add). The gradient of what was placed is picked from where it went.
import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, type Shape, sameShape, stridesOf } from "../../gpu/shape.ts";
import { filled } from "../elementwise/fill.ts";
import { expand, place } from "../shapes/copy.ts";
import { requireFit, requireIndex } from "../shared/require.ts";
import { gatherArray, selectArray } from "./gather.ts";
import { writeAlong } from "./scatter.ts";
import { addAlong, addSlices } from "./scatterAdd.ts";

/**
 * torch.scatter. Inputs: x, index and source, which are of one rank. Where several go to one place the last stays; each
 * gets the gradient of the place that it went to, as in PyTorch.
 */
export const scatter: Op<{ axis: number }> = {
  name: "scatter",
  forward(ctx, inputs, { axis }) {
    const [x, index, source] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    requireIndex("scatter", index);
    requireFit("scatter", x.shape, index.shape, axis, source.shape);
    if (source.dtype !== x.dtype)
      throw new TypeError(
        `scatter: x is ${x.dtype}, but the source is ${source.dtype}: write source.to("${x.dtype}")`,
      );
    const out = expand(x, x.shape);
    writeAlong(out, index, source, axis);
    ctx.save(index);
    return out;
  },
  backward(ctx, dOut) {
    const index = ctx.saved[0]!;
    const { axis } = ctx.attrs;
    let dx: DeviceArray | null = null;
    if (ctx.needsInputGrad[0]) {
      dx = expand(dOut, dOut.shape);
      const zeros = filled(index.shape, 0);
      writeAlong(dx, index, zeros, axis);
      zeros.release();
    }
    return [dx, null, ctx.needsInputGrad[2] ? uncovered(dOut, index, axis, ctx.inputShapes[2]!) : null];
  },
};

/** Throws unless both are of one type of numbers. */
function requireAddable(name: string, x: DeviceArray, source: DeviceArray): void {
  if (source.dtype !== x.dtype)
    throw new TypeError(
      `${name}: x is ${x.dtype}, but the source is ${source.dtype}: write source.to("${x.dtype}")`,
    );
  if (x.dtype === "bool")
    throw new TypeError(`${name}: bools have no sums: int() makes whole numbers of them`);
}

/** torch.scatter_add. Inputs: x, index and source, which are of one rank. */
export const scatterAdd: Op<{ axis: number }> = {
  name: "scatterAdd",
  forward(ctx, inputs, { axis }) {
    const [x, index, source] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    requireIndex("scatterAdd", index);
    requireAddable("scatterAdd", x, source);
    requireFit("scatterAdd", x.shape, index.shape, axis, source.shape);
    const out = expand(x, x.shape);
    addAlong(out, index, source, axis);
    ctx.save(index);
    return out;
  },
  backward(ctx, dOut) {
    const index = ctx.saved[0]!;
    const dSource = ctx.needsInputGrad[2]
      ? uncovered(dOut, index, ctx.attrs.axis, ctx.inputShapes[2]!)
      : null;
    return [ctx.needsInputGrad[0] ? dOut.retain() : null, null, dSource];
  },
};

/** The gradient of a source: that of the places its elements went to, and 0 where the index does not cover it. */
function uncovered(dOut: DeviceArray, index: DeviceArray, axis: number, shape: Shape): DeviceArray {
  const picked = gatherArray(dOut, index, axis);
  if (sameShape(picked.shape, shape)) return picked;
  const whole = filled(shape, 0);
  place(picked, whole, stridesOf(shape));
  picked.release();
  return whole;
}

/** torch.index_add. Inputs: x, index [n] and source, which has n slices along `axis` and is else shaped as x. */
export const indexAdd: Op<{ axis: number }> = {
  name: "indexAdd",
  forward(ctx, inputs, { axis }) {
    const [x, index, source] = inputs as [DeviceArray, DeviceArray, DeviceArray];
    requireIndex("indexAdd", index);
    requireAddable("indexAdd", x, source);
    if (!sameShape(source.shape, x.shape.with(axis, index.size)))
      throw new RangeError(
        `indexAdd: the source is ${formatShape(x.shape.with(axis, index.size))} for x ${formatShape(x.shape)} and ${index.size} indices of dim ${axis}, got ${formatShape(source.shape)}`,
      );
    const out = expand(x, x.shape);
    addSlices(out, index, source, axis);
    ctx.save(index);
    return out;
  },
  backward(ctx, dOut) {
    const dSource = ctx.needsInputGrad[2]
      ? selectArray(dOut, ctx.saved[0]!, ctx.attrs.axis, "indexAdd's gradient")
      : null;
    return [ctx.needsInputGrad[0] ? dOut.retain() : null, null, dSource];
  },
};
