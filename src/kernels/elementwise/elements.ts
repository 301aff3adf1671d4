// What functions of one element share: forward y = f(x), backward dx = dy · f'(x).
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, type Kernel } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import precise from "../shared/precise.wgsl" with { type: "text" };
import { thenFunction } from "../shared/unfinished.ts";
import { overVectors } from "../shared/vectors.ts";
import walking from "./elements.wgsl" with { type: "text" };

/** Functions whose derivative is the same at what they give as at what it is given for: x need not be there any more. */
const BY_RESULT = ["relu"];

/** What a program's functions call params.a, b and c. */
export interface Parameters {
  a: number;
  b: number;
  c?: number;
}

/** A program of functions of one element, written on elements.wgsl and precise.wgsl. See `elementOps`. */
export function defineElements<N extends string>(
  program: string,
  sources: readonly string[],
  names: readonly N[],
): Record<N, Op<Parameters>> {
  const kernel = defineKernel({
    name: program,
    code: [nan, precise, walking, ...sources],
    entries: { forward: ["read", "write"], backward: ["read", "write", "read"] },
  });
  return elementOps(kernel, names);
}

/** One operation a function. `names` are the program's functions, as `const NAME = …u;` in it. */
export function elementOps<N extends string>(
  kernel: Kernel<"forward" | "backward">,
  names: readonly N[],
): Record<N, Op<Parameters>> {
  return Object.fromEntries(names.map((name) => [name, define(kernel, name)])) as Record<N, Op<Parameters>>;
}

function define(kernel: Kernel<"forward" | "backward">, name: string): Op<Parameters> {
  const OP = kernel.constant(name);
  const launch = (entry: "forward" | "backward", arrays: DeviceArray[], attrs: Parameters) => {
    const { params, constants, groups } = overVectors(arrays[0]!.size);
    kernel.launch(entry, {
      arrays,
      params: { ...params, c: 0, ...attrs },
      constants: { ...constants, OP },
      groups,
    });
  };
  return {
    name,
    forward(ctx, [x], attrs) {
      const compute = (x: DeviceArray) => {
        const y = empty(x.shape, "float32", name);
        launch("forward", [x, y], attrs);
        return y;
      };
      const byResult = BY_RESULT.includes(name);
      const mayJoin = !ctx.recording || byResult;
      const put = mayJoin ? thenFunction(x!, name, attrs, ctx.recording, compute) : null;
      const y = put ?? compute(x!);
      ctx.save(byResult ? y : x!);
      return y;
    },
    backward(ctx, dy) {
      const saved = ctx.saved[0]!;
      const dx = empty(saved.shape, "float32", `${name}'s gradient`);
      launch("backward", [saved, dx, dy], ctx.attrs);
      return [dx];
    },
  };
}
