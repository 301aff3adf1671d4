// Seeded numbers that TypeScript and Python (draw.py, which says how) draw alike, bit for bit, so that inputs and
// initial weights need not be committed. A name is the seed; the fixture has the digest of what was drawn.
import { sizeOf } from "../../src/gpu/shape.ts";

const GOLDEN = 0x9e3779b9;

/** Random uint32, a call each. */
export function words(name: string): () => number {
  let counter = 0x811c9dc5;
  for (const byte of Buffer.from(name)) counter = Math.imul(counter ^ byte, 0x01000193);
  return () => {
    let x = counter;
    counter = (counter + GOLDEN) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  };
}

/** Draws arrays and keeps a digest of all of them. */
export class Draw {
  private readonly hash = new Bun.CryptoHasher("sha256");

  /** Float32 from [offset − scale, offset + scale). */
  uniform(name: string, shape: readonly number[], scale = 1, offset = 0): Float32Array {
    const next = words(name);
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) {
      const unit = (next() >>> 8) * 2 ** -23 - 1;
      values[i] = unit * scale + offset;
    }
    this.hash.update(values);
    return values;
  }

  /** uint32 from 0 to count − 1. */
  integers(name: string, shape: readonly number[], count: number): Uint32Array {
    const next = words(name);
    const values = Uint32Array.from({ length: sizeOf(shape) }, () => Math.floor((next() * count) / 2 ** 32));
    this.hash.update(values);
    return values;
  }

  digest(): string {
    return this.hash.digest("hex").slice(0, 16);
  }
}
