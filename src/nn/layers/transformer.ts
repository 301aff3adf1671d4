// The transformer's layers (Vaswani et al. 2017), by PyTorch's names and with its weights.
import { show, wantNoMore, wantWhole } from "../../tensor/check.ts";
import { arange } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { naming } from "../../tensor/naming.ts";
import { BOOLEAN, type Kind, NUMBER, orNull, TENSOR, takes } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { deepcopy } from "../copy.ts";
import * as F from "../functional/index.ts";
import { xavierUniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { MultiheadAttention, wantRows } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { LayerNorm } from "./norm.ts";

/** A function between the two linear maps: by name, or one of one's own. */
export type TransformerActivation = "relu" | "gelu" | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions {
  /** Width between the two linear maps. */
  dimFeedforward?: number;
  /** Probability with which an element is dropped while training, in three places, and a weight of attention. */
  dropout?: number;
  activation?: TransformerActivation;
  layerNormEps?: number;
  /** Whether the batch comes first, [batch, rows, dModel], or second. */
  batchFirst?: boolean;
  /** Whether to normalise before each part instead of behind it. */
  normFirst?: boolean;
}

const ACTIVATION: Kind = {
  says: '"relu", "gelu" or a function',
  fits: (value) => value === "relu" || value === "gelu" || typeof value === "function",
};
const LAYER_KINDS = {
  dimFeedforward: NUMBER,
  dropout: NUMBER,
  activation: ACTIVATION,
  layerNormEps: NUMBER,
  batchFirst: BOOLEAN,
  normFirst: BOOLEAN,
};
const layerOptions = takes("TransformerLayer", 3, LAYER_KINDS);
const MASK = orNull(TENSOR);

/** What encoder and decoder layers have in common: attention to oneself, and what they were made with. */
abstract class TransformerLayer<Inputs extends readonly unknown[]> extends Module<Inputs, Tensor> {
  readonly selfAttn: MultiheadAttention;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    protected readonly options: TransformerLayerOptions = {},
    more: readonly unknown[],
  ) {
    super();
    layerOptions(options, more, new.target.name);
    wantWhole(new.target.name, { dModel, nhead }, 1);
    this.selfAttn = naming(new.target.name, () => attentionOf(dModel, nhead, options));
  }

  /** Another one with the same settings and the same values, frozen and in evaluation mode where this one is. */
  copy(...more: never[]): this {
    wantNoMore(`${this.constructor.name}.copy`, more);
    return deepcopy(this);
  }
}

function attentionOf(dModel: number, nhead: number, options: TransformerLayerOptions): MultiheadAttention {
  const { dropout = 0.1, batchFirst = false } = options;
  return new MultiheadAttention(dModel, nhead, { dropout, batchFirst });
}

const normOf = (dModel: number, { layerNormEps = 1e-5 }: TransformerLayerOptions) =>
  new LayerNorm(dModel, { eps: layerNormEps });

const dropoutOf = ({ dropout = 0.1 }: TransformerLayerOptions) => new Dropout(dropout);

/** x + part(x), normalised before or behind. */
function residual(
  { normFirst = false }: TransformerLayerOptions,
  norm: LayerNorm,
  x: Tensor,
  part: (x: Tensor) => Tensor,
): Tensor {
  return normFirst ? x.add(part(norm.forward(x))) : norm.forward(x.add(part(x)));
}

function activate({ activation = "relu" }: TransformerLayerOptions, x: Tensor): Tensor {
  return activation === "relu" ? F.relu(x) : activation === "gelu" ? F.gelu(x) : activation(x);
}

export interface EncoderLayerCall {
  /** Masks as MultiheadAttention's. */
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
  isCausal?: boolean;
}

const encoderLayerCall = takes("TransformerEncoderLayer.forward", 2, {
  srcMask: MASK,
  srcKeyPaddingMask: MASK,
  isCausal: BOOLEAN,
});

/**
 * Attention to oneself, then two linear maps, each with a residual and a norm: src [rows, batch, dModel] → the same.
 * @shape [samples, places, e] → the same; [places, samples, e] → the same
 * @example
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * layer.forward(ones([4, 10, 8])).shape; // → [4, 10, 8]
 */
export class TransformerEncoderLayer extends TransformerLayer<[src: Tensor, options?: EncoderLayerCall]> {
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}, ...more: never[]) {
    super(dModel, nhead, options, more);
    const { dimFeedforward = 2048 } = options;
    wantWhole("TransformerEncoderLayer", { dimFeedforward }, 1);
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = dropoutOf(options);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.dropout1 = dropoutOf(options);
    this.dropout2 = dropoutOf(options);
  }

  forward(src: Tensor, options?: EncoderLayerCall, ...more: never[]): Tensor {
    encoderLayerCall(options, more);
    wantRows("TransformerEncoderLayer", { src }, this.selfAttn);
    const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, isCausal } = options ?? {};
    const call = { attnMask, keyPaddingMask, isCausal, needWeights: false };
    const attended = residual(this.options, this.norm1, src, (x) =>
      this.dropout1.forward(this.selfAttn.forward(x, x, x, call)[0]),
    );
    return residual(this.options, this.norm2, attended, (x) =>
      this.dropout2.forward(
        this.linear2.forward(this.dropout.forward(activate(this.options, this.linear1.forward(x)))),
      ),
    );
  }
}

export interface DecoderLayerCall {
  /** Masks as MultiheadAttention's, of the attention to oneself and of that to the memory. */
  tgtMask?: Tensor | null;
  memoryMask?: Tensor | null;
  tgtKeyPaddingMask?: Tensor | null;
  memoryKeyPaddingMask?: Tensor | null;
  tgtIsCausal?: boolean;
  memoryIsCausal?: boolean;
}

const DECODER_CALL = {
  tgtMask: MASK,
  memoryMask: MASK,
  tgtKeyPaddingMask: MASK,
  memoryKeyPaddingMask: MASK,
  tgtIsCausal: BOOLEAN,
  memoryIsCausal: BOOLEAN,
};
const decoderLayerCall = takes("TransformerDecoderLayer.forward", 3, DECODER_CALL);

/**
 * Attention to oneself, attention to an encoder's memory, then two linear maps, each with a residual and a norm.
 * @shape [samples, targets, e], [samples, sources, e] → the same; [targets, samples, e], [sources, samples, e] → the same
 * @example
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * layer.forward(ones([5, 4, 8]), ones([10, 4, 8])).shape; // → [5, 4, 8]
 */
export class TransformerDecoderLayer extends TransformerLayer<
  [tgt: Tensor, memory: Tensor, options?: DecoderLayerCall]
> {
  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}, ...more: never[]) {
    super(dModel, nhead, options, more);
    const { dimFeedforward = 2048 } = options;
    wantWhole("TransformerDecoderLayer", { dimFeedforward }, 1);
    this.multiheadAttn = attentionOf(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = dropoutOf(options);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.norm3 = normOf(dModel, options);
    this.dropout1 = dropoutOf(options);
    this.dropout2 = dropoutOf(options);
    this.dropout3 = dropoutOf(options);
  }

  forward(tgt: Tensor, memory: Tensor, options?: DecoderLayerCall, ...more: never[]): Tensor {
    decoderLayerCall(options, more);
    wantRows("TransformerDecoderLayer", { tgt, memory }, this.selfAttn);
    const { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal } =
      options ?? {};
    const own = {
      attnMask: tgtMask,
      keyPaddingMask: tgtKeyPaddingMask,
      isCausal: tgtIsCausal,
      needWeights: false,
    };
    const across = {
      attnMask: memoryMask,
      keyPaddingMask: memoryKeyPaddingMask,
      isCausal: memoryIsCausal,
      needWeights: false,
    };
    const attended = residual(this.options, this.norm1, tgt, (x) =>
      this.dropout1.forward(this.selfAttn.forward(x, x, x, own)[0]),
    );
    const informed = residual(this.options, this.norm2, attended, (x) =>
      this.dropout2.forward(this.multiheadAttn.forward(x, memory, memory, across)[0]),
    );
    return residual(this.options, this.norm3, informed, (x) =>
      this.dropout3.forward(
        this.linear2.forward(this.dropout.forward(activate(this.options, this.linear1.forward(x)))),
      ),
    );
  }
}

const stackOptions = takes("TransformerEncoder", 3, {
  norm: { says: "a module, or null", fits: (value) => value === null || value instanceof Module },
});

/** As many layers as that, each with the first one's values to begin with. */
function layersOf<L extends { copy(): L }>(
  who: string,
  layer: L,
  kind: abstract new (...made: never[]) => L,
  count: number,
): L[] {
  if (!(layer instanceof kind))
    throw new TypeError(`${who}: the layer is a ${kind.name}, got ${show(layer)}`);
  wantWhole(who, { numLayers: count }, 1);
  return Array.from({ length: count }, () => layer.copy());
}

export interface EncoderCall {
  mask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
  isCausal?: boolean;
}

const encoderCall = takes("TransformerEncoder.forward", 2, {
  mask: MASK,
  srcKeyPaddingMask: MASK,
  isCausal: BOOLEAN,
});

/**
 * `numLayers` copies of a layer in a row, and a norm behind them if one is given.
 * @shape [samples, places, e] → the same; [places, samples, e] → the same
 * @example
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * new nn.TransformerEncoder(layer, 2).forward(ones([10, 4, 8])).shape; // → [10, 4, 8]
 */
export class TransformerEncoder extends Module<[src: Tensor, options?: EncoderCall], Tensor> {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | null;

  constructor(
    encoderLayer: TransformerEncoderLayer,
    readonly numLayers: number,
    options?: { norm?: LayerNorm | null },
    ...more: never[]
  ) {
    super();
    stackOptions(options, more);
    this.layers = layersOf("TransformerEncoder", encoderLayer, TransformerEncoderLayer, numLayers);
    this.norm = options?.norm ?? null;
  }

  forward(src: Tensor, options?: EncoderCall, ...more: never[]): Tensor {
    encoderCall(options, more);
    const { mask: srcMask, ...call } = options ?? {};
    const out = this.layers.reduce((x, layer) => layer.forward(x, { ...call, srcMask }), src);
    return this.norm === null ? out : this.norm.forward(out);
  }
}

const decoderCall = takes("TransformerDecoder.forward", 3, DECODER_CALL);

/**
 * `numLayers` copies of a layer in a row, and a norm behind them if one is given.
 * @shape [samples, targets, e], [samples, sources, e] → the same; [targets, samples, e], [sources, samples, e] → the same
 * @example
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * new nn.TransformerDecoder(layer, 2).forward(ones([5, 4, 8]), ones([10, 4, 8])).shape; // → [5, 4, 8]
 */
export class TransformerDecoder extends Module<
  [tgt: Tensor, memory: Tensor, options?: DecoderLayerCall],
  Tensor
> {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: LayerNorm | null;

  constructor(
    decoderLayer: TransformerDecoderLayer,
    readonly numLayers: number,
    options?: { norm?: LayerNorm | null },
    ...more: never[]
  ) {
    super();
    stackOptions(options, more, "TransformerDecoder");
    this.layers = layersOf("TransformerDecoder", decoderLayer, TransformerDecoderLayer, numLayers);
    this.norm = options?.norm ?? null;
  }

  forward(tgt: Tensor, memory: Tensor, options?: DecoderLayerCall, ...more: never[]): Tensor {
    decoderCall(options, more);
    const out = this.layers.reduce((x, layer) => layer.forward(x, memory, options), tgt);
    return this.norm === null ? out : this.norm.forward(out);
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  numEncoderLayers?: number;
  numDecoderLayers?: number;
}

const transformerOptions = takes("Transformer", 3, {
  numEncoderLayers: NUMBER,
  numDecoderLayers: NUMBER,
  ...LAYER_KINDS,
});

export interface TransformerCall extends DecoderLayerCall {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
  srcIsCausal?: boolean;
}

const transformerCall = takes("Transformer.forward", 3, {
  srcMask: MASK,
  ...DECODER_CALL,
  srcKeyPaddingMask: MASK,
  srcIsCausal: BOOLEAN,
});

/**
 * An encoder and a decoder: src [rows, batch, dModel] and tgt [its rows, batch, dModel] → tgt's shape.
 * @shape [samples, sources, e], [samples, targets, e] → [samples, targets, e]; [sources, samples, e], [targets, samples, e] → [targets, samples, e]
 * @example
 * const options = { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16 };
 * new nn.Transformer(8, 2, options).forward(ones([10, 4, 8]), ones([5, 4, 8])).shape; // → [5, 4, 8]
 */
export class Transformer extends Module<[src: Tensor, tgt: Tensor, options?: TransformerCall], Tensor> {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  constructor(
    readonly dModel = 512,
    readonly nhead = 8,
    options?: TransformerOptions,
    ...more: never[]
  ) {
    super();
    transformerOptions(options, more);
    const { numEncoderLayers = 6, numDecoderLayers = 6, ...layer } = options ?? {};
    const norm = () => new LayerNorm(dModel, { eps: layer.layerNormEps ?? 1e-5 });
    const encoderLayer = naming("Transformer", () => new TransformerEncoderLayer(dModel, nhead, layer));
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() });
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, layer);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  forward(src: Tensor, tgt: Tensor, options?: TransformerCall, ...more: never[]): Tensor {
    transformerCall(options, more);
    const { srcMask: mask, srcKeyPaddingMask, srcIsCausal: isCausal, ...decoder } = options ?? {};
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal });
    return this.decoder.forward(tgt, memory, decoder);
  }

  /** A mask [size, size] of floats for `isCausal`: 0 where row i sees column j ≤ i, else −∞. */
  static generateSquareSubsequentMask(size: number): Tensor {
    wantWhole("generateSquareSubsequentMask", { size }, 0);
    return where(arange(size).le(arange(size).unsqueeze(1)), 0, -Infinity);
  }
}
