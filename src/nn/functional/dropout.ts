// F: Dropout.
import { nextDraw } from "../../gpu/random.ts";
import { dropout as dropoutOp } from "../../kernels/random/dropout.ts";
import { wantProbability, wantTensor } from "../../tensor/check.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";

const dropoutOptions = takes("dropout", 3, { training: BOOLEAN });

/** Training: each element becomes 0 with probability p, the others x / (1 − p). Else x itself. */
export function dropout(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("dropout", "the input", x);
  dropoutOptions(options, more);
  wantProbability("dropout", { p });
  const training = options?.training ?? true;
  return training && p > 0 ? apply(dropoutOp, [x], { p, ...nextDraw() }) : x;
}
