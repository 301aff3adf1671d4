// A dense layer, y = x Wᵀ + b, as one matrix product with the bias added at its end. x [..., in], W [out, in],
// b [out] (may be absent), y [..., out]. Runs on the programs of gemm.ts. Gradients:
//   dx = dy W,   dW = dyᵀ x,   db = Σ_rows dy.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { reduceArray } from "../reductions/reduce.ts";
import { framed } from "../shapes/frame.ts";
import { requireFloat } from "../shared/require.ts";
import { type Finish, later, type Parts } from "../shared/unfinished.ts";
import { gemm, readsFours } from "./gemm.ts";
import { type Operand, toFours } from "./product.ts";

/** Inputs: x, W and, if there is one, b. Shapes have been checked by the caller (F.linear). */
export const linear: Op<undefined> = {
  name: "linear",
  forward(ctx, arrays) {
    requireFloat("linear", ...arrays);
    const [x, w, b] = arrays;
    const [outputs, inputs] = w!.shape as [number, number];
    const lead = x!.shape.slice(0, -1);
    const shape = [...lead, outputs];
    const run = ({ x, w, bias }: Parts, finish: Finish) => {
      const y = empty(shape, "float32", "linear");
      gemm({
        m: sizeOf(lead),
        n: outputs,
        k: inputs,
        a: { array: x, row: inputs, column: 1 },
        b: { array: w, row: 1, column: inputs },
        c: { array: y, row: outputs, column: 1 },
        ...(bias !== undefined && { bias: { array: bias, along: "columns" } }),
        finish,
      });
      return y;
    };
    const parts = { x: x!, w: w!, bias: b };
    ctx.save(x!, w!);
    return later(shape, parts, { folds: false, recorded: ctx.recording }, run);
  },
  backward(ctx, dy) {
    const [x, w] = ctx.saved as [DeviceArray, DeviceArray];
    const [needsX, needsW, needsB] = ctx.needsInputGrad;
    const count = sizeOf(x.shape.slice(0, -1));
    const [outputs, inputs] = w.shape as [number, number];
    const rows = dy.view([count, outputs]);
    const [read, pitch] = inFours(rows, needsX || needsW ? count * outputs * inputs : 0);
    const dx = needsX
      ? product(x.shape, count, inputs, outputs, { array: read, row: pitch, column: 1 }, w).c
      : null;
    let db = needsB ? empty([outputs], "float32", "linear's gradient") : null;
    const dyT = { array: read, row: 1, column: pitch };
    const dw = needsW ? product(w.shape, outputs, inputs, count, dyT, x, db ?? undefined) : null;
    if (db !== null && !dw?.summed) {
      db.release();
      db = reduceArray("sum", rows, [0]);
    }
    read.release();
    rows.release();
    return [dx, dw?.c ?? null, db];
  },
};

/** dy with rows that can be read as vec4s, where its products want them, and the step from one to the next. Owned by the caller. */
function inFours(dy: DeviceArray, operations: number): [array: DeviceArray, pitch: number] {
  const [count, outputs] = dy.shape as [number, number];
  const pitch = toFours(outputs);
  if (pitch === outputs || !readsFours(operations)) return [dy.retain(), outputs];
  return [framed(dy, [count, pitch], [0, 0], [1, 1], 0, "linear's gradient"), pitch];
}

/** A B, of a shape with m · n elements; B's rows are n elements that follow each other. Whether A's rows were added up, too. */
function product(
  shape: Shape,
  m: number,
  n: number,
  k: number,
  a: Operand,
  b: DeviceArray,
  rowSums?: DeviceArray,
): { c: DeviceArray; summed: boolean } {
  const c = empty(shape, "float32", "linear's gradient");
  const lies = { row: n, column: 1 };
  return { c, summed: gemm({ m, n, k, a, b: { array: b, ...lies }, c: { array: c, ...lies }, rowSums }) };
}
