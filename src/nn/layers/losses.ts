// Losses as layers: the functions of F with their settings kept. Weights are buffers, as PyTorch's are.

import { isTensor } from "../../tensor/check.ts";
import { BOOLEAN, type Kind, NUMBER, oneOf, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Buffer, Module } from "../module.ts";

const REDUCTION = oneOf("mean", "sum", "none");
const WEIGHT: Kind = { says: "a tensor", fits: isTensor };

const ctcOptions = takes("CTCLoss", 1, { blank: NUMBER, reduction: REDUCTION, zeroInfinity: BOOLEAN });

/** A layer of an input and a target, unless it says otherwise. */
abstract class Loss<
  O extends object,
  Inputs extends readonly Tensor[] = [x: Tensor, target: Tensor],
> extends Module<Inputs, Tensor> {
  protected readonly settings: O;

  constructor(options: O | undefined, more: readonly unknown[], kinds: Readonly<Record<string, Kind>>) {
    super();
    takes("", 1, kinds)(options, more, this.constructor.name);
    this.settings = { ...options } as O;
  }
}

/** A loss whose classes, or elements, may have weights. */
abstract class WeighedLoss<O extends { weight?: Tensor }, Target = Tensor> extends Module<
  [x: Tensor, target: Target],
  Tensor
> {
  readonly weight: Buffer | null;
  private readonly settings: Omit<O, "weight">;

  constructor(options: O | undefined, more: readonly unknown[], kinds: Readonly<Record<string, Kind>>) {
    super();
    takes("", 1, { weight: WEIGHT, ...kinds })(options, more, this.constructor.name);
    const { weight, ...settings } = options ?? ({} as O);
    this.settings = settings;
    this.weight = weight === undefined ? null : new Buffer(weight);
  }

  /** The settings, the weights among them. */
  protected get options(): O {
    return { ...this.settings, ...(this.weight !== null && { weight: this.weight }) } as O;
  }
}

/**
 * F.crossEntropy.
 * @example new nn.CrossEntropyLoss().forward(zeros([2, 4]), [0, 3]); // → 1.3863
 */
export class CrossEntropyLoss extends WeighedLoss<F.CrossEntropyOptions, F.Labels> {
  constructor(options?: F.CrossEntropyOptions, ...more: never[]) {
    super(options, more, { ignoreIndex: NUMBER, reduction: REDUCTION, labelSmoothing: NUMBER });
  }
  forward(x: Tensor, target: F.Labels): Tensor {
    return F.crossEntropy(x, target, this.options);
  }
}

/**
 * F.nllLoss.
 * @example new nn.NLLLoss().forward(tensor([[-1, -2], [-3, -4]]), [0, 1]); // → 2.5
 */
export class NLLLoss extends WeighedLoss<F.LabelLossOptions, F.Labels> {
  constructor(options?: F.LabelLossOptions, ...more: never[]) {
    super(options, more, { ignoreIndex: NUMBER, reduction: REDUCTION });
  }
  forward(x: Tensor, target: F.Labels): Tensor {
    return F.nllLoss(x, target, this.options);
  }
}

/**
 * F.klDiv.
 * @example new nn.KLDivLoss({ reduction: "batchmean" }).forward(tensor([[0.5, 0.5]]).log(), tensor([[0.5, 0.5]])); // → 0
 */
export class KLDivLoss extends Loss<F.KlDivOptions> {
  constructor(options?: F.KlDivOptions, ...more: never[]) {
    super(options, more, { reduction: oneOf("batchmean", "mean", "sum", "none"), logTarget: BOOLEAN });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.klDiv(x, target, this.settings);
  }
}

/**
 * F.ctcLoss.
 * @example
 * const logProbs = F.logSoftmax(zeros([5, 1, 3]), 2); // [time, samples, classes], 0 is the blank
 * new nn.CTCLoss().forward(logProbs, tensor(new Uint32Array([1, 2])).reshape([1, 2]), [5], [2]).shape; // → []
 */
export class CTCLoss extends Module<
  [
    logProbabilities: Tensor,
    targets: F.CtcTargets,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ],
  Tensor
> {
  private readonly settings: F.CtcOptions;

  constructor(options?: F.CtcOptions, ...more: never[]) {
    super();
    ctcOptions(options, more);
    this.settings = { ...options };
  }
  forward(
    logProbabilities: Tensor,
    targets: F.CtcTargets,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return F.ctcLoss(logProbabilities, targets, inputLengths, targetLengths, this.settings);
  }
}

/**
 * F.mseLoss.
 * @example new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])); // → 2
 */
export class MSELoss extends Loss<F.LossOptions> {
  constructor(options?: F.LossOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.mseLoss(x, target, this.settings);
  }
}

/**
 * F.l1Loss.
 * @example new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])); // → 1
 */
export class L1Loss extends Loss<F.LossOptions> {
  constructor(options?: F.LossOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.l1Loss(x, target, this.settings);
  }
}

/**
 * F.smoothL1Loss.
 * @example new nn.SmoothL1Loss().forward(tensor([0]), tensor([3])); // → 2.5
 */
export class SmoothL1Loss extends Loss<F.SmoothL1Options> {
  constructor(options?: F.SmoothL1Options, ...more: never[]) {
    super(options, more, { reduction: REDUCTION, beta: NUMBER });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(x, target, this.settings);
  }
}

/**
 * F.huberLoss.
 * @example new nn.HuberLoss({ delta: 2 }).forward(tensor([0]), tensor([4])); // → 6
 */
export class HuberLoss extends Loss<F.HuberOptions> {
  constructor(options?: F.HuberOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION, delta: NUMBER });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.huberLoss(x, target, this.settings);
  }
}

/**
 * F.binaryCrossEntropy.
 * @shape any, any → []
 * @shape any, any → the same
 * @example new nn.BCELoss().forward(tensor([0.5]), tensor([1])); // → 0.6931
 */
export class BCELoss extends WeighedLoss<F.BinaryOptions> {
  constructor(options?: F.BinaryOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(x, target, this.options);
  }
}

/**
 * F.binaryCrossEntropyWithLogits.
 * @shape any, any → []
 * @shape any, any → the same
 * @example new nn.BCEWithLogitsLoss().forward(tensor([0]), tensor([1])); // → 0.6931
 */
export class BCEWithLogitsLoss extends WeighedLoss<F.BinaryOptions> {
  readonly posWeight: Buffer | null;

  constructor(options?: F.BinaryWithLogitsOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION, posWeight: WEIGHT });
    const { posWeight } = options ?? {};
    this.posWeight = posWeight === undefined ? null : new Buffer(posWeight);
  }
  forward(x: Tensor, target: Tensor): Tensor {
    const posWeight = this.posWeight ?? undefined;
    return F.binaryCrossEntropyWithLogits(x, target, { ...this.options, posWeight });
  }
}

/**
 * F.poissonNllLoss.
 * @example new nn.PoissonNLLLoss().forward(tensor([0]), tensor([2])); // → 1
 */
export class PoissonNLLLoss extends Loss<F.PoissonOptions> {
  constructor(options?: F.PoissonOptions, ...more: never[]) {
    super(options, more, { logInput: BOOLEAN, full: BOOLEAN, eps: NUMBER, reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.poissonNllLoss(x, target, this.settings);
  }
}

/**
 * F.gaussianNllLoss.
 * @example new nn.GaussianNLLLoss().forward(tensor([1]), tensor([3]), tensor([1])); // → 2
 */
export class GaussianNLLLoss extends Loss<F.GaussianOptions, [x: Tensor, target: Tensor, variance: Tensor]> {
  constructor(options?: F.GaussianOptions, ...more: never[]) {
    super(options, more, { full: BOOLEAN, eps: NUMBER, reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor, variance: Tensor): Tensor {
    return F.gaussianNllLoss(x, target, variance, this.settings);
  }
}

/**
 * F.softMarginLoss.
 * @example new nn.SoftMarginLoss().forward(tensor([0]), tensor([1])); // → 0.6931
 */
export class SoftMarginLoss extends Loss<F.LossOptions> {
  constructor(options?: F.LossOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(x, target, this.settings);
  }
}

/**
 * F.hingeEmbeddingLoss.
 * @example new nn.HingeEmbeddingLoss().forward(tensor([0.3]), tensor([-1])); // → 0.7
 */
export class HingeEmbeddingLoss extends Loss<F.HingeEmbeddingOptions> {
  constructor(options?: F.HingeEmbeddingOptions, ...more: never[]) {
    super(options, more, { margin: NUMBER, reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.hingeEmbeddingLoss(x, target, this.settings);
  }
}

/**
 * F.cosineEmbeddingLoss.
 * @example new nn.CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])); // → 1
 */
export class CosineEmbeddingLoss extends Loss<F.MarginOptions, [x1: Tensor, x2: Tensor, target: Tensor]> {
  constructor(options?: F.MarginOptions, ...more: never[]) {
    super(options, more, { margin: NUMBER, reduction: REDUCTION });
  }
  forward(x1: Tensor, x2: Tensor, target: Tensor): Tensor {
    return F.cosineEmbeddingLoss(x1, x2, target, this.settings);
  }
}

/**
 * F.marginRankingLoss.
 * @example new nn.MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])); // → 2
 */
export class MarginRankingLoss extends Loss<F.MarginOptions, [x1: Tensor, x2: Tensor, target: Tensor]> {
  constructor(options?: F.MarginOptions, ...more: never[]) {
    super(options, more, { margin: NUMBER, reduction: REDUCTION });
  }
  forward(x1: Tensor, x2: Tensor, target: Tensor): Tensor {
    return F.marginRankingLoss(x1, x2, target, this.settings);
  }
}

/**
 * F.tripletMarginLoss.
 * @example new nn.TripletMarginLoss().forward(tensor([[0, 0]]), tensor([[0, 1]]), tensor([[0, 3]])); // → 0
 */
export class TripletMarginLoss extends Loss<
  F.TripletOptions,
  [anchor: Tensor, positive: Tensor, negative: Tensor]
> {
  constructor(options?: F.TripletOptions, ...more: never[]) {
    super(options, more, { margin: NUMBER, p: NUMBER, eps: NUMBER, swap: BOOLEAN, reduction: REDUCTION });
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return F.tripletMarginLoss(anchor, positive, negative, this.settings);
  }
}

/**
 * F.multilabelSoftMarginLoss.
 * @example new nn.MultiLabelSoftMarginLoss().forward(zeros([1, 3]), tensor([[1, 0, 1]])); // → 0.6931
 */
export class MultiLabelSoftMarginLoss extends WeighedLoss<F.WeighedOptions> {
  constructor(options?: F.WeighedOptions, ...more: never[]) {
    super(options, more, { reduction: REDUCTION });
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return F.multilabelSoftMarginLoss(x, target, this.options);
  }
}

/**
 * F.multiMarginLoss.
 * @example new nn.MultiMarginLoss().forward(tensor([[0, 2, 0]]), tensor(new Uint32Array([1]))); // → 0
 */
export class MultiMarginLoss extends WeighedLoss<F.MultiMarginOptions> {
  constructor(options?: F.MultiMarginOptions, ...more: never[]) {
    super(options, more, { p: NUMBER, margin: NUMBER, reduction: REDUCTION });
  }
  forward(x: Tensor, labels: Tensor): Tensor {
    return F.multiMarginLoss(x, labels, this.options);
  }
}
