// Scaled dot-product attention in one launch, its gradient in three; neither holds a matrix of all scores.

import { type DeviceArray, empty, lieOf } from "../../gpu/array.ts";
import { type Access, copiesToTextures } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import { broadcastStrides, sizeOf } from "../../gpu/shape.ts";
import { expand, pick, pickLater } from "../shapes/copy.ts";
import { hasEightLanes } from "../shared/lanes.ts";
import lanesSource from "../shared/lanes.wgsl" with { type: "text" };
import nanSource from "../shared/nan.wgsl" with { type: "text" };
import philoxSource from "../shared/philox.wgsl" with { type: "text" };
import { requireFloat } from "../shared/require.ts";
import { coalesce } from "../shared/strides.ts";
import texelSource from "../shared/texel.wgsl" with { type: "text" };
import { unroll } from "../shared/unroll.ts";
import source from "./attention.wgsl" with { type: "text" };
import {
  type AttentionAttrs,
  behindEachOther,
  type Geometry,
  geometryOf,
  type Lie,
  lieOfHeads,
  MASKS,
} from "./attentionGeometry.ts";
import partsSource from "./attentionParts.wgsl" with { type: "text" };
import tilesSource from "./attentionTiles.wgsl" with { type: "text" };

/** What is bound with q, k, v and do in buffers, and in textures. */
const bindings = (q: Access) => ({
  forward: [q, q, q, "read", "write", "write"] as const,
  queryGradient: [q, q, q, "read", q, "read", "write"] as const,
  queryGradientInTiles: [q, q, q, "read", q, "write", "write", "read", "read"] as const,
  keyGradient: [q, q, q, "read", q, "read", "write", "write"] as const,
});
const BINDINGS = [bindings("read"), bindings("texture")] as const;

export type { AttentionAttrs };

const programOf =
  (own: string, ...joined: string[]) =>
  (sizes: Record<string, number>) =>
    [unroll(own, sizes), nanSource, philoxSource, texelSource, unroll(partsSource, sizes), ...joined].join(
      "\n",
    );

const kernel = defineKernel({
  name: "attention",
  code: programOf(source),
  entries: {
    forward: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.forward,
    dots: ["read", "read", "read", "write"],
    queryGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.queryGradient,
    keyGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.keyGradient,
  },
});

const tiles = defineKernel({
  name: "attentionTiles",
  code: programOf(tilesSource, lanesSource),
  entries: {
    forward: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.forward,
    queryGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.queryGradientInTiles,
    keyGradient: ({ TEXTURE }) => BINDINGS[TEXTURE!]!.keyGradient,
  },
});

/** A query, key or value has a multiple of so many elements; … */
export const ATTENTION_STEP = 4;
/** … and so many at most. More are too much for registers. */
export const ATTENTION_MOST = 128;

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

/** Keys or queries that a tile's subgroup has as its own. */
const OWN = 16;
/** Vec4s of a query, key or value that a tile's registers hold at most. */
const TILE_MOST = 16;

/** Whether it runs in tiles of registers: where subgroups have 8 lanes, and tiles are not empty for the most part. */
function inTiles({ e4, v4, queries, keys }: Geometry): boolean {
  const { software } = device().adapter;
  return software && hasEightLanes() && Math.max(e4, v4) <= TILE_MOST && Math.min(queries, keys) >= OWN;
}

/** Bytes of the largest array that is read. */
function largestOf({ parts, outShape }: Geometry): number {
  return 4 * Math.max(sizeOf(outShape), ...parts.map(({ size }) => size));
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

/** The program that is to do it, what it is launched with, and with how many groups for so many rows. */
function programFor(g: Geometry, { over, ...launch }: ReturnType<typeof common>) {
  if (!inTiles(g)) return { program: kernel, launch, groups: (rows: number) => over(rows) };
  const { CAUSAL, MASK, DROPOUT } = launch.constants;
  return {
    program: tiles,
    launch: { ...launch, sizes: { ...launch.sizes, OWN }, constants: { CAUSAL, MASK, DROPOUT } },
    groups: (rows: number) => linearGroups(Math.ceil(rows / OWN) * g.batches * g.heads, 1),
  };
}

/** The result with its rows as `o` says, where they lie otherwise than its shape does. */
function asShaped(out: DeviceArray, { outShape, o, laid }: Geometry): DeviceArray {
  const strides = [4 * o.batch, 4 * o.head, 4 * o.row, 1].slice(-outShape.length);
  const lie = { shape: outShape, strides, offset: 0 };
  const later = laid !== null && o.head < o.row ? pickLater(out, () => lie, "attention") : null;
  return later ?? out.retain();
}

/** Inputs: q, k and v, or one array of all three; then the mask, if there is one. Shapes have been checked by the caller. */
export const attention: Op<AttentionAttrs> = {
  name: "scaledDotProductAttention",
  forward(ctx, inputs, attrs) {
    const g = geometryOf(inputs, attrs);
    const mask = attrs.mask === null ? null : inputs.at(-1)!;
    requireFloat("scaledDotProductAttention", ...g.parts);
    const stepped = mask && maskOf(mask, g, attrs.heads === null);
    const out = empty(g.outShape, "float32", "scaledDotProductAttention");
    const logSums = empty([g.batches * g.heads * g.queries], "float32", "attention's sums");
    const { program, launch, groups } = programFor(g, common(g, attrs, stepped?.params ?? NO_MASK));
    program.launch("forward", {
      arrays: [...g.parts, stepped?.array ?? g.parts[0], out, logSums],
      ...launch,
      groups: groups(g.v4 === 0 ? 0 : g.queries),
    });
    const shaped = asShaped(out, g);
    ctx.save(...inputs, shaped, logSums);
    for (const array of [out, logSums, ...(stepped === null ? [] : [stepped.array])]) array.release();
    return shaped;
  },
  backward(ctx, grad) {
    const { attrs, saved, needsInputGrad: needs } = ctx;
    const inputs = saved.slice(0, -2);
    const mask = attrs.mask === null ? null : inputs.at(-1)!;
    const [out, logSums] = saved.slice(-2) as [DeviceArray, DeviceArray];
    const { o, ...rest } = geometryOf(inputs, attrs);
    const results = attrs.heads === null ? resultsAsTheyLie(out, grad) : null;
    const g = { ...rest, o: results?.o ?? (attrs.heads === null ? behindEachOther(out.shape) : o) };
    const [known, given]: [DeviceArray, DeviceArray] = results?.arrays ?? [out, grad];
    const stepped = mask && maskOf(mask, g, attrs.heads === null);
    const all = common(g, attrs, stepped?.params ?? NO_MASK);
    const { over, ...each } = all;
    const found = empty([g.batches * g.heads * g.queries, 2], "float32", "attention's sums");
    const { program, launch, groups } = programFor(g, all);
    const byTiles = program === tiles && needs[0]; // tiles of queries find it themselves
    if (!byTiles)
      kernel.launch("dots", {
        arrays: [known, logSums, given, found],
        ...each,
        constants: { WORKGROUP: each.constants.WORKGROUP },
        groups: over(g.queries, 1),
      });
    const read = [...g.parts, stepped?.array ?? g.parts[0], given, found];
    const into = gradientArrays(g);
    const [dq, dk, dv] = into;
    if (needs[0])
      program.launch("queryGradient", {
        arrays: [...read, dq, ...(byTiles ? [known, logSums] : [])],
        ...launch,
        groups: groups(g.queries),
      });
    if (g.packed || needs[1] || needs[2]) {
      const together = dk === dv;
      const nothing = together ? [empty([4])] : []; // nothing is written to it
      program.launch("keyGradient", {
        arrays: [...read, dk, together ? nothing[0]! : dv],
        ...launch,
        constants: { ...launch.constants, PACKED: Number(together) },
        groups: groups(g.keys),
      });
      for (const array of nothing) array.release();
    }
    stepped?.array.release();
    found.release();
    const gradients = into
      .slice(0, g.packed ? 1 : 3)
      .map((array, i) => (needs[i] ? partOf(array, g, i) : null));
    for (const array of new Set(into)) array.release();
    return gradients;
  },
};

/** What a result and its gradient lie in, where that is alike. */
function resultsAsTheyLie(
  out: DeviceArray,
  grad: DeviceArray,
): { arrays: [DeviceArray, DeviceArray]; o: Lie } | null {
  const [a, b] = [lieOf(out), out.shape.length > 4 ? null : lieOf(grad)];
  if (a === null || b === null || b.lie.offset !== 0) return null;
  const alike = a.lie.strides.every((stride, d) => stride === b.lie.strides[d] || out.shape[d] === 1);
  return alike ? { arrays: [a.of, b.of], o: lieOfHeads(a.lie) } : null;
}

/** Arrays for the gradients of q, k and v, which lie as those do: in one where those are parts of one. */
function gradientArrays({ parts, laid, packed }: Geometry) {
  const own = new Map<unknown, DeviceArray>();
  return parts.map((part, i) => {
    const key = laid !== null || packed ? part.storage : i;
    const array = own.get(key) ?? empty(part.shape, "float32", "attention's gradient");
    own.set(key, array);
    return array;
  }) as [DeviceArray, DeviceArray, DeviceArray];
}

/** The gradient of an input in such an array. */
function partOf(array: DeviceArray, { laid }: Geometry, input: number): DeviceArray {
  if (laid === null) return array.retain();
  const { shape, strides, offset } = laid[input]!;
  const later = pickLater(array, () => laid[input]!, "attention's gradient");
  return later ?? pick(array, shape, strides, offset, 1, "attention's gradient");
}
