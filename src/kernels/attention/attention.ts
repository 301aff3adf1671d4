// Scaled dot-product attention in one launch, its gradient in three; neither holds a matrix of all scores.
import { type DeviceArray, type Lie as ElementLie, empty, lieOf } from "../../gpu/array.ts";
import type { Access } from "../../gpu/bindings.ts";
import { device } from "../../gpu/device.ts";
import { defineKernel, linearGroups } from "../../gpu/kernel.ts";
import type { Op } from "../../gpu/op.ts";
import type { RandomState } from "../../gpu/random.ts";
import { broadcastStrides, type Shape, sizeOf } from "../../gpu/shape.ts";
import { copiesToTextures } from "../gemm/gemm.ts";
import { expand, pick, pickLater } from "../shapes/copy.ts";
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
  /** What is bound as q, k and v. */
  parts: readonly [DeviceArray, DeviceArray, DeviceArray];
  /** Where their elements are in that, if they are deferred copies. */
  laid: readonly ElementLie[] | null;
}

function geometryOf(
  inputs: readonly DeviceArray[],
  { heads, rowsFirst = false, mask }: AttentionAttrs,
): Geometry {
  const packed = inputs.length === (mask === null ? 1 : 2);
  const parts = (packed ? [inputs[0]!, inputs[0]!, inputs[0]!] : inputs.slice(0, 3)) as [
    DeviceArray,
    DeviceArray,
    DeviceArray,
  ];
  if (heads === null) return headsApart(parts);
  const [q, k, v] = parts.map(({ shape }) => shape) as [Shape, Shape, Shape];
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
    parts,
    laid: null,
  };
}

/** Heads of [..., heads, rows, elements], which are read where they are: behind each other, or as parts of rows that hold all heads. */
function headsApart(inputs: readonly [DeviceArray, DeviceArray, DeviceArray]): Geometry {
  const [q, k, v] = inputs.map(({ shape }) => shape) as [Shape, Shape, Shape];
  const lead = q.slice(0, -2);
  const heads = lead.at(-1) ?? 1;
  const outShape = [...q.slice(0, -1), v.at(-1)!];
  const laid = asTheyLie(inputs);
  const own = [q, k, v].map((shape, i) =>
    laid === null ? behindEachOther(shape) : lieOfHeads(laid[i]!.lie),
  );
  const sideBySide = laid !== null && own[0]!.head < own[0]!.row;
  const v4 = v.at(-1)! / 4;
  const queries = q.at(-2)!;
  return {
    batches: sizeOf(lead.slice(0, -1)),
    heads,
    queries,
    keys: k.at(-2)!,
    e4: q.at(-1)! / 4,
    v4,
    q: own[0]!,
    k: own[1]!,
    v: own[2]!,
    o: sideBySide
      ? { offset: 0, batch: queries * heads * v4, head: v4, row: heads * v4 }
      : behindEachOther(outShape),
    outShape,
    packed: false,
    parts: laid === null ? inputs : (laid.map(({ of }) => of) as [DeviceArray, DeviceArray, DeviceArray]),
    laid: laid?.map(({ lie }) => lie) ?? null,
  };
}

function behindEachOther(shape: Shape): Lie {
  const row = shape.at(-1)! / 4;
  const head = shape.at(-2)! * row;
  return { offset: 0, batch: (shape.at(-3) ?? 1) * head, head, row };
}

/** Of an array of [batch, heads, rows, elements], or without a batch, or heads. */
function lieOfHeads({ strides, offset }: ElementLie): Lie {
  const [batch = 0, head = 0, row] = [strides.at(-4), strides.at(-3), strides.at(-2)!];
  return { offset: offset / 4, batch: batch / 4, head: head / 4, row: row / 4 };
}

/**
 * What q, k and v are deferred copies of, and where they are in it; null where one has to be made: its elements are no vec4s
 * there, or, as gradients lie as their inputs do, those of all would not fill what they are parts of.
 */
function asTheyLie(inputs: readonly DeviceArray[]): { of: DeviceArray; lie: ElementLie }[] | null {
  if (inputs.every(({ deferred }) => deferred === null)) return null;
  const known = inputs.map((x) => (x.shape.length > 4 ? null : lieOf(x)));
  const inFours = known.every(
    (each) =>
      each !== null &&
      each.lie.strides.at(-1) === 1 &&
      [each.lie.offset, ...each.lie.strides.slice(0, -1)].every((n) => n % 4 === 0),
  );
  if (!inFours) return null;
  const all = known as { of: DeviceArray; lie: ElementLie }[];
  const filled = all.every(({ of }) =>
    fills(
      all.filter((other) => other.of.storage === of.storage),
      of.size,
    ),
  );
  return filled ? all : null;
}

/** Whether parts of an array, that lie alike but for where they begin, are all of it and nothing twice. */
function fills(parts: readonly { lie: ElementLie }[], size: number): boolean {
  const [{ lie }] = parts as [{ lie: ElementLie }];
  const count = sizeOf(lie.shape);
  if (!parts.every((part) => part.lie.strides.every((stride, d) => stride === lie.strides[d]))) return false;
  if (parts.length * count !== size) return false;
  const order = lie.shape.map((_, d) => d).sort((a, b) => lie.strides[b]! - lie.strides[a]!);
  const { shape, walks } = coalesce(
    order.map((d) => lie.shape[d]!),
    order.map((d) => lie.strides[d]!),
  );
  const [run, step] = [shape.at(-1) ?? 1, walks[0]!.at(-2) ?? size];
  const begins = parts.map((part) => part.lie.offset).sort((a, b) => a - b);
  return [...begins, step].every((begin, i) => begin >= (i === 0 ? 0 : begins[i - 1]! + run));
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
    const { over, ...launch } = common(g, attrs, stepped?.params ?? NO_MASK);
    kernel.launch("forward", {
      arrays: [...g.parts, stepped?.array ?? g.parts[0], out, logSums],
      ...launch,
      groups: over(g.v4 === 0 ? 0 : g.queries),
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
    const { over, ...launch } = common(g, attrs, stepped?.params ?? NO_MASK);
    const found = empty([g.batches * g.heads * g.queries, 2], "float32", "attention's sums");
    kernel.launch("dots", {
      arrays: [known, logSums, given, found],
      ...launch,
      constants: { WORKGROUP: launch.constants.WORKGROUP },
      groups: over(g.queries, 1),
    });
    const read = [...g.parts, stepped?.array ?? g.parts[0], given, found];
    const into = gradientArrays(g);
    const [dq, dk, dv] = into;
    if (needs[0])
      kernel.launch("queryGradient", { arrays: [...read, dq], ...launch, groups: over(g.queries) });
    if (g.packed || needs[1] || needs[2]) {
      const together = dk === dv;
      const nothing = together ? [empty([4])] : []; // nothing is written to it
      kernel.launch("keyGradient", {
        arrays: [...read, dk, together ? nothing[0]! : dv],
        ...launch,
        constants: { ...launch.constants, PACKED: Number(together) },
        groups: over(g.keys),
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
