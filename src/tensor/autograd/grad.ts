// grad as users call it. It brings the derivatives of Tensor's own operations, so that a page that never asks for a
// gradient of a gradient loads none of them.
import type { Tensor } from "../tensor.ts";
import "./derivatives/index.ts";
import { type GradOptions, gradientsOf } from "./gradients.ts";

/**
 * The gradients of the sum of outputs (each weighted with its `gradOutputs`) with respect to inputs, one each, as
 * torch.autograd.grad gives them. No tensor's `.grad` changes.
 * @shape any, more → any, more
 * @throws Error where an input does not require a gradient or the outputs do not depend on it (see `allowUnused`); with
 * `createGraph` where an operation on the way has no second derivative
 * @example
 * const x = tensor([3], { requiresGrad: true });
 * grad(x.square().sum(), [x]); // → [[6]]
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
  ...more: never[]
): Tensor[] {
  return gradientsOf(outputs, inputs, options, more);
}
