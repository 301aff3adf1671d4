// Operations of several tensors that are functions, not methods.
import { normalizeAxis } from "../gpu/shape.ts";
import { where as whereOp } from "../kernels/elementwise/where.ts";
import { concat } from "../kernels/shapes/concat.ts";
import { scalarArray } from "./from-host.ts";
import { handleOf } from "./handle.ts";
import { scope } from "./scope.ts";
import { apply, Tensor, type TensorLike } from "./tensor.ts";

/** Joins tensors along an existing axis. */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new RangeError("cat: the list of tensors is empty");
  return apply(concat, tensors, { axis: normalizeAxis(axis, first.ndim, "cat") });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new RangeError("stack: the list of tensors is empty");
  return scope(() => {
    const rows = tensors.map((tensor) => tensor.unsqueeze(axis));
    return cat(rows, axis);
  }, "stack");
}

/** condition ≠ 0 ? a : b, element by element, with broadcasting. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const asTensor = (value: TensorLike) =>
    typeof value === "number" ? new Tensor(scalarArray(value), "a number") : value;
  const [onTrue, onFalse] = [asTensor(a), asTensor(b)];
  const result = apply(whereOp, [condition, onTrue, onFalse], undefined);
  if (typeof a === "number") handleOf(onTrue).free("it was a number");
  if (typeof b === "number") handleOf(onFalse).free("it was a number");
  return result;
}
