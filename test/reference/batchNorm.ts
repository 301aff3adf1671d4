// Batch normalisation (Ioffe & Szegedy 2015), each channel c on its own:
//
//   x̂ = (x − μ) / √(σ² + eps),   y = weight[c] · x̂ + bias[c]
//
// Training: μ and σ² are the mean and the biased variance (divided by m) of the m elements of channel c in the batch.
// Evaluation: they are runningMean[c] and runningVar[c], constants.
//
//   dweight[c] = Σ g · x̂      dbias[c] = Σ g
//   dx = weight[c] / √(σ² + eps) · (g − mean(g) − x̂ · mean(g · x̂))   in training (means over the channel)
//   dx = weight[c] / √(σ² + eps) · g                                  in evaluation
//
// Training also moves the running statistics, with the unbiased variance (divided by m − 1), as PyTorch does:
//   running ← (1 − momentum) · running + momentum · batch
import { relu } from "./elementwise.ts";
import { type Arr, arr, type Reference, sizeOf } from "./reference.ts";

export interface BatchNormAttrs {
  training: boolean;
  momentum: number;
  eps: number;
}

/** The flat positions of channel c's elements, in x of [N, C], [N, C, L] or [N, C, H, W]. */
function channel(x: Arr, c: number): number[] {
  const [N, C] = x.shape;
  const inner = sizeOf(x.shape.slice(2));
  const positions: number[] = [];
  for (let n = 0; n < N; n++) {
    for (let s = 0; s < inner; s++) positions.push((n * C + c) * inner + s);
  }
  return positions;
}

/** Mean and biased variance of the elements at `positions`. */
function moments(x: Arr, positions: number[]): { mean: number; variance: number } {
  let mean = 0;
  for (const i of positions) mean += x.data[i] / positions.length;
  let variance = 0;
  for (const i of positions) variance += (x.data[i] - mean) ** 2 / positions.length;
  return { mean, variance };
}

/** inputs [x, weight[C], bias[C], runningMean[C], runningVar[C]]; the running statistics have no gradient. */
export const batchNorm: Reference<BatchNormAttrs> = {
  forward([x, weight, bias, runningMean, runningVar], { training, eps }) {
    const y = arr(x.shape);
    for (let c = 0; c < x.shape[1]; c++) {
      const positions = channel(x, c);
      const batch = moments(x, positions);
      const mean = training ? batch.mean : runningMean.data[c];
      const variance = training ? batch.variance : runningVar.data[c];
      for (const i of positions) {
        const normalised = (x.data[i] - mean) / Math.sqrt(variance + eps);
        y.data[i] = weight.data[c] * normalised + bias.data[c];
      }
    }
    return y;
  },
  backward([x, weight, bias, runningMean, runningVar], { training, eps }, g) {
    const dx = arr(x.shape);
    const dweight = arr(weight.shape);
    const dbias = arr(bias.shape);
    for (let c = 0; c < x.shape[1]; c++) {
      const positions = channel(x, c);
      const batch = moments(x, positions);
      const mean = training ? batch.mean : runningMean.data[c];
      const deviation = Math.sqrt((training ? batch.variance : runningVar.data[c]) + eps);
      for (const i of positions) {
        dweight.data[c] += (g.data[i] * (x.data[i] - mean)) / deviation;
        dbias.data[c] += g.data[i];
      }
      for (const i of positions) {
        const normalised = (x.data[i] - mean) / deviation;
        const throughMoments = training
          ? (dbias.data[c] + normalised * dweight.data[c]) / positions.length
          : 0;
        dx.data[i] = (weight.data[c] / deviation) * (g.data[i] - throughMoments);
      }
    }
    return [dx, dweight, dbias, null, null];
  },
};

/** max(batchNorm, 0). */
export const batchNormRelu: Reference<BatchNormAttrs> = {
  forward: (inputs, attrs) => relu.forward([batchNorm.forward(inputs, attrs)], {}),
  backward(inputs, attrs, g) {
    const [dy] = relu.backward([batchNorm.forward(inputs, attrs)], {}, g);
    return batchNorm.backward(inputs, attrs, dy!);
  },
};

/**
 * The running statistics after one training batch; takes batchNorm's inputs and attributes.
 * A channel of one element has no unbiased variance: an error, as in PyTorch.
 */
export function runningStats(
  [x, , , runningMean, runningVar]: Arr[],
  { momentum }: BatchNormAttrs,
): { runningMean: Arr; runningVar: Arr } {
  const newMean = arr(runningMean.shape);
  const newVar = arr(runningVar.shape);
  for (let c = 0; c < x.shape[1]; c++) {
    const positions = channel(x, c);
    const m = positions.length;
    if (m < 2) throw new Error("batchNorm: training wants more than one element a channel");
    const { mean, variance } = moments(x, positions);
    newMean.data[c] = (1 - momentum) * runningMean.data[c] + momentum * mean;
    newVar.data[c] = (1 - momentum) * runningVar.data[c] + momentum * ((variance * m) / (m - 1));
  }
  return { runningMean: newMean, runningVar: newVar };
}
