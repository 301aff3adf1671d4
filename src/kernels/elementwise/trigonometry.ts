// Trigonometric functions of each element, but for sin and cos.
import circle from "../shared/circle.wgsl" with { type: "text" };
import { defineElements } from "./elements.ts";
import source from "./trigonometry.wgsl" with { type: "text" };

export const trigonometry = defineElements(
  "trigonometry",
  [circle, source],
  ["tan", "asin", "acos", "atan", "sinc"],
);
