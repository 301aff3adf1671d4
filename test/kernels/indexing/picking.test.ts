// Picking by index, repeated and missing indices, and an index that is out of range.
import { expect, test } from "bun:test";
import { embedding as embeddingOp } from "../../../src/kernels/indexing/picking.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { embedding, gather, indexSelect } from "../../reference/gather.ts";
import { Random } from "../../reference/random.ts";
import type { NoAttrs } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(18);

const rows = (weight: [number, number], index: number[]) => ({
  inputs: [random.array(weight), random.integers(index, 0, weight[0] - 1)],
  attrs: {},
});

check<NoAttrs>({
  name: "embedding",
  covers: ["gather.rows", "scatterAdd.scan", "scatterAdd.collect", "scatterAdd.join", "sort"],
  run: (inputs) => apply(embeddingOp, inputs, undefined),
  reference: embedding,
  cases: [
    ...casesOf<NoAttrs>("embedding"),
    rows([1, 1], [1]),
    rows([17, 5], [65]),
    rows([100, 3], [2, 3, 4]), // most rows are never picked
    rows([3, 64], [300]), // and here each a hundred times
    rows([1, 3], [1000]), // all of them in one sum, over many chunks
    rows([3, 4], [128]), // four columns at a time
    rows([130, 260], [70]), // many columns, for each of which the index is looked through
    rows([50, 2], [4099]), // sorted in eight launches
    rows([2, 4], [4160]), // whole chunks, four columns at a time
    rows([4, 7], [0]),
    rows([4, 7], [2, 0, 3]),
  ],
  indices: [1],
  terms: ({ inputs: [, index] }) => index!.data.length,
});

check<NoAttrs>({
  name: "embedding, 4,225,000 numbers", // more than the 65,535 workgroups of one dimension: folded over y
  covers: ["gather.rows"],
  run: (inputs) => apply(embeddingOp, inputs, undefined),
  reference: embedding,
  cases: [rows([40, 65], [65_000])],
  indices: [1],
  differentiable: false,
});

const slices = (x: number[], n: number, axis: number) => ({
  inputs: [random.array(x), random.integers([n], 0, x[axis]! - 1)],
  attrs: { axis },
});

check<{ axis: number }>({
  name: "indexSelect",
  covers: ["gather.rows", "scatterAdd.scan", "scatterAdd.collect", "scatterAdd.join"],
  run: ([x, index], { axis }) => x!.indexSelect(axis, index!),
  reference: indexSelect,
  cases: [
    ...casesOf<{ axis: number }>("indexSelect"),
    slices([3, 4, 5], 70, 1),
    slices([65, 3], 40, 0),
    slices([2, 300, 2], 500, 1), // too many to look through
    slices([3, 5], 0, 1),
    slices([2, 3, 4], 1, 2),
  ],
  indices: [1],
  terms: ({ inputs: [, index] }) => index!.data.length,
});

const along = (x: number[], index: number[], axis: number) => ({
  inputs: [random.array(x), random.integers(index, 0, x[axis]! - 1)],
  attrs: { axis },
});

check<{ axis: number }>({
  name: "gather",
  covers: ["gather.along", "scatterAdd.direct", "scatterAdd.collect", "scatterAdd.join"],
  run: ([x, index], { axis }) => x!.gather(axis, index!),
  reference: gather,
  cases: [
    ...casesOf<{ axis: number }>("gather"),
    along([1], [1], 0),
    along([65, 3], [65, 9], 1),
    along([65, 3], [17, 3], 0),
    along([2, 3, 4, 1, 5], [2, 3, 9, 1, 5], 2),
    along([4, 5, 6], [2, 3, 4], 1), // smaller in every axis
    along([4, 5], [0, 5], 0),
    along([5, 7], [1, 7], 0), // one of each column: nothing to sort
    along([2, 40, 3], [2, 200, 3], 1),
  ],
  indices: [1],
  terms: ({ inputs: [, index], attrs: { axis } }) => index!.shape[axis]!,
});

test("an index past the end gives NaN, and its gradient goes nowhere", async () => {
  const x = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { requiresGrad: true },
  );
  // A clone is the GPU's own: what comes from the host is refused (test/tensor/tensor.test.ts).
  const y = x.gather(1, tensor(new Uint32Array([1, 2, 4294967295, 0]), { shape: [2, 2] }).clone());
  expect([...(await y.data())]).toEqual([2, Number.NaN, Number.NaN, 3]);
  y.backward(
    tensor([
      [1, 10],
      [100, 1000],
    ]),
  );
  expect([...(await x.grad!.data())]).toEqual([0, 1, 1000, 0]);
  const rows = tensor(new Uint32Array([2, 1, 2 ** 31])); // 2³¹ · 2 is 0 again in 32 bits
  const picked = apply(embeddingOp, [x.detach(), rows], undefined);
  const nan = Number.NaN;
  expect([...(await picked.data())]).toEqual([nan, nan, 3, 4, nan, nan]);
});

test("what does not fit is refused", () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const tall = tensor(new Uint32Array(3), { shape: [3, 1] });
  expectRefused([
    [() => x.gather(1, tensor([[0, 1]])), "gather: the index is an int32 or uint32 tensor, got float32"],
    [() => x.gather(1, tall), "gather: index [3, 1] is larger than x [2, 2] in a dim other than 1"],
  ]);
});
