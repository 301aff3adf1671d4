// References for `check` of audio's functions, whose float64 forms know no gradients: these are found by going along every
// element of the input, which is exact where the function is linear.
import { type Arr, arr, type Reference } from "../reference/reference.ts";

type Forward<A> = (inputs: Arr[], attrs: A) => Arr;

/** Of a function that is linear in each input: an element's gradient is what a step of 1 along it changes. */
export const linear = <A>(forward: Forward<A>): Reference<A> => stepped(forward, 0.5);

/** Of any other: central differences, which are off by about 1e-9. */
export const smooth = <A>(forward: Forward<A>): Reference<A> => stepped(forward, 2 ** -17);

function stepped<A>(forward: Forward<A>, step: number): Reference<A> {
  const changed = (inputs: Arr[], which: number, i: number, by: number, attrs: A) => {
    const moved = inputs.map((input, at) => (at === which ? arr(input.shape, input.data) : input));
    moved[which]!.data[i]! += by;
    return forward(moved, attrs);
  };
  return {
    forward,
    backward: (inputs, attrs, gradOut) =>
      inputs.map((input, which) => {
        const gradient = arr(input.shape);
        for (let i = 0; i < gradient.data.length; i++) {
          const after = changed(inputs, which, i, step, attrs).data;
          const before = changed(inputs, which, i, -step, attrs).data;
          let sum = 0;
          for (let o = 0; o < after.length; o++) sum += gradOut.data[o]! * (after[o]! - before[o]!);
          gradient.data[i] = sum / (2 * step);
        }
        return gradient;
      }),
  };
}
