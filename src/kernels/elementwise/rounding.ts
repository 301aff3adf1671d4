// Signs and whole numbers near each element; nanToNum, whose a, b and c stand for NaN, ∞ and −∞.
import { defineElements } from "./elements.ts";
import source from "./rounding.wgsl" with { type: "text" };

export const rounding = defineElements(
  "rounding",
  [source],
  ["sign", "floor", "ceil", "round", "trunc", "frac", "nanToNum"],
);
