// Tensor: what users hold. Its operations are in the classes that it is made of, by topic; each with a gradient is one
// `apply(op, inputs, attributes)`.
import type { DeviceArray } from "../gpu/array.ts";
import type { Op } from "../gpu/op.ts";
import { record } from "./autograd/tape.ts";
import { handleOf } from "./handle.ts";
import { refuseInPython } from "./instead.ts";
import { Aliased } from "./methods/aliases.ts";
import { used } from "./watch.ts";

/** A number where a tensor is expected stands for a scalar tensor. */
export type TensorLike = Tensor | number;

/**
 * An array on the GPU, of float32, int32, uint32 or bool, that remembers how it was computed where a gradient may be asked for. Operations
 * are methods by PyTorch's names in camelCase, run as soon as they are called, in order, and are awaited only when values
 * are read: data(), tolist(), item(). Those with a trailing underscore write in place.
 * @example
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad; // → [[2, 4], [6, 8]]
 */
export class Tensor extends Aliased<Tensor> {
  protected wrap(array: DeviceArray, origin: string): Tensor {
    return new Tensor(array, origin);
  }
}

refuseInPython(Tensor.prototype);

/** Applies an operation to tensors, and records it where a gradient may be asked for. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  used(inputs);
  return record(op, inputs.map(handleOf), attrs, (array) => new Tensor(array, op.name), handleOf);
}
