// The losses of F that want a class for each sample, or a probability for each class.
import type { DeviceArray } from "../../../gpu/array.ts";
import type { Op } from "../../../gpu/op.ts";
import { formatShape, sameShape, sizeOf } from "../../../gpu/shape.ts";
import { type KlDivAttrs, klDiv as klDivOp } from "../../../kernels/losses/klDiv.ts";
import {
  countedLabels,
  crossEntropy as crossEntropyOp,
  type LossAttrs,
  nllLoss as nllLossOp,
} from "../../../kernels/losses/labelLoss.ts";
import { isList, isTensor, show, wantTensor } from "../../../tensor/check.ts";
import { asUint32, checkIndices, indexArray } from "../../../tensor/from-host.ts";
import { arrayOf } from "../../../tensor/handle.ts";
import { BOOLEAN, NUMBER, oneOf, takes } from "../../../tensor/options.ts";
import { scope } from "../../../tensor/scope.ts";
import { apply, Tensor } from "../../../tensor/tensor.ts";
import { lend } from "../lend.ts";
import "./derivatives.ts";
import { type LossOptions, REDUCTION, TENSOR, wantTensors } from "./options.ts";

/** What losses of labels take. */
export interface LabelLossOptions extends LossOptions {
  /**
   * Samples with this label count nothing, also not among those that "mean" divides by. Default −100, as in PyTorch: as it
   * is in a list of labels and in an int32 tensor, as its bits, 4294967196, in a uint32 tensor.
   */
  ignoreIndex?: number;
  /** How much each class counts, [classes]: "mean" divides by the labels' weights. A constant. */
  weight?: Tensor;
}

/** What crossEntropy takes beside scores and labels. */
export interface CrossEntropyOptions extends LabelLossOptions {
  /** The share of each label that is spread over all classes, from 0 to 1. Default 0. */
  labelSmoothing?: number;
}

/** Class numbers: a list, or an int32 or uint32 tensor [samples, …]; one number for one sample without a batch. */
export type Labels = Tensor | readonly number[] | number;

const LABELS = { reduction: REDUCTION, ignoreIndex: NUMBER, weight: TENSOR };
const nllLossOptions = takes("nllLoss", 3, LABELS, ["reduction"]);
const crossEntropyOptions = takes("crossEntropy", 3, { ...LABELS, labelSmoothing: NUMBER }, ["reduction"]);
const klDivOptions = takes("klDiv", 3, {
  reduction: oneOf("batchmean", "mean", "sum", "none"),
  logTarget: BOOLEAN,
});

/** What klDiv takes beside its tensors. */
export interface KlDivOptions extends Partial<KlDivAttrs> {
  /** Whether the targets are the logarithms of probabilities. Default false. */
  logTarget?: boolean;
}

/**
 * −mean of each row's log-probability of its label: logProbabilities [samples, classes, …], labels [samples, …] → a single
 * number, or the labels' shape with reduction "none". A label that is no class is refused where it comes from the host; one
 * that the GPU computed makes the loss NaN, and its row of the gradient.
 * @shape [samples, classes, ...], [samples, ...] → []
 * @shape [samples, classes, ...], [samples, ...] → [samples, ...]
 * @example F.nllLoss(tensor([[-1, -2], [-3, -4]]), [0, 1]); // → 2.5
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
 * nllLoss of logSoftmax over the classes, in one: logits [samples, classes, …], labels [samples, …] → a single number, or the
 * labels' shape with reduction "none". Labels that are no class, and the ignored one, are as in nllLoss. A float32 target of
 * the logits' shape are probabilities, constants: −Σ target · log p, and "mean" divides by the samples.
 * @shape [samples, classes, ...], [samples, ...] → []
 * @shape [samples, classes, ...], [samples, ...] → [samples, ...]
 * @shape [samples, classes, ...], [samples, classes, ...] → []
 * @example
 * F.crossEntropy(zeros([2, 4]), [0, 3]); // → 1.3863
 * F.crossEntropy(zeros([2, 4]), [0, 3], { reduction: "none" }); // → [1.3863, 1.3863]
 */
export function crossEntropy(
  logits: Tensor,
  labels: Labels,
  options?: CrossEntropyOptions,
  ...more: never[]
): Tensor {
  wantTensor("crossEntropy", "the input", logits);
  crossEntropyOptions(options, more);
  const { labelSmoothing = 0 } = options ?? {};
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new RangeError(`crossEntropy: labelSmoothing is a number from 0 to 1, got ${labelSmoothing}`);
  return labelLoss(crossEntropyOp, "crossEntropy", logits, labels, options);
}

/**
 * Kullback-Leibler divergence of logProbabilities (logSoftmax of logits) from target probabilities, both
 * [samples, classes] or of any other shape → a single number: Σ t · (log t − logProbability), 0 where t is 0, divided by
 * the elements ("mean", the default, as in PyTorch), by the samples ("batchmean", which is the divergence) or not ("sum"); or
 * the terms themselves ("none").
 *
 * The loss of soft labels, such as those of mixed sounds: for one-hot targets it is nllLoss. Targets are constants:
 * the gradient, −t / samples, is that of logProbabilities alone, and targets that require one are refused.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.klDiv(tensor([[0.5, 0.5]]).log(), tensor([[0.5, 0.5]]), { reduction: "batchmean" }); // → 0
 */
export function klDiv(
  logProbabilities: Tensor,
  targets: Tensor,
  options?: KlDivOptions,
  ...more: never[]
): Tensor {
  wantTensors("klDiv", { input: logProbabilities, target: targets });
  klDivOptions(options, more);
  const { reduction = "mean", logTarget = false } = options ?? {};
  const { shape } = logProbabilities;
  if (!logTarget && targets.dtype === "float32" && (shape.length === 2 || !sameShape(shape, targets.shape)))
    return apply(klDivOp, [logProbabilities, targets], { reduction });
  return scope(() => {
    const rows = [shape[0] ?? 1, sizeOf(shape.slice(1))];
    const probabilities = logTarget ? targets.exp() : targets.float();
    const fits = sameShape(shape, targets.shape);
    const both = [logProbabilities, probabilities].map((each) => (fits ? each.reshape(rows) : each));
    const loss = apply(klDivOp, both, { reduction });
    return reduction === "none" ? loss.reshape(shape) : loss;
  }, "klDiv");
}

function labelLoss(
  op: Op<LossAttrs>,
  name: string,
  scores: Tensor,
  labels: Labels,
  { reduction = "mean", ignoreIndex = -100, weight, labelSmoothing: smoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  if (!(Number.isInteger(ignoreIndex) && ignoreIndex >= -(2 ** 31) && ignoreIndex < 2 ** 32))
    throw new RangeError(`${name}: ignoreIndex is a whole number from −2³¹ to 2³² − 1, got ${ignoreIndex}`);
  if (scores.ndim === 1 && (typeof labels === "number" || (isTensor(labels) && labels.ndim < 2))) {
    const options = { reduction, ignoreIndex, weight, labelSmoothing: smoothing };
    const one = (labels: Labels) => (typeof labels === "number" ? [labels] : (labels as Tensor).unsqueeze(0));
    return scope(() => {
      const loss = labelLoss(op, name, scores.unsqueeze(0), one(labels), options);
      return reduction === "none" ? loss.squeeze(0) : loss;
    }, name);
  }
  const ignored = asUint32(ignoreIndex);
  const weights = weight === undefined ? [] : [weight];
  const attrs = { reduction, ignored, smoothing };
  if (isTensor(labels)) {
    if (labels.dtype === "float32" && ignoreIndex >= 0 && sameShape(labels.shape, scores.shape))
      throw new RangeError(
        `${name}: ignoreIndex is of labels, and the target ${formatShape(labels.shape)} are probabilities: leave it out`,
      );
    if (labels.dtype === "float32") return apply(op, [scores, labels, ...weights], attrs);
    const classes = scores.shape[1] ?? Number.POSITIVE_INFINITY;
    const all = checkIndices(`${name}: a label`, labels, classes, ignoreIndex);
    if ((all && weight === undefined) || reduction !== "mean")
      return apply(op, [scores, labels, ...weights], attrs);
    return weighedMean(op, name, scores, labels, weights, attrs);
  }
  if (!isList(labels))
    throw new TypeError(
      `${name}: the labels are a list of whole numbers or an int32 tensor, got ${show(labels)}`,
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
  return lend(list, (rows) =>
    weight !== undefined && reduction === "mean"
      ? weighedMean(op, name, scores, rows, weights, attrs)
      : apply(op, [scores, rows, ...weights], { ...attrs, counted }),
  );
}

/** The sum divided by what only the GPU knows: how many labels are not ignored, or their weights. */
function weighedMean(
  op: Op<LossAttrs>,
  name: string,
  scores: Tensor,
  labels: Tensor,
  weights: readonly Tensor[],
  attrs: LossAttrs & { ignored: number },
): Tensor {
  return scope(() => {
    const sum = apply(op, [scores, labels, ...weights], { ...attrs, reduction: "sum" });
    const [weight] = weights.map(arrayOf) as [DeviceArray?];
    const divisor = countedLabels(scores.shape, arrayOf(labels), weight, attrs.ignored);
    return sum.div(new Tensor(divisor, name));
  }, name);
}
