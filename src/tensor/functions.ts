// Operations of several tensors that are functions, not methods.
import { formatShape, sameShape } from "../gpu/shape.ts";
import { where as whereOp } from "../kernels/elementwise/where.ts";
import { concat } from "../kernels/shapes/concat.ts";
import { numberType, promote } from "../kernels/shared/types.ts";
import { axisOf, wantNoMore, wantOperand, wantTensor, wantTensors } from "./check.ts";
import { scalarArray } from "./from-host.ts";
import { handleOf } from "./handle.ts";
import { scope } from "./scope.ts";
import { apply, Tensor, type TensorLike } from "./tensor.ts";

/**
 * Joins tensors along an existing dim. Those of shape [0] are left out, whatever the others' shape, and types meet in one as in
 * arithmetic; both as in PyTorch.
 * @shape [..., n, ...], more → [..., sum of n, ...]
 * @example cat([tensor([1]), tensor([2, 3])], 0); // → [1, 2, 3]
 */
export function cat(tensors: readonly Tensor[], dim = 0, ...more: never[]): Tensor {
  wantTensors("cat", "the tensors", tensors, [dim, ...more]);
  wantNoMore("cat", more);
  if (tensors.length === 0) throw new RangeError("cat: the list of tensors is empty");
  const some = tensors.filter((x) => x.ndim !== 1 || x.numel() > 0);
  const joined = some.length > 0 ? some : tensors;
  const axis = axisOf(dim, joined[0]!.ndim, "cat");
  return scope(() => apply(concat, inOneType(joined, tensors), { axis }), "cat");
}

/** The tensors in the type in which `all` of them meet. */
export function inOneType(tensors: readonly Tensor[], all = tensors): Tensor[] {
  const type = all.map(({ dtype }) => dtype).reduce(promote);
  return tensors.map((each) => (each.dtype === type ? each : each.to(type)));
}

/**
 * Joins tensors of one shape along a new dim; types meet in one as in arithmetic.
 * @shape any, more → any
 * @example stack([tensor([1, 2]), tensor([3, 4])], 1); // → [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], dim = 0, ...more: never[]): Tensor {
  wantTensors("stack", "the tensors", tensors, [dim, ...more]);
  wantNoMore("stack", more);
  if (tensors.length === 0) throw new RangeError("stack: the list of tensors is empty");
  const [first] = tensors as [Tensor];
  for (const { shape, dtype } of tensors)
    if (!sameShape(shape, first.shape))
      throw new RangeError(
        `stack: ${dtype} ${formatShape(shape)} does not join ${first.dtype} ${formatShape(first.shape)}: all are of one shape`,
      );
  return scope(() => {
    const at = axisOf(dim, tensors[0]!.ndim + 1, "stack");
    const rows = inOneType(tensors).map((tensor) => tensor.unsqueeze(at));
    return apply(concat, rows, { axis: at });
  }, "stack");
}

/**
 * Joins tensors along the second dim, those of one dimension along it.
 * @shape any, more → any
 * @example hstack([tensor([1]), tensor([2, 3])]); // → [1, 2, 3]
 */
export const hstack = (tensors: readonly Tensor[], ...more: never[]): Tensor =>
  joined("hstack", tensors, more, 1);
/**
 * Joins tensors along the first dim; one of one dimension is a row.
 * @shape any, more → any
 * @example vstack([tensor([1, 2]), tensor([3, 4])]); // → [[1, 2], [3, 4]]
 */
export const vstack = (tensors: readonly Tensor[], ...more: never[]): Tensor =>
  joined("vstack", tensors, more, 2);
/**
 * Joins tensors along the third dim; one of one dimension is [1, n, 1], a matrix [m, n, 1].
 * @shape any, more → any
 * @example dstack([tensor([1, 2]), tensor([3, 4])]); // → [[[1, 3], [2, 4]]]
 */
export const dstack = (tensors: readonly Tensor[], ...more: never[]): Tensor =>
  joined("dstack", tensors, more, 3);

/** Each made to have `rank` dimensions at least. */
function joined(name: string, tensors: readonly Tensor[], more: readonly unknown[], rank: 1 | 2 | 3): Tensor {
  wantTensors(name, "the tensors", tensors, more);
  wantNoMore(name, more);
  if (tensors.length === 0) throw new RangeError(`${name}: the list of tensors is empty`);
  return scope(() => {
    const all = tensors.map((x) => {
      if (x.ndim >= rank) return x;
      const row = x.ndim === 0 ? x.reshape([1]) : x;
      if (rank === 1) return row;
      const matrix = row.ndim === 1 ? row.unsqueeze(0) : row;
      return rank === 2 ? matrix : matrix.unsqueeze(2);
    });
    const dim = rank === 1 ? Math.min(1, all[0]!.ndim - 1) : rank === 2 ? 0 : 2;
    return cat(all, dim);
  }, name);
}

/**
 * condition ≠ 0 ? a : b, element by element, with broadcasting. Operands of two types meet in one, as in arithmetic; two numbers are
 * floats, as in tensor(1).
 * @shape any, any, any → broadcast
 * @example where(tensor([true, false]), tensor([1, 2]), 0); // → [1, 0]
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike, ...more: never[]): Tensor {
  wantNoMore("where", more);
  wantTensor("where", "the condition", condition);
  wantOperand("where", "what is taken where the condition holds", a);
  wantOperand("where", "what is taken where it does not hold", b);
  const asTensor = (value: TensorLike, other: TensorLike) => {
    if (typeof value !== "number") return value;
    const dtype = typeof other === "number" ? "float32" : numberType(value, other.dtype);
    return new Tensor(scalarArray(value, dtype, "where"), "a number");
  };
  const [onTrue, onFalse] = [asTensor(a, b), asTensor(b, a)];
  const result = apply(whereOp, [condition, onTrue, onFalse], undefined);
  if (typeof a === "number") handleOf(onTrue).free("it was a number");
  if (typeof b === "number") handleOf(onFalse).free("it was a number");
  return result;
}
