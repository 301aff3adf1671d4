// Reductions that are more than a sum, over the axes listed in `axes` (an empty list reduces all); n elements go into each.
//
//   variance:   y = Σ (x − mean)² / (n − correction)    dx = 2 (x − mean) g / (n − correction)
//   std:        y = √variance                           dx = (x − mean) g / (y (n − correction)), 0 where y is 0
//   norm:       y = √Σ x²                               dx = x g / y, 0 where y is 0
//   logsumexp:  y = ln Σ eˣ                             dx = g e^(x − y)
//   prod:       y = Π x                                 dx = g · the product of the others

import { forEachTerm, mean, type ReduceAttrs, sum } from "./reduce.ts";
import { arr, type Reference } from "./reference.ts";

export interface SpreadAttrs extends ReduceAttrs {
  correction: number;
}

/** Deviations from the mean, and what their squares' sum is divided by. */
function deviations(x: ReturnType<typeof arr>, { axes, keepDim, correction }: SpreadAttrs) {
  const means = mean.forward([x], { axes, keepDim });
  const from = arr(x.shape);
  forEachTerm(x, axes, (i, o) => {
    from.data[i] = x.data[i] - means.data[o];
  });
  return { from, by: Math.max(0, x.data.length / means.data.length - correction) };
}

export const variance: Reference<SpreadAttrs> = {
  forward([x], attrs) {
    const { from, by } = deviations(x, attrs);
    const y = sum.forward([{ ...from, data: from.data.map((d) => d * d) }], attrs);
    for (let o = 0; o < y.data.length; o++) y.data[o] /= by;
    return y;
  },
  backward([x], attrs, g) {
    const { from, by } = deviations(x, attrs);
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = (2 * from.data[i] * g.data[o]) / by;
    });
    return [dx];
  },
};

export const std: Reference<SpreadAttrs> = {
  forward(inputs, attrs) {
    const y = variance.forward(inputs, attrs);
    return { ...y, data: y.data.map(Math.sqrt) };
  },
  backward([x], attrs, g) {
    const y = std.forward([x], attrs);
    const { from, by } = deviations(x, attrs);
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = y.data[o] === 0 ? 0 : (from.data[i] * g.data[o]) / (y.data[o] * by);
    });
    return [dx];
  },
};

export const norm: Reference<ReduceAttrs> = {
  forward([x], attrs) {
    const y = sum.forward([{ ...x, data: x.data.map((v) => v * v) }], attrs);
    return { ...y, data: y.data.map(Math.sqrt) };
  },
  backward([x], attrs, g) {
    const y = norm.forward([x], attrs);
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = y.data[o] === 0 ? 0 : (x.data[i] * g.data[o]) / y.data[o];
    });
    return [dx];
  },
};

export const logsumexp: Reference<ReduceAttrs> = {
  forward([x], attrs) {
    const y = sum.forward([{ ...x, data: x.data.map(Math.exp) }], attrs);
    return { ...y, data: y.data.map(Math.log) };
  },
  backward([x], attrs, g) {
    const y = logsumexp.forward([x], attrs);
    const dx = arr(x.shape);
    forEachTerm(x, attrs.axes, (i, o) => {
      dx.data[i] = g.data[o] * Math.exp(x.data[i] - y.data[o]);
    });
    return [dx];
  },
};

export const prod: Reference<ReduceAttrs> = {
  forward([x], attrs) {
    const y = sum.forward([x], attrs);
    y.data.fill(1);
    forEachTerm(x, attrs.axes, (i, o) => {
      y.data[o] *= x.data[i];
    });
    return y;
  },
  backward([x], attrs, g) {
    const dx = arr(x.shape);
    for (let j = 0; j < x.data.length; j++) {
      const others = prod.forward([{ ...x, data: x.data.with(j, 1) }], attrs);
      forEachTerm(x, attrs.axes, (i, o) => {
        if (i === j) dx.data[i] = g.data[o] * others.data[o];
      });
    }
    return [dx];
  },
};
