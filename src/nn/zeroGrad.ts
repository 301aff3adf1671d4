// What zeroGrad of modules and optimizers does.
import { filled } from "../kernels/elementwise/fill.ts";
import { watcher } from "../tensor/autograd/step.ts";
import { handleOf } from "../tensor/handle.ts";
import { BOOLEAN, takes } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How gradients are forgotten. */
export interface ZeroGradOptions {
  /** Whether there is none afterwards, and optimizers pass the parameter by, or one of zeros, with which they go on. Default true. */
  setToNone?: boolean;
}

const zeroGradOptions = takes("zeroGrad", 1, { setToNone: BOOLEAN });

/** Forgets the gradients of parameters. `more` are arguments behind the options. */
export function zeroGrads(
  parameters: readonly Tensor[],
  options: ZeroGradOptions | undefined,
  more: readonly unknown[],
): void {
  zeroGradOptions(options, more);
  for (const parameter of parameters) {
    const handle = handleOf(parameter);
    watcher?.cleared(handle, options?.setToNone !== false);
    const zeros = options?.setToNone === false && handle.grad !== undefined;
    handle.replaceGrad(zeros ? filled(handle.shape, 0) : undefined);
  }
}
