// A small seeded generator for drawing the references' own test cases (mulberry32, by Tommy Ettinger).
// The references depend on nothing in src, so they have their own.
import { type Arr, arr, sizeOf } from "./reference.ts";

export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A number in [0, 1). */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number in [low, high], both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** An array of numbers in [low, high). */
  array(shape: readonly number[], low = -1, high = 1): Arr {
    const out = arr(shape);
    for (let i = 0; i < out.data.length; i++) out.data[i] = this.between(low, high);
    return out;
  }

  /** An array of whole numbers in [low, high], both included. */
  integers(shape: readonly number[], low: number, high: number): Arr {
    const out = arr(shape);
    for (let i = 0; i < out.data.length; i++) out.data[i] = this.int(low, high);
    return out;
  }

  /** An array of numbers at least 0.1 away from every one of `points`, so that no kink is near. */
  awayFrom(points: readonly number[], shape: readonly number[], low = -1, high = 1): Arr {
    const out = arr(shape);
    for (let i = 0; i < out.data.length; i++) {
      do out.data[i] = this.between(low, high);
      while (points.some((p) => Math.abs(out.data[i] - p) < 0.1));
    }
    return out;
  }

  /** Arrays no two of whose elements, within one array or across them, are closer than 0.1: no ties. */
  distinct(...shapes: (readonly number[])[]): Arr[] {
    const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
    const values = Array.from({ length: total }, (_, i) => (i - total / 2) * 0.1);
    for (let i = total - 1; i > 0; i--) {
      const j = this.int(0, i);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return shapes.map((shape) => arr(shape, values.splice(0, sizeOf(shape))));
  }

  /** A shape of `rank` axes of 1 to `largest`. */
  shape(rank: number, largest = 4): number[] {
    return Array.from({ length: rank }, () => this.int(1, largest));
  }
}
