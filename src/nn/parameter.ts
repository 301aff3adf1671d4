// What modules hold beside other modules: tensors that are learned, and tensors that are not.
import type { DeviceArray } from "../gpu/array.ts";
import { wantTensor } from "../tensor/check.ts";
import { arrayOf } from "../tensor/handle.ts";
import { BOOLEAN, takes } from "../tensor/options.ts";
import { outliveScope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The array of what a parameter or buffer is made from, with a reference of its own. */
function arrayFor(who: string, data: Tensor): DeviceArray {
  wantTensor(who, "what it is made from", data);
  return arrayOf(data).retain();
}

const parameterOptions = takes("Parameter", 2, { requiresGrad: BOOLEAN });
const bufferOptions = takes("Buffer", 2, { persistent: BOOLEAN });

/** A tensor that a module learns: a leaf with requiresGrad, unless that is false. Shares memory with the tensor it is made from.
 * @example new nn.Parameter(zeros([2])).requiresGrad; // → true */
export class Parameter extends Tensor {
  constructor(data: Tensor, options?: { requiresGrad?: boolean }, ...more: never[]) {
    parameterOptions(options, more);
    super(arrayFor("Parameter", data), "parameter");
    outliveScope(this);
    this.requiresGrad = options?.requiresGrad ?? true;
  }
}

/** A tensor that belongs to a module's state but is not learned, as batch norm's running mean. One that is to be in no state dict
 * (PyTorch's `persistent=False`) is a plain tensor in a field.
 * @example new nn.Buffer(zeros([2])).requiresGrad; // → false */
export class Buffer extends Tensor {
  constructor(data: Tensor, options?: { persistent?: true }, ...more: never[]) {
    bufferOptions(options, more);
    if (((options?.persistent ?? true) as boolean) === false)
      throw new TypeError(
        "Buffer: what is not persistent is no buffer here: assign the tensor itself to a field",
      );
    super(arrayFor("Buffer", data), "buffer");
    outliveScope(this);
  }
}
