// Batch normalisation (Ioffe & Szegedy 2015) with running statistics as PyTorch keeps them.

import { formatShape } from "../../gpu/shape.ts";
import { wantTensor, wantWhole } from "../../tensor/check.ts";
import { ones, zeros } from "../../tensor/creation.ts";
import { BOOLEAN, NUMBER, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { Buffer, Module, Parameter } from "../module.ts";

export interface BatchNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** Share of the batch's statistics that goes into the running ones. */
  momentum?: number;
  /** Whether to learn a scale and a shift for each channel. */
  affine?: boolean;
  /** Whether to keep running statistics; without them, evaluation uses the batch's too. */
  trackRunningStats?: boolean;
}

const batchNormOptions = takes("BatchNorm", 2, {
  eps: NUMBER,
  momentum: NUMBER,
  affine: BOOLEAN,
  trackRunningStats: BOOLEAN,
});

abstract class BatchNorm extends Module {
  readonly eps: number;
  readonly momentum: number;
  /** Each [numFeatures]. */
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
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
    this.runningMean = trackRunningStats ? new Buffer(zeros([numFeatures])) : null;
    this.runningVar = trackRunningStats ? new Buffer(ones([numFeatures])) : null;
  }

  /** Dimensions that an input may have. */
  protected abstract readonly ranks: readonly number[];

  forward(x: Tensor): Tensor {
    const name = this.constructor.name;
    wantTensor(name, "the input", x);
    if (!this.ranks.includes(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = this.ranks.map((rank) => formatWanted(rank, this.numFeatures)).join(" or ");
      throw new RangeError(`${name}: wants an input ${wanted}, got ${formatShape(x.shape)}`);
    }
    return F.batchNorm(x, this.runningMean, this.runningVar, this.weight, this.bias, {
      training: this.training || this.runningMean === null,
      momentum: this.momentum,
      eps: this.eps,
    });
  }

  /** How many batches PyTorch's layer has seen: of use only to a momentum that this one does not have. */
  override ignoredKeys(): readonly string[] {
    return ["num_batches_tracked"];
  }

  protected override describe(): string {
    return String(this.numFeatures);
  }
}

function formatWanted(rank: number, channels: number): string {
  return `[${["samples", channels, ...["length", "height, width"].slice(rank - 3, rank - 2)].join(", ")}]`;
}

/** Over the samples, and positions if any, of each channel of [samples, channels] or [samples, channels, length]. */
export class BatchNorm1d extends BatchNorm {
  protected readonly ranks = [2, 3];
}

/** Over the samples and pixels of each channel of [samples, channels, height, width]. */
export class BatchNorm2d extends BatchNorm {
  protected readonly ranks = [4];
}
