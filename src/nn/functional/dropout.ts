// F: Dropout.
import { nextDraw } from "../../gpu/random.ts";
import { formatShape } from "../../gpu/shape.ts";
import { dropout as dropoutOp } from "../../kernels/random/dropout.ts";
import { wantProbability, wantTensor } from "../../tensor/check.ts";
import { ones } from "../../tensor/creation.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";

const TRAINING = { training: BOOLEAN };
const dropoutOptions = takes("dropout", 3, TRAINING);
const dropout1dOptions = takes("dropout1d", 3, TRAINING);
const dropout2dOptions = takes("dropout2d", 3, TRAINING);
const alphaDropoutOptions = takes("alphaDropout", 3, TRAINING);
const featureAlphaDropoutOptions = takes("featureAlphaDropout", 3, TRAINING);

/**
 * Training: each element becomes 0 with probability p, the others x / (1 − p). Else x itself.
 * @shape any → the same
 * @example
 * F.dropout(ones([2, 3]), 0.5).shape; // → [2, 3]
 * F.dropout(ones([3]), 0.5, { training: false }); // → [1, 1, 1]
 */
export function dropout(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("dropout", "the input", x);
  dropoutOptions(options, more);
  wantProbability("dropout", { p });
  const training = options?.training ?? true;
  return training && p > 0 ? apply(dropoutOp, [x], { p, ...nextDraw() }) : x;
}

/** Whole channels of x, [samples, channels, …] of so many dimensions. */
function dropChannels(name: string, x: Tensor, p: number, training: boolean, shape: string): Tensor {
  wantProbability(name, { p });
  if (x.ndim !== shape.split(",").length)
    throw new RangeError(`${name}: wants an input ${shape}, got ${formatShape(x.shape)}`);
  if (!training || p === 0) return x;
  const channels = x.shape.map((n, axis) => (axis < 2 ? n : 1));
  return scope(() => x.mul(dropout(ones(channels), p)), name);
}

/**
 * Dropout of whole channels of [samples, channels, length]: each becomes 0 with probability p, the others x / (1 − p).
 * @shape [samples, channels, length] → the same
 * @example F.dropout1d(ones([2, 4, 8]), 0.5).shape; // → [2, 4, 8]
 */
export function dropout1d(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("dropout1d", "the input", x);
  dropout1dOptions(options, more);
  return dropChannels("dropout1d", x, p, options?.training ?? true, "[samples, channels, length]");
}

/**
 * Dropout of whole channels of [samples, channels, height, width].
 * @shape [samples, channels, height, width] → the same
 * @example F.dropout2d(ones([2, 4, 8, 8]), 0.5).shape; // → [2, 4, 8, 8]
 */
export function dropout2d(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("dropout2d", "the input", x);
  dropout2dOptions(options, more);
  return dropChannels("dropout2d", x, p, options?.training ?? true, "[samples, channels, height, width]");
}

/** What selu comes to far to the left, −λα of Klambauer et al. 2017. */
const SELU_FLOOR = -1.7580993408473766;

/** x where `keep` is 1, selu's lowest value where it is 0, scaled and moved so that mean 0 and deviation 1 stay. */
function droppedToFloor(x: Tensor, keep: Tensor, p: number): Tensor {
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * SELU_FLOOR ** 2));
  // scale · (x · keep + floor · (1 − keep)), moved by −scale · floor · p
  return x
    .sub(SELU_FLOOR)
    .mul(keep)
    .add(SELU_FLOOR * (1 - p))
    .mul(scale);
}

/**
 * Dropout for selu (Klambauer et al. 2017): an element becomes selu's lowest value with probability p, and all are scaled and
 * moved so that mean 0 and deviation 1 stay. PyTorch's default is that of evaluation, as is this one's.
 * @shape any → the same
 * @example F.alphaDropout(ones([3]), 0.5, { training: false }); // → [1, 1, 1]
 */
export function alphaDropout(x: Tensor, p = 0.5, options?: { training?: boolean }, ...more: never[]): Tensor {
  wantTensor("alphaDropout", "the input", x);
  alphaDropoutOptions(options, more);
  return alphaDropped("alphaDropout", x, p, options?.training ?? false, x.shape);
}

/**
 * alphaDropout of whole channels of [samples, channels, …].
 * @shape [samples, channels, ...] → the same
 * @example F.featureAlphaDropout(ones([2, 4, 8]), 0.5).shape; // → [2, 4, 8]
 */
export function featureAlphaDropout(
  x: Tensor,
  p = 0.5,
  options?: { training?: boolean },
  ...more: never[]
): Tensor {
  wantTensor("featureAlphaDropout", "the input", x);
  featureAlphaDropoutOptions(options, more);
  if (x.ndim < 2)
    throw new RangeError(
      `featureAlphaDropout: wants an input [samples, channels, …], got ${formatShape(x.shape)}`,
    );
  const channels = x.shape.map((n, axis) => (axis < 2 ? n : 1));
  return alphaDropped("featureAlphaDropout", x, p, options?.training ?? false, channels);
}

function alphaDropped(
  name: string,
  x: Tensor,
  p: number,
  training: boolean,
  mask: readonly number[],
): Tensor {
  wantProbability(name, { p });
  if (!training || p === 0) return x;
  if (p === 1) return x.mul(0);
  return scope(() => droppedToFloor(x, dropout(ones(mask), p).mul(1 - p), p), name);
}
