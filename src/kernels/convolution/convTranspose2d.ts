// The transposed convolution: the gradient of a convolution with respect to its input, as an operation forward. Its
// own gradients are that convolution and its weights' gradient (see conv2d.ts).
import type { DeviceArray } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { requireFloat } from "../shared/require.ts";
import { convolve, inputGradient, weightGradient } from "./conv2d.ts";
import { type ConvTranspose2dAttrs, transposedGeometry } from "./conv2dGeometry.ts";

/** Inputs: x [N, in, H, W] and w [in, out / groups, kh, kw]. */
export const convTranspose2d: Op<ConvTranspose2dAttrs> = {
  name: "convTranspose2d",
  forward(ctx, inputs, attrs) {
    requireFloat("convTranspose2d", ...inputs);
    const [x, w] = inputs as [DeviceArray, DeviceArray];
    const g = transposedGeometry(x.shape, w.shape, attrs);
    ctx.save(x, w);
    return inputGradient(x, w, g, attrs);
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const g = transposedGeometry(x.shape, w.shape, ctx.attrs);
    return [
      ctx.needsInputGrad[0] ? convolve(dy, w, undefined, g, ctx.attrs) : null,
      ctx.needsInputGrad[1] ? weightGradient(x, dy, g, ctx.attrs) : null,
    ];
  },
};
