// Functions that lay tensors out beside each other: combinations, columns, blocks of matrices, common shapes.
import { broadcastShapes } from "../gpu/shape.ts";
import { wantNoMore, wantTensors } from "./check.ts";
import { cat, stack } from "./functions.ts";
import { scope } from "./scope.ts";
import { meshgrid } from "./sequences.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Tensors broadcast to their common shape.
 * @shape any, more → broadcast, more
 * @example broadcastTensors([tensor([1, 2]), tensor([[3]])]); // → [[[1, 2]], [[3, 3]]]
 */
export function broadcastTensors(tensors: readonly Tensor[], ...more: never[]): Tensor[] {
  some("broadcastTensors", tensors, more);
  const shape = tensors
    .map((x) => x.shape as readonly number[])
    .reduce((a, b) => broadcastShapes(a, b, "broadcastTensors"));
  return tensors.map((x) => x.expand(shape));
}

/**
 * All combinations of an element of each of some tensors of one dimension: [n₀ · n₁ · …, tensors]; one tensor as it is.
 * @shape any, more → any
 * @example cartesianProd([tensor([1, 2]), tensor([3])]); // → [[1, 3], [2, 3]]
 */
export function cartesianProd(tensors: readonly Tensor[], ...more: never[]): Tensor {
  some("cartesianProd", tensors, more);
  if (tensors.length === 1) return tensors[0]!;
  return scope(
    () =>
      stack(
        meshgrid(tensors).map((grid) => grid.reshape([grid.numel()])),
        1,
      ),
    "cartesianProd",
  );
}

/**
 * Tensors of one dimension as columns beside each other, and matrices as they are.
 * @shape any, more → any
 * @example columnStack([tensor([1, 2]), tensor([3, 4])]); // → [[1, 3], [2, 4]]
 */
export function columnStack(tensors: readonly Tensor[], ...more: never[]): Tensor {
  some("columnStack", tensors, more);
  return scope(
    () =>
      cat(
        tensors.map((x) => (x.ndim < 2 ? x.reshape([x.numel(), 1]) : x)),
        1,
      ),
    "columnStack",
  );
}

/**
 * Matrices along a diagonal, one behind the other, and 0 elsewhere; one dimension is a row.
 * @shape [n, m], more → any
 * @example blockDiag([tensor([[1]]), tensor([[2, 3]])]); // → [[1, 0, 0], [0, 2, 3]]
 */
export function blockDiag(tensors: readonly Tensor[], ...more: never[]): Tensor {
  some("blockDiag", tensors, more);
  return scope(() => {
    const blocks = tensors.map((x) => (x.ndim < 2 ? x.reshape([1, x.numel()]) : x));
    const width = blocks.reduce((sum, { shape }) => sum + shape[1]!, 0);
    let left = 0;
    const rows = blocks.map((x) => {
      const before = left;
      left += x.shape[1]!;
      return x.pad([before, width - left]);
    });
    return cat(rows);
  }, "blockDiag");
}

function some(name: string, tensors: readonly Tensor[], more: readonly unknown[]): void {
  wantTensors(name, "the tensors", tensors, more);
  wantNoMore(name, more);
  if (tensors.length === 0) throw new RangeError(`${name}: the list of tensors is empty`);
}
