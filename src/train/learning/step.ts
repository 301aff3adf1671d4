// A training step: the gradient of a batch's mean loss, at once or in parts.
import type { HostRandom } from "../../gpu/host-random.ts";
import { F, type nn, type Tensor } from "../../index.ts";

/** Labels, or the probabilities `[n, classes]` that the network should give. */
export type Targets = readonly number[] | Tensor;

export interface TrainingData {
  /** Examples in an epoch. */
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
 * @returns the batch's mean loss
 */
export function backward(
  model: nn.Module<[Tensor], Tensor>,
  data: TrainingData,
  batch: readonly (readonly number[])[],
  random: HostRandom,
): Tensor {
  const size = batch.reduce((sum, part) => sum + part.length, 0);
  const losses = batch.map((positions) => {
    const { input, targets } = data.batch(positions, random);
    const mean = lossOf(model.forward(input), targets);
    const loss = positions.length === size ? mean : mean.mul(positions.length / size);
    loss.backward();
    return loss.detach();
  });
  return losses.reduce((sum, loss) => sum.add(loss));
}

/** The mean loss of log-probabilities `[n, classes]`: of labels, or the KL divergence from mixed ones. */
function lossOf(logProbabilities: Tensor, targets: Targets): Tensor {
  return "shape" in targets ? F.klDivLoss(logProbabilities, targets) : F.nllLoss(logProbabilities, targets);
}
