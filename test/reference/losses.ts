// Losses, further ones: of labels with weights, smoothing and inner dimensions, of soft labels, and of single elements. As
// in loss.ts, "mean" divides the sum by a count, "none" leaves all.
//
//   labelLoss   q[r, c] = weight[c] · ((1 − ε) target[r, c] + ε / C);  y = Σ_r Σ_c q[r, c] · −log p[r, c] / count,
//               log p = logSoftmax(x) with `logits`, else x;  dx = (p Σ_c q − q) · g / count, or −q · g / count.
//               count = rows of soft labels, else Σ weight[label] of rows that are not ignored; ε is `smoothing`
//   pointwise   see each
import { type Arr, arr, type Reference } from "./reference.ts";

type Reduction = "mean" | "sum" | "none";

export interface LabelAttrs {
  reduction: Reduction;
  logits: boolean;
  soft?: boolean;
  ignored?: number;
  smoothing?: number;
}

/** What becomes of every row: its loss, and its gradient's factors. */
function rowsOf([x, target, weight]: Arr[], attrs: LabelAttrs) {
  const { logits, soft = false, ignored = 2 ** 32 - 100, smoothing = 0 } = attrs;
  const [batch, classes, ...rest] = x.shape;
  const inner = rest.reduce((a, b) => a * b, 1);
  const rows = [];
  let count = 0;
  for (let r = 0; r < batch * inner; r++) {
    const places = Array.from(
      { length: classes },
      (_, c) => (Math.floor(r / inner) * classes + c) * inner + (r % inner),
    );
    const label = soft ? -1 : target.data[r];
    const q = places.map((at, c) => {
      if (!soft && label === ignored) return 0;
      const t = soft ? target.data[at] : c === label ? 1 : 0;
      return (weight?.data[c] ?? 1) * ((1 - smoothing) * t + smoothing / classes);
    });
    count += soft ? 1 : label === ignored ? 0 : (weight?.data[label] ?? 1);
    const largest = Math.max(...places.map((at) => x.data[at]));
    const sum = places.reduce((total, at) => total + Math.exp(x.data[at] - largest), 0);
    const logP = places.map((at) => (logits ? x.data[at] - largest - Math.log(sum) : x.data[at]));
    rows.push({ places, q, logP });
  }
  return { rows, count };
}

/** inputs [x [B, C, …], labels [B, …] or probabilities of x's shape, weights [C] or none]; x alone has a gradient. */
export const labelLoss: Reference<LabelAttrs> = {
  forward(inputs, attrs) {
    const { rows, count } = rowsOf(inputs, attrs);
    const terms = rows.map(({ q, logP }) =>
      q.reduce((sum, each, c) => sum - (each === 0 ? 0 : each * logP[c]), 0),
    );
    const [batch, , ...rest] = inputs[0].shape;
    if (attrs.reduction === "none") return arr([batch, ...rest], terms);
    const sum = terms.reduce((a, b) => a + b, 0);
    return arr([], [attrs.reduction === "sum" ? sum : sum / count]);
  },
  backward(inputs, attrs, g) {
    const { rows, count } = rowsOf(inputs, attrs);
    const dx = arr(inputs[0].shape);
    rows.forEach(({ places, q, logP }, r) => {
      const total = attrs.logits ? q.reduce((a, b) => a + b, 0) : 0;
      const scale =
        attrs.reduction === "none" ? g.data[r] : g.data[0] / (attrs.reduction === "mean" ? count : 1);
      places.forEach((at, c) => {
        dx.data[at] = (Math.exp(logP[c]) * total - q[c]) * scale;
      });
    });
    return [dx, null, ...(inputs.length > 2 ? [null] : [])];
  },
};

export interface PointwiseAttrs {
  reduction: Reduction;
  p: number;
}

interface Element {
  f(x: number, t: number, p: number, w: number): number;
  dx(x: number, t: number, p: number, w: number): number;
  /** None where targets choose between two losses. */
  dt: ((x: number, t: number, p: number, w: number) => number) | null;
}

const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

/** A loss of d = x − t. */
const ofDifference = (
  f: (d: number, p: number) => number,
  slope: (d: number, p: number) => number,
): Element => ({
  f: (x, t, p) => f(x - t, p),
  dx: (x, t, p) => slope(x - t, p),
  dt: (x, t, p) => -slope(x - t, p),
});

/** inputs [x, targets of the same shape, weights of positive targets or none, which have no gradient]. */
function pointwise({ f, dx, dt }: Element): Reference<PointwiseAttrs> {
  const weightOf = (weight: Arr | undefined, i: number) => weight?.data[i % weight.data.length] ?? 1;
  return {
    forward([x, target, weight], { reduction, p }) {
      const terms = arr(x.shape);
      for (let i = 0; i < x.data.length; i++)
        terms.data[i] = f(x.data[i], target.data[i], p, weightOf(weight, i));
      if (reduction === "none") return terms;
      const sum = terms.data.reduce((a, b) => a + b, 0);
      return arr([], [reduction === "sum" ? sum : sum / x.data.length]);
    },
    backward([x, target, weight], { reduction, p }, g) {
      const both = [dx, dt].map((slope) => {
        if (slope === null) return null;
        const gradient = arr(x.shape);
        for (let i = 0; i < x.data.length; i++) {
          const own =
            reduction === "none" ? g.data[i] : g.data[0] / (reduction === "mean" ? x.data.length : 1);
          gradient.data[i] = slope(x.data[i], target.data[i], p, weightOf(weight, i)) * own;
        }
        return gradient;
      });
      return [...both, ...(weight === undefined ? [] : [null])];
    },
  };
}

/** |x − t| */
export const l1Loss = pointwise(ofDifference(Math.abs, Math.sign));
/** d² / 2p where |d| < p, else |d| − p/2 */
export const smoothL1Loss = pointwise(
  ofDifference(
    (d, p) => (Math.abs(d) < p ? (d * d) / (2 * p) : Math.abs(d) - p / 2),
    (d, p) => (Math.abs(d) < p ? d / p : Math.sign(d)),
  ),
);
/** d² / 2 where |d| < p, else p (|d| − p/2) */
export const huberLoss = pointwise(
  ofDifference(
    (d, p) => (Math.abs(d) < p ? (d * d) / 2 : p * (Math.abs(d) - p / 2)),
    (d, p) => (Math.abs(d) < p ? d : p * Math.sign(d)),
  ),
);
/** −t ln x − (1 − t) ln(1 − x), logarithms at least −100 */
export const binaryCrossEntropy = pointwise({
  f: (x, t) => -t * Math.max(Math.log(x), -100) - (1 - t) * Math.max(Math.log1p(-x), -100),
  dx: (x, t) => (x - t) / Math.max((1 - x) * x, 1e-12),
  dt: (x) => Math.max(Math.log1p(-x), -100) - Math.max(Math.log(x), -100),
});
/** (1 − t) x + (1 + (w − 1) t) ln(1 + e⁻ˣ) */
export const binaryCrossEntropyWithLogits = pointwise({
  f: (x, t, _, w) => (1 - t) * x + (1 + (w - 1) * t) * softplus(-x),
  dx: (x, t, _, w) => 1 - t - (1 + (w - 1) * t) * sigmoid(-x),
  dt: (x, _, __, w) => (w - 1) * softplus(-x) - x,
});
/** eˣ − t x */
export const poissonNllLoss = pointwise({
  f: (x, t) => Math.exp(x) - t * x,
  dx: (x, t) => Math.exp(x) - t,
  dt: (x) => -x,
});
/** x − t ln(x + p) */
export const poissonNllLossOfRates = pointwise({
  f: (x, t, p) => x - t * Math.log(x + p),
  dx: (x, t, p) => 1 - t / (x + p),
  dt: (x, _, p) => -Math.log(x + p),
});
/** ln(1 + e^(−t x)) */
export const softMarginLoss = pointwise({
  f: (x, t) => softplus(-t * x),
  dx: (x, t) => -t * sigmoid(-t * x),
  dt: (x, t) => -x * sigmoid(-t * x),
});
/** x where t is 1, max(0, p − x) where it is −1, and both where it is neither */
export const hingeEmbeddingLoss = pointwise({
  f: (x, t, p) => (t === -1 ? 0 : x) + (t === 1 ? 0 : Math.max(0, p - x)),
  dx: (x, t, p) => (t === -1 ? 0 : 1) - (t === 1 || x >= p ? 0 : 1),
  dt: null,
});
