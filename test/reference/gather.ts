// Picking elements by index. Indices have no gradient; an element picked several times collects all its gradients.
//
//   embedding:  y[…, d] = weight[indices[…], d]             dweight[v, d] = Σ of g[…, d] where indices[…] = v
//   gather:     y[…, i, …] = x[…, index[…, i, …], …]        dx likewise; the axis named is the one looked up
//               (torch.gather: y has index's shape, which along every other axis is at most x's)
//
// torch.index_select along axis 0 is embedding with one axis of indices.
import { arr, forEachIndex, type NoAttrs, offsetOf, type Reference } from "./reference.ts";

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
