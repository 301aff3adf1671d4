// Inverted dropout with a given mask of 0 (dropped) and 1 (kept), each dropped with probability p:
//
//   y = x · mask / (1 − p)      dx = g · mask / (1 − p)
//
// With p = 1 everything is dropped and the output is 0, as in PyTorch.
import { type Arr, arr, type Reference } from "./reference.ts";

function scaled(x: Arr, mask: Arr, p: number): Arr {
  const y = arr(x.shape);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[i] * mask.data[i] * scale;
  return y;
}

/** inputs [x, mask of the same shape]; the mask has no gradient. */
export const dropout: Reference<{ p: number }> = {
  forward([x, mask], { p }) {
    return scaled(x, mask, p);
  },
  backward([, mask], { p }, g) {
    return [scaled(g, mask, p), null];
  },
};
