// Attention: as many queries as keys and not, across the tiles' edges; every kind of mask; causal; dropout with its own draw;
// heads apart, side by side, and with keys and values in one array.
import { afterEach, expect, test } from "bun:test";
import { attention as op } from "../../../src/kernels/attention/attention.ts";
import { families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import { scaledDotProductAttention } from "../../../src/nn/functional/index.ts";
import { ones, randn, tensor } from "../../../src/tensor/creation.ts";
import { cat, manualSeed } from "../../../src/tensor/index.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { attention, type AttentionAttrs as Plain } from "../../reference/attention.ts";
import { drawnAttention } from "../../reference/attentionCases.ts";
import { philox4x32, uniform24 } from "../../reference/philox.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, forEachIndex, offsetOf } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

type Sizes = readonly [queries: number, keys: number, e: number, v: number];

interface Attrs extends Plain {
  layout?: "apart" | "side by side" | "packed" | "packed, rows first";
  /** What the mask is given as, and which of its dimensions are of size 1. */
  mask?: "visible" | "hidden" | "added";
  repeated?: number[];
  dropout?: { p: number; seed: number; draw: number };
}

const random = new Random(78);

/** A case; what the mask repeats is the same in the reference's full one. */
function drawn(lead: number[], sizes: Sizes, attrs: Partial<Attrs> = {}): Case<Attrs> {
  const inputs = drawnAttention(random, lead, sizes, { masked: attrs.mask !== undefined });
  const [, , , mask, z] = inputs as [Arr, Arr, Arr, Arr, Arr];
  const { repeated = [], dropout } = attrs;
  forEachIndex(mask.shape, (index, flat) => {
    if (attrs.mask !== "added" && mask.data[flat] !== -Infinity) mask.data[flat] = 0;
    const first = index.map((i, dim) => (repeated.includes(dim) ? 0 : i));
    mask.data[flat] = mask.data[offsetOf(first, mask.shape)]!;
    if (dropout !== undefined) z.data[flat] = kept(index, mask.shape, dropout);
  });
  return { inputs, attrs: { scale: 0.6, causal: false, ...attrs } };
}

/** The same without hidden keys, as second derivatives are checked. */
function finite(c: Case<Attrs>): Case<Attrs> {
  const [q, k, v, mask, z] = c.inputs as [Arr, Arr, Arr, Arr, Arr];
  return { ...c, inputs: [q, k, v, { ...mask, data: mask.data.map((n) => (n === -Infinity ? 0.3 : n)) }, z] };
}

/** Dropout's factor at a place of the scores: a Philox block for four keys of a query. */
function kept(
  index: number[],
  shape: number[],
  { p, seed, draw }: { p: number; seed: number; draw: number },
) {
  const key = index.at(-1)!;
  const row = offsetOf(index.slice(0, -1), shape.slice(0, -1));
  const block = row * Math.ceil(shape.at(-1)! / 4) + Math.floor(key / 4);
  const number = uniform24(philox4x32([block, 0, draw, 0], [seed, 0])[key % 4]!);
  return number >= Math.fround(p) ? 1 / (1 - p) : 0;
}

/** [batch, heads, rows, e] → [batch, rows, heads · e] */
const sideBySide = (x: Tensor) => x.permute([0, 2, 1, 3]).flatten(2);

afterEach(() => useFamily(null));

function run([q, k, v, full]: Tensor[], { layout = "apart", mask, repeated = [], ...attrs }: Attrs): Tensor {
  const cut = full!.detach().slice(full!.shape.map((_, dim) => (repeated.includes(dim) ? [0, 1] : null)));
  const given =
    mask === undefined ? [] : [mask === "added" ? cut : mask === "visible" ? cut.ge(0) : cut.lt(0)];
  const common = { ...attrs, mask: mask ?? null, dropout: attrs.dropout ?? null };
  if (layout === "apart") return apply(op, [q!, k!, v!, ...given], { ...common, heads: null });
  const heads = q!.shape[1]!;
  const parts = [q!, k!, v!].map(sideBySide);
  const back = (y: Tensor) => y.reshape([...y.shape.slice(0, 2), heads, -1]).permute([0, 2, 1, 3]);
  if (layout === "side by side") return back(apply(op, [...parts, ...given], { ...common, heads }));
  const packed = cat(parts, 2);
  if (layout === "packed") return back(apply(op, [packed, ...given], { ...common, heads }));
  const rows = apply(op, [packed.transpose(0, 1), ...given], { ...common, heads, rowsFirst: true });
  return back(rows.transpose(0, 1));
}

/** Elements that go into a score, and scores into a result. */
const terms = ({ inputs: [q, k] }: Case<unknown>) => q!.shape.at(-1)! + k!.shape.at(-2)!;
/** WGSL's exp of a difference of scores may be off by 3 + 2|x| units in the last place. */
const ulps = 2 * (3 + 2 * 8);

/** Gradients of larger ones run in tiles where a product does. */
const inTiles = ["attention", ...(families().includes("texture") ? ["attentionTiles"] : [])];

check<Attrs>({
  name: "attention",
  covers: inTiles, // covers: ["attention", "attentionTiles"]
  run,
  reference: attention,
  cases: [
    drawn([2, 3], [9, 9, 8, 8]),
    drawn([2, 3], [9, 9, 8, 8], { causal: true }),
    drawn([1], [70, 3, 8, 8], { causal: true }),
    drawn([], [3, 70, 8, 8]),
    drawn([2, 0], [3, 4, 8, 8]),
    drawn([2], [3, 0, 8, 8]),
    drawn([2], [6, 5, 4, 128]),
    drawn([2, 3], [6, 9, 8, 8], { layout: "side by side" }),
    drawn([1, 2], [3, 3, 4, 4], { layout: "packed, rows first" }),
    drawn([17, 20], [1, 2, 4, 4]), // launched along y as well
    drawn([1, 2], [37, 20, 12, 40], { layout: "side by side" }), // from here on gradients in tiles, on CPUs
    drawn([2], [35, 50, 8, 8], { causal: true }),
    drawn([1, 2], [19, 19, 8, 8], { causal: true, layout: "packed" }),
  ],
  terms,
  ulps,
});

check<Attrs>({
  name: "attention, from buffers as on GPUs",
  covers: ["attention"],
  run(inputs, attrs) {
    useFamily("plain"); // for the gradient, too
    return run(inputs, attrs);
  },
  reference: attention,
  cases: [drawn([2, 3], [9, 9, 8, 8], { layout: "packed" })],
  terms,
  ulps,
});

check<Attrs>({
  name: "attention, masked",
  covers: inTiles, // covers: ["attention", "attentionTiles"]
  run,
  reference: attention,
  cases: [
    drawn([2, 1], [18, 35, 8, 8], { mask: "added" }),
    drawn([2, 2, 2], [5, 6, 8, 8], { mask: "added", repeated: [1, 3] }), // no stride leads through it
    drawn([2, 3], [6, 9, 8, 8], { mask: "visible", repeated: [0, 1] }),
    drawn([2, 3], [6, 9, 8, 8], { mask: "hidden", repeated: [1, 2], layout: "side by side" }),
    drawn([], [6, 9, 8, 8], { mask: "visible" }),
    finite(drawn([2], [3, 4, 4, 4], { mask: "added" })),
  ],
  terms,
  ulps,
});

check<Attrs>({
  name: "attention, dropout",
  covers: inTiles, // covers: ["attention", "attentionTiles"]
  run,
  reference: attention,
  cases: [
    drawn([2, 1], [34, 19, 8, 8], { dropout: { p: 0.4, seed: 5, draw: 3 } }),
    drawn([2], [6, 8, 8, 8], { dropout: { p: 0.9, seed: 6, draw: 0 } }),
    drawn([2], [3, 3, 4, 4], { dropout: { p: 0.3, seed: 7, draw: 1 } }),
  ],
  terms,
  ulps,
});

/** As users call it. */
const called = ([q, k, v, full]: Tensor[], { scale, causal, mask }: Attrs) =>
  scaledDotProductAttention(q!, k!, v!, {
    scale,
    isCausal: causal,
    attnMask: mask === undefined ? null : mask === "added" ? full!.detach() : full!.detach().ge(0),
  });

check<Attrs>({
  name: "scaledDotProductAttention",
  covers: ["attention"],
  run: called,
  reference: attention,
  cases: [
    ...casesOf<Attrs>("scaledDotProductAttention").slice(0, 3),
    drawn([2], [5, 7, 6, 3], { mask: "visible" }),
    drawn([2], [5, 7, 132, 3], { mask: "added" }), // too wide for the kernel
    drawn([2], [5, 7, 132, 3], { causal: true }),
  ],
  terms,
  ulps,
});

test("queries, keys and values get the same gradients alone as together", async () => {
  const parts = [randn([2, 3, 4]), randn([2, 5, 4]), randn([2, 5, 4])] as const;
  const gradients = async (learned: readonly boolean[]) => {
    for (const [i, part] of parts.entries()) [part.requiresGrad, part.grad] = [learned[i]!, null];
    scaledDotProductAttention(...parts)
      .square()
      .sum()
      .backward();
    return await Promise.all(parts.map(async ({ grad }) => grad && [...(await grad.data())]));
  };
  const all = await gradients([true, true, true]);
  for (const only of [0, 1, 2]) {
    const alone = await gradients(parts.map((_, i) => i === only));
    expect(alone).toEqual(all.map((gradient, i) => (i === only ? gradient : null)));
  }
});

test("a mask with a gradient gets one, and leading dimensions broadcast", async () => {
  const [q, k, v] = [randn([2, 3, 4, 8]), randn([1, 3, 5, 8]), randn([2, 1, 5, 8])];
  const bias = tensor(new Float32Array(20), { shape: [4, 5], requiresGrad: true });
  const y = scaledDotProductAttention(q, k, v, { attnMask: bias });
  y.square().sum().backward();
  // What is added to a whole row changes nothing.
  expect(Math.max(...(await bias.grad!.sum(1).abs().data()))).toBeLessThan(1e-4);
  expect(Math.max(...(await bias.grad!.abs().data()))).toBeGreaterThan(1e-3);
  const alike = scaledDotProductAttention(
    q,
    k.add(q.mul(0).narrow(2, 0, 1)),
    v.add(q.mul(0).narrow(2, 0, 1)),
  );
  expect(Math.max(...(await y.sub(alike).abs().data()))).toBeLessThan(1e-6);
});

test("a query that sees no key gets NaN, and so do its gradients; the others' are their own", async () => {
  const [q, k, v] = [randn([3, 4]), randn([2, 4]), randn([2, 4])];
  q.requiresGrad = true;
  const attnMask = tensor([
    [true, true],
    [false, false],
    [true, false],
  ]);
  const y = scaledDotProductAttention(q, k, v, { attnMask });
  y.sum().backward();
  const blank = (values: ArrayLike<number>) => Array.from(values, Number.isNaN);
  const wanted = [0, 1, 2].flatMap((row) => [0, 0, 0, 0].map(() => row === 1));
  expect(blank(await y.data())).toEqual(wanted);
  expect(blank(await q.grad!.data())).toEqual(wanted);
  expect(((await y.tolist()) as number[][])[2]).toEqual(((await v.tolist()) as number[][])[0]!);
});

test("dropout is drawn anew each time, by the seed", async () => {
  const [q, k, v] = [randn([1, 4]), randn([64, 4]), ones([64, 4])];
  const draw = async () => (await scaledDotProductAttention(q, k, v, { dropoutP: 0.5 }).data())[0]!;
  manualSeed(3);
  const first = [await draw(), await draw()];
  manualSeed(3);
  expect([await draw(), await draw()]).toEqual(first);
  expect(first[0]).not.toBe(first[1]!);
  expect((await scaledDotProductAttention(q, k, v, { dropoutP: 1 }).data())[0]).toBe(0);
});

test("attention refuses what does not fit", () => {
  const x = ones([2, 3, 4]);
  const of = (q: Tensor, k: Tensor, v: Tensor, options?: object) => () =>
    scaledDotProductAttention(q, k, v, options);
  expectRefused([
    [
      of(x, ones([2, 3, 5]), x),
      "query [2, 3, 4], key [2, 3, 5], value [2, 3, 4]: queries have 4 elements, keys 5",
    ],
    [of(x, x, ones([2, 5, 4])), "there are 3 keys and 5 values"],
    [of(ones([4]), x, x), "each wants two dimensions or more"],
    [of(x, x, x, { attnMask: ones([3, 4]) }), "attnMask [3, 4] does not broadcast to the scores [2, 3, 3]"],
    [of(x, x, x, { attnMask: ones([3, 3]), isCausal: true }), "isCausal stands instead of a mask"],
    [of(x, x, x, { attnMask: tensor([1], { dtype: "int32" }) }), "attnMask is bools or float32, got int32"],
    [of(x, x, x, { dropoutP: 2 }), "dropoutP is a probability from 0 to 1, got 2"],
  ]);
});
