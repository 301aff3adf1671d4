// Normalisation layers: by channel over the batch, with running statistics as PyTorch keeps them; by row; by group.

import { formatShape, type Shape } from "../../gpu/shape.ts";
import { wantShape, wantTensor, wantWhole } from "../../tensor/check.ts";
import { ones, zeros } from "../../tensor/creation.ts";
import { BOOLEAN, NUMBER, orNull, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { batchNormThen } from "../functional/norm.ts";
import { IGNORED, noteParameters } from "../held.ts";
import { Buffer, Module, Parameter } from "../module.ts";
import { fuseRelu } from "./fusing.ts";

export interface BatchNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** Share of the batch's statistics that goes into the running ones; null: they are the mean over all batches since the layer was made. */
  momentum?: number | null;
  /** Whether to learn a scale and a shift for each channel. */
  affine?: boolean;
  /** Whether to keep running statistics; without them, evaluation uses the batch's too. */
  trackRunningStats?: boolean;
}

const batchNormOptions = takes("BatchNorm", 2, {
  eps: NUMBER,
  momentum: orNull(NUMBER),
  affine: BOOLEAN,
  trackRunningStats: BOOLEAN,
});

abstract class BatchNorm extends Module {
  readonly eps: number;
  momentum: number | null;
  /** @internal Batches that it has learned from, where momentum is null. */
  batches = 0;
  /** Each [numFeatures]. */
  weight: Parameter | null;
  bias: Parameter | null;
  readonly runningMean: Buffer | null;
  readonly runningVar: Buffer | null;

  constructor(
    readonly numFeatures: number,
    options?: BatchNormOptions,
    ...more: never[]
  ) {
    super();
    batchNormOptions(options, more, this.constructor.name);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options ?? {};
    wantWhole(this.constructor.name, { numFeatures }, 1);
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    noteParameters(this);
    this.runningMean = trackRunningStats ? new Buffer(zeros([numFeatures])) : null;
    this.runningVar = trackRunningStats ? new Buffer(ones([numFeatures])) : null;
    // In training, where it saves two passes over memory. Said here and not beside the class: a page without batch norm leaves out
    // a module that does nothing when it is loaded.
    fuseRelu(BatchNorm.prototype.forward, (layer: BatchNorm, x) =>
      layer.training ? normalize(layer, layer.ranks, x, true) : null,
    );
  }

  /** Dimensions that an input may have. */
  protected abstract readonly ranks: readonly number[];

  forward(x: Tensor): Tensor {
    return normalize(this, this.ranks, x, false);
  }

  /** How many batches PyTorch's layer has seen: of use to a momentum of null alone, which counts its own. */
  override [IGNORED](): readonly string[] {
    return ["num_batches_tracked"];
  }

  protected override extraRepr(): string {
    return String(this.numFeatures);
  }
}

/** @param relu whether max(·, 0) follows in the same pass */
function normalize(layer: BatchNorm, ranks: readonly number[], x: Tensor, relu: boolean): Tensor {
  const { name } = layer.constructor;
  wantTensor(name, "the input", x);
  checkChannels(name, x, ranks, layer.numFeatures);
  return batchNormThen(x, layer.runningMean, layer.runningVar, layer.weight, layer.bias, {
    training: layer.training || layer.runningMean === null,
    momentum: layer.momentum ?? (layer.training ? 1 / ++layer.batches : 0),
    eps: layer.eps,
    relu,
  });
}

/** @param given what the user passed, where it is not x */
function checkChannels(who: string, x: Tensor, ranks: readonly number[], channels: number, given = x): void {
  if (ranks.includes(x.ndim) && x.shape[1] === channels) return;
  const wanted = ranks.map((rank) => formatWanted(rank, channels)).join(" or ");
  throw new RangeError(`${who}: wants an input ${wanted}, got ${formatShape(given.shape)}`);
}

function formatWanted(rank: number, channels: number): string {
  return `[${["samples", channels, ...["length", "height, width"].slice(rank - 3, rank - 2)].join(", ")}]`;
}

/**
 * Over the samples, and positions if any, of each channel of [samples, channels] or [samples, channels, length].
 * @shape [samples, channels] → the same
 * @shape [samples, channels, length] → the same
 * @example new nn.BatchNorm1d(1).forward(tensor([[1], [3]])); // → [[-1], [1]]
 */
export class BatchNorm1d extends BatchNorm {
  protected readonly ranks = [2, 3];
}

/**
 * Over the samples and pixels of each channel of [samples, channels, height, width].
 * @shape [samples, channels, height, width] → the same
 * @example new nn.BatchNorm2d(16).forward(ones([8, 16, 4, 4])).shape; // → [8, 16, 4, 4]
 */
export class BatchNorm2d extends BatchNorm {
  protected readonly ranks = [4];
}

/** The shape of a row, of which a number is the last dimension's size alone. */
function rowOf(who: string, normalizedShape: number | Shape): Shape {
  const row = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  wantShape(who, row);
  return [...row];
}

export interface LayerNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** Whether to learn a scale and a shift for each element of a row. */
  elementwiseAffine?: boolean;
  /** Whether to learn the shift. */
  bias?: boolean;
}

const layerNormOptions = takes("LayerNorm", 2, { eps: NUMBER, elementwiseAffine: BOOLEAN, bias: BOOLEAN });

/**
 * Each row, the last dimensions of sizes `normalizedShape`, to mean 0 and variance 1: [..., ...normalizedShape] → the same.
 * @shape [..., ...row] → the same
 * @example new nn.LayerNorm([2]).forward(tensor([[1, 3]])); // → [[-1, 1]]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  /** Each of the row's shape. */
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(normalizedShape: number | Shape, options?: LayerNormOptions, ...more: never[]) {
    super();
    layerNormOptions(options, more);
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options ?? {};
    this.normalizedShape = rowOf("LayerNorm", normalizedShape);
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape)) : null;
    noteParameters(this);
  }

  forward(x: Tensor): Tensor {
    return F.layerNorm(x, this.normalizedShape, this.weight, this.bias, { eps: this.eps });
  }

  protected override extraRepr(): string {
    return formatShape(this.normalizedShape);
  }
}

export interface RMSNormOptions {
  /** Added to the mean square; float32's epsilon, 2⁻²³, where it is left out. */
  eps?: number;
  /** Whether to learn a scale for each element of a row. */
  elementwiseAffine?: boolean;
}

const rmsNormOptions = takes("RMSNorm", 2, { eps: NUMBER, elementwiseAffine: BOOLEAN });

/**
 * Each row, the last dimensions of sizes `normalizedShape`, over its root mean square: [..., ...normalizedShape] → the same.
 * @shape [..., ...row] → the same
 * @example new nn.RMSNorm([2]).forward(tensor([[3, 4]])); // → [[0.8485, 1.1314]]
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number | undefined;
  /** Of the row's shape. */
  weight: Parameter | null;

  constructor(normalizedShape: number | Shape, options?: RMSNormOptions, ...more: never[]) {
    super();
    rmsNormOptions(options, more);
    this.normalizedShape = rowOf("RMSNorm", normalizedShape);
    this.eps = options?.eps;
    this.weight = (options?.elementwiseAffine ?? true) ? new Parameter(ones(this.normalizedShape)) : null;
    noteParameters(this);
  }

  forward(x: Tensor): Tensor {
    return F.rmsNorm(x, this.normalizedShape, this.weight, { eps: this.eps });
  }

  protected override extraRepr(): string {
    return formatShape(this.normalizedShape);
  }
}

export interface GroupNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** Whether to learn a scale and a shift for each channel. */
  affine?: boolean;
}

const groupNormOptions = takes("GroupNorm", 3, { eps: NUMBER, affine: BOOLEAN });

/**
 * The channels of each sample of [samples, numChannels, …] in groups, each to mean 0 and variance 1.
 * @shape [samples, channels, ...] → the same
 * @example new nn.GroupNorm(3, 6).forward(ones([2, 6, 5])).shape; // → [2, 6, 5]
 */
export class GroupNorm extends Module {
  readonly eps: number;
  /** Each [numChannels]. */
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options?: GroupNormOptions,
    ...more: never[]
  ) {
    super();
    groupNormOptions(options, more);
    wantWhole("GroupNorm", { numGroups }, 1);
    wantWhole("GroupNorm", { numChannels }, 1);
    if (numChannels % numGroups !== 0)
      throw new RangeError(`GroupNorm: ${numChannels} channels do not make ${numGroups} groups`);
    const { eps = 1e-5, affine = true } = options ?? {};
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels])) : null;
    this.bias = affine ? new Parameter(zeros([numChannels])) : null;
    noteParameters(this);
  }

  forward(x: Tensor): Tensor {
    wantTensor("GroupNorm", "the input", x);
    if (x.shape[1] !== this.numChannels) {
      throw new RangeError(
        `GroupNorm: wants an input [samples, ${this.numChannels}, …], got ${formatShape(x.shape)}`,
      );
    }
    return F.groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }

  protected override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}`;
  }
}

abstract class InstanceNorm extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormOptions, ...more: never[]) {
    batchNormOptions(options, more, new.target.name);
    const { affine = false, trackRunningStats = false } = options ?? {};
    super(numFeatures, { ...options, affine, trackRunningStats });
  }

  override forward(x: Tensor): Tensor {
    const name = this.constructor.name;
    wantTensor(name, "the input", x);
    const alone = this.ranks.includes(x.ndim + 1);
    const batch = alone ? x.unsqueeze(0) : x;
    checkChannels(name, batch, this.ranks, this.numFeatures, x);
    const y = F.instanceNorm(batch, this.runningMean, this.runningVar, this.weight, this.bias, {
      useInputStats: this.training || this.runningMean === null,
      momentum: this.momentum ?? 0, // as in PyTorch
      eps: this.eps,
    });
    return alone ? y.squeeze(0) : y;
  }
}

/**
 * Over the positions of each channel of each sample of [samples, channels, length] or [channels, length].
 * @shape [samples, channels, length] → the same
 * @shape [channels, length] → the same
 * @example new nn.InstanceNorm1d(1).forward(tensor([[[1, 3]]])); // → [[[-1, 1]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly ranks = [3];
}

/**
 * Over the pixels of each channel of each sample of [samples, channels, height, width] or [channels, height, width].
 * @shape [samples, channels, height, width] → the same
 * @shape [channels, height, width] → the same
 * @example new nn.InstanceNorm2d(3).forward(ones([2, 3, 4, 4])).shape; // → [2, 3, 4, 4]
 */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly ranks = [4];
}

const localResponseNormOptions = takes("LocalResponseNorm", 2, { alpha: NUMBER, beta: NUMBER, k: NUMBER });

/**
 * Each element over what the `size` channels around it hold: F.localResponseNorm.
 * @example new nn.LocalResponseNorm(2).forward(ones([1, 4, 3])).shape; // → [1, 4, 3]
 */
export class LocalResponseNorm extends Module {
  constructor(
    readonly size: number,
    private readonly options?: F.LocalResponseNormOptions,
    ...more: never[]
  ) {
    super();
    wantWhole("LocalResponseNorm", { size }, 1);
    localResponseNormOptions(options, more);
  }

  forward(x: Tensor): Tensor {
    return F.localResponseNorm(x, this.size, this.options);
  }

  protected override extraRepr(): string {
    return String(this.size);
  }
}
