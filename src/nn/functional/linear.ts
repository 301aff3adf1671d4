// F: Linear maps.
import { formatShape } from "../../gpu/shape.ts";
import { linear as linearOp } from "../../kernels/gemm/linear.ts";
import { wantNoMore } from "../../tensor/check.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { checkBias, wantWeights } from "./weights.ts";

/**
 * x · weightᵀ + bias: x [..., in], weight [out, in], bias [out] or null → [..., out].
 * @shape [..., in], [out, in], [out] → [..., out]
 * @example F.linear(tensor([[1, 2]]), tensor([[3, 4], [5, 6]]), tensor([0, 1])); // → [[11, 18]]
 */
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
  return apply(linearOp, bias === null ? [x, weight] : [x, weight, bias], undefined);
}
