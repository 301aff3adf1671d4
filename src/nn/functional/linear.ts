// F: Linear maps.
import { formatShape } from "../../gpu/shape.ts";
import { linear as linearOp } from "../../kernels/gemm/linear.ts";
import { wantNoMore } from "../../tensor/check.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { checkBias, wantWeights } from "./weights.ts";

/** x · weightᵀ + bias: x [..., in], weight [out, in], bias [out] or null → [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, ...more: never[]): Tensor {
  wantWeights("linear", x, weight, bias);
  wantNoMore("linear", more);
  const features = x.shape.at(-1);
  if (weight.ndim !== 2 || features !== weight.shape[1]) {
    throw new RangeError(
      `linear: weight ${formatShape(weight.shape)} wants inputs of ${weight.shape[1] ?? "?"} features, got ${formatShape(x.shape)}`,
    );
  }
  checkBias("linear", bias, weight.shape[0]!);
  return scope(() => {
    const rows = x.ndim === 2 ? x : x.reshape([-1, weight.shape[1]!]);
    const y = apply(linearOp, bias === null ? [rows, weight] : [rows, weight, bias], undefined);
    return x.ndim === 2 ? y : y.reshape([...x.shape.slice(0, -1), weight.shape[0]!]);
  }, "linear");
}
