// Einstein's sums by their definition: a loop over all letters, in which each operand's gradient is g times the others.
import { type Arr, arr, forEachIndex, offsetOf, type Reference } from "./reference.ts";

interface EinsumAttrs {
  /** Letters alone, with a result: "ij,jk->ik". */
  equation: string;
}

function forEachTerm(
  inputs: Arr[],
  { equation }: EinsumAttrs,
  visit: (from: number[], to: number) => void,
): number[] {
  const [left, output] = equation.split("->");
  const terms = left.split(",");
  const sizes = new Map<string, number>();
  for (const [i, term] of terms.entries())
    for (const [d, letter] of [...term].entries()) sizes.set(letter, inputs[i].shape[d]);
  const letters = [...sizes.keys()];
  const shape = [...output].map((letter) => sizes.get(letter)!);
  const at = (term: string, index: number[], of: number[]) =>
    offsetOf(
      [...term].map((letter) => index[letters.indexOf(letter)]),
      of,
    );
  forEachIndex([...sizes.values()], (index) =>
    visit(
      terms.map((term, i) => at(term, index, inputs[i].shape)),
      at(output, index, shape),
    ),
  );
  return shape;
}

export const einsum: Reference<EinsumAttrs> = {
  forward(inputs, attrs) {
    const y = arr(forEachTerm(inputs, attrs, () => {}));
    forEachTerm(inputs, attrs, (from, to) => {
      y.data[to] += inputs.reduce((product, x, i) => product * x.data[from[i]], 1);
    });
    return y;
  },
  backward(inputs, attrs, g) {
    const gradients = inputs.map((x) => arr(x.shape));
    forEachTerm(inputs, attrs, (from, to) => {
      for (const [i, dx] of gradients.entries())
        dx.data[from[i]] += inputs.reduce(
          (product, x, j) => (i === j ? product : product * x.data[from[j]]),
          g.data[to],
        );
    });
    return gradients;
  },
};
