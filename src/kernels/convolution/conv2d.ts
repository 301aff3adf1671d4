// 2-D convolution (cross-correlation, as PyTorch's) as matrix products over patches, the pieces of the input that
// lie under the kernel at each position, P = oh · ow of them a sample with K = in · kh · kw elements:
//   y[n]   = W · patches[n]ᵀ + b           [out, K] × [K, P]
//   dW     = Σ_n dy[n] · patches[n]        [out, P] × [P, K]
//   dx[n]  = fold(dy[n]ᵀ · W)              [P, out] × [out, K]
//   db     = Σ_n Σ_p dy[n, ·, p]
// The patches themselves, kh · kw times the input, are never laid out: the products (conv2dByGemm.ts) gather their elements
// from the input (see gemmOperands.wgsl). Only their gradients are, for a few samples at a time; where patches do not
// overlap, or are single elements, a CPU adapter needs neither (conv2dBySample.ts). Where the adapter and the shape suit it,
// all three come from programs of their own (conv2dRows.ts), dx as a convolution of dy with the kernel the other way round;
// where channels come in groups, all three do (conv2dGroups.ts), or each group does by itself (conv2dParts.ts). Which of them
// it is, is chosen here.
//
// y is linear in x and in W, and so the three are each other's gradients: dx is convTranspose2d's result
// (convTranspose2d.ts), dW that of conv2dWeight.

import { type DeviceArray, empty } from "../../gpu/array.ts";
import { copiesToTextures } from "../../gpu/bindings.ts";
import type { Op } from "../../gpu/op.ts";
import { formatShape, sizeOf } from "../../gpu/shape.ts";
import { multiplyArrays } from "../elementwise/binary.ts";
import { announce, families, gemm, patchesClass, prefersRows } from "../gemm/gemm.ts";
import { reduceArray } from "../reductions/reduce.ts";
import { pick } from "../shapes/copy.ts";
import { requireFloat } from "../shared/require.ts";
import { AS_IT_IS, type Finish, later, type Parts } from "../shared/unfinished.ts";
import { factorsOf } from "../shared/weighed.ts";
import { forwardByGemm, inputGradientByGemm, weightGradientByGemm } from "./conv2dByGemm.ts";
import { apartInputGradient, isPointwise, patchesApart, pointwiseProduct } from "./conv2dBySample.ts";
import { type Conv2dAttrs, type Geometry, geometry, type Pair, sizesOf } from "./conv2dGeometry.ts";
import { groupsForward, groupsInputGradient, groupsWeightGradient } from "./conv2dGroups.ts";
import { byParts, inParts } from "./conv2dParts.ts";
import { isSmall, pointwiseForward } from "./conv2dPointwise.ts";
import { rowsForward, rowsSuit, rowsWeightGradient } from "./conv2dRows.ts";

/** Inputs: x [N, in, H, W], w [out, in / groups, kh, kw] and, if there is one, b [out]. */
export const conv2d: Op<Conv2dAttrs> = {
  name: "conv2d",
  forward(ctx, inputs, attrs) {
    requireFloat("conv2d", ...inputs);
    const [x, w, b] = inputs as [DeviceArray, DeviceArray, DeviceArray | undefined];
    const g = geometry(x.shape, w.shape, attrs);
    if (b !== undefined && (b.shape.length !== 1 || b.shape[0] !== g.outChannels)) {
      throw new RangeError(
        `conv2d: bias ${formatShape(b.shape)} does not fit ${g.outChannels} output channels`,
      );
    }
    const { recording: recorded, needsInputGrad } = ctx;
    const parts = { ...((!recorded && factorsOf(x)) || { x }), w, bias: b };
    ctx.save(x, w);
    return later(g.outShape, parts, { folds: true, recorded }, (parts, finish) =>
      convolveParts(parts, g, attrs, finish, needsInputGrad[1]),
    );
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const [needsX, needsW, needsB] = ctx.needsInputGrad;
    const g = geometry(x.shape, w.shape, ctx.attrs);
    return [
      needsX ? inputGradient(dy, w, g, ctx.attrs) : null,
      needsW ? weightGradient(dy, x, g, ctx.attrs) : null,
      ...(needsB ? [reduceArray("sum", dy, [0, 2, 3])] : []),
    ];
  },
};

/**
 * The weights' gradient as an operation: x [N, in, H, W] and dy [N, out, …] → [out, in / groups, kh, kw]. It is
 * linear in both, and its gradients are a convolution of each with what comes from above.
 */
export const conv2dWeight: Op<Conv2dAttrs & { kernel: Pair }> = {
  name: "conv2d's weight gradient",
  forward(ctx, [x, dy], attrs) {
    ctx.save(x!, dy!);
    return weightGradient(dy!, x!, sizesOf(x!.shape, dy!.shape, attrs.kernel, attrs.groups ?? 1), attrs);
  },
  backward(ctx, dw) {
    const [x, dy] = ctx.saved as [DeviceArray, DeviceArray];
    const g = sizesOf(x.shape, dy.shape, ctx.attrs.kernel, ctx.attrs.groups ?? 1);
    return [
      ctx.needsInputGrad[0] ? inputGradient(dy, dw, g, ctx.attrs) : null,
      ctx.needsInputGrad[1] ? convolve(x, dw, undefined, g, ctx.attrs) : null,
    ];
  },
};

/** Whether it reads so little that a product over patches gathers more than it multiplies, and rows do not suit. */
function hasOneChannel(g: Geometry, attrs: Conv2dAttrs): boolean {
  const little = g.channels === 1 && g.kernelWidth > 1 && g.patchSize <= 25;
  return little && copiesToTextures(4 * sizeOf(g.inShape)) && !rowsSuit("forward", g, attrs);
}

/** w ∗ (s · x) + b, and what follows. */
function convolveParts(
  { x, w, bias, s }: Parts,
  g: Geometry,
  attrs: Conv2dAttrs,
  finish: Finish,
  keeps: boolean | undefined,
): DeviceArray {
  if (s === undefined) return convolve(x, w, bias, g, attrs, finish, keeps);
  if (g.groups === 1 && isPointwise(g, attrs) && isSmall(g)) {
    const y = empty(g.outShape, "float32", "conv2d");
    pointwiseForward({ x, w, bias, s }, y, g, finish);
    return y;
  }
  const weighed = multiplyArrays(x, s);
  const y = convolve(weighed, w, bias, g, attrs, finish);
  weighed.release();
  return y;
}

/** w ∗ x + b, and what follows. `keeps`: what is laid out of x is kept for the weights' gradient. */
export function convolve(
  x: DeviceArray,
  w: DeviceArray,
  b: DeviceArray | undefined,
  g: Geometry,
  attrs: Conv2dAttrs,
  finish = AS_IT_IS,
  keeps = false,
): DeviceArray {
  if (inParts(g)) {
    const { other } = finish;
    const more = [...(b ? [[b, 0] as const] : []), ...(other ? [[other, 1] as const] : [])];
    return byParts(g, [[x, 1], [w, 0], ...more], g.outShape, 1, ([x, w, ...more], own) =>
      convolve(x!, w!, b && more[0], own, attrs, { ...finish, other: other && more.at(-1)! }),
    );
  }
  const y = empty(g.outShape, "float32", "conv2d");
  if (g.groups > 1 || hasOneChannel(g, attrs)) {
    groupsForward(x, w, b, y, g, attrs, finish);
    return y;
  }
  if (isPointwise(g, attrs)) {
    if (isSmall(g)) pointwiseForward({ x, w, bias: b }, y, g, finish);
    else gemm(pointwiseProduct(x, w, b, y, g, finish));
    return y;
  }
  byRowsOrGemm(
    patchesClass(g.outChannels, g.batch * g.positions, g.patchSize),
    rowsSuit("forward", g, attrs),
    g,
    [x, w, y, ...(b === undefined ? [] : [b])],
    () => rowsForward(x, w, b, y, g, attrs, finish, keeps),
    () => forwardByGemm(x, w, b, y, g, attrs, finish),
  );
  return y;
}

/** What the weights that made g's output of x get from its gradient dy. */
export function weightGradient(
  dy: DeviceArray,
  x: DeviceArray,
  g: Geometry,
  attrs: Conv2dAttrs,
): DeviceArray {
  const shape = [g.outChannels, g.channels / g.groups, g.kernelHeight, g.kernelWidth];
  if (inParts(g)) {
    const inputs = [
      [dy, 1],
      [x, 1],
    ] as const;
    return byParts(g, inputs, shape, 0, ([dy, x], own) => weightGradient(dy!, x!, own, attrs));
  }
  if (g.groups > 1) return groupsWeightGradient(x, dy, shape, g, attrs);
  const dw = empty(shape, "float32", "conv2d's weight gradient");
  byRowsOrGemm(
    patchesClass(g.outChannels, g.patchSize, g.batch * g.positions),
    rowsSuit("weightGradient", g, attrs),
    g,
    [x, dy, dw],
    () => rowsWeightGradient(x, dy, dw, g, attrs),
    () => weightGradientByGemm(x, dy, dw, g, attrs),
  );
  return dw;
}

/** Launches a convolution, or its weight gradient, on a program of its own or as a product. */
function byRowsOrGemm(
  name: string,
  suits: boolean,
  g: Geometry,
  arrays: DeviceArray[],
  byRows: () => void,
  byGemm: () => void,
): void {
  const operations = g.batch * g.positions * g.outChannels * g.patchSize;
  const run = () => (suits && prefersRows(name, operations) ? byRows() : byGemm());
  if (suits) announce(() => ({ class: name, families: [...families(), "rows"], arrays, run }));
  run();
}

/** What the input gets from the gradient dy of g's output. */
export function inputGradient(dy: DeviceArray, w: DeviceArray, g: Geometry, attrs: Conv2dAttrs): DeviceArray {
  if (inParts(g)) {
    const inputs = [
      [dy, 1],
      [w, 0],
    ] as const;
    return byParts(g, inputs, g.inShape, 1, ([dy, w], own) => inputGradient(dy!, w!, own, attrs));
  }
  const dx = empty(g.inShape, "float32", "conv2d's input gradient");
  if (g.groups > 1) {
    groupsInputGradient(dy, w, dx, g, attrs);
    return dx;
  }
  if (patchesApart(g, attrs)) {
    apartInputGradient(dy, w, dx, g);
    return dx;
  }
  const back = backwards(g, attrs);
  byRowsOrGemm(
    patchesClass(back.g.outChannels, back.g.batch * back.g.positions, back.g.patchSize),
    backwardsSuits(g, attrs) && rowsSuit("forward", back.g, back),
    back.g,
    [dy, w, dx],
    () => inputGradientByRows(dy, w, dx, back),
    () => inputGradientByGemm(dy, w, dx, g, attrs),
  );
  return dx;
}

/** Whether that convolution is one, and no more than twice the work: with a large kernel most of what it reads is padding. */
function backwardsSuits({ height, width, positions }: Geometry, { stride }: Conv2dAttrs): boolean {
  return stride.every((each) => each === 1) && height * width <= 2 * positions;
}

/** The convolution of dy that a convolution's input gets its gradient from, where all strides are 1. */
function backwards(g: Geometry, { dilation, padding }: Conv2dAttrs): Conv2dAttrs & { g: Geometry } {
  const kernel: Pair = [g.kernelHeight, g.kernelWidth];
  return {
    g: sizesOf(g.outShape, g.inShape, kernel, 1),
    stride: [1, 1],
    dilation,
    padding: [dilation[0] * (kernel[0] - 1) - padding[0], dilation[1] * (kernel[1] - 1) - padding[1]],
  };
}

/** dx as that convolution. */
function inputGradientByRows(
  dy: DeviceArray,
  w: DeviceArray,
  dx: DeviceArray,
  { g, ...attrs }: Conv2dAttrs & { g: Geometry },
): void {
  // The kernel the other way round, from the outputs' channels to the inputs'.
  const [out, into, height, width] = w.shape as [number, number, number, number];
  const taps = height * width;
  const turned = pick(
    w,
    [into, out, height, width],
    [taps, into * taps, -width, -1],
    taps - 1,
    1,
    "conv2d's weights",
  );
  rowsForward(dy, turned, undefined, dx, g, attrs);
  turned.release();
}
