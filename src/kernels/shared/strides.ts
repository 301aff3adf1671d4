// Fewer dimensions for kernels to walk: each costs every invocation a division.
import { type Shape, sizeOf } from "../../gpu/shape.ts";

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

/** Elements of a row that one invocation takes at most. */
const CHUNK = 16;

/** How an array is walked by rows. */
export interface Walk {
  strides: number[];
  step: number;
}

/**
 * A walk over `shape` by rows, so that finding its place costs an invocation a few divisions for many elements. The
 * innermost of the joined dimensions is a row of `inner` elements, shared by `chunks` invocations, each of which
 * takes every chunks-th; the `rank` others count the rows. For each of the walks: its `strides` from row to row and
 * its `step` from element to element.
 */
export function rowsOf(shape: Shape, ...walks: (readonly number[])[]) {
  const joined = coalesce(shape, ...walks);
  const outer = joined.shape.slice(0, -1);
  const inner = joined.shape.at(-1) ?? 1;
  return {
    params: {
      rows: sizeOf(outer),
      inner,
      chunks: Math.ceil(inner / CHUNK),
      rank: outer.length,
      shape: outer,
    },
    walks: joined.walks.map((walk): Walk => ({ strides: walk.slice(0, -1), step: walk.at(-1) ?? 0 })),
  };
}

export type RowParams = ReturnType<typeof rowsOf>["params"];
