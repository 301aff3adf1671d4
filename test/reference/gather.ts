// Picking elements by index. Indices have no gradient; an element picked several times collects all its gradients.
//
//   embedding:  y[…, d] = weight[indices[…], d]             dweight[v, d] = Σ of g[…, d] where indices[…] = v
//   gather:     y[…, i, …] = x[…, index[…, i, …], …]        dx likewise; the axis named is the one looked up
//               (torch.gather: y has index's shape, which along every other axis is at most x's)
//
//   indexSelect: y[…, j, …] = x[…, index[j], …]             dx[…, v, …] = Σ of g[…, j, …] where index[j] = v
//
// And placing them: a copy y of x, in which
//
//   scatter:     y[…, index[…, i, …], …]  = source[…, i, …]    dx = g, 0 where something was written; dsource picked from g
//   scatterAdd:  y[…, index[…, i, …], …] += source[…, i, …]    dx = g; dsource picked from g
//   indexAdd:    y[…, index[j], …] += source[…, j, …]          likewise
import { type Arr, arr, forEachIndex, type NoAttrs, offsetOf, type Reference } from "./reference.ts";

/** inputs [weight [V, D], indices of any shape]; the output is [...indices.shape, D]. */
export const embedding: Reference<NoAttrs> = {
  forward([weight, indices]) {
    const D = weight.shape[1];
    const y = arr([...indices.shape, D]);
    for (let i = 0; i < indices.data.length; i++) {
      for (let d = 0; d < D; d++) y.data[i * D + d] = weight.data[indices.data[i] * D + d];
    }
    return y;
  },
  backward([weight, indices], _attrs, g) {
    const D = weight.shape[1];
    const dweight = arr(weight.shape);
    for (let i = 0; i < indices.data.length; i++) {
      for (let d = 0; d < D; d++) dweight.data[indices.data[i] * D + d] += g.data[i * D + d];
    }
    return [dweight, null];
  },
};

/** inputs [x, index of the same rank]. */
export const gather: Reference<{ axis: number }> = {
  forward([x, index], { axis }) {
    const y = arr(index.shape);
    forEachIndex(index.shape, (at, i) => {
      const source = [...at];
      source[axis] = index.data[i];
      y.data[i] = x.data[offsetOf(source, x.shape)];
    });
    return y;
  },
  backward([x, index], { axis }, g) {
    const dx = arr(x.shape);
    forEachIndex(index.shape, (at, i) => {
      const source = [...at];
      source[axis] = index.data[i];
      dx.data[offsetOf(source, x.shape)] += g.data[i];
    });
    return [dx, null];
  },
};

export const indexSelect: Reference<{ axis: number }> = {
  forward([x, index], { axis }) {
    const y = arr(x.shape.map((n, d) => (d === axis ? index.data.length : n)));
    forEachIndex(y.shape, (at, i) => {
      const source = [...at];
      source[axis] = index.data[at[axis]];
      y.data[i] = x.data[offsetOf(source, x.shape)];
    });
    return y;
  },
  backward([x, index], { axis }, g) {
    const dx = arr(x.shape);
    forEachIndex(g.shape, (at, i) => {
      const source = [...at];
      source[axis] = index.data[at[axis]];
      dx.data[offsetOf(source, x.shape)] += g.data[i];
    });
    return [dx, null];
  },
};

/** Visits each element that an index covers: its place in x and its place in the source, both flat. */
function forEachPlaced(
  [x, index, source]: Arr[],
  axis: number,
  visit: (to: number, from: number) => void,
): void {
  forEachIndex(index.shape, (at, i) => {
    const place = [...at];
    place[axis] = index.data[i];
    visit(offsetOf(place, x.shape), offsetOf(at, source.shape));
  });
}

export const scatter: Reference<{ axis: number }> = {
  forward([x, index, source], { axis }) {
    const y = arr(x.shape, x.data);
    forEachPlaced([x, index, source], axis, (to, from) => {
      y.data[to] = source.data[from];
    });
    return y;
  },
  backward([x, index, source], { axis }, g) {
    const [dx, dsource] = [arr(x.shape, g.data), arr(source.shape)];
    forEachPlaced([x, index, source], axis, (to, from) => {
      dx.data[to] = 0;
      dsource.data[from] = g.data[to];
    });
    return [dx, null, dsource];
  },
};

export const scatterAdd: Reference<{ axis: number }> = {
  forward([x, index, source], { axis }) {
    const y = arr(x.shape, x.data);
    forEachPlaced([x, index, source], axis, (to, from) => {
      y.data[to] += source.data[from];
    });
    return y;
  },
  backward([x, index, source], { axis }, g) {
    const dsource = arr(source.shape);
    forEachPlaced([x, index, source], axis, (to, from) => {
      dsource.data[from] = g.data[to];
    });
    return [arr(x.shape, g.data), null, dsource];
  },
};

/** An index [n] of an axis as one of every element. */
function spread(index: Arr, axis: number, shape: number[]): Arr {
  const every = arr(shape);
  forEachIndex(shape, (at, i) => {
    every.data[i] = index.data[at[axis]];
  });
  return every;
}

export const indexAdd: Reference<{ axis: number }> = {
  forward: ([x, index, source], attrs) =>
    scatterAdd.forward([x, spread(index, attrs.axis, source.shape), source], attrs),
  backward: ([x, index, source], attrs, g) =>
    scatterAdd.backward([x, spread(index, attrs.axis, source.shape), source], attrs, g),
};
