// F: Indices as rows with a single one.
import { isList, isTensor, show, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { arange } from "../../tensor/creation.ts";
import { checkIndices, indexArray } from "../../tensor/from-host.ts";
import { scope } from "../../tensor/scope.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * [...] → [..., numClasses], int32: 1 at each index, else 0. The index is a list or an int32 or uint32 tensor. PyTorch's −1,
 * as many classes as the largest index wants, would have to wait for the GPU: say how many.
 * @shape [...index] → [...index, numClasses]
 * @shape → [count, numClasses]
 * @example F.oneHot([2, 0], 3); // → [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(index: Tensor | readonly number[], numClasses: number, ...more: never[]): Tensor {
  if (!isTensor(index) && !isList(index))
    throw new TypeError(
      `oneHot: the index is a list of whole numbers or an int32 or uint32 tensor, got ${show(index)}`,
    );
  wantWhole("oneHot", { numClasses }, 1);
  wantNoMore("oneHot", more);
  if (isTensor(index)) {
    if (index.dtype !== "int32" && index.dtype !== "uint32")
      throw new TypeError(
        `oneHot: the index is an int32 or uint32 tensor, got ${index.dtype}: int() makes it one`,
      );
    checkIndices("oneHot: an index", index, numClasses);
  }
  return scope(() => {
    const at = isTensor(index)
      ? index
      : new Tensor(indexArray(index, numClasses, "oneHot: index"), "a list of indices");
    return at
      .unsqueeze(-1)
      .eq(arange(numClasses, { dtype: at.dtype }))
      .int();
  }, "oneHot");
}
