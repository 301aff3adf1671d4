// A training step: the gradient of a batch's mean loss, at once or in parts.
import type { HostRandom } from "../../gpu/host-random.ts";
import { F, type nn, type Tensor } from "../../index.ts";

/** Labels, or the probabilities `[n, classes]` that the network should give. */
export type Targets = readonly number[] | Tensor;

export interface TrainingData {
  /** The classes of an epoch's examples. */
  readonly labels: readonly number[];
  /** How many there are. */
  readonly size: number;
  /**
   * The network's input for the examples at these positions, made anew each time as the recipe says.
   * @param random the epoch's
   */
  batch(positions: readonly number[], random: HostRandom): { input: Tensor; targets: Targets };
}

/** Splits a batch into the fewest parts of at most `most`, all as good as equally long. */
export function parts(positions: readonly number[], most: number): number[][] {
  const count = Math.ceil(positions.length / most);
  const start = (part: number) => Math.round((part * positions.length) / count);
  return Array.from({ length: count }, (_, part) => positions.slice(start(part), start(part + 1)));
}

/**
 * Adds the gradient of a batch's mean loss to the model's parameters, part by part: each part's mean loss counts by
 * its share of the batch, so that the sum is the whole batch's (but for batch norm, whose statistics are the part's).
 * @param weights how often each class counts, `[classes]`; null: once
 * @returns the batch's mean loss
 */
export function backward(
  model: nn.Module<[Tensor], Tensor>,
  data: TrainingData,
  batch: readonly (readonly number[])[],
  random: HostRandom,
  weights: Tensor | null = null,
): Tensor {
  const size = batch.reduce((sum, part) => sum + part.length, 0);
  const losses = batch.map((positions) => {
    const { input, targets } = data.batch(positions, random);
    const mean = lossOf(model.forward(input), targets, weights);
    const loss = positions.length === size ? mean : mean.mul(positions.length / size);
    loss.backward();
    return loss.detach();
  });
  return losses.reduce((sum, loss) => sum.add(loss));
}

/**
 * The mean loss of log-probabilities `[n, classes]`: of labels, or the KL divergence from mixed ones. Weights multiply each
 * class's part of it; the mean is over n all the same, so that parts of a batch add up to it.
 */
function lossOf(logProbabilities: Tensor, targets: Targets, weights: Tensor | null): Tensor {
  if ("shape" in targets) {
    if (weights === null) return F.klDiv(logProbabilities, targets, { reduction: "batchmean" });
    const terms = F.klDiv(logProbabilities, targets, { reduction: "none" });
    return terms.mul(weights).sum().div(targets.shape[0]!);
  }
  if (weights === null) return F.nllLoss(logProbabilities, targets);
  const losses = F.nllLoss(logProbabilities, targets, { reduction: "none" });
  return losses.mul(weights.indexSelect(0, [...targets])).mean();
}

/** How often each class counts, so that all count alike, however many examples they have. A class without any counts once. */
export function balancedWeights(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  const there = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : labels.length / (there * count)));
}
