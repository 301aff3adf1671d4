// "A number or a pair", as PyTorch takes kernel sizes, strides, paddings and dilations.

/** One size for height and width, or both. */
export type NumberOrPair = number | readonly [height: number, width: number];

/** Both sizes. Throws unless they are whole numbers of at least `least`; `what` names the argument. */
export function pair(value: NumberOrPair, what: string, least = 1): [number, number] {
  const both = typeof value === "number" ? [value, value] : [...value];
  if (both.length !== 2 || !both.every((n) => Number.isInteger(n) && n >= least)) {
    throw new RangeError(`${what} is a whole number ≥ ${least} or a pair of them, got ${show(value)}`);
  }
  return both as [number, number];
}

/** A setting as users would write it: 3, [4, 3], "same". */
export function show(value: unknown): string {
  return JSON.stringify(value).replaceAll(",", ", ");
}
