// Functions of one element that are made of what WGSL has.
import { defineKernel } from "../../gpu/kernel.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import sine from "../shared/sine.wgsl" with { type: "text" };
import { elementOps } from "./elements.ts";
import source from "./unary.wgsl" with { type: "text" };

const NAMES = [
  "neg",
  "exp",
  "log",
  "sqrt",
  "abs",
  "relu",
  "sigmoid",
  "tanh",
  "square",
  "reciprocal",
  "sin",
  "cos",
  "leakyRelu",
  "silu",
  "gelu",
  "geluTanh",
  "clamp",
] as const;
export type UnaryName = (typeof NAMES)[number];

const kernel = defineKernel({
  name: "unary",
  code: [nan, sine, source],
  entries: { forward: ["read", "write"], backward: ["read", "write", "read"] },
});

/** `a` and `b` are leakyRelu's slope, clamp's bounds. */
export const unary = elementOps(kernel, NAMES);
