// Scaled dot-product attention in one launch, its gradient in three; neither holds a matrix of all scores.
import { type DeviceArray, empty } from "../../gpu/array.ts";
import type { Access } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import type { RandomState } from "../../gpu/random.ts";
import { broadcastStrides, type Shape, sizeOf } from "../../gpu/shape.ts";
import { copiesToTextures } from "../gemm/gemm.ts";
import { expand } from "../shapes/copy.ts";
import nanSource from "../shared/nan.wgsl" with { type: "text" };
import philoxSource from "../shared/philox.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { coalesce } from "../shared/strides.ts";
import { unroll } from "../shared/unroll.ts";
import source from "./attention.wgsl" with { type: "text" };

/** What is bound with q, k, v and do in buffers, and in textures. */
const bindings = (q: Access) => ({
  forward: [q, q, q, "read", "write", "write"] as const,
  queryGradient: [q, q, q, "read", q, "read", "write"] as const,
  keyGradient: [q, q, q, "read", q, "read", "write", "write"] as const,
});
const BINDINGS = [bindings("read"), bindings("texture")] as const;

const kernel = defineKernel({
  name: "attention",
  code: (sizes) => `${nanSource}\n${philoxSource}\n${unroll(source, sizes)}`,
  entries: {
    forward: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.forward,
    dots: ["read", "read", "read", "write"],
    queryGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.queryGradient,
    keyGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.keyGradient,
  },
});

/** What a mask says: where a key is seen, where it is hidden, or what is added to its score. */
const MASKS = { visible: 1, hidden: 2, added: 3 } as const;

export interface AttentionAttrs {
  /**
   * How the inputs lie. Null: q [..., queries, e], k [..., keys, e], v [..., keys, v], each leading index a head. Else how
   * many heads lie side by side in q [batch, queries, heads · e], k and v; or in one [batch, rows, 3 · heads · e].
   */
  heads: number | null;
  /** Of heads side by side: whether rows come before the batch, as in [rows, batch, …]. */
  rowsFirst?: boolean;
  causal: boolean;
  scale: number;
  /** Whether a mask is the last input, and what it says; it broadcasts to [..., queries, keys], [batch, heads, queries, keys]. */
  mask: keyof typeof MASKS | null;
  dropout: ({ p: number } & RandomState) | null;
}

/** A query, key or value has a multiple of so many elements; … */
export const ATTENTION_STEP = 4;
/** … and so many at most. More are too much for registers. */
export const ATTENTION_MOST = 128;

/** How one of the arrays lies, in vec4s. */
interface Lie {
  offset: number;
  batch: number;
  head: number;
  row: number;
}

interface Geometry {
  batches: number;
  heads: number;
  queries: number;
  keys: number;
  /** Vec4s of a query or key, and of a value. */
  e4: number;
  v4: number;
  q: Lie;
  k: Lie;
  v: Lie;
  o: Lie;
  outShape: number[];
  packed: boolean;
}

function geometryOf(shapes: readonly Shape[], { heads, rowsFirst = false, mask }: AttentionAttrs): Geometry {
  const packed = shapes.length === (mask === null ? 1 : 2);
  const [q, k, v] = packed ? [shapes[0]!, shapes[0]!, shapes[0]!] : (shapes as [Shape, Shape, Shape]);
  if (heads === null) return headsApart(q, k, v);
  const [batchAt, rowAt] = rowsFirst ? [1, 0] : [0, 1];
  const batches = q[batchAt]!;
  const lie = (shape: Shape, share = 1, part = 0): Lie => {
    const row = shape[2]! / 4;
    const own = row / share;
    const across = rowsFirst ? [row, batches * row] : [shape[1]! * row, row];
    return { offset: part * own, batch: across[0]!, head: own / heads, row: across[1]! };
  };
  const share = packed ? 3 : 1;
  const outShape = [...q.slice(0, 2), packed ? q[2]! / 3 : v[2]!];
  return {
    batches,
    heads,
    queries: q[rowAt]!,
    keys: k[rowAt]!,
    e4: q[2]! / share / heads / 4,
    v4: v[2]! / share / heads / 4,
    q: lie(q, share),
    k: lie(k, share, packed ? 1 : 0),
    v: lie(v, share, packed ? 2 : 0),
    o: lie(outShape),
    outShape,
    packed,
  };
}

function headsApart(q: Shape, k: Shape, v: Shape): Geometry {
  const lead = q.slice(0, -2);
  const heads = lead.at(-1) ?? 1;
  const lie = (shape: Shape): Lie => {
    const row = shape.at(-1)! / 4;
    const head = shape.at(-2)! * row;
    return { offset: 0, batch: heads * head, head, row };
  };
  const outShape = [...q.slice(0, -1), v.at(-1)!];
  return {
    batches: sizeOf(lead.slice(0, -1)),
    heads,
    queries: q.at(-2)!,
    keys: k.at(-2)!,
    e4: q.at(-1)! / 4,
    v4: v.at(-1)! / 4,
    q: lie(q),
    k: lie(k),
    v: lie(v),
    o: lie(outShape),
    outShape,
    packed: false,
  };
}

/** A mask that a batch, a head, a row and a column can step through, owned by the caller; and its strides. */
function maskOf(mask: DeviceArray, { batches, heads, queries, keys, outShape }: Geometry, apart: boolean) {
  const lead = apart ? outShape.slice(0, -2) : [batches, heads];
  const shape = lead.length === 0 ? [1, queries, keys] : [...lead, queries, keys];
  const strides = broadcastStrides(mask.shape, shape);
  const outer = coalesce(shape.slice(0, -3), strides.slice(0, -3));
  if (outer.rank <= 1) return { array: mask.retain(), params: maskParams(strides, outer.walks[0]![0] ?? 0) };
  const full = broadcastStrides(shape, shape);
  return { array: expand(mask, shape), params: maskParams(full, sizeOf(shape.slice(-3))) };
}

function maskParams(strides: readonly number[], maskBatch: number) {
  const [maskHead, maskRow, maskColumn] = strides.slice(-3) as [number, number, number];
  return { maskBatch, maskHead, maskRow, maskColumn };
}

const NO_MASK = { maskBatch: 0, maskHead: 0, maskRow: 0, maskColumn: 0 };

function lieParams(name: "q" | "k" | "v", { offset, batch, head, row }: Lie) {
  return { [`${name}Offset`]: offset, [`${name}Batch`]: batch, [`${name}Head`]: head, [`${name}Row`]: row };
}

/** Rows that one invocation takes: on a CPU adapter so many that what is read is used often, as long as it compiles in time. */
function rowsOf({ e4, v4 }: Geometry): number {
  if (!device().adapter.software) return 1;
  return e4 + v4 <= 16 ? 4 : e4 + v4 <= 32 ? 2 : 1;
}

/** Bytes of the largest array that is read: of q, k and v, or of all three in one. */
function largestOf({ batches, heads, queries, keys, e4, v4, packed }: Geometry): number {
  return 16 * batches * heads * Math.max(queries, keys) * (packed ? 3 * e4 : Math.max(e4, v4));
}

/** What all launches of an attention have in common. */
function common(g: Geometry, attrs: AttentionAttrs, mask: Record<string, number>) {
  const { p = 0, seed = 0, draw = 0 } = attrs.dropout ?? {};
  const sizes = { ROWS: rowsOf(g), E4: g.e4, V4: g.v4, TEXTURE: Number(copiesToTextures(largestOf(g))) };
  const WORKGROUP = device().adapter.software ? 8 : 64;
  return {
    sizes,
    params: {
      batches: g.batches,
      heads: g.heads,
      queries: g.queries,
      keys: g.keys,
      e4: g.e4,
      v4: g.v4,
      ...lieParams("q", g.q),
      ...lieParams("k", g.k),
      ...lieParams("v", g.v),
      oBatch: g.o.batch,
      oHead: g.o.head,
      oRow: g.o.row,
      ...mask,
      scale: attrs.scale,
      p,
      keep: p === 1 ? 0 : 1 / (1 - p),
      seed,
      draw,
    },
    constants: {
      WORKGROUP,
      CAUSAL: Number(attrs.causal),
      SPREAD: Number(attrs.causal && device().adapter.software),
      MASK: attrs.mask === null ? 0 : MASKS[attrs.mask],
      DROPOUT: Number(attrs.dropout !== null),
    },
    over: (rows: number, each = sizes.ROWS) =>
      linearGroups(Math.ceil(rows / each) * g.batches * g.heads, WORKGROUP),
    operations: 2 * g.batches * g.heads * g.queries * g.keys * 4 * (g.e4 + g.v4),
  };
}

/** The three parts, which may be one array, and the mask. */
function partsOf(arrays: readonly DeviceArray[], packed: boolean, masked: boolean) {
  const [q, k, v] = packed ? [arrays[0]!, arrays[0]!, arrays[0]!] : arrays;
  return { q: q!, k: k!, v: v!, mask: masked ? arrays.at(-1)! : null };
}

/** Inputs: q, k and v, or one array of all three; then the mask, if there is one. Shapes have been checked by the caller. */
export const attention: Op<AttentionAttrs> = {
  name: "scaledDotProductAttention",
  forward(ctx, inputs, attrs) {
    const g = geometryOf(
      inputs.map(({ shape }) => shape),
      attrs,
    );
    const { q, k, v, mask } = partsOf(inputs, g.packed, attrs.mask !== null);
    requireFloat("scaledDotProductAttention", q, k, v);
    const stepped = mask && maskOf(mask, g, attrs.heads === null);
    const out = empty(g.outShape, "float32", "scaledDotProductAttention");
    const logSums = empty([g.batches * g.heads * g.queries], "float32", "attention's sums");
    const { over, ...launch } = common(g, attrs, stepped?.params ?? NO_MASK);
    kernel.launch("forward", {
      arrays: [q, k, v, stepped?.array ?? q, out, logSums],
      ...launch,
      groups: over(g.v4 === 0 ? 0 : g.queries),
    });
    ctx.save(...inputs, out, logSums);
    stepped?.array.release();
    logSums.release();
    return out;
  },
  backward(ctx, grad) {
    const { attrs, saved, needsInputGrad: needs } = ctx;
    const g = geometryOf(ctx.inputShapes, attrs);
    const { q, k, v, mask } = partsOf(saved.slice(0, -2), g.packed, attrs.mask !== null);
    const [out, logSums] = saved.slice(-2) as [DeviceArray, DeviceArray];
    const stepped = mask && maskOf(mask, g, attrs.heads === null);
    const { over, ...launch } = common(g, attrs, stepped?.params ?? NO_MASK);
    const found = empty([g.batches * g.heads * g.queries, 2], "float32", "attention's sums");
    kernel.launch("dots", {
      arrays: [out, logSums, grad, found],
      ...launch,
      constants: { WORKGROUP: launch.constants.WORKGROUP },
      groups: over(g.queries, 1),
    });
    const given = [q, k, v, stepped?.array ?? q, grad, found];
    const like = (x: DeviceArray) => empty(x.shape, "float32", "attention's gradient");
    const dq = like(q);
    const [dk, dv] = g.packed ? [dq, empty([4])] : [like(k), like(v)]; // packed, nothing is written to dv
    if (needs[0])
      kernel.launch("queryGradient", { arrays: [...given, dq], ...launch, groups: over(g.queries) });
    if (g.packed || needs[1] || needs[2]) {
      kernel.launch("keyGradient", {
        arrays: [...given, dk, dv],
        ...launch,
        constants: { ...launch.constants, PACKED: Number(g.packed) },
        groups: over(g.keys),
      });
    }
    stepped?.array.release();
    found.release();
    const gradients = g.packed ? [dq] : [dq, dk, dv];
    if (g.packed) dv.release();
    return gradients.map((gradient, i) => {
      if (needs[i]) return gradient;
      gradient.release();
      return null;
    });
  },
};
