// The losses of F: what is to be made small. Each is one operation of src/kernels/losses, or a few others.
import type { Op } from "../../gpu/op.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { crossEntropy as crossEntropyOp } from "../../kernels/losses/crossEntropy.ts";
import { type KlDivAttrs, klDiv } from "../../kernels/losses/klDiv.ts";
import { type LossAttrs, nllLoss as nllLossOp } from "../../kernels/losses/nllLoss.ts";
import { isList, isTensor, show, wantTensor } from "../../tensor/check.ts";
import { asUint32, checkIndices, indexArray } from "../../tensor/from-host.ts";
import { NUMBER, oneOf, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";
import { lend } from "./lend.ts";

/** What becomes of the losses of single samples: their mean, their sum, or nothing. */
export type Reduction = "mean" | "sum" | "none";

export interface LossOptions {
  reduction?: Reduction;
}

export interface LabelLossOptions extends LossOptions {
  /**
   * Samples with this label count nothing, also not among those that "mean" divides by. Default −100, as in PyTorch: as it
   * is in a list of labels and in an int32 tensor, as its bits, 4294967196, in a uint32 tensor.
   */
  ignoreIndex?: number;
}

/** Class numbers: a list, or an int32 or uint32 tensor [samples]. */
export type Labels = Tensor | readonly number[];

const REDUCTION = oneOf("mean", "sum", "none");
const nllLossOptions = takes("nllLoss", 3, { reduction: REDUCTION, ignoreIndex: NUMBER }, ["reduction"]);
const crossEntropyOptions = takes("crossEntropy", 3, { reduction: REDUCTION, ignoreIndex: NUMBER }, [
  "reduction",
]);
const mseLossOptions = takes("mseLoss", 3, { reduction: REDUCTION });
const klDivLossOptions = takes("klDivLoss", 3, { reduction: oneOf("batchmean", "mean", "sum", "none") });

/**
 * −mean of each row's log-probability of its label: logProbabilities [samples, classes] → a single number, or [samples]
 * with reduction "none". A label that is no class is refused where it comes from the host; one that the GPU computed makes
 * the loss NaN, and its row of the gradient.
 */
export function nllLoss(
  logProbabilities: Tensor,
  labels: Labels,
  options?: LabelLossOptions,
  ...more: never[]
): Tensor {
  wantTensor("nllLoss", "the input", logProbabilities);
  nllLossOptions(options, more);
  return labelLoss(nllLossOp, "nllLoss", logProbabilities, labels, options);
}

/**
 * nllLoss of logSoftmax, in one: logits [samples, classes] → a single number, or [samples] with reduction "none". Labels
 * that are no class, and the ignored one, are as in nllLoss.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Labels,
  options?: LabelLossOptions,
  ...more: never[]
): Tensor {
  wantTensor("crossEntropy", "the input", logits);
  crossEntropyOptions(options, more);
  return labelLoss(crossEntropyOp, "crossEntropy", logits, labels, options);
}

/**
 * Kullback-Leibler divergence of logProbabilities (logSoftmax of logits) from target probabilities, both
 * [samples, classes] → a single number: Σ t · (log t − logProbability), 0 where t is 0, divided by the samples
 * ("batchmean", the default here), by the elements ("mean", PyTorch's own default) or not ("sum"); or the terms
 * themselves, [samples, classes] ("none").
 *
 * The loss of soft labels, such as those of mixed sounds: for one-hot targets it is nllLoss. Targets are constants:
 * the gradient, −t / samples, is that of logProbabilities alone, and targets that require one are refused.
 */
export function klDivLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  options?: Partial<KlDivAttrs>,
  ...more: never[]
): Tensor {
  wantTensor("klDivLoss", "the input", logProbabilities);
  wantTensor("klDivLoss", "the target", targets);
  klDivLossOptions(options, more);
  return apply(klDiv, [logProbabilities, targets], { reduction: options?.reduction ?? "batchmean" });
}

/** mean (or sum) of (x − target)², both of one shape; of reduction "none" all of them. */
export function mseLoss(x: Tensor, target: Tensor, options?: LossOptions, ...more: never[]): Tensor {
  wantTensor("mseLoss", "the input", x);
  wantTensor("mseLoss", "the target", target);
  mseLossOptions(options, more);
  if (!sameShape(x.shape, target.shape)) {
    throw new RangeError(
      `mseLoss: input ${formatShape(x.shape)} and target ${formatShape(target.shape)} are of different shapes`,
    );
  }
  const reduction = options?.reduction ?? "mean";
  return scope(() => {
    const squares = x.sub(target).square();
    return reduction === "none" ? squares : reduction === "mean" ? squares.mean() : squares.sum();
  }, "mseLoss");
}

function labelLoss(
  op: Op<LossAttrs>,
  name: string,
  scores: Tensor,
  labels: Labels,
  { reduction = "mean", ignoreIndex = -100 }: LabelLossOptions = {},
): Tensor {
  if (!(Number.isInteger(ignoreIndex) && ignoreIndex >= -(2 ** 31) && ignoreIndex < 2 ** 32))
    throw new RangeError(`${name}: ignoreIndex is a whole number from −2³¹ to 2³² − 1, got ${ignoreIndex}`);
  const ignored = asUint32(ignoreIndex);
  if (isTensor(labels)) {
    const classes = scores.shape[1] ?? Number.POSITIVE_INFINITY;
    const all = checkIndices(`${name}: a label`, labels, classes, ignoreIndex);
    if (all || reduction !== "mean") return apply(op, [scores, labels], { reduction, ignored });
    // Only the GPU knows how many are ignored.
    return scope(() => {
      const sum = apply(op, [scores, labels], { reduction: "sum", ignored });
      return sum.div(
        labels
          .ne(labels.dtype === "int32" ? ignored | 0 : ignored)
          .float()
          .sum(),
      );
    }, name);
  }
  if (!isList(labels))
    throw new TypeError(
      `${name}: the labels are a list of whole numbers or a uint32 tensor, got ${show(labels)}`,
    );
  if (scores.ndim !== 2) {
    throw new RangeError(`${name}: wants an input [samples, classes], got ${formatShape(scores.shape)}`);
  }
  const [samples, classes] = scores.shape as [number, number];
  if (labels.length !== samples) {
    throw new RangeError(
      `${name}: ${labels.length} labels do not fit the ${samples} samples of ${formatShape(scores.shape)}`,
    );
  }
  let counted = samples;
  for (let i = 0; i < samples; i++) if (labels[i] === ignoreIndex) counted--;
  const list = indexArray(labels, classes, `${name}: label`, ignoreIndex);
  return lend(list, (rows) => apply(op, [scores, rows], { reduction, ignored, counted }));
}
