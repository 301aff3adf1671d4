// "otograd/kernel": what operations with kernels of one's own are made of. docs/custom-kernels.md shows how.
/// <reference path="./wgsl.d.ts" />
import type { Op } from "./gpu/op.ts";
import { show, wantTensors } from "./tensor/check.ts";
import { apply as applied, type Tensor } from "./tensor/tensor.ts";

export { DeviceArray, type DType, type Elements, empty, fromHost } from "./gpu/array.ts";
export type { Access } from "./gpu/bindings.ts";
export { defineKernel, type Kernel, type KernelDefinition, type Launch, linearGroups } from "./gpu/kernel.ts";
export type { Context, Op } from "./gpu/op.ts";
export { filled } from "./kernels/elementwise/fill.ts";
export { type Applied, type Derivative, derive, linear } from "./tensor/autograd/derive.ts";
export { composed } from "./tensor/autograd/gradients.ts";

/**
 * Applies an operation of one's own to tensors, and records it where a gradient may be asked for. What `forward` and
 * `backward` of the operation throw is thrown on; what its programs are refused for, by the next read.
 */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const { name, forward, backward } = (op ?? {}) as Partial<Op<A>>;
  if (typeof name !== "string" || typeof forward !== "function" || typeof backward !== "function")
    throw new TypeError(`apply: the operation has a name, a forward and a backward, got ${show(op)}`);
  wantTensors(name, "the inputs", inputs);
  return applied(op, inputs, attrs);
}
