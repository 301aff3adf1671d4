// What functions of two arrays share: a walk over both with broadcasting (pairs.wgsl), in the type in which they meet, and
// gradients (pairsGradient.wgsl).
import { type DeviceArray, type DType, empty } from "../../gpu/array.ts";
import type { Access } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, type Kernel, type Launch, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes, broadcastStrides, type Shape } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { rowsOf, type Walk } from "../shared/strides.ts";
import { TYPE } from "../shared/types.ts";
import types from "../shared/types.wgsl" with { type: "text" };
import { computeCommon } from "../shared/unfinished.ts";
import walking from "./pairs.wgsl" with { type: "text" };
import slopes from "./pairsGradient.wgsl" with { type: "text" };

const WORKGROUP = 64;

/**
 * A program of functions of two elements. `names` are its functions, as `const NAME = …u;` in it; `quick` those that cost less
 * than loading and storing what they compute, for which it has the entry point `fours`.
 */
export function definePairs<N extends string>(
  program: string,
  sources: readonly string[],
  names: readonly N[],
  quick: readonly N[] = [],
) {
  const kernel = defineKernel<"forward" | "gradient" | "fours">({
    name: program,
    code: [nan, types, walking, slopes, ...sources],
    entries: {
      forward: ["read", "read", "write"],
      gradient: ["read", "read", "write", "read"],
      ...((quick.length > 0 && { fours: ["read", "read", "write"] }) as { fours: readonly Access[] }),
    },
  });
  const numbers = numbersOf(kernel, names);
  return {
    forward: forwardOf<N>((entry, launch) => kernel.launch(entry, launch), numbers, quick),
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
  return forwardOf<N>((_, launch) => kernel.launch("forward", launch), numbersOf(kernel, names), []);
}

function numbersOf<N extends string>(kernel: Kernel<"forward">, names: readonly N[]): Record<N, number> {
  return Object.fromEntries(names.map((name) => [name, kernel.constant(name)])) as Record<N, number>;
}

/** @param quick functions that are computed four at a time where that suits */
function forwardOf<N extends string>(
  launch: (entry: "forward" | "fours", launch: Launch) => void,
  numbers: Record<N, number>,
  quick: readonly N[],
) {
  /** f(a, b), computed in `type`; a new array of type `result`. */
  return (name: N, a: DeviceArray, b: DeviceArray, type: DType, result: DType = type): DeviceArray => {
    const z = empty(broadcastShapes(a.shape, b.shape, name), result, name);
    computeCommon(a, b);
    const constants = { OP: numbers[name], ...typesOf(a, b), TYPE: TYPE[type] };
    const walked = walk(a, b, z);
    const alike = a.dtype === type && b.dtype === type && quick.includes(name);
    const inFours = alike && device().adapter.software ? fours(walked.params) : null;
    launch(inFours === null ? "forward" : "fours", {
      arrays: [a, b, z],
      ...(inFours ?? walked),
      constants: { ...constants, ...inFours?.constants },
    });
    return z;
  };
}

/** Fours of a row that one invocation takes at most. */
const MOST_FOURS = 16;

/**
 * The same walk, four elements of a row at a time: on a CPU adapter a loop's turn costs more than what it computes. Null where
 * rows do not suit; b's may have one element each.
 */
function fours(params: ReturnType<typeof walk>["params"]) {
  const { inner, stridesA, stridesB, stepA, stepB } = params;
  const repeats = stepB === 0;
  const read = [inner, ...stridesA, ...(repeats ? [] : stridesB)];
  if (stepA !== 1 || stepB > 1 || read.some((n) => n % 4 !== 0)) return null;
  const chunks = Math.ceil(inner / 4 / MOST_FOURS);
  return {
    params: {
      ...params,
      inner: inner / 4,
      chunks,
      stridesA: stridesA.map((stride) => stride / 4),
      stridesB: repeats ? stridesB : stridesB.map((stride) => stride / 4),
    },
    constants: { REPEATS: repeats ? 1 : 0 },
    groups: linearGroups(params.rows * chunks, WORKGROUP),
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
