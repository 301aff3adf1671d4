// Arithmetic and comparisons of two arrays with broadcasting, and their gradients.
import type { DeviceArray, DType } from "../../gpu/array.ts";
import type { Op } from "../../gpu/op.ts";
import { sumTo } from "../reductions/reduce.ts";
import { promote } from "../shared/types.ts";
import { thenAdded } from "../shared/unfinished.ts";
import { weighLater } from "../shared/weighed.ts";
import source from "./binary.wgsl" with { type: "text" };
import { definePairs, pairOp } from "./pairs.ts";

const ARITHMETIC = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "maximum",
  "minimum",
  "remainder",
  "fmod",
  "floorDivide",
  "truncDivide",
] as const;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
export type BinaryName = (typeof ARITHMETIC)[number];
export type ComparisonName = (typeof COMPARISONS)[number];

const pairs = definePairs("binary", [source], [...ARITHMETIC, ...COMPARISONS], ["add", "sub", "mul", "div"]);

/** What two bools have: or, and, the larger, the smaller. */
const OF_BOOLS: readonly BinaryName[] = ["add", "mul", "maximum", "minimum", "div"];

function typeOf(name: BinaryName, a: DType, b: DType): DType {
  const type = promote(a, b);
  if (type === "bool" && !OF_BOOLS.includes(name))
    throw new TypeError(`${name}: two bool tensors have none: x.int() makes whole numbers of one`);
  return name === "div" ? "float32" : type;
}

/** Sums, whose gradients look at no operand. */
function linear(name: "add" | "sub"): Op<undefined> {
  return {
    name,
    forward: (ctx, [a, b]) =>
      (name === "add" && thenAdded(a!, b!, ctx.recording, addArrays)) ||
      pairs.forward(name, a!, b!, typeOf(name, a!.dtype, b!.dtype)),
    backward: (ctx, dz) =>
      ([0, 1] as const).map((side) => {
        if (!ctx.needsInputGrad[side]) return null;
        const shape = ctx.inputShapes[side]!;
        return name === "sub" && side === 1
          ? pairs.gradient(name, side, dz, dz, dz, shape)
          : sumTo(dz, shape);
      }),
  };
}

/** Products, of which those by a number a channel may be put off. */
function product(op: Op<undefined>): Op<undefined> {
  return {
    ...op,
    forward: (ctx, [a, b], attrs) =>
      (!ctx.recording && (weighLater(a!, b!, multiplyArrays) ?? weighLater(b!, a!, multiplyArrays))) ||
      op.forward(ctx, [a!, b!], attrs),
  };
}

/** The operation of a function of two elements. */
function operation(name: BinaryName): Op<undefined> {
  if (name === "add" || name === "sub") return linear(name);
  const op = pairOp(pairs, name, (a, b) => typeOf(name, a, b));
  return name === "mul" ? product(op) : op;
}

/** One operation a function. */
export const binary = Object.fromEntries(ARITHMETIC.map((name) => [name, operation(name)])) as Record<
  BinaryName,
  Op<undefined>
>;

/** a · b of raw arrays, b broadcast to a. */
export function multiplyArrays(a: DeviceArray, b: DeviceArray): DeviceArray {
  return pairs.forward("mul", a, b, "float32");
}

/** a + b of raw arrays of one shape. */
export function addArrays(a: DeviceArray, b: DeviceArray): DeviceArray {
  return pairs.forward("add", a, b, "float32");
}

/** Whether the comparison holds, as bools. */
export function compareArrays(name: ComparisonName, a: DeviceArray, b: DeviceArray): DeviceArray {
  return pairs.forward(name, a, b, promote(a.dtype, b.dtype), "bool");
}
