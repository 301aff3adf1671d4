// The losses of F that compare vectors, or scores with each other.
import { formatShape } from "../../../gpu/shape.ts";
import { isTensor, wantTensor } from "../../../tensor/check.ts";
import { where } from "../../../tensor/functions.ts";
import { BOOLEAN, NUMBER, takes } from "../../../tensor/options.ts";
import { scope } from "../../../tensor/scope.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type LossOptions, REDUCTION, reduce, TENSOR, wantSameShape, wantTensors } from "./options.ts";
import { binaryCrossEntropyWithLogits } from "./pointwise.ts";

const cosineOptions = takes("cosineEmbeddingLoss", 4, { margin: NUMBER, reduction: REDUCTION });
const rankingOptions = takes("marginRankingLoss", 4, { margin: NUMBER, reduction: REDUCTION });
const tripletOptions = takes("tripletMarginLoss", 4, {
  margin: NUMBER,
  p: NUMBER,
  eps: NUMBER,
  swap: BOOLEAN,
  reduction: REDUCTION,
});
const multilabelOptions = takes("multilabelSoftMarginLoss", 3, { weight: TENSOR, reduction: REDUCTION });
const multiMarginOptions = takes("multiMarginLoss", 3, {
  p: NUMBER,
  margin: NUMBER,
  weight: TENSOR,
  reduction: REDUCTION,
});

/** What losses with a margin take. */
export interface MarginOptions extends LossOptions {
  /** Default 0. */
  margin?: number;
}

/** PyTorch's, added to the squares of both lengths. */
const COSINE_EPS = 1e-12;

/**
 * 1 − cosine of the vectors x1 and x2 [samples, size] where the target [samples] is 1, max(0, cosine − margin) where it is −1.
 * Single vectors [size] want a target without dimensions.
 * @shape [samples, size], [samples, size], [samples] → []
 * @shape [size], [size], [] → []
 * @shape [samples, size], [samples, size], [samples] → [samples]
 * @example F.cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])); // → 1
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options?: MarginOptions,
  ...more: never[]
): Tensor {
  wantTensors("cosineEmbeddingLoss", { "first input": x1, "second input": x2, target });
  cosineOptions(options, more);
  wantSameShape("cosineEmbeddingLoss", x1, x2, ["the first input", "the second"]);
  if (x1.ndim === 0 || target.ndim !== x1.ndim - 1)
    throw new RangeError(
      `cosineEmbeddingLoss: inputs ${formatShape(x1.shape)} want a target ${formatShape(x1.shape.slice(0, -1))}, got ${formatShape(target.shape)}`,
    );
  const { margin = 0, reduction } = options ?? {};
  return scope(() => {
    const lengths = x1.square().sum(-1).add(COSINE_EPS).mul(x2.square().sum(-1).add(COSINE_EPS));
    const cosine = x1.mul(x2).sum(-1).div(lengths.sqrt());
    const apart = where(target.eq(-1), cosine.sub(margin).relu(), 0);
    return reduce(where(target.eq(1), cosine.neg().add(1), apart), reduction);
  }, "cosineEmbeddingLoss");
}

/**
 * max(0, margin − target · (x1 − x2)): where the target is 1 the first is to be the larger, where it is −1 the second.
 * @shape any, any, any → []
 * @shape any, any, any → broadcast
 * @example F.marginRankingLoss(tensor([1]), tensor([3]), tensor([1])); // → 2
 */
export function marginRankingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options?: MarginOptions,
  ...more: never[]
): Tensor {
  wantTensors("marginRankingLoss", { "first input": x1, "second input": x2, target });
  rankingOptions(options, more);
  wantSameShape("marginRankingLoss", x1, x2, ["the first input", "the second"]);
  const { margin = 0, reduction } = options ?? {};
  return scope(() => reduce(target.neg().mul(x1.sub(x2)).add(margin).relu(), reduction), "marginRankingLoss");
}

/** What tripletMarginLoss takes beside its tensors. */
export interface TripletOptions extends LossOptions {
  /** Default 1. */
  margin?: number;
  /** Of which norm the distance is. Default 2. */
  p?: number;
  /** Added to differences. Default 1e-6. */
  eps?: number;
  /** Whether the negative's distance from the positive counts where it is the smaller. Default false. */
  swap?: boolean;
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d being the distance along the last dimension.
 * @shape [..., size], [..., size], [..., size] → []
 * @shape [..., size], [..., size], [..., size] → [...]
 * @example F.tripletMarginLoss(tensor([[0, 0]]), tensor([[0, 1]]), tensor([[0, 3]])); // → 0
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletOptions,
  ...more: never[]
): Tensor {
  wantTensors("tripletMarginLoss", { anchor, positive, negative });
  tripletOptions(options, more);
  wantSameShape("tripletMarginLoss", anchor, positive, ["anchor", "positive"]);
  wantSameShape("tripletMarginLoss", anchor, negative, ["anchor", "negative"]);
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options ?? {};
  if (!(p > 0)) throw new RangeError(`tripletMarginLoss: p is a number > 0, got ${p}`);
  return scope(() => {
    const distance = (a: Tensor, b: Tensor) => a.sub(b).add(eps).norm(p, -1);
    const far = distance(anchor, negative);
    const away = swap ? far.minimum(distance(positive, negative)) : far;
    return reduce(distance(anchor, positive).sub(away).add(margin).relu(), reduction);
  }, "tripletMarginLoss");
}

/** What losses with weights of their own take. */
export interface WeighedOptions extends LossOptions {
  /** How much each class counts, [classes]. */
  weight?: Tensor;
}

/**
 * The mean over the classes of each one's binary cross-entropy: logits and targets [samples, classes] → [samples], reduced.
 * @shape [samples, classes], [samples, classes] → []
 * @shape [samples, classes], [samples, classes] → [samples]
 * @example F.multilabelSoftMarginLoss(zeros([1, 3]), tensor([[1, 0, 1]])); // → 0.6931
 */
export function multilabelSoftMarginLoss(
  x: Tensor,
  target: Tensor,
  options?: WeighedOptions,
  ...more: never[]
): Tensor {
  wantTensors("multilabelSoftMarginLoss", { input: x, target });
  multilabelOptions(options, more);
  const { weight, reduction } = options ?? {};
  return scope(() => {
    const terms = binaryCrossEntropyWithLogits(x, target, { reduction: "none" });
    return reduce((weight === undefined ? terms : terms.mul(weight)).mean(-1), reduction);
  }, "multilabelSoftMarginLoss");
}

/** What multiMarginLoss takes beside scores and labels. */
export interface MultiMarginOptions extends WeighedOptions {
  /** 1 or 2: the power of what a margin lacks. Default 1. */
  p?: number;
  /** Default 1. */
  margin?: number;
}

/**
 * Σ over the other classes of max(0, margin − x[label] + x[class])^p / classes: scores [samples, classes], labels [samples], whole
 * numbers of a tensor.
 * @shape [samples, classes], [samples] → []
 * @shape [samples, classes], [samples] → [samples]
 * @example F.multiMarginLoss(tensor([[0, 2, 0]]), tensor(new Uint32Array([1]))); // → 0
 */
export function multiMarginLoss(
  x: Tensor,
  labels: Tensor,
  options?: MultiMarginOptions,
  ...more: never[]
): Tensor {
  wantTensor("multiMarginLoss", "the input", x);
  wantTensor("multiMarginLoss", "the target", labels);
  multiMarginOptions(options, more);
  const { p = 1, margin = 1, weight, reduction } = options ?? {};
  if (p !== 1 && p !== 2) throw new RangeError(`multiMarginLoss: p is 1 or 2, got ${p}`);
  if (x.ndim !== 2 || labels.ndim !== 1 || labels.shape[0] !== x.shape[0] || labels.dtype === "float32")
    throw new RangeError(
      `multiMarginLoss: wants scores [samples, classes] and whole numbers [samples], got ${formatShape(x.shape)} and ${labels.dtype} ${formatShape(labels.shape)}`,
    );
  const classes = x.shape[1]!;
  return scope(() => {
    const places = labels.unsqueeze(1);
    const lacking = x.sub(x.gather(1, places)).add(margin).relu();
    const powered = p === 1 ? lacking : lacking.square();
    const weighedTerms = isTensor(weight)
      ? powered.mul((weight as Tensor).indexSelect(0, labels).unsqueeze(1))
      : powered;
    // The label's own term is margin^p, and is none.
    const own = weighedTerms.scatter(1, places, 0);
    return reduce(own.sum(1).div(classes), reduction);
  }, "multiMarginLoss");
}
