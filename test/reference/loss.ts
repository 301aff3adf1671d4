// Losses. Each gives a scalar (shape []); with reduction "mean" the sum is divided by `count`, with "sum" by 1.
//
//   nllLoss:       y = −Σₙ x[n, label[n]] / count,  count = N        dx[n, label[n]] = −g / count, else 0
//   crossEntropy:  nllLoss of logSoftmax(x) along the classes        dx = (softmax(x) − onehot(label)) · g / count
//   klDivLoss:     y = Σᵢ tᵢ (log tᵢ − xᵢ) / count, 0 log 0 = 0      dx = −t · g / count
//                  (reduction "batchmean" for "mean": count = N)
//   mseLoss:       y = Σᵢ (xᵢ − tᵢ)² / count,  count = elements      dx = 2 (x − t) · g / count,  dt = −dx
import { arr, type Reference } from "./reference.ts";
import { logSoftmax, softmax } from "./softmax.ts";

export interface LossAttrs {
  reduction: "mean" | "sum";
}

/** inputs [log-probabilities [N, C], labels [N]]; labels have no gradient. */
export const nllLoss: Reference<LossAttrs> = {
  forward([x, labels], { reduction }) {
    const [N, C] = x.shape;
    const count = reduction === "mean" ? N : 1;
    const y = arr([]);
    for (let n = 0; n < N; n++) y.data[0] -= x.data[n * C + labels.data[n]] / count;
    return y;
  },
  backward([x, labels], { reduction }, g) {
    const [N, C] = x.shape;
    const count = reduction === "mean" ? N : 1;
    const dx = arr(x.shape);
    for (let n = 0; n < N; n++) dx.data[n * C + labels.data[n]] = -g.data[0] / count;
    return [dx, null];
  },
};

/** inputs [logits [N, C], labels [N]]; labels have no gradient. */
export const crossEntropy: Reference<LossAttrs> = {
  forward([x, labels], attrs) {
    return nllLoss.forward([logSoftmax.forward([x], { axis: 1 }), labels], attrs);
  },
  backward([x, labels], { reduction }, g) {
    const [N, C] = x.shape;
    const count = reduction === "mean" ? N : 1;
    const dx = softmax.forward([x], { axis: 1 });
    for (let n = 0; n < N; n++) dx.data[n * C + labels.data[n]] -= 1;
    for (let i = 0; i < dx.data.length; i++) dx.data[i] *= g.data[0] / count;
    return [dx, null];
  },
};

export interface KlDivAttrs {
  reduction: "batchmean" | "sum";
}

/** inputs [log-probabilities [N, C], target probabilities [N, C]]; targets have no gradient. */
export const klDivLoss: Reference<KlDivAttrs> = {
  forward([x, target], { reduction }) {
    const count = reduction === "batchmean" ? x.shape[0] : 1;
    const y = arr([]);
    for (let i = 0; i < x.data.length; i++) {
      const t = target.data[i];
      if (t !== 0) y.data[0] += (t * (Math.log(t) - x.data[i])) / count;
    }
    return y;
  },
  backward([x, target], { reduction }, g) {
    const count = reduction === "batchmean" ? x.shape[0] : 1;
    const dx = arr(x.shape);
    for (let i = 0; i < x.data.length; i++) dx.data[i] = (-target.data[i] * g.data[0]) / count;
    return [dx, null];
  },
};

/** inputs [x, target of the same shape]. */
export const mseLoss: Reference<LossAttrs> = {
  forward([x, target], { reduction }) {
    const count = reduction === "mean" ? x.data.length : 1;
    const y = arr([]);
    for (let i = 0; i < x.data.length; i++) y.data[0] += (x.data[i] - target.data[i]) ** 2 / count;
    return y;
  },
  backward([x, target], { reduction }, g) {
    const count = reduction === "mean" ? x.data.length : 1;
    const dx = arr(x.shape);
    const dtarget = arr(target.shape);
    for (let i = 0; i < x.data.length; i++) {
      dx.data[i] = (2 * (x.data[i] - target.data[i]) * g.data[0]) / count;
      dtarget.data[i] = -dx.data[i];
    }
    return [dx, dtarget];
  },
};
