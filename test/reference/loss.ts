// Losses. With reduction "mean" the sum is divided by `count`, with "sum" by 1, and gives a scalar (shape []); with
// "none" there is one loss a term, and g has one number for each.
//
//   nllLoss:       y = −Σₙ x[n, label[n]] / count,  count = N        dx[n, label[n]] = −g / count, else 0
//   crossEntropy:  nllLoss of logSoftmax(x) along the classes        dx = (softmax(x) − onehot(label)) · g / count
//                  Both: rows whose label is `ignored` are left out of the sum and of N; "none" has 0 for them.
//   klDiv:     y = Σᵢ tᵢ (log tᵢ − xᵢ) / count, 0 log 0 = 0      dx = −t · g / count
//                  (count = elements with "mean", N with "batchmean")
//   mseLoss:       y = Σᵢ (xᵢ − tᵢ)² / count,  count = elements      dx = 2 (x − t) · g / count,  dt = −dx
import { type Arr, arr, type Reference } from "./reference.ts";
import { logSoftmax, softmax } from "./softmax.ts";

type Reduction = "mean" | "batchmean" | "sum" | "none";

/** PyTorch's −100, as the uint32 that it is here. */
const IGNORED = 2 ** 32 - 100;

export interface LossAttrs {
  reduction: "mean" | "sum" | "none";
  ignored?: number;
}

/** The terms summed up and divided, or as they are. */
function reduced(terms: Arr, reduction: Reduction, count: number): Arr {
  if (reduction === "none") return terms;
  let sum = 0;
  for (const term of terms.data) sum += term;
  return arr([], [reduction === "sum" ? sum : sum / count]);
}

/** What becomes of `g` at term i. */
function gradientOf(g: Arr, i: number, reduction: Reduction, count: number): number {
  if (reduction === "none") return g.data[i];
  return reduction === "sum" ? g.data[0] : g.data[0] / count;
}

/** The rows that count. */
function rowsOf(labels: Arr, { ignored = IGNORED }: LossAttrs): number[] {
  return [...labels.data.keys()].filter((n) => labels.data[n] !== ignored);
}

/** inputs [log-probabilities [N, C], labels [N]]; labels have no gradient. */
export const nllLoss: Reference<LossAttrs> = {
  forward([x, labels], attrs) {
    const [N, C] = x.shape;
    const rows = rowsOf(labels, attrs);
    const terms = arr([N]);
    for (const n of rows) terms.data[n] = -x.data[n * C + labels.data[n]];
    return reduced(terms, attrs.reduction, rows.length);
  },
  backward([x, labels], attrs, g) {
    const C = x.shape[1];
    const rows = rowsOf(labels, attrs);
    const dx = arr(x.shape);
    for (const n of rows) dx.data[n * C + labels.data[n]] = -gradientOf(g, n, attrs.reduction, rows.length);
    return [dx, null];
  },
};

/** inputs [logits [N, C], labels [N]]; labels have no gradient. */
export const crossEntropy: Reference<LossAttrs> = {
  forward([x, labels], attrs) {
    return nllLoss.forward([logSoftmax.forward([x], { axis: 1 }), labels], attrs);
  },
  backward([x, labels], attrs, g) {
    const C = x.shape[1];
    const rows = rowsOf(labels, attrs);
    const probabilities = softmax.forward([x], { axis: 1 });
    const dx = arr(x.shape);
    for (const n of rows) {
      for (let c = 0; c < C; c++) {
        const slope = probabilities.data[n * C + c] - (c === labels.data[n] ? 1 : 0);
        dx.data[n * C + c] = slope * gradientOf(g, n, attrs.reduction, rows.length);
      }
    }
    return [dx, null];
  },
};

export interface KlDivAttrs {
  reduction: Reduction;
}

/** What klDiv divides by. */
const divisor = (x: Arr, reduction: Reduction) => (reduction === "mean" ? x.data.length : x.shape[0]);

/** inputs [log-probabilities [N, C], target probabilities [N, C]]; targets have no gradient. */
export const klDiv: Reference<KlDivAttrs> = {
  forward([x, target], { reduction }) {
    const terms = arr(x.shape);
    for (let i = 0; i < x.data.length; i++) {
      const t = target.data[i];
      if (t !== 0) terms.data[i] = t * (Math.log(t) - x.data[i]);
    }
    return reduced(terms, reduction, divisor(x, reduction));
  },
  backward([x, target], { reduction }, g) {
    const dx = arr(x.shape);
    for (let i = 0; i < x.data.length; i++)
      dx.data[i] = -target.data[i] * gradientOf(g, i, reduction, divisor(x, reduction));
    return [dx, null];
  },
};

/** inputs [x, target of the same shape]. */
export const mseLoss: Reference<LossAttrs> = {
  forward([x, target], { reduction }) {
    const terms = arr(x.shape);
    for (let i = 0; i < x.data.length; i++) terms.data[i] = (x.data[i] - target.data[i]) ** 2;
    return reduced(terms, reduction, x.data.length);
  },
  backward([x, target], { reduction }, g) {
    const dx = arr(x.shape);
    const dtarget = arr(target.shape);
    for (let i = 0; i < x.data.length; i++) {
      dx.data[i] = 2 * (x.data[i] - target.data[i]) * gradientOf(g, i, reduction, x.data.length);
      dtarget.data[i] = -dx.data[i];
    }
    return [dx, dtarget];
  },
};
