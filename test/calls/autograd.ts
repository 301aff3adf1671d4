// The public calls of automatic differentiation.
import { enableGrad, grad, ones } from "otograd";
import { any, type Entry, grid, leaf } from "./entry.ts";

export const AUTOGRAD: Record<string, Entry> = {
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
};
