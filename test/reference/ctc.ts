// CTC (Graves et al. 2006) of logits x [T, N, C], log p = logSoftmax along the classes, by alpha and beta in logarithms:
//   loss[n] = −ln Σ over all paths of T[n] classes that read as the labels, once repeats are joined and blanks left out
//   d loss[n] / d x[t, n, c] = p[t, n, c] − Σ over places s with that label of e^(alpha + beta − log p + loss)
// "mean" divides each loss by max(1, its labels) and the sum by N.
import { type Arr, arr, type Reference } from "./reference.ts";

export interface CtcAttrs {
  labels: number[][];
  lengths: number[];
  blank: number;
  reduction: "mean" | "sum" | "none";
}

const add = (...xs: number[]) => {
  const most = Math.max(...xs);
  return most === -Infinity ? most : most + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - most), 0));
};

/** log p of sample n, a list a time. */
function logP(x: Arr, n: number): number[][] {
  const [T, N, C] = x.shape;
  return Array.from({ length: T }, (_, t) => {
    const row = Array.from(x.data.subarray((t * N + n) * C, (t * N + n + 1) * C));
    const total = add(...row);
    return row.map((value) => value - total);
  });
}

function tables(lp: number[][], labels: number[], length: number, blank: number) {
  const places = [blank, ...labels.flatMap((label) => [label, blank])];
  const walk = (times: number[], step: number) => {
    const table: number[][] = [];
    times.forEach((t, i) => {
      table[t] = places.map((label, s) => {
        const edge = step === 1 ? s < 2 : s >= places.length - 2;
        if (i === 0) return edge ? lp[t][label] : -Infinity;
        const before = table[times[i - 1]];
        const two =
          label !== blank && places[s - 2 * step] !== label ? (before[s - 2 * step] ?? -Infinity) : -Infinity;
        return add(before[s], before[s - step] ?? -Infinity, two) + lp[t][label];
      });
    });
    return table;
  };
  const times = Array.from({ length }, (_, t) => t);
  const alpha = walk(times, 1);
  const beta = walk([...times].reverse(), -1);
  const last = alpha[length - 1];
  return { places, alpha, beta, loss: -add(last[places.length - 1], last[places.length - 2] ?? -Infinity) };
}

/** inputs [logits [T, N, C]]. */
export const ctcLoss: Reference<CtcAttrs> = {
  forward([x], { labels, lengths, blank, reduction }) {
    const losses = labels.map((own, n) => {
      const { loss } = tables(logP(x, n), own, lengths[n], blank);
      return reduction === "mean" ? loss / Math.max(1, own.length) : loss;
    });
    if (reduction === "none") return arr([losses.length], losses);
    const sum = losses.reduce((a, b) => a + b, 0);
    return arr([], [reduction === "mean" ? sum / losses.length : sum]);
  },
  backward([x], { labels, lengths, blank, reduction }, g) {
    const [, N, C] = x.shape;
    const dx = arr(x.shape);
    labels.forEach((own, n) => {
      const lp = logP(x, n);
      const { places, alpha, beta, loss } = tables(lp, own, lengths[n], blank);
      const mean = reduction === "mean" ? N * Math.max(1, own.length) : 1;
      const share = (reduction === "none" ? g.data[n] : g.data[0]) / mean;
      for (let t = 0; t < lengths[n]; t++) {
        for (let c = 0; c < C; c++) {
          const read = places.reduce(
            (sum, label, s) =>
              label === c ? sum + Math.exp(alpha[t][s] + beta[t][s] - lp[t][c] + loss) : sum,
            0,
          );
          dx.data[(t * N + n) * C + c] = (Math.exp(lp[t][c]) - read) * share;
        }
      }
    });
    return [dx];
  },
};
