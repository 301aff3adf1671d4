// What modules hold beside other modules: tensors that are learned, and tensors that are not.
import type { DeviceArray } from "../gpu/array.ts";
import { wantNoMore, wantTensor } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { outliveScope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The array of what a parameter or buffer is made from, with a reference of its own. */
function arrayFor(who: string, data: Tensor, more: readonly unknown[]): DeviceArray {
  wantTensor(who, "what it is made from", data);
  wantNoMore(who, more);
  return arrayOf(data).retain();
}

/** A tensor that a module learns: a leaf with requiresGrad. Shares memory with the tensor it is made from.
 * @example new nn.Parameter(zeros([2])).requiresGrad; // → true */
export class Parameter extends Tensor {
  constructor(data: Tensor, ...more: never[]) {
    super(arrayFor("Parameter", data, more), "parameter");
    outliveScope(this);
    this.requiresGrad = true;
  }
}

/** A tensor that belongs to a module's state but is not learned, as batch norm's running mean.
 * @example new nn.Buffer(zeros([2])).requiresGrad; // → false */
export class Buffer extends Tensor {
  constructor(data: Tensor, ...more: never[]) {
    super(arrayFor("Buffer", data, more), "buffer");
    outliveScope(this);
  }
}
