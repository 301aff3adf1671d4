// The options of convolutions, which functions and layers take alike, and what padding: "same" is.
import { type Kind, NUMBER, PAIR } from "../../../tensor/options.ts";

const WORDS = ["same", "valid"];
const orWords = ({ says, fits }: Kind): Kind => ({
  says: `${says}, "same" or "valid"`,
  fits: (value) => WORDS.includes(value as string) || fits(value),
});

/** In PyTorch's order, where they have no names. */
export const CONV2D = { stride: PAIR, padding: orWords(PAIR), dilation: PAIR, groups: NUMBER };
export const CONV1D = { stride: NUMBER, padding: orWords(NUMBER), dilation: NUMBER, groups: NUMBER };

const transposed = (kind: Kind) => ({
  stride: kind,
  padding: kind,
  outputPadding: kind,
  groups: NUMBER,
  dilation: kind,
});
export const TRANSPOSE2D = transposed(PAIR);
export const TRANSPOSE1D = transposed(NUMBER);

/** The zeros around an image that keep its size: `before` on each side, and `more` behind. Throws unless the stride is 1. */
export function samePadding(
  who: string,
  kernel: readonly number[],
  { stride, dilation }: { stride: readonly number[]; dilation: readonly number[] },
): { before: [number, number]; more: [number, number] } {
  if (stride.some((n) => n !== 1)) {
    throw new RangeError(`${who}: padding "same" wants stride 1, got ${stride.join(", ")}`);
  }
  const total = kernel.map((n, axis) => dilation[axis]! * (n - 1));
  return {
    before: total.map((n) => Math.floor(n / 2)) as [number, number],
    more: total.map((n) => n % 2) as [number, number],
  };
}
