// Linear and embedding layers.

import { formatShape } from "../../gpu/shape.ts";
import { noGrad } from "../../tensor/autograd/grad-mode.ts";
import { wantTensor, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { BOOLEAN, NUMBER, orNull, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as F from "../functional/index.ts";
import { paddingRow } from "../functional/shared/paddingRow.ts";
import { noteParameters } from "../held.ts";
import { kaimingUniform_, normal_, uniform_ } from "../init.ts";
import { Module, Parameter } from "../module.ts";
import { skipInit } from "../skip-init.ts";

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
  weight: Parameter;
  bias: Parameter | null;

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
    noteParameters(this);
  }

  forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }

  protected override extraRepr(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias === null ? ", bias: false" : ""}`;
  }
}

const embeddingOptions = takes("Embedding", 3, { paddingIdx: orNull(NUMBER) });
const pretrainedOptions = takes("fromPretrained", 2, { freeze: BOOLEAN, paddingIdx: orNull(NUMBER) });

/**
 * A learned row for each of `numEmbeddings` indices: index [...] → [..., embeddingDim].
 * @shape [...index] → [...index, embeddingDim]
 * @example new nn.Embedding(100, 16).forward([3, 14, 15]).shape; // → [3, 16]
 */
export class Embedding extends Module<[index: Tensor | readonly number[]], Tensor> {
  /** The row of padding, which is 0 at first and stays as it is; null where there is none. */
  readonly paddingIdx: number | null;
  /** [numEmbeddings, embeddingDim], at first standard normal */
  weight: Parameter;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options?: F.EmbeddingOptions,
    ...more: never[]
  ) {
    super();
    embeddingOptions(options, more);
    wantWhole("Embedding", { numEmbeddings }, 1);
    wantWhole("Embedding", { embeddingDim }, 1);
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim]));
    normal_(this.weight);
    noteParameters(this);
    const { paddingIdx = null } = options ?? {};
    this.paddingIdx = paddingIdx === null ? null : paddingRow("Embedding", paddingIdx, numEmbeddings);
    if (this.paddingIdx !== null) {
      const row = [this.paddingIdx];
      noGrad(() => this.weight.copy_(this.weight.indexFill(0, row, 0)));
    }
  }

  /**
   * A layer with these rows, [numEmbeddings, embeddingDim], whose memory it shares. They are learned only with `freeze: false`.
   * @shape [numEmbeddings, embeddingDim] → a layer
   * @example nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]])).forward([1]); // → [[3, 4]]
   */
  static fromPretrained(
    embeddings: Tensor,
    options?: F.EmbeddingOptions & { freeze?: boolean },
    ...more: never[]
  ): Embedding {
    pretrainedOptions(options, more);
    wantTensor("fromPretrained", "the table", embeddings);
    const [rows, columns] = embeddings.shape;
    if (embeddings.ndim !== 2)
      throw new RangeError(`fromPretrained: the table is [rows, d], got ${formatShape(embeddings.shape)}`);
    const { freeze = true, paddingIdx = null } = options ?? {};
    const layer = skipInit(() => new Embedding(1, columns!)); // of one row, which is not kept
    return Object.assign(layer, {
      numEmbeddings: rows,
      paddingIdx: paddingIdx === null ? null : paddingRow("fromPretrained", paddingIdx, rows!),
      weight: new Parameter(embeddings, { requiresGrad: !freeze }),
    });
  }

  forward(index: Tensor | readonly number[]): Tensor {
    return F.embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }

  protected override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}
