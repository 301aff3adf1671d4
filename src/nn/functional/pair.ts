// "A number or a pair", as PyTorch takes kernel sizes, strides, paddings and dilations.
import { show, unnamed } from "../../tensor/check.ts";

/** One size for height and width, or both. */
export type NumberOrPair = number | readonly [height: number, width: number];

/** Both sizes. Throws unless they are whole numbers of at least `least`; `what` names the argument. */
export function pair(value: NumberOrPair, what: string, least = 1): [number, number] {
  const both = typeof value === "number" ? [value, value] : Array.isArray(value) ? [...value] : [];
  if (both.length !== 2 || !both.every((n) => Number.isInteger(n) && n >= least)) {
    const kind = both.length > 0 && both.every((n) => typeof n === "number") ? RangeError : TypeError;
    throw new kind(
      `${what} is a whole number ≥ ${least} or a pair of them, got ${show(value)}${unnamed(what.split(" ").at(-1)!, value)}`,
    );
  }
  return both as [number, number];
}
