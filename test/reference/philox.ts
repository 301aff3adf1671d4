// Philox-4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
// as 1, 2, 3" (SC 2011). Four 32-bit words of counter (c0, c1, c2, c3) and two of key (k0, k1) give four random
// words; nothing is remembered between calls. One round, of ten:
//
//   (c0, c1, c2, c3) ← (hi(M1·c2) ⊕ c1 ⊕ k0,  lo(M1·c2),  hi(M0·c0) ⊕ c3 ⊕ k1,  lo(M0·c0))
//
// with hi and lo the upper and lower words of the 64-bit product; between rounds (k0, k1) ← (k0 + W0, k1 + W1).

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9; // golden ratio
const W1 = 0xbb67ae85; // √3 − 1

export type Words4 = [number, number, number, number];
export type Words2 = [number, number];

/** The upper word of the 64-bit product of two words, from products of 16-bit halves, each below 2³². */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carry >>> 16);
}

function mulLow(a: number, b: number): number {
  return Math.imul(a, b) >>> 0;
}

/** Four random words, each a whole number in [0, 2³²). */
export function philox4x32(counter: Words4, key: Words2): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    [c0, c1, c2, c3] = [
      (mulHigh(M1, c2) ^ c1 ^ k0) >>> 0,
      mulLow(M1, c2),
      (mulHigh(M0, c0) ^ c3 ^ k1) >>> 0,
      mulLow(M0, c0),
    ];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A word's upper 24 bits as a number in [0, 1); float32 holds it exactly. */
export function uniform24(word: number): number {
  return (word >>> 8) * 2 ** -24;
}

/**
 * Box–Muller: two independent standard normal numbers from two uniform ones in [0, 1),
 *   r = √(−2 ln(1 − u1)),  θ = 2π·u2,  (r cos θ, r sin θ);
 * 1 − u1 is in (0, 1], so that the logarithm is finite.
 */
export function boxMuller(u1: number, u2: number): [number, number] {
  const r = Math.sqrt(-2 * Math.log(1 - u1));
  const theta = 2 * Math.PI * u2;
  return [r * Math.cos(theta), r * Math.sin(theta)];
}
