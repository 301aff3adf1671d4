// Sequences of different lengths in one tensor, by torch.nn.utils.rnn's names.
import { formatShape, sameShape } from "../gpu/shape.ts";
import { wantTensors } from "../tensor/check.ts";
import { stack } from "../tensor/functions.ts";
import { BOOLEAN, NUMBER, takes } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

const padOptions = takes("padSequence", 2, { batchFirst: BOOLEAN, paddingValue: NUMBER });

/**
 * Sequences [length, ...], each of its own length, as one tensor [longest, sequences, ...], or [sequences, longest, ...] with
 * batchFirst; what is missing at the end is paddingValue, 0 if left out.
 * @shape [n, ...], more → [longest, count, ...]
 * @example nn.utils.rnn.padSequence([tensor([1, 2]), tensor([3])], { batchFirst: true }); // → [[1, 2], [3, 0]]
 */
export function padSequence(
  sequences: readonly Tensor[],
  options?: { batchFirst?: boolean; paddingValue?: number },
  ...more: never[]
): Tensor {
  wantTensors("padSequence", "the sequences", sequences);
  padOptions(options, more);
  const { batchFirst = false, paddingValue = 0 } = options ?? {};
  const [first] = sequences;
  if (first === undefined) throw new RangeError("padSequence: the list of sequences is empty");
  for (const { shape } of sequences)
    if (shape.length === 0 || !sameShape(shape.slice(1), first.shape.slice(1)))
      throw new RangeError(
        `padSequence: sequences differ in their length alone, got ${formatShape(first.shape)} and ${formatShape(shape)}`,
      );
  const longest = Math.max(...sequences.map(({ shape }) => shape[0]!));
  return scope(() => {
    const padded = sequences.map((each) => {
      const borders = [...new Array(2 * each.ndim - 1).fill(0), longest - each.shape[0]!];
      return each.pad(borders, { value: paddingValue });
    });
    return stack(padded, batchFirst ? 0 : 1);
  }, "padSequence");
}
