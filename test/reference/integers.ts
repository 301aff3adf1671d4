// Arithmetic of whole numbers of 32 bits, which wraps around, as JavaScript's own operators on 32 bits have it; and what
// becomes of a number of one type in another.
import {
  type Arr,
  arr,
  broadcastOffset,
  broadcastShapes,
  forEachIndex,
  type NoAttrs,
  type Reference,
} from "./reference.ts";

export type Whole = "int32" | "uint32";

function pairwise(f: (a: number, b: number) => number): Reference<NoAttrs> {
  return {
    forward([a, b]) {
      const y = arr(broadcastShapes(a.shape, b.shape));
      forEachIndex(y.shape, (index, out) => {
        y.data[out] = f(a.data[broadcastOffset(index, a.shape)], b.data[broadcastOffset(index, b.shape)]);
      });
      return y;
    },
    backward: () => [null, null],
  };
}

/** The operations in one type. A quotient or remainder by 0 is 0. */
export function integers(type: Whole): Record<string, Reference<NoAttrs>> {
  const wrap = type === "int32" ? (x: number) => x | 0 : (x: number) => x >>> 0;
  const divides = (f: (a: number, b: number) => number) => pairwise((a, b) => (b === 0 ? 0 : wrap(f(a, b))));
  return {
    add: pairwise((a, b) => wrap(a + b)),
    sub: pairwise((a, b) => wrap(a - b)),
    mul: pairwise((a, b) => wrap(Math.imul(a, b))),
    maximum: pairwise(Math.max),
    minimum: pairwise(Math.min),
    remainder: divides((a, b) => a - b * Math.floor(a / b)),
    fmod: divides((a, b) => a - b * Math.trunc(a / b)),
    floorDivide: divides((a, b) => Math.floor(a / b)),
    truncDivide: divides((a, b) => Math.trunc(a / b)),
    pow: pairwise((a, b) =>
      wrap(b < 0 ? Math.trunc(a ** b) : Number(BigInt.asIntN(32, BigInt(a) ** BigInt(b)))),
    ),
    div: pairwise((a, b) => Math.fround(a) / Math.fround(b)),
    eq: pairwise((a, b) => Number(a === b)),
    ne: pairwise((a, b) => Number(a !== b)),
    lt: pairwise((a, b) => Number(a < b)),
    le: pairwise((a, b) => Number(a <= b)),
    gt: pairwise((a, b) => Number(a > b)),
    ge: pairwise((a, b) => Number(a >= b)),
  };
}

/** Floats are cut off to whole numbers, whole numbers wrap around, and what is not 0 is true. */
export function cast(x: Arr, to: "float32" | "int32" | "uint32" | "bool"): Arr {
  const as = {
    float32: Math.fround,
    int32: (value: number) => value | 0,
    uint32: (value: number) => value >>> 0,
    bool: (value: number) => (value === 0 ? 0 : 1),
  }[to];
  return arr(x.shape, x.data.map(as));
}
