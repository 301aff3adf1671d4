// The drawn cases of attention, for gradientCases.ts.
import { type AttentionAttrs, attention } from "./attention.ts";
import { Random } from "./random.ts";
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

const r = new Random(502);

/** q, k and v, a mask (of numbers, some of them −∞, or of zeros) and dropout's z (of ones where p is 0). */
export function drawnAttention(
  random: Random,
  lead: number[],
  [L, S, E, V]: readonly [number, number, number, number],
  { masked = false, p = 0 } = {},
): Arr[] {
  const scores = [...lead, L, S];
  const mask = arr(scores);
  const z = arr(scores, new Array(sizeOf(scores)).fill(1));
  for (let i = 0; i < mask.data.length; i++) {
    // The first key is always seen.
    if (masked) mask.data[i] = i % S > 0 && random.uniform() < 0.3 ? -Infinity : random.between(-2, 2);
    if (p > 0) z.data[i] = random.uniform() < p ? 0 : 1 / (1 - p);
  }
  return [
    random.array([...lead, L, E]),
    random.array([...lead, S, E]),
    random.array([...lead, S, V]),
    mask,
    z,
  ];
}

export const attentionCases = [
  {
    name: "scaledDotProductAttention",
    reference: attention as Reference<unknown>,
    withoutGradient: [3, 4],
    cases: [
      { inputs: drawnAttention(r, [], [1, 1, 1, 1]), attrs: { scale: 1, causal: false } },
      { inputs: drawnAttention(r, [2], [3, 4, 2, 3]), attrs: { scale: 0.7, causal: false } },
      { inputs: drawnAttention(r, [2, 1], [4, 4, 3, 2]), attrs: { scale: 0.5, causal: true } },
      { inputs: drawnAttention(r, [2], [3, 5, 2, 2], { masked: true }), attrs: { scale: 1, causal: false } },
      { inputs: drawnAttention(r, [2], [3, 5, 2, 2], { p: 0.4 }), attrs: { scale: 1, causal: false } },
    ] satisfies { inputs: Arr[]; attrs: AttentionAttrs }[],
  },
];
