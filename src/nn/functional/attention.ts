// F: Attention.
import { nextDraw } from "../../gpu/random.ts";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../../gpu/shape.ts";
import {
  ATTENTION_MOST,
  ATTENTION_STEP,
  type AttentionAttrs,
  attention,
} from "../../kernels/attention/attention.ts";
import { dropout } from "../../kernels/random/dropout.ts";
import { pad } from "../../kernels/shapes/pad.ts";
import { derive } from "../../tensor/autograd/derive.ts";
import { isRecording } from "../../tensor/autograd/grad-mode.ts";
import { composed } from "../../tensor/autograd/gradients.ts";
import { wantProbability, wantTensor } from "../../tensor/check.ts";
import { arange, ones } from "../../tensor/creation.ts";
import { where } from "../../tensor/functions.ts";
import { BOOLEAN, NUMBER, orNull, TENSOR, takes } from "../../tensor/options.ts";
import { scope } from "../../tensor/scope.ts";
import { apply, type Tensor } from "../../tensor/tensor.ts";

/** What scaledDotProductAttention takes beside query, key and value. */
export interface AttentionOptions {
  /**
   * Broadcasts to [..., queries, keys]: bools, true where a query sees a key, or floats that are added to the scores. A
   * query that sees no key gets NaN, as softmax of nothing but −∞ is.
   */
  attnMask?: Tensor | null;
  /** Whether query i sees keys 0 … i alone; instead of a mask. */
  isCausal?: boolean;
  /** Probability with which a weight is dropped: always, there is no evaluation mode here. */
  dropoutP?: number;
  /** What scores are multiplied by: 1 / √e where it is left out. */
  scale?: number;
}

const attentionOptions = takes("scaledDotProductAttention", 4, {
  attnMask: orNull(TENSOR),
  dropoutP: NUMBER,
  isCausal: BOOLEAN,
  scale: NUMBER,
});

/**
 * softmax(scale · q kᵀ + mask) v: for each query the average of the values, weighted by how well their keys fit it (Vaswani
 * et al. 2017). q [..., queries, e], k [..., keys, e], v [..., keys, v] → [..., queries, v]; leading dimensions broadcast.
 *
 * One launch, and three for the gradient, which never hold all scores at once: where leading dimensions are the same, e and v
 * are at most 128, and the mask needs no gradient. Otherwise it is a product, a softmax and a product.
 * @shape [..., queries, e], [..., keys, e], [..., keys, v] → [..., queries, v]
 * @example
 * const [q, k, v] = [ones([1, 2, 5, 8]), ones([1, 2, 7, 8]), ones([1, 2, 7, 8])]; // [samples, heads, places, size]
 * F.scaledDotProductAttention(q, k, v).shape; // → [1, 2, 5, 8]
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options?: AttentionOptions,
  ...more: never[]
): Tensor {
  const name = "scaledDotProductAttention";
  wantTensor(name, "the query", q);
  wantTensor(name, "the key", k);
  wantTensor(name, "the value", v);
  attentionOptions(options, more);
  const { attnMask = null, isCausal: causal = false, dropoutP = 0, scale } = options ?? {};
  wantProbability(name, { dropoutP });
  checkShapes(q, k, v);
  if (attnMask !== null) checkMask(attnMask, q, k, causal);
  const attrs: AttentionAttrs = {
    heads: null,
    causal,
    scale: scale ?? 1 / Math.sqrt(q.shape.at(-1)!),
    mask: attnMask === null ? null : attnMask.dtype === "float32" ? "added" : "visible",
    dropout: dropoutP > 0 ? { p: dropoutP, ...nextDraw() } : null,
  };
  return isFused(q, k, v, attnMask)
    ? fused(q, k, v, attnMask, attrs)
    : scope(() => attentionWeights(q, k, attnMask, attrs).matmul(v), name);
}

derive(
  attention,
  composed<AttentionAttrs>((inputs, attrs) => {
    const mask = attrs.mask === null ? null : inputs.at(-1)!;
    const parts = attrs.mask === null ? inputs : inputs.slice(0, -1);
    const { heads } = attrs;
    const [q, k, v] = heads === null ? parts : apart(parts, { ...attrs, heads });
    const o = attentionWeights(q!, k!, mask, attrs).matmul(v!);
    return heads === null ? o : sideBySide(o, { ...attrs, heads });
  }),
);

function checkShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const shapes = `query ${formatShape(q.shape)}, key ${formatShape(k.shape)}, value ${formatShape(v.shape)}`;
  const fault =
    Math.min(q.ndim, k.ndim, v.ndim) < 2
      ? "each wants two dimensions or more"
      : q.shape.at(-1) !== k.shape.at(-1)
        ? `queries have ${q.shape.at(-1)} elements, keys ${k.shape.at(-1)}`
        : k.shape.at(-2) !== v.shape.at(-2)
          ? `there are ${k.shape.at(-2)} keys and ${v.shape.at(-2)} values`
          : null;
  if (fault !== null) throw new RangeError(`scaledDotProductAttention: ${shapes}: ${fault}`);
  const lead = ({ shape }: Tensor) => shape.slice(0, -2);
  broadcastShapes(
    broadcastShapes(lead(q), lead(k), "scaledDotProductAttention"),
    lead(v),
    "scaledDotProductAttention",
  );
}

function checkMask(mask: Tensor, q: Tensor, k: Tensor, causal: boolean): void {
  const name = "scaledDotProductAttention";
  if (causal) throw new Error(`${name}: isCausal stands instead of a mask; give one of the two`);
  if (mask.dtype === "int32" || mask.dtype === "uint32")
    throw new TypeError(`${name}: attnMask is bools or float32, got ${mask.dtype}`);
  const lead = broadcastShapes(q.shape.slice(0, -2), k.shape.slice(0, -2), name);
  const scores = [...lead, q.shape.at(-2)!, k.shape.at(-2)!];
  const fits = mask.ndim <= scores.length && sameShape(broadcastOr(mask.shape, scores), scores);
  if (fits) return;
  throw new RangeError(
    `${name}: attnMask ${formatShape(mask.shape)} does not broadcast to the scores ${formatShape(scores)}`,
  );
}

function broadcastOr(a: Shape, b: Shape): Shape {
  return a.every((n, i) => n === 1 || n === b[b.length - a.length + i]) ? b : [];
}

/** Whether the kernel takes it. */
function isFused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null): boolean {
  const lead = q.shape.slice(0, -2);
  const alike = [k, v].every(({ shape }) => sameShape(shape.slice(0, -2), lead));
  const small = Math.max(q.shape.at(-1)!, v.shape.at(-1)!) <= ATTENTION_MOST;
  return alike && small && !(mask?.requiresGrad && isRecording());
}

function fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null, attrs: AttentionAttrs): Tensor {
  const masks = mask === null ? [] : [mask];
  const width = v.shape.at(-1)!;
  if (q.shape.at(-1)! % ATTENTION_STEP === 0 && width % ATTENTION_STEP === 0)
    return apply(attention, [q, k, v, ...masks], attrs);
  // Zeros behind a query and a key add nothing to their product.
  return scope(() => {
    const o = apply(attention, [padded(q), padded(k), padded(v), ...masks], attrs);
    return o.narrow(-1, 0, width);
  }, "scaledDotProductAttention");
}

function padded(x: Tensor): Tensor {
  const after = -x.shape.at(-1)! & (ATTENTION_STEP - 1);
  const padding = x.shape.map((_, i): [number, number] => [0, i === x.ndim - 1 ? after : 0]);
  return apply(pad, [x], { padding, value: 0 });
}

/** softmax(scale · q kᵀ + mask) with dropout: [..., queries, keys]. */
function attentionWeights(q: Tensor, k: Tensor, mask: Tensor | null, attrs: AttentionAttrs): Tensor {
  let scores = q.mul(attrs.scale).matmul(k.transpose(-2, -1));
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  if (attrs.causal) {
    const seen = arange(keys).le(arange(queries).unsqueeze(1));
    scores = where(seen, scores, -Infinity);
  }
  if (mask !== null && attrs.mask === "added") scores = scores.add(mask);
  else if (mask !== null)
    scores = attrs.mask === "visible" ? where(mask, scores, -Infinity) : where(mask, -Infinity, scores);
  const weights = scores.softmax(-1);
  if (attrs.dropout === null) return weights;
  // The kernel draws for each query's keys in fours.
  const columns = Math.ceil(keys / 4) * 4;
  const drawn = apply(dropout, [ones([...scores.shape.slice(0, -1), columns])], attrs.dropout);
  return weights.mul(drawn.narrow(-1, 0, keys));
}

/** What a layer of several heads asks of attention, its masks included. */
export type HeadsAttrs = Omit<AttentionAttrs, "heads"> & { heads: number };

/**
 * Attention of heads that lie side by side: q [batch, queries, heads · e], k and v, or one [batch, rows, 3 · heads · e] of all
 * three ([rows, batch, …] where `rowsFirst`) → [batch, queries, heads · v]; and the weights [batch, heads, queries, keys], if
 * they are wanted.
 */
export function attendInHeads(
  parts: readonly Tensor[],
  mask: Tensor | null,
  attrs: HeadsAttrs,
  wantWeights: boolean,
): [output: Tensor, weights: Tensor | null] {
  const share = parts.length === 1 ? 3 : 1;
  const widths = parts.map(({ shape }) => shape[2]! / share / attrs.heads);
  const simple = widths.every((width) => width % ATTENTION_STEP === 0 && width <= ATTENTION_MOST);
  if (simple && !wantWeights && !(mask?.requiresGrad && isRecording()))
    return [apply(attention, [...parts, ...(mask === null ? [] : [mask])], attrs), null];
  return scope(() => {
    const [q, k, v] = apart(parts, attrs) as [Tensor, Tensor, Tensor];
    if (!wantWeights) return [sideBySide(fused(q, k, v, mask, { ...attrs, heads: null }), attrs), null];
    const weights = attentionWeights(q, k, mask, attrs);
    return [sideBySide(weights.matmul(v), attrs), weights];
  }, "MultiheadAttention");
}

/** q, k and v [batch, heads, rows, e] of heads side by side. */
function apart(parts: readonly Tensor[], { heads, rowsFirst = false }: HeadsAttrs): Tensor[] {
  const [all] = parts as [Tensor];
  const width = all.shape[2]! / 3;
  const each = parts.length === 1 ? [0, 1, 2].map((i) => all.narrow(2, i * width, width)) : parts;
  return each.map((x) =>
    x
      .reshape([...x.shape.slice(0, 2), heads, x.shape[2]! / heads])
      .permute(rowsFirst ? [1, 2, 0, 3] : [0, 2, 1, 3]),
  );
}

function sideBySide(o: Tensor, { rowsFirst = false }: HeadsAttrs): Tensor {
  return o.permute(rowsFirst ? [2, 0, 1, 3] : [0, 2, 1, 3]).flatten(2);
}
