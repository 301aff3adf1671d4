// A dense layer, y = x Wᵀ + b, as one matrix product with the bias added at its end. x [rows, in], W [out, in],
// b [out] (may be absent), y [rows, out]. Runs on the programs of gemm.ts. Gradients:
//   dx = dy W,   dW = dyᵀ x,   db = Σ_rows dy.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
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
    const [rows, inputs] = x!.shape as [number, number];
    const outputs = w!.shape[0]!;
    const y = empty([rows, outputs], "float32", "linear");
    gemm({
      m: rows,
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
    return [
      needsX ? matmulArrays(dy, w, { transposeA: false, transposeB: false }) : null,
      needsW ? matmulArrays(dy, x, { transposeA: true, transposeB: false }) : null,
      needsB ? reduceArray("sum", dy, [0]) : null,
    ];
  },
};
