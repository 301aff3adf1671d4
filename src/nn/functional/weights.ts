// F: What linear maps and convolutions ask of their weights.
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { wantTensor, wantTensorOrNull } from "../../tensor/check.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Throws unless the arguments are tensors, the bias perhaps null. */
export function wantWeights(name: string, x: Tensor, weight: Tensor, bias: Tensor | null): void {
  wantTensor(name, "the input", x);
  wantTensor(name, "the weight", weight);
  wantTensorOrNull(name, "the bias", bias);
}

/** Whether x is one sample without a batch, for weights of `rank` dims; throws where its channels are not `channels`. */
export function isAlone(name: string, x: Tensor, weight: Tensor, rank: 3 | 4, channels: number): boolean {
  if (x.ndim !== rank - 1 || weight.ndim !== rank) return false;
  if (x.shape[0] === channels) return true;
  throw new RangeError(
    `${name}: weight ${formatShape(weight.shape)} wants ${channels} input channels, input ${formatShape(x.shape)}, one sample without a batch, has ${x.shape[0]}`,
  );
}

/** Throws unless a bias has one number an output. */
export function checkBias(name: string, bias: Tensor | null, outputs: number): void {
  if (bias === null || sameShape(bias.shape, [outputs])) return;
  throw new RangeError(`${name}: the bias is [${outputs}], got ${formatShape(bias.shape)}`);
}
