// The losses of F that compare each element with its target.
import { formatShape, sameShape } from "../../../gpu/shape.ts";
import { type PointwiseName, pointwise } from "../../../kernels/losses/pointwise.ts";
import { where } from "../../../tensor/functions.ts";
import { BOOLEAN, NUMBER, takes } from "../../../tensor/options.ts";
import { scope } from "../../../tensor/scope.ts";
import { apply, type Tensor } from "../../../tensor/tensor.ts";
import "./derivatives.ts";
import {
  type LossOptions,
  REDUCTION,
  reduce,
  TENSOR,
  wantNotNegative,
  wantSameShape,
  wantTensors,
} from "./options.ts";

const mseLossOptions = takes("mseLoss", 3, { reduction: REDUCTION });
const l1LossOptions = takes("l1Loss", 3, { reduction: REDUCTION });
const smoothL1LossOptions = takes("smoothL1Loss", 3, { reduction: REDUCTION, beta: NUMBER });
const huberLossOptions = takes("huberLoss", 3, { reduction: REDUCTION, delta: NUMBER });
const softMarginLossOptions = takes("softMarginLoss", 3, { reduction: REDUCTION });
const hingeOptions = takes("hingeEmbeddingLoss", 3, { margin: NUMBER, reduction: REDUCTION });
const bceOptions = takes("binaryCrossEntropy", 3, { weight: TENSOR, reduction: REDUCTION });
const bceWithLogitsOptions = takes("binaryCrossEntropyWithLogits", 3, {
  weight: TENSOR,
  reduction: REDUCTION,
  posWeight: TENSOR,
});
const poissonOptions = takes("poissonNllLoss", 3, {
  logInput: BOOLEAN,
  full: BOOLEAN,
  eps: NUMBER,
  reduction: REDUCTION,
});
const gaussianOptions = takes("gaussianNllLoss", 4, { full: BOOLEAN, eps: NUMBER, reduction: REDUCTION });

/** One of the losses, of x and targets of one shape; whole numbers and bools are as good as floats there. */
function compare(
  name: PointwiseName,
  x: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions = {},
  p = 0,
): Tensor {
  if (target.dtype === "float32") return apply(pointwise[name], [x, target], { reduction, p });
  return scope(() => apply(pointwise[name], [x, target.float()], { reduction, p }), name);
}

/**
 * mean (or sum) of (x − target)², both of one shape; of reduction "none" all of them.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.mseLoss(tensor([1, 2]), tensor([1, 4])); // → 2
 */
export function mseLoss(x: Tensor, target: Tensor, options?: LossOptions, ...more: never[]): Tensor {
  wantTensors("mseLoss", { input: x, target });
  mseLossOptions(options, more);
  return compare("mseLoss", x, target, options);
}

/**
 * mean (or sum) of |x − target|.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.l1Loss(tensor([1, 2]), tensor([1, 4])); // → 1
 */
export function l1Loss(x: Tensor, target: Tensor, options?: LossOptions, ...more: never[]): Tensor {
  wantTensors("l1Loss", { input: x, target });
  l1LossOptions(options, more);
  return compare("l1Loss", x, target, options);
}

/** What smoothL1Loss takes beside its tensors. */
export interface SmoothL1Options extends LossOptions {
  /** Below it squares, above it magnitudes. Default 1. */
  beta?: number;
}

/**
 * Of d = x − target, d² / 2 beta where |d| < beta, else |d| − beta / 2.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.smoothL1Loss(tensor([0, 0]), tensor([0.5, 3]), { reduction: "none" }); // → [0.125, 2.5]
 */
export function smoothL1Loss(x: Tensor, target: Tensor, options?: SmoothL1Options, ...more: never[]): Tensor {
  wantTensors("smoothL1Loss", { input: x, target });
  smoothL1LossOptions(options, more);
  const { beta = 1 } = options ?? {};
  wantNotNegative("smoothL1Loss", { beta });
  return compare("smoothL1Loss", x, target, options, beta);
}

/** What huberLoss takes beside its tensors. */
export interface HuberOptions extends LossOptions {
  /** Below it squares, above it magnitudes. Default 1. */
  delta?: number;
}

/**
 * Of d = x − target, d² / 2 where |d| < delta, else delta · (|d| − delta / 2): smoothL1Loss times delta.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.huberLoss(tensor([0, 0]), tensor([1, 4]), { delta: 2, reduction: "none" }); // → [0.5, 6]
 */
export function huberLoss(x: Tensor, target: Tensor, options?: HuberOptions, ...more: never[]): Tensor {
  wantTensors("huberLoss", { input: x, target });
  huberLossOptions(options, more);
  const { delta = 1 } = options ?? {};
  if (!(delta > 0)) throw new RangeError(`huberLoss: delta is a number > 0, got ${delta}`);
  return compare("huberLoss", x, target, options, delta);
}

/**
 * ln(1 + e^(−target · x)), targets being 1 and −1.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.softMarginLoss(tensor([0]), tensor([1])); // → 0.6931
 */
export function softMarginLoss(x: Tensor, target: Tensor, options?: LossOptions, ...more: never[]): Tensor {
  wantTensors("softMarginLoss", { input: x, target });
  softMarginLossOptions(options, more);
  return compare("softMarginLoss", x, target, options);
}

/** What hingeEmbeddingLoss takes beside its tensors. */
export interface HingeEmbeddingOptions extends LossOptions {
  /** Default 1. */
  margin?: number;
}

/**
 * x where the target is 1, max(0, margin − x) where it is −1: x is a distance.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.hingeEmbeddingLoss(tensor([0.3, 0.3]), tensor([1, -1]), { reduction: "none" }); // → [0.3, 0.7]
 */
export function hingeEmbeddingLoss(
  x: Tensor,
  target: Tensor,
  options?: HingeEmbeddingOptions,
  ...more: never[]
): Tensor {
  wantTensors("hingeEmbeddingLoss", { input: x, target });
  hingeOptions(options, more);
  return compare("hingeEmbeddingLoss", x, target, options, options?.margin ?? 1);
}

/** What binaryCrossEntropy takes beside its tensors. */
export interface BinaryOptions extends LossOptions {
  /** How much each element counts: of the input's shape, or one that is stretched to it. A "mean" divides by elements. */
  weight?: Tensor;
}

/**
 * −target · ln x − (1 − target) · ln(1 − x) of probabilities x and targets from 0 to 1, both of one shape. Logarithms are −100 at
 * least. What is no probability makes the loss NaN, where PyTorch refuses it, which would wait for the GPU here:
 * autograd.detectAnomaly says where a NaN comes from.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.binaryCrossEntropy(tensor([0.5, 0.5]), tensor([1, 0])); // → 0.6931
 */
export function binaryCrossEntropy(
  x: Tensor,
  target: Tensor,
  options?: BinaryOptions,
  ...more: never[]
): Tensor {
  wantTensors("binaryCrossEntropy", { input: x, target });
  bceOptions(options, more);
  return weighed("binaryCrossEntropy", [x, target], options);
}

/** What binaryCrossEntropyWithLogits takes beside its tensors. */
export interface BinaryWithLogitsOptions extends BinaryOptions {
  /** How much more positive targets count: of the input's last dimensions, as a class each, or one that is stretched. */
  posWeight?: Tensor;
}

/**
 * binaryCrossEntropy of sigmoid(x), in one, whatever x: what is to be used of the two.
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.binaryCrossEntropyWithLogits(tensor([0, 0]), tensor([1, 0])); // → 0.6931
 */
export function binaryCrossEntropyWithLogits(
  x: Tensor,
  target: Tensor,
  options?: BinaryWithLogitsOptions,
  ...more: never[]
): Tensor {
  wantTensors("binaryCrossEntropyWithLogits", { input: x, target });
  bceWithLogitsOptions(options, more);
  const { posWeight } = options ?? {};
  if (posWeight === undefined) return weighed("binaryCrossEntropyWithLogits", [x, target], options);
  if (posWeight.requiresGrad)
    throw new Error(
      "binaryCrossEntropyWithLogits: posWeight is a constant, no gradient flows into it: detach() it",
    );
  wantStretched("binaryCrossEntropyWithLogits", "posWeight", posWeight, x);
  const last = x.shape.slice(x.ndim - posWeight.ndim);
  const fits = posWeight.ndim <= x.ndim && sameShape(posWeight.shape, last);
  return scope(
    () =>
      weighed(
        "binaryCrossEntropyWithLogits",
        [x, target, fits ? posWeight : posWeight.expand(x.shape)],
        options,
      ),
    "binaryCrossEntropyWithLogits",
  );
}

/** Throws unless weights are as many as the input's elements once they are broadcast. */
function wantStretched(who: string, name: string, { shape }: Tensor, x: Tensor): void {
  const added = x.ndim - shape.length;
  if (added < 0 || !shape.every((n, d) => n === 1 || n === x.shape[added + d]))
    throw new RangeError(
      `${who}: ${name} ${formatShape(shape)} does not broadcast to the input ${formatShape(x.shape)}`,
    );
}

/** A loss whose elements may have weights. */
function weighed(
  name: PointwiseName,
  inputs: Tensor[],
  { reduction = "mean", weight }: BinaryOptions = {},
): Tensor {
  const [x, target, ...rest] = inputs as [Tensor, Tensor, ...Tensor[]];
  if (weight !== undefined) wantStretched(name, "weight", weight, x);
  if (weight === undefined && target.dtype === "float32")
    return apply(pointwise[name], inputs, { reduction, p: 0 });
  return scope(() => {
    const all = [x, target.float(), ...rest];
    if (weight === undefined) return apply(pointwise[name], all, { reduction, p: 0 });
    return reduce(apply(pointwise[name], all, { reduction: "none", p: 0 }).mul(weight), reduction);
  }, name);
}

/** What poissonNllLoss takes beside its tensors. */
export interface PoissonOptions extends LossOptions {
  /** Whether x is the logarithm of the rate. Default true. */
  logInput?: boolean;
  /** Whether Stirling's approximation of ln(target!) is added, where the target is above 1. Default false. */
  full?: boolean;
  /** Added to rates before their logarithm. Default 1e-8. */
  eps?: number;
}

/**
 * The negative log-likelihood of counts by Poisson's distribution: eˣ − target · x, or x − target · ln(x + eps).
 * @shape any, any → []
 * @shape any, any → the same
 * @example F.poissonNllLoss(tensor([0]), tensor([2])); // → 1
 */
export function poissonNllLoss(
  x: Tensor,
  target: Tensor,
  options?: PoissonOptions,
  ...more: never[]
): Tensor {
  wantTensors("poissonNllLoss", { input: x, target });
  poissonOptions(options, more);
  const { logInput = true, full: whole = false, eps = 1e-8, reduction = "mean" } = options ?? {};
  const name = logInput ? "poissonNllLoss" : "poissonNllLossOfRates";
  if (!whole) return compare(name, x, target, { reduction }, eps);
  return scope(() => {
    const terms = compare(name, x, target, { reduction: "none" }, eps);
    const many = target.clamp(1); // a 0 would have a logarithm, and a gradient, that are not finite
    const stirling = many
      .mul(many.log())
      .sub(many)
      .add(
        many
          .mul(2 * Math.PI)
          .log()
          .mul(0.5),
      );
    return reduce(terms.add(where(target.le(1), 0, stirling)), reduction);
  }, "poissonNllLoss");
}

/** What gaussianNllLoss takes beside its tensors. */
export interface GaussianOptions extends LossOptions {
  /** Whether the constant ½ ln 2π is added. Default false. */
  full?: boolean;
  /** The variance is at least that; its gradient does not know. Default 1e-6. */
  eps?: number;
}

/**
 * ½ (ln variance + (x − target)² / variance): the negative log-likelihood of targets by Gauss's distribution. The variance is of
 * x's shape, or lacks its last dimension, or has 1 there.
 * @shape any, any, any → []
 * @shape any, any, any → the same
 * @example F.gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])); // → 2
 */
export function gaussianNllLoss(
  x: Tensor,
  target: Tensor,
  variance: Tensor,
  options?: GaussianOptions,
  ...more: never[]
): Tensor {
  wantTensors("gaussianNllLoss", { input: x, target, variance });
  gaussianOptions(options, more);
  const { full: whole = false, eps = 1e-6, reduction = "mean" } = options ?? {};
  wantSameShape("gaussianNllLoss", x, target);
  const head = x.shape.slice(0, -1);
  const lacks = !sameShape(variance.shape, x.shape) && sameShape(variance.shape, head);
  if (!lacks && !sameShape(variance.shape, x.shape) && !sameShape(variance.shape, [...head, 1]))
    throw new RangeError(
      `gaussianNllLoss: the variance is ${formatShape(x.shape)}, or without its last dimension, got ${formatShape(variance.shape)}`,
    );
  return scope(() => {
    const given = lacks ? variance.unsqueeze(-1) : variance;
    const bounded = given.add(given.detach().clamp({ min: eps }).sub(given.detach()));
    const terms = bounded.log().add(x.sub(target).square().div(bounded)).mul(0.5);
    const constant = 0.5 * Math.log(2 * Math.PI);
    return reduce(whole ? terms.add(constant) : terms, reduction);
  }, "gaussianNllLoss");
}
