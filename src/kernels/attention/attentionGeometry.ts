// Where attention's queries, keys and values lie: heads apart or side by side, parts of one array, deferred copies.
import { type DeviceArray, type Lie as ElementLie, lieOf } from "../../gpu/array.ts";
import type { RandomState } from "../../gpu/random.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import { coalesce } from "../shared/strides.ts";

/** What a mask says: where a key is seen, where it is hidden, or what is added to its score. */
export const MASKS = { visible: 1, hidden: 2, added: 3 } as const;

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

/** How one of the arrays lies, in vec4s. */
export interface Lie {
  offset: number;
  batch: number;
  head: number;
  row: number;
}

export interface Geometry {
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

export function geometryOf(
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

export function behindEachOther(shape: Shape): Lie {
  const row = shape.at(-1)! / 4;
  const head = shape.at(-2)! * row;
  return { offset: 0, batch: (shape.at(-3) ?? 1) * head, head, row };
}

/** Of an array of [batch, heads, rows, elements], or without a batch, or heads. */
export function lieOfHeads({ strides, offset }: ElementLie): Lie {
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
