// Activation functions of each element. What their a, b and c are is said in the program.

import source from "./activations.wgsl" with { type: "text" };
import { defineElements } from "./elements.ts";

export const activations = defineElements(
  "activations",
  [source],
  [
    "elu",
    "softplus",
    "logsigmoid",
    "mish",
    "hardswish",
    "hardsigmoid",
    "hardtanh",
    "softsign",
    "tanhshrink",
    "softshrink",
    "hardshrink",
    "threshold",
  ],
);
