// Functions of one element: forward y = f(x), backward dx = dy · f'(x).
import { empty } from "../../gpu/array.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { overVectors } from "../shared/vectors.ts";
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
  "gelu",
  "clamp",
] as const;
export type UnaryName = (typeof NAMES)[number];

const kernel = defineKernel({
  name: "unary",
  code: source,
  entries: { forward: ["read", "write"], backward: ["read", "write", "read"] },
});

function define(name: UnaryName): Op<{ a: number; b: number }> {
  const OP = kernel.constant(name);
  return {
    name,
    forward(ctx, [x], { a, b }) {
      const y = empty(x!.shape, "float32", name);
      const { params, constants, groups } = overVectors(x!.size);
      kernel.launch("forward", {
        arrays: [x!, y],
        params: { ...params, a, b },
        constants: { ...constants, OP },
        groups,
      });
      ctx.save(x!);
      return y;
    },
    backward(ctx, dy) {
      const x = ctx.saved[0]!;
      const dx = empty(x.shape, "float32", `${name}'s gradient`);
      const { params, constants, groups } = overVectors(x.size);
      kernel.launch("backward", {
        arrays: [x, dx, dy],
        params: { ...params, ...ctx.attrs },
        constants: { ...constants, OP },
        groups,
      });
      return [dx];
    },
  };
}

/** One operation a function. `a` and `b` are leakyRelu's slope, clamp's bounds. */
export const unary = Object.fromEntries(NAMES.map((name) => [name, define(name)])) as Record<
  UnaryName,
  ReturnType<typeof define>
>;
