// A dense layer, y = x Wᵀ + b, as one matrix product with the bias added at its end. x [..., in], W [out, in],
// b [out] (may be absent), y [..., out]. Runs on the programs of gemm.ts. Gradients:
//   dx = dy W,   dW = dyᵀ x,   db = Σ_rows dy.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import { requireFloat } from "../shared/require.ts";
import { gemm } from "./gemm.ts";
import { matmulArrays } from "./matmul.ts";

/** Inputs: x, W and, if there is one, b. Shapes have been checked by the caller (F.linear). */
export const linear: Op<undefined> = {
  name: "linear",
  forward(ctx, arrays) {
    requireFloat("linear", ...arrays);
    const [x, w, b] = arrays;
    const [outputs, inputs] = w!.shape as [number, number];
    const lead = x!.shape.slice(0, -1);
    const y = empty([...lead, outputs], "float32", "linear");
    gemm({
      m: sizeOf(lead),
      n: outputs,
      k: inputs,
      a: { array: x!, row: inputs, column: 1 },
      b: { array: w!, row: 1, column: inputs },
      c: { array: y, row: outputs, column: 1 },
      ...(b !== undefined && { bias: { array: b, along: "columns" } }),
    });
    ctx.save(x!, w!);
    return y;
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const [needsX, needsW, needsB] = ctx.needsInputGrad;
    const count = sizeOf(x.shape.slice(0, -1));
    const rows = dy.view([count, w.shape[0]!]);
    const gradients = [
      needsX ? shaped(matmulArrays(rows, w, { transposeA: false, transposeB: false }), x.shape) : null,
      needsW ? weightGradient(rows, x) : null,
      needsB ? reduceArray("sum", rows, [0]) : null,
    ];
    rows.release();
    return gradients;
  },
};

function weightGradient(rows: DeviceArray, x: DeviceArray): DeviceArray {
  const inputs = x.view([rows.shape[0]!, x.shape.at(-1)!]);
  const gradient = matmulArrays(rows, inputs, { transposeA: true, transposeB: false });
  inputs.release();
  return gradient;
}

/** The same elements under another shape; takes the array over. */
function shaped(array: DeviceArray, shape: Shape): DeviceArray {
  const view = array.view(shape);
  array.release();
  return view;
}
