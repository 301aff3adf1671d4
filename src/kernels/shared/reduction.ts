// What kernels that reduce over axes share (reduce, extreme, prod, sumOf): which elements go into which output.
import { type Shape, sizeOf, stridesOf } from "../../gpu/shape.ts";
import { coalesce } from "./strides.ts";

/** Values for what reduction.wgsl reads of `Params`, and the two sizes that every reduction needs, for reducing `axes` of an array of `shape`. */
export function reduction(shape: Shape, axes: readonly number[]) {
  const strides = stridesOf(shape);
  const only = (reducing: boolean, of: readonly number[]) =>
    of.filter((_, axis) => axes.includes(axis) === reducing);
  const keptShape = only(false, shape);
  const reducedShape = only(true, shape);
  const kept = coalesce(keptShape, only(false, strides));
  const reduced = coalesce(reducedShape, only(true, strides));
  return {
    outputs: sizeOf(keptShape),
    reduced: sizeOf(reducedShape),
    keptRank: kept.rank,
    reducedRank: reduced.rank,
    keptShape: kept.shape,
    keptStrides: kept.walks[0]!,
    reducedShape: reduced.shape,
    reducedStrides: reduced.walks[0]!,
  };
}

export type Reduction = ReturnType<typeof reduction>;
