// F: Rows of a table by index.
import { embedding as embeddingOp } from "../../kernels/indexing/picking.ts";
import { isList, isTensor, show, wantNoMore, wantTensor } from "../../tensor/check.ts";
import { checkIndices, indexArray } from "../../tensor/from-host.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { lend } from "./lend.ts";

/**
 * Rows of weight [rows, d] by index: a list, or an int32 or uint32 tensor of any shape → [...index, d]. An index that is no row is
 * refused where it comes from the host; one that the GPU computed gives a row of NaN.
 * @shape [...index], [rows, d] → [...index, d]
 * @example F.embedding([2, 0], tensor([[1, 2], [3, 4], [5, 6]])); // → [[5, 6], [1, 2]]
 */
export function embedding(index: Tensor | readonly number[], weight: Tensor, ...more: never[]): Tensor {
  wantTensor("embedding", "the weight", weight);
  wantNoMore("embedding", more);
  const rows = weight.shape[0] ?? 0;
  if (isTensor(index)) {
    checkIndices("embedding: an index", index, rows);
    return apply(embeddingOp, [weight, index], undefined);
  }
  if (!isList(index))
    throw new TypeError(
      `embedding: the index is a list of whole numbers or an int32 tensor, got ${show(index)}`,
    );
  const list = indexArray(index, rows, "embedding: index");
  return lend(list, (lent) => apply(embeddingOp, [weight, lent], undefined));
}
