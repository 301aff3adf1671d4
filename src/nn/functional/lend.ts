// Lists of indices, where operations want tensors.
import type { DeviceArray } from "../../gpu/array.ts";
import { handleOf } from "../../tensor/handle.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** Lends an array that was made of a list as a tensor. */
export function lend(list: DeviceArray, use: (list: Tensor) => Tensor): Tensor {
  const lent = new Tensor(list, "a list of indices");
  try {
    return use(lent);
  } finally {
    handleOf(lent).free("it was a list");
  }
}
