// Arithmetic and comparisons of two arrays with broadcasting, and their gradients.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastShapes, broadcastStrides, type Shape } from "../../gpu/shape.ts";
import { sumTo } from "../reductions/reduce.ts";
import nan from "../shared/nan.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { rowsOf, type Walk } from "../shared/strides.ts";
import source from "./binary.wgsl" with { type: "text" };

const ARITHMETIC = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
export type BinaryName = (typeof ARITHMETIC)[number];
export type ComparisonName = (typeof COMPARISONS)[number];

const kernel = defineKernel({
  name: "binary",
  code: [nan, source],
  entries: { forward: ["read", "read", "write"], gradient: ["read", "read", "write", "read"] },
});

/** The program's numbers for its functions. */
const NUMBERS = Object.fromEntries(
  [...ARITHMETIC, ...COMPARISONS].map((name) => [name, kernel.constant(name)]),
) as Record<BinaryName | ComparisonName, number>;

const WORKGROUP = 64;

function launch(
  name: BinaryName | ComparisonName,
  a: DeviceArray,
  b: DeviceArray,
  shape: Shape,
): DeviceArray {
  const z = empty(shape, "float32", name);
  kernel.launch("forward", {
    arrays: [a, b, z],
    constants: {
      OP: NUMBERS[name],
      UNSIGNED: a.dtype === "uint32" ? 1 : 0,
    },
    ...walk(a, b, z),
  });
  return z;
}

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

function define(name: BinaryName): Op<undefined> {
  return {
    name,
    forward(ctx, [a, b]) {
      requireFloat(name, a!, b!);
      const z = launch(name, a!, b!, broadcastShapes(a!.shape, b!.shape, name));
      if (name !== "add" && name !== "sub") ctx.save(a!, b!);
      return z;
    },
    backward(ctx, dz) {
      return ([0, 1] as const).map((SIDE) => {
        if (!ctx.needsInputGrad[SIDE]) return null;
        const shape = ctx.inputShapes[SIDE]!;
        if (name === "add" || (name === "sub" && SIDE === 0)) return sumTo(dz, shape);
        const [a, b] = name === "sub" ? [dz, dz] : [ctx.saved[0]!, ctx.saved[1]!];
        const full = empty(dz.shape, "float32", `${name}'s gradient`);
        kernel.launch("gradient", {
          arrays: [a, b, full, dz],
          constants: { OP: NUMBERS[name], SIDE },
          ...walk(a, b, full),
        });
        const gradient = sumTo(full, shape);
        full.release();
        return gradient;
      });
    },
  };
}

/** One operation a function. */
export const binary = Object.fromEntries(ARITHMETIC.map((name) => [name, define(name)])) as Record<
  BinaryName,
  Op<undefined>
>;

/** a + b of raw arrays of one shape. */
export function addArrays(a: DeviceArray, b: DeviceArray): DeviceArray {
  return launch("add", a, b, a.shape);
}

/** 1 where the comparison holds, else 0. Both arrays of one type. */
export function compareArrays(name: ComparisonName, a: DeviceArray, b: DeviceArray): DeviceArray {
  if (a.dtype !== b.dtype) throw new TypeError(`${name}: cannot compare ${a.dtype} with ${b.dtype}`);
  return launch(name, a, b, broadcastShapes(a.shape, b.shape, name));
}
