// F: Pooling.
import { avgPool2d as avgPool2dOp, maxPool2d as maxPool2dOp } from "../../kernels/pooling/pool2d.ts";
import { wantTensor } from "../../tensor/check.ts";
import { PAIR, takes } from "../../tensor/options.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { type NumberOrPair, pair } from "./pair.ts";

export interface PoolOptions {
  /** Distance between windows; the kernel's size if left out. */
  stride?: NumberOrPair;
  /** On each side, at most half of the kernel. */
  padding?: NumberOrPair;
}

const POOL = { stride: PAIR, padding: PAIR };
const maxPool2dOptions = takes("maxPool2d", 3, POOL);
const avgPool2dOptions = takes("avgPool2d", 3, POOL);

function poolAttrs(name: string, kernelSize: NumberOrPair, { stride, padding = 0 }: PoolOptions = {}) {
  const kernel = pair(kernelSize, `${name}: kernelSize`);
  return {
    kernel,
    stride: stride === undefined ? kernel : pair(stride, `${name}: stride`),
    padding: pair(padding, `${name}: padding`, 0),
  };
}

/** The largest value of each window of [samples, channels, height, width]; the first of equals gets the gradient. */
export function maxPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: PoolOptions,
  ...more: never[]
): Tensor {
  wantTensor("maxPool2d", "the input", x);
  maxPool2dOptions(options, more);
  return apply(maxPool2dOp, [x], poolAttrs("maxPool2d", kernelSize, options));
}

/** The mean of each window of [samples, channels, height, width]; padding counts as zeros. */
export function avgPool2d(
  x: Tensor,
  kernelSize: NumberOrPair,
  options?: PoolOptions,
  ...more: never[]
): Tensor {
  wantTensor("avgPool2d", "the input", x);
  avgPool2dOptions(options, more);
  return apply(avgPool2dOp, [x], poolAttrs("avgPool2d", kernelSize, options));
}
