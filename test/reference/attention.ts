// Scaled dot-product attention (Vaswani et al. 2017), head by head:
//
//   p = softmax(scale · q kᵀ + mask),   o = (p ∘ z) v
//
// inputs [q [..., L, E], k [..., S, E], v [..., S, V]], and what has no gradient: mask [..., L, S] (−∞ hides a key) and
// dropout's z [..., L, S]. Gradients, with dp = z ∘ (do vᵀ) and ds = p ∘ (dp − Σ p ∘ dp over the row):
//
//   dv = (p ∘ z)ᵀ do,   dq = scale · ds k,   dk = scale · dsᵀ q
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

export interface AttentionAttrs {
  scale: number;
  causal: boolean;
}

interface Sizes {
  heads: number;
  L: number;
  S: number;
  E: number;
  V: number;
}

function sizesOf([q, k, v]: Arr[]): Sizes {
  const [L, E] = q.shape.slice(-2);
  return { heads: sizeOf(q.shape.slice(0, -2)), L, S: k.shape.at(-2)!, E, V: v.shape.at(-1)! };
}

/** The probabilities of one query. */
function rowOf(
  [q, k, , mask]: Arr[],
  { scale, causal }: AttentionAttrs,
  { L, S, E }: Sizes,
  head: number,
  i: number,
) {
  const scores = Array.from({ length: S }, (_, j) => {
    if (causal && j > i) return -Infinity;
    let sum = 0;
    for (let e = 0; e < E; e++) sum += q.data[(head * L + i) * E + e] * k.data[(head * S + j) * E + e];
    return scale * sum + mask.data[(head * L + i) * S + j];
  });
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

export const attention: Reference<AttentionAttrs> = {
  forward(inputs, attrs) {
    const [q, , v, , z] = inputs;
    const sizes = sizesOf(inputs);
    const { heads, L, S, V } = sizes;
    const o = arr([...q.shape.slice(0, -1), V]);
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < L; i++) {
        const p = rowOf(inputs, attrs, sizes, head, i);
        for (let j = 0; j < S; j++) {
          const weight = p[j] * z.data[(head * L + i) * S + j];
          for (let e = 0; e < V; e++)
            o.data[(head * L + i) * V + e] += weight * v.data[(head * S + j) * V + e];
        }
      }
    }
    return o;
  },
  backward(inputs, attrs, g) {
    const [q, k, v, , z] = inputs;
    const sizes = sizesOf(inputs);
    const { heads, L, S, E, V } = sizes;
    const [dq, dk, dv] = [arr(q.shape), arr(k.shape), arr(v.shape)];
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < L; i++) {
        const p = rowOf(inputs, attrs, sizes, head, i);
        const row = (head * L + i) * S;
        const dp = p.map((_, j) => {
          let sum = 0;
          for (let e = 0; e < V; e++) sum += g.data[(head * L + i) * V + e] * v.data[(head * S + j) * V + e];
          return sum * z.data[row + j];
        });
        const mean = p.reduce((sum, each, j) => sum + each * dp[j], 0);
        for (let j = 0; j < S; j++) {
          const ds = p[j] * (dp[j] - mean) * attrs.scale;
          for (let e = 0; e < E; e++) {
            dq.data[(head * L + i) * E + e] += ds * k.data[(head * S + j) * E + e];
            dk.data[(head * S + j) * E + e] += ds * q.data[(head * L + i) * E + e];
          }
          for (let e = 0; e < V; e++)
            dv.data[(head * S + j) * V + e] += p[j] * z.data[row + j] * g.data[(head * L + i) * V + e];
        }
      }
    }
    return [dq, dk, dv, null, null];
  },
};
