// Operations of several tensors that are functions, not methods.
import { where as whereOp } from "../kernels/elementwise/where.ts";
import { concat } from "../kernels/shapes/concat.ts";
import { numberType } from "../kernels/shared/types.ts";
import { axisOf, wantNoMore, wantOperand, wantTensor, wantTensors } from "./check.ts";
import { scalarArray } from "./from-host.ts";
import { handleOf } from "./handle.ts";
import { scope } from "./scope.ts";
import { apply, Tensor, type TensorLike } from "./tensor.ts";

/** Joins tensors along an existing axis. Those of shape [0] are left out, whatever the others' shape, as in PyTorch. */
export function cat(tensors: readonly Tensor[], axis = 0, ...more: never[]): Tensor {
  wantTensors("cat", "the tensors", tensors, [axis, ...more]);
  wantNoMore("cat", more);
  if (tensors.length === 0) throw new RangeError("cat: the list of tensors is empty");
  const some = tensors.filter(({ ndim, size }) => ndim !== 1 || size > 0);
  const joined = some.length > 0 ? some : tensors;
  return apply(concat, joined, { axis: axisOf(axis, joined[0]!.ndim, "cat") });
}

/** Joins tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0, ...more: never[]): Tensor {
  wantTensors("stack", "the tensors", tensors, [axis, ...more]);
  wantNoMore("stack", more);
  if (tensors.length === 0) throw new RangeError("stack: the list of tensors is empty");
  return scope(() => {
    const at = axisOf(axis, tensors[0]!.ndim + 1, "stack");
    const rows = tensors.map((tensor) => tensor.unsqueeze(at));
    return apply(concat, rows, { axis: at });
  }, "stack");
}

/** condition ≠ 0 ? a : b, element by element, with broadcasting. Operands of two types meet in one, as in arithmetic. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  wantTensor("where", "the condition", condition);
  wantOperand("where", "what is taken where the condition holds", a);
  wantOperand("where", "what is taken where it does not hold", b);
  const asTensor = (value: TensorLike, other: TensorLike) => {
    if (typeof value !== "number") return value;
    const dtype = typeof other === "number" ? "float32" : numberType(value, other.dtype);
    return new Tensor(scalarArray(value, dtype), "a number");
  };
  const [onTrue, onFalse] = [asTensor(a, b), asTensor(b, a)];
  const result = apply(whereOp, [condition, onTrue, onFalse], undefined);
  if (typeof a === "number") handleOf(onTrue).free("it was a number");
  if (typeof b === "number") handleOf(onFalse).free("it was a number");
  return result;
}
