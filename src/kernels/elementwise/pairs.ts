// What functions of two arrays share: a walk over both with broadcasting (pairs.wgsl), in the type in which they meet, and
// gradients (pairsGradient.wgsl).
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import { defineKernel, type Kernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes, broadcastStrides, type Shape } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { rowsOf, type Walk } from "../shared/strides.ts";
import { TYPE } from "../shared/types.ts";
import types from "../shared/types.wgsl" with { type: "text" };
import walking from "./pairs.wgsl" with { type: "text" };
import slopes from "./pairsGradient.wgsl" with { type: "text" };

const WORKGROUP = 64;

/** A program of functions of two elements. `names` are its functions, as `const NAME = …u;` in it. */
export function definePairs<N extends string>(
  program: string,
  sources: readonly string[],
  names: readonly N[],
) {
  const kernel = defineKernel({
    name: program,
    code: [nan, types, walking, slopes, ...sources],
    entries: { forward: ["read", "read", "write"], gradient: ["read", "read", "write", "read"] },
  });
  const numbers = numbersOf(kernel, names);
  return {
    forward: forwardOf(kernel, numbers),
    /** dz · ∂f/∂(a or b), summed up to the operand's own shape. */
    gradient(name: N, SIDE: 0 | 1, a: DeviceArray, b: DeviceArray, dz: DeviceArray, shape: Shape) {
      const full = empty(dz.shape, "float32", `${name}'s gradient`);
      kernel.launch("gradient", {
        arrays: [a, b, full, dz],
        constants: { OP: numbers[name], ...typesOf(a, b), SIDE },
        ...walk(a, b, full),
      });
      const gradient = sumTo(full, shape);
      full.release();
      return gradient;
    },
  };
}

/** The same of functions without gradients. */
export function definePlainPairs<N extends string>(
  program: string,
  sources: readonly string[],
  names: readonly N[],
) {
  const kernel = defineKernel({
    name: program,
    code: [nan, types, walking, ...sources],
    entries: { forward: ["read", "read", "write"] },
  });
  return forwardOf(kernel, numbersOf(kernel, names));
}

function numbersOf<N extends string>(kernel: Kernel<"forward">, names: readonly N[]): Record<N, number> {
  return Object.fromEntries(names.map((name) => [name, kernel.constant(name)])) as Record<N, number>;
}

function forwardOf<N extends string>(kernel: Kernel<"forward">, numbers: Record<N, number>) {
  /** f(a, b), computed in `type`; a new array of type `result`. */
  return (name: N, a: DeviceArray, b: DeviceArray, type: DType, result: DType = type): DeviceArray => {
    const z = empty(broadcastShapes(a.shape, b.shape, name), result, name);
    kernel.launch("forward", {
      arrays: [a, b, z],
      constants: { OP: numbers[name], ...typesOf(a, b), TYPE: TYPE[type] },
      ...walk(a, b, z),
    });
    return z;
  };
}

const typesOf = (a: DeviceArray, b: DeviceArray) => ({ A_TYPE: TYPE[a.dtype], B_TYPE: TYPE[b.dtype] });

/** Params and workgroups for a walk over z, of which a and b are broadcast to it. */
function walk(a: DeviceArray, b: DeviceArray, z: DeviceArray) {
  const { params, walks } = rowsOf(
    z.shape,
    broadcastStrides(a.shape, z.shape),
    broadcastStrides(b.shape, z.shape),
  );
  const [forA, forB] = walks as [Walk, Walk];
  return {
    params: {
      ...params,
      stridesA: forA.strides,
      stridesB: forB.strides,
      stepA: forA.step,
      stepB: forB.step,
    },
    groups: linearGroups(params.rows * params.chunks, WORKGROUP),
  };
}

/** An operation whose gradient looks at both of its operands. */
export function pairOp<N extends string>(
  pairs: ReturnType<typeof definePairs<N>>,
  name: N,
  typeOf: (a: DType, b: DType) => DType,
): Op<undefined> {
  return {
    name,
    forward(ctx, [a, b]) {
      const z = pairs.forward(name, a!, b!, typeOf(a!.dtype, b!.dtype));
      ctx.save(a!, b!);
      return z;
    },
    backward: (ctx, dz) =>
      ([0, 1] as const).map((side) =>
        ctx.needsInputGrad[side]
          ? pairs.gradient(name, side, ctx.saved[0]!, ctx.saved[1]!, dz, ctx.inputShapes[side]!)
          : null,
      ),
  };
}
