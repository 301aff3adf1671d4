// How audio's functions get gradients. Where none will be asked for, they run on kernels of their own; where one will, those
// that are not linear go through operations that have gradients, and an operation's own gradient may be written in tensors.
import type { DeviceArray } from "../gpu/array.ts";
import type { Op } from "../gpu/op.ts";
import type { Shape } from "../gpu/shape.ts";
import { derive, linear as linearly } from "../tensor/autograd/derive.ts";
import { isRecording, noGrad } from "../tensor/autograd/grad-mode.ts";
import { arrayOf } from "../tensor/handle.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Whether the gradient of what is computed from these may be asked for. */
export function needsGradient(...inputs: readonly Tensor[]): boolean {
  return isRecording() && inputs.some(({ requiresGrad }) => requiresGrad);
}

/** What a function of tensors makes of arrays: for gradients that are made of operations. */
export function overTensors(
  body: (...tensors: Tensor[]) => Tensor,
  ...arrays: readonly DeviceArray[]
): DeviceArray {
  return noGrad(() => arrayOf(body(...arrays.map((array) => new Tensor(array.retain())))).retain());
}

/** A linear function of one array, and its transpose, which is what its gradient goes through. */
interface Linear<A> {
  readonly name: string;
  there(x: DeviceArray, attrs: A): DeviceArray;
  /** From the result's gradient to that of an input of this shape. */
  back(dy: DeviceArray, attrs: A, shape: Shape): DeviceArray;
}

export function linear<A>({ name, there, back }: Linear<A>): Op<A> {
  const op: Op<A> = {
    name,
    forward: (_, [x], attrs) => there(x!, attrs),
    backward: ({ attrs, inputShapes }, dy) => [back(dy, attrs, inputShapes[0]!)],
  };
  return derive(op, linearly);
}
