// Functions of two elements, with broadcasting: angles, distances, logarithms.
import circle from "../shared/circle.wgsl" with { type: "text" };
import precise from "../shared/precise.wgsl" with { type: "text" };
import source from "./pairFunctions.wgsl" with { type: "text" };
import { definePairs, pairOp } from "./pairs.ts";

const NAMES = ["atan2", "hypot", "copysign", "logaddexp", "xlogy", "prelu"] as const;
export type PairFunctionName = (typeof NAMES)[number];

const pairs = definePairs("pairFunctions", [precise, circle, source], NAMES);

/** One operation a function; whole numbers become floats. */
export const pairFunctions = Object.fromEntries(
  NAMES.map((name) => [name, pairOp(pairs, name, () => "float32")]),
) as Record<PairFunctionName, ReturnType<typeof pairOp>>;
