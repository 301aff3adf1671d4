// Exponentials, logarithms, the error function and hyperbolic functions of each element.
import { defineElements } from "./elements.ts";
import source from "./exponentials.wgsl" with { type: "text" };

export const exponentials = defineElements(
  "exponentials",
  [source],
  [
    "log1p",
    "log2",
    "log10",
    "expm1",
    "exp2",
    "rsqrt",
    "erf",
    "erfc",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
  ],
);
