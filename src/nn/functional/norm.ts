// F: Normalisation.
import { batchNorm as batchNormOp } from "../../kernels/norms/batchNorm.ts";
import { wantTensor, wantTensorOrNull } from "../../tensor/check.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";

export interface BatchNormOptions {
  /** Whether to normalise by the batch's own statistics, and move the running ones, or by the running ones. */
  training?: boolean;
  /** Share of the batch's statistics that goes into the running ones. */
  momentum?: number;
  /** Added to the variance. */
  eps?: number;
}

const batchNormOptions = takes("batchNorm", 6, { training: BOOLEAN, momentum: NUMBER, eps: NUMBER });

/**
 * Each channel of x [samples, channels, …] to mean 0 and variance 1, times weight plus bias (each [channels] or null).
 * Training changes runningMean and runningVar in place, as PyTorch does: (1 − momentum) · running + momentum · batch,
 * with the unbiased variance. They may be null there.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: BatchNormOptions,
  ...more: never[]
): Tensor {
  wantTensor("batchNorm", "the input", x);
  wantTensorOrNull("batchNorm", "runningMean", runningMean);
  wantTensorOrNull("batchNorm", "runningVar", runningVar);
  wantTensorOrNull("batchNorm", "the weight", weight);
  wantTensorOrNull("batchNorm", "the bias", bias);
  batchNormOptions(options, more);
  const { training = false, momentum = 0.1, eps = 1e-5 } = options ?? {};
  const inputs = [x, weight, bias].filter((tensor) => tensor !== null);
  return apply(batchNormOp, inputs, {
    training,
    momentum,
    eps,
    runningMean: runningMean && arrayOf(runningMean),
    runningVar: runningVar && arrayOf(runningVar),
    weight: weight !== null,
    bias: bias !== null,
  });
}
