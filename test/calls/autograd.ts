// The public calls of automatic differentiation.
import { autograd, checkpoint, enableGrad, type FunctionContext, grad, ones, type Tensor } from "otograd";
import { any, type Entry, grid, leaf } from "./entry.ts";
import { TENSOR } from "./tensor.ts";

class Double extends autograd.Function {
  static override forward(_: FunctionContext, x: Tensor): Tensor {
    return x.mul(2);
  }
  static override backward(_: FunctionContext, dy: Tensor): Tensor {
    return dy.mul(2);
  }
}

const CHECKPOINT: Entry = {
  valid: () => checkpoint((x: Tensor) => x.sum(), grid()),
  wrong: [
    [() => checkpoint(any(grid())), "checkpoint: the function is a function, got a tensor [2, 3]"],
    [
      () =>
        checkpoint(
          any(() => 3),
          leaf(),
        ),
      "checkpoint: the function returns one tensor, got 3",
    ],
  ],
};

const OWN: Record<string, Entry> = {
  grad: {
    valid: () => {
      const x = leaf();
      return grad(x.sum(), x);
    },
    wrong: [
      [() => grad(any(1), leaf()), "grad: the output is a tensor, got 1"],
      [() => grad(leaf().sum(), any([1])), "grad: input 0 is a tensor, got 1"],
      [
        () => grad(leaf().sum(), leaf(), { gradOutputs: any(1) }),
        "grad: gradOutputs is a tensor or a list of tensors, got 1",
      ],
    ],
    options: [(options) => grad(leaf().sum(), leaf(), options), "createGraph"],
  },
  enableGrad: {
    valid: () => enableGrad(() => 1),
    wrong: [[() => enableGrad(any(grid())), "enableGrad: the body is a function, got a tensor [2, 3]"]],
    more: (extra) => enableGrad(() => 1, extra),
  },
  "Tensor#registerHook": {
    valid: () => leaf().registerHook(() => {}),
    wrong: [
      [() => leaf().registerHook(any(ones([2]))), "registerHook: the hook is a function, got a tensor [2]"],
    ],
    more: (extra) => leaf().registerHook(() => {}, extra),
  },
  checkpoint: CHECKPOINT,
};

/** The names at the top are in the namespace, too. */
export const AUTOGRAD: Record<string, Entry> = {
  ...OWN,
  "autograd.Function": { valid: () => Double.apply(leaf()).sum().backward() },
  "autograd.checkpoint": CHECKPOINT,
  "autograd.detectAnomaly": {
    valid: () => autograd.detectAnomaly(() => leaf().sum().backward()),
    wrong: [[() => autograd.detectAnomaly(any(1)), "detectAnomaly: the body is a function, got 1"]],
    more: (extra) => autograd.detectAnomaly(() => 1, extra),
  },
  "autograd.enableGrad": OWN.enableGrad!,
  "autograd.grad": OWN.grad!,
  "autograd.isGradEnabled": TENSOR.isGradEnabled!,
  "autograd.noGrad": TENSOR.noGrad!,
};
