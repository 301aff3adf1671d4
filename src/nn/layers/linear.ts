// Linear and embedding layers.

import { wantNoMore, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { kaimingUniform_, normal_, uniform_ } from "../init.ts";
import { Module, Parameter } from "../module.ts";

/**
 * PyTorch's initial weights of linear and convolutional layers: uniform within ±1/√fanIn, weight (as Kaiming's
 * with a = √5 comes to) and bias alike.
 */
export function defaultInit(weight: Parameter, bias: Parameter | null, fanIn: number): void {
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  if (bias !== null) uniform_(bias, -bound, bound);
}

const linearOptions = takes("Linear", 3, { bias: BOOLEAN });

/**
 * y = x · weightᵀ + bias: [..., inFeatures] → [..., outFeatures].
 * @shape [..., inFeatures] → [..., outFeatures]
 * @example
 * const dense = new nn.Linear(3, 2);
 * dense.forward(ones([4, 3])).shape; // → [4, 2]
 * dense.weight.shape; // → [2, 3]
 */
export class Linear extends Module {
  /** [outFeatures, inFeatures] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options?: { bias?: boolean },
    ...more: never[]
  ) {
    super();
    linearOptions(options, more);
    wantWhole("Linear", { inFeatures }, 1);
    wantWhole("Linear", { outFeatures }, 1);
    this.weight = new Parameter(zeros([outFeatures, inFeatures]));
    this.bias = (options?.bias ?? true) ? new Parameter(zeros([outFeatures])) : null;
    defaultInit(this.weight, this.bias, inFeatures);
  }

  forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }

  protected override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias === null ? ", bias: false" : ""}`;
  }
}

/**
 * A learned row for each of `numEmbeddings` indices: index [...] → [..., embeddingDim].
 * @shape [...index] → [...index, embeddingDim]
 * @example new nn.Embedding(100, 16).forward([3, 14, 15]).shape; // → [3, 16]
 */
export class Embedding extends Module<[index: Tensor | readonly number[]], Tensor> {
  /** [numEmbeddings, embeddingDim], at first standard normal */
  readonly weight: Parameter;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    ...more: never[]
  ) {
    super();
    wantNoMore("Embedding", more);
    wantWhole("Embedding", { numEmbeddings }, 1);
    wantWhole("Embedding", { embeddingDim }, 1);
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim]));
    normal_(this.weight);
  }

  forward(index: Tensor | readonly number[]): Tensor {
    return F.embedding(index, this.weight);
  }

  protected override describe(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
