// F: Rows of a table by index.
import { embedding as embeddingOp } from "../../kernels/indexing/picking.ts";
import { isList, isTensor, show, wantTensor } from "../../tensor/check.ts";
import { tensor } from "../../tensor/creation.ts";
import { checkIndices, indexArray } from "../../tensor/from-host.ts";
import { where } from "../../tensor/functions.ts";
import { NUMBER, orNull, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { lend } from "./lend.ts";
import { paddingRow } from "./shared/paddingRow.ts";

const embeddingOptions = takes("embedding", 3, { paddingIdx: orNull(NUMBER) });

/** What embedding takes beside the indices and the table. */
export interface EmbeddingOptions {
  /** A row of padding: none of its gradient is learned. Below 0 it counts from the end. */
  paddingIdx?: number | null;
}

/**
 * Rows of weight [rows, d] by index: a list, or an int32 or uint32 tensor of any shape → [...index, d]. An index that is no row is
 * refused where it comes from the host; one that the GPU computed gives a row of NaN.
 * @shape [...index], [rows, d] → [...index, d]
 * @example F.embedding([2, 0], tensor([[1, 2], [3, 4], [5, 6]])); // → [[5, 6], [1, 2]]
 */
export function embedding(
  index: Tensor | readonly number[],
  weight: Tensor,
  options?: EmbeddingOptions,
  ...more: never[]
): Tensor {
  wantTensor("embedding", "the weight", weight);
  embeddingOptions(options, more);
  const rows = weight.shape[0] ?? 0;
  const { paddingIdx } = options ?? {};
  if (paddingIdx === undefined || paddingIdx === null) return rowsOf(index, weight, rows);
  const padding = paddingRow("embedding", paddingIdx, rows);
  return scope(() => {
    const at = isTensor(index) ? index : tensor(index as number[], { dtype: "int32" });
    const picked = rowsOf(index, weight, rows);
    return where(at.eq(padding).unsqueeze(-1), picked.detach(), picked);
  }, "embedding");
}

function rowsOf(index: Tensor | readonly number[], weight: Tensor, rows: number): Tensor {
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
