// Attention of several heads, as a layer (Vaswani et al. 2017), by PyTorch's names and with its weights.
import { nextDraw } from "../../gpu/random.ts";
import { formatShape, sameShape } from "../../gpu/shape.ts";
import { requireFloat } from "../../kernels/shared/require.ts";
import { wantProbability, wantTensor, wantTensorOrNull, wantWhole } from "../../tensor/check.ts";
import { zeros } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { arrayOf } from "../../tensor/handle.ts";
import { BOOLEAN, NUMBER, orNull, TENSOR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { attendInHeads } from "../functional/attention.ts";
import * as F from "../functional/index.ts";
import { noteParameters } from "../held.ts";
import { constant_, xavierUniform_ } from "../init.ts";
import { Module, Parameter } from "../module.ts";
import { Linear } from "./linear.ts";

export interface MultiheadAttentionOptions {
  /** Probability with which a weight is dropped while training. */
  dropout?: number;
  /** Whether the maps before and behind attention have a bias. */
  bias?: boolean;
  /** Elements of a key, and of a value, where they are others than a query's. */
  kdim?: number;
  vdim?: number;
  /** Whether the batch comes first, [batch, rows, …], or second, [rows, batch, …]. */
  batchFirst?: boolean;
}

export interface MultiheadAttentionCall {
  /** [queries, keys] or [batch · heads, queries, keys]: bools, true where a query must not see a key, or floats, added to the scores. */
  attnMask?: Tensor | null;
  /** [batch, keys], or [keys] of one alone: bools, true where a key is padding, or floats. */
  keyPaddingMask?: Tensor | null;
  /** Whether the weights are returned, too: a slower way. */
  needWeights?: boolean;
  /** Whether as the heads' average. */
  averageAttnWeights?: boolean;
  /** Whether query i sees keys 0 … i alone; with `attnMask`, that is what counts. */
  isCausal?: boolean;
}

type Kind = "hidden" | "added";

const layerOptions = takes("MultiheadAttention", 3, {
  dropout: NUMBER,
  bias: BOOLEAN,
  kdim: NUMBER,
  vdim: NUMBER,
  batchFirst: BOOLEAN,
});
const callOptions = takes("MultiheadAttention.forward", 4, {
  keyPaddingMask: orNull(TENSOR),
  needWeights: BOOLEAN,
  attnMask: orNull(TENSOR),
  averageAttnWeights: BOOLEAN,
  isCausal: BOOLEAN,
});

/**
 * Attention of `numHeads` heads, each over its share of the elements: query [queries, batch, embedDim], key [keys, batch,
 * kdim], value [keys, batch, vdim] → [queries, batch, embedDim] and, unless `needWeights` is false, the weights [batch, queries,
 * keys], or null. The batch comes first where `batchFirst`, and may be left out.
 * @shape [samples, queries, e], [samples, keys, k], [samples, keys, v] → [samples, queries, e], any
 * @shape [queries, samples, e], [keys, samples, k], [keys, samples, v] → [queries, samples, e], any
 * @shape [queries, e], [keys, k], [keys, v] → [queries, e], any
 * @example
 * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
 * const x = ones([4, 10, 8]); // [samples, places, embedDim]
 * const [y, weights] = attention.forward(x, x, x);
 * [y.shape, weights!.shape]; // → [[4, 10, 8], [4, 10, 10]]
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key: Tensor, value: Tensor, options?: MultiheadAttentionCall],
  [output: Tensor, weights: Tensor | null]
> {
  readonly dropout: number;
  readonly batchFirst: boolean;
  /** [3 · embedDim, embedDim]: of queries, keys and values. Null where their widths differ: then each has its own. */
  inProjWeight: Parameter | null;
  qProjWeight: Parameter | null;
  kProjWeight: Parameter | null;
  vProjWeight: Parameter | null;
  /** [3 · embedDim] */
  inProjBias: Parameter | null;
  readonly outProj: Linear;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options?: MultiheadAttentionOptions,
    ...more: never[]
  ) {
    super();
    layerOptions(options, more);
    wantWhole("MultiheadAttention", { embedDim }, 1);
    wantWhole("MultiheadAttention", { numHeads }, 1);
    if (embedDim % numHeads !== 0)
      throw new RangeError(`MultiheadAttention: ${embedDim} elements do not make ${numHeads} heads`);
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = false } = options ?? {};
    wantProbability("MultiheadAttention", { dropout });
    wantWhole("MultiheadAttention", { kdim, vdim }, 1);
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    const weight = (outputs: number, inputs: number) =>
      xavierUniform_(new Parameter(zeros([outputs, inputs]))) as Parameter;
    const alike = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = alike ? weight(3 * embedDim, embedDim) : null;
    this.qProjWeight = alike ? null : weight(embedDim, embedDim);
    this.kProjWeight = alike ? null : weight(embedDim, kdim);
    this.vProjWeight = alike ? null : weight(embedDim, vdim);
    this.inProjBias = bias ? new Parameter(zeros([3 * embedDim])) : null;
    noteParameters(this);
    this.outProj = new Linear(embedDim, embedDim, { bias });
    if (this.outProj.bias !== null) constant_(this.outProj.bias, 0);
  }

  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options?: MultiheadAttentionCall,
    ...more: never[]
  ): [output: Tensor, weights: Tensor | null] {
    callOptions(options, more);
    this.checkInputs(query, key, value);
    const alone = query.ndim === 2;
    const batchAt = this.batchFirst ? 0 : 1;
    const lift = (x: Tensor) => (alone ? x.unsqueeze(batchAt) : x);
    const parts =
      query === key && key === value && this.inProjWeight !== null
        ? [F.linear(lift(query), this.inProjWeight, this.inProjBias)]
        : this.projected([lift(query), lift(key), lift(value)]);
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = options ?? {};
    const batch = alone ? 1 : query.shape[batchAt]!;
    const { mask, kind } = this.maskOf(options ?? {}, batch, query, key);
    const dropped = this.training && this.dropout > 0;
    const attrs = {
      heads: this.numHeads,
      rowsFirst: !this.batchFirst,
      causal: isCausal && (options?.attnMask ?? null) === null,
      scale: 1 / Math.sqrt(this.embedDim / this.numHeads),
      mask: kind,
      dropout: dropped ? { p: this.dropout, ...nextDraw() } : null,
    };
    const [attended, weights] = attendInHeads(parts, mask, attrs, needWeights);
    const output = this.outProj.forward(attended);
    const shown = averageAttnWeights ? weights?.mean(1) : weights;
    return [
      alone ? output.squeeze(batchAt) : output,
      shown === null || shown === undefined ? null : alone ? shown.squeeze(0) : shown,
    ];
  }

  private checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
    const who = "MultiheadAttention";
    wantTensor(who, "the query", query);
    wantTensor(who, "the key", key);
    wantTensor(who, "the value", value);
    requireFloat(who, ...[query, key, value].map(arrayOf));
    const wanted = [
      this.embedDim,
      this.kProjWeight?.shape[1] ?? this.embedDim,
      this.vProjWeight?.shape[1] ?? this.embedDim,
    ];
    const inputs = [query, key, value];
    const rank = query.ndim === 2 ? 2 : 3;
    const rows = rank === 3 && this.batchFirst ? 1 : 0;
    const fits =
      inputs.every(({ ndim, shape }, i) => ndim === rank && shape[rank - 1] === wanted[i]) &&
      key.shape[rows] === value.shape[rows] &&
      (rank === 2 || inputs.every(({ shape }) => shape[1 - rows] === query.shape[1 - rows]));
    if (fits) return;
    const lead = this.batchFirst ? "[batch, rows, " : "[rows, batch, ";
    const shapes = inputs.map(({ shape }) => formatShape(shape)).join(", ");
    throw new RangeError(
      `${who}: wants a query ${lead}${wanted[0]}], a key ${lead}${wanted[1]}] and a value ${lead}${wanted[2]}] of as many rows as keys, or each without a batch, got ${shapes}`,
    );
  }

  /** Queries, keys and values through the weights of each. */
  private projected(inputs: readonly Tensor[]): Tensor[] {
    const own = [this.qProjWeight, this.kProjWeight, this.vProjWeight];
    return inputs.map((x, i) => {
      const part = (all: Tensor) => all.narrow(0, i * this.embedDim, this.embedDim);
      return F.linear(x, own[i] ?? part(this.inProjWeight!), this.inProjBias && part(this.inProjBias));
    });
  }

  /** Both masks in one that broadcasts to [batch, heads, queries, keys]. */
  private maskOf(
    { attnMask = null, keyPaddingMask = null }: MultiheadAttentionCall,
    batch: number,
    query: Tensor,
    key: Tensor,
  ): { mask: Tensor | null; kind: Kind | null } {
    const rows = (x: Tensor) => x.shape[x.ndim === 3 && this.batchFirst ? 1 : 0]!;
    const [queries, keys] = [rows(query), rows(key)];
    const scores =
      attnMask === null
        ? null
        : masked("attnMask", attnMask, [
            { shape: [queries, keys], as: [queries, keys] },
            { shape: [batch * this.numHeads, queries, keys], as: [batch, this.numHeads, queries, keys] },
          ]);
    const padding =
      keyPaddingMask === null
        ? null
        : masked("keyPaddingMask", keyPaddingMask, [
            { shape: query.ndim === 2 ? [keys] : [batch, keys], as: [batch, 1, 1, keys] },
          ]);
    if (scores === null || padding === null) {
      const only = scores ?? padding;
      return { mask: only, kind: only === null ? null : only.dtype === "bool" ? "hidden" : "added" };
    }
    const asFloats = (mask: Tensor) => (mask.dtype === "bool" ? where(mask, -Infinity, 0) : mask);
    return { mask: asFloats(scores).add(asFloats(padding)), kind: "added" };
  }

  protected override extraRepr(): string {
    return `${this.embedDim}, ${this.numHeads}`;
  }
}

/** Throws unless each is what a layer around this attention computes with: rows of floats, of its width. */
export function wantRows(
  who: string,
  inputs: Record<string, Tensor>,
  { embedDim, batchFirst }: MultiheadAttention,
): void {
  for (const [name, x] of Object.entries(inputs)) {
    wantTensor(who, name, x);
    requireFloat(who, arrayOf(x));
    if ((x.ndim === 2 || x.ndim === 3) && x.shape.at(-1) === embedDim) continue;
    const batches = batchFirst ? "batch, rows" : "rows, batch";
    throw new RangeError(
      `${who}: ${name} is [${batches}, ${embedDim}] or [rows, ${embedDim}], got ${formatShape(x.shape)}`,
    );
  }
}

/** A mask in the form in which it broadcasts. */
function masked(name: string, mask: Tensor, ways: { shape: number[]; as: number[] }[]): Tensor {
  wantTensorOrNull("MultiheadAttention", name, mask);
  if (mask.dtype !== "bool" && mask.dtype !== "float32")
    throw new TypeError(`MultiheadAttention: ${name} is bools or float32, got ${mask.dtype}`);
  const way = ways.find(({ shape }) => sameShape(mask.shape, shape));
  if (way !== undefined) return mask.reshape(way.as);
  const wanted = ways.map(({ shape }) => formatShape(shape)).join(" or ");
  throw new RangeError(`MultiheadAttention: ${name} is ${wanted}, got ${formatShape(mask.shape)}`);
}
