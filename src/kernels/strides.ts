// Fewer dimensions for kernels to walk: each costs every invocation a division.
import type { Shape } from "../tensor/shape.ts";

/**
 * Joins neighbouring dimensions of `shape` that each of the `walks` (strides over that shape) crosses with a
 * single stride, and drops those of size 1.
 */
export function coalesce(
  shape: Shape,
  ...walks: (readonly number[])[]
): { rank: number; shape: number[]; walks: number[][] } {
  const joined: { n: number; strides: number[] }[] = []; // innermost first
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d]!;
    if (n === 1) continue;
    const strides = walks.map((walk) => walk[d]!);
    const inner = joined.at(-1);
    if (inner?.strides.every((stride, i) => strides[i] === inner.n * stride)) inner.n *= n;
    else joined.push({ n, strides });
  }
  joined.reverse();
  return {
    rank: joined.length,
    shape: joined.map(({ n }) => n),
    walks: walks.map((_, i) => joined.map(({ strides }) => strides[i]!)),
  };
}
