// A dense layer: y = x Wᵀ + b over the last axis of x.
//   dx = dy W,   dW = dyᵀ x,   db = Σ dy.
import { matmul } from "./matmul.ts";
import { type Arr, arr, type NoAttrs, type Reference } from "./reference.ts";

const reshaped = (x: Arr, shape: number[]) => arr(shape, x.data);

/** Inputs: x [..., in], W [out, in] and, if there is one, b [out]. */
export const linear: Reference<NoAttrs> = {
  forward([x, w, b]) {
    const rows = reshaped(x!, [x!.data.length / w!.shape[1]!, w!.shape[1]!]);
    const y = matmul.forward([rows, w!], { transposeA: false, transposeB: true });
    if (b) for (let i = 0; i < y.data.length; i++) y.data[i]! += b.data[i % b.data.length]!;
    return reshaped(y, [...x!.shape.slice(0, -1), w!.shape[0]!]);
  },
  backward([x, w, b], _, g) {
    const [outputs, inputs] = w!.shape as [number, number];
    const rows = reshaped(x!, [x!.data.length / inputs, inputs]);
    const dy = reshaped(g, [rows.shape[0]!, outputs]);
    const [dx, dw] = matmul.backward([rows, w!], { transposeA: false, transposeB: true }, dy);
    const db = arr([outputs]);
    for (let i = 0; i < g.data.length; i++) db.data[i % outputs]! += g.data[i]!;
    return [reshaped(dx!, x!.shape), dw!, ...(b ? [db] : [])];
  },
};
