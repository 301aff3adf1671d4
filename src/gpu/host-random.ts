// Seeded random numbers on the host: shuffles, drawn shapes, synthetic sounds. The generator is the
// same counter-based Philox-4x32-10 as in kernels/shared/philox.wgsl, so that host and GPU can be compared.
//
// J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

const ROUNDS = 10;

/** Philox-4x32-10: four uint32 from a 128-bit counter and a 64-bit key. */
export function philox(counter: readonly number[], key: readonly number[]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter as [number, number, number, number];
  let [k0, k1] = key as [number, number];
  for (let round = 0; round < ROUNDS; round++) {
    const a = high(c0, 0xd251, 0x1f53);
    const b = high(c2, 0xcd9e, 0x8d57);
    const aLow = Math.imul(c0, 0xd2511f53) >>> 0;
    c0 = (b ^ c1 ^ k0) >>> 0;
    c1 = Math.imul(c2, 0xcd9e8d57) >>> 0;
    c2 = (a ^ c3 ^ k1) >>> 0;
    c3 = aLow;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The upper 32 bits of the product of two uint32, the second given in halves: BigInt takes many times as long. */
function high(a: number, bHigh: number, bLow: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16);
}

/** A seeded stream of random numbers. Two streams of one seed are independent. */
export class HostRandom {
  private counter = 0;
  private buffered: number[] = [];

  constructor(
    private readonly seed: number,
    private readonly stream = 0,
  ) {}

  private next(): number {
    if (this.buffered.length === 0) {
      this.buffered = philox(
        [this.counter++ >>> 0, 0, this.stream >>> 0, 0x686f7374],
        [this.seed >>> 0, 0],
      ).reverse();
    }
    return this.buffered.pop()!;
  }

  /** Uniform in [0, 1), 24 bits. */
  uniform(): number {
    return (this.next() >>> 8) * 2 ** -24;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number in 0 … n − 1. */
  int(n: number): number {
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  /** Fisher–Yates, in place. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
