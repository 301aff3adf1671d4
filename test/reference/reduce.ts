// Reductions over the axes listed in `axes` (non-negative; an empty list reduces all, as in PyTorch).
//
//   sum:     y = Σ x             dx = g
//   mean:    y = Σ x / n         dx = g / n,  n = elements that go into one output element
//   max:     y = max x           dx = g / k at each of the k largest elements, else 0 (torch.amax)
//   min:     y = min x           dx = g / k at each of the k smallest elements, likewise
//   argmax:  y = position along one axis of the first largest element; no gradient
//
// `keepDim` leaves a reduced axis in place with size 1. The data is laid out alike either way.
import { type Arr, arr, broadcastOffset, forEachIndex, type Reference, sizeOf } from "./reference.ts";

export interface ReduceAttrs {
  axes: number[];
  keepDim: boolean;
}

const isReduced = (axes: number[], d: number) => axes.length === 0 || axes.includes(d);

/** The input's shape with its reduced axes set to 1. */
function keptShape(shape: number[], axes: number[]): number[] {
  return shape.map((n, d) => (isReduced(axes, d) ? 1 : n));
}

function outputShape(shape: number[], { axes, keepDim }: ReduceAttrs): number[] {
  return keepDim ? keptShape(shape, axes) : shape.filter((_, d) => !isReduced(axes, d));
}

/** Visits each input element (at flat position i) with the output element (o) that it goes into. */
export function forEachTerm(x: Arr, axes: number[], visit: (i: number, o: number) => void): void {
  const kept = keptShape(x.shape, axes);
  forEachIndex(x.shape, (index, i) => visit(i, broadcastOffset(index, kept)));
}

export const sum: Reference<ReduceAttrs> = {
  forward([x], attrs) {
    const y = arr(outputShape(x.shape, attrs));
    forEachTerm(x, attrs.axes, (i, o) => {
      y.data[o] += x.data[i];
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = g.data[o];
    });
    return [dx];
  },
};

export const mean: Reference<ReduceAttrs> = {
  forward([x], attrs) {
    const y = sum.forward([x], attrs);
    const n = sizeOf(x.shape) / sizeOf(y.shape);
    for (let o = 0; o < y.data.length; o++) y.data[o] /= n;
    return y;
  },
  backward([x], attrs, g) {
    const n = sizeOf(x.shape) / sizeOf(g.shape);
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = g.data[o] / n;
    });
    return [dx];
  },
};

/** For each output element, the flat position of the first input element that no other one beats. */
function winners(x: Arr, axes: number[], beats: (a: number, b: number) => boolean): number[] {
  const best = new Array<number>(sizeOf(keptShape(x.shape, axes))).fill(-1);
  forEachTerm(x, axes, (i, o) => {
    if (best[o] === -1 || beats(x.data[i], x.data[best[o]])) best[o] = i;
  });
  return best;
}

function extremum(beats: (a: number, b: number) => boolean): Reference<ReduceAttrs> {
  return {
    forward([x], attrs) {
      const y = arr(outputShape(x.shape, attrs));
      const best = winners(x, attrs.axes, beats);
      for (let o = 0; o < y.data.length; o++) y.data[o] = x.data[best[o]];
      return y;
    },
    backward([x], attrs, g) {
      const dx = arr(x.shape);
      const best = winners(x, attrs.axes, beats);
      const equals = new Array<number>(g.data.length).fill(0);
      const isBest = (i: number, o: number) => x.data[i] === x.data[best[o]];
      forEachTerm(x, attrs.axes, (i, o) => {
        if (isBest(i, o)) equals[o]++;
      });
      forEachTerm(x, attrs.axes, (i, o) => {
        if (isBest(i, o)) dx.data[i] = g.data[o] / equals[o];
      });
      return [dx];
    },
  };
}

export const max = extremum((a, b) => a > b);
export const min = extremum((a, b) => a < b);

/** The axis is dropped from the output's shape. */
export const argmax: Reference<{ axis: number }> = {
  forward([x], { axis }) {
    const y = arr(outputShape(x.shape, { axes: [axis], keepDim: false }));
    const best = winners(x, [axis], (a, b) => a > b);
    const stride = sizeOf(x.shape.slice(axis + 1));
    for (let o = 0; o < y.data.length; o++) y.data[o] = Math.floor(best[o] / stride) % x.shape[axis];
    return y;
  },
  backward() {
    return [null];
  },
};
