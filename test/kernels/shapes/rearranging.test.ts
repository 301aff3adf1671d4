// Elements in other places: triangles, borders, turned and shifted arrays, diagonals, windows, repeats, pieces.
import { expect, test } from "bun:test";
import { border as borderOp } from "../../../src/kernels/shapes/border.ts";
import { arange, tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import * as reference from "../../reference/rearranging.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(37);
const on = <A>(...cases: [number[], A][]) =>
  cases.map(([shape, attrs]) => ({ inputs: [random.array(shape)], attrs }));

check<{ shape: number[] }>({
  name: "expand",
  covers: ["copy.pick"],
  run: ([x], { shape }) => x!.expand(shape),
  reference: reference.expand,
  cases: [...casesOf<{ shape: number[] }>("expand"), ...on([[65, 1, 3], { shape: [2, 65, 5, 3] }])],
  terms: ({ inputs: [x], attrs: { shape } }) => shape.reduce((a, b) => a * b, 1) / x!.data.length,
});

check<{ upper: boolean; diagonal: number }>({
  name: "tril, triu",
  covers: ["triangle"],
  run: ([x], { upper, diagonal }) => (upper ? x!.triu(diagonal) : x!.tril(diagonal)),
  reference: reference.triangle,
  cases: [
    ...casesOf<{ upper: boolean; diagonal: number }>("triangle"),
    ...on([[2, 3, 9, 7], { upper: false, diagonal: 3 }], [[65, 66], { upper: true, diagonal: -100 }]),
  ],
});

check<reference.BorderAttrs>({
  name: "borders and roll",
  covers: ["border"],
  run: (inputs, attrs) => apply(borderOp, inputs, attrs),
  reference: reference.border,
  cases: [
    ...casesOf<reference.BorderAttrs>("border"),
    ...on<reference.BorderAttrs>(
      [[3, 65, 2], { axis: 1, mode: "wrap", before: -7, length: 65 }],
      [[5, 13], { axis: 1, mode: "reflect", before: 12, length: 37 }],
      [[3, 1, 2], { axis: 1, mode: "replicate", before: 4, length: 8 }],
      [[1, 2], { axis: 1, mode: "reflect", before: 1, length: 4 }],
    ),
  ],
  terms: () => 9,
});

check<{ axes: number[] }>({
  name: "flip",
  covers: ["copy.pick", "copy.place"],
  run: ([x], { axes }) => x!.flip(axes),
  reference: reference.flip,
  cases: [...casesOf<{ axes: number[] }>("flip"), ...on([[3, 65, 2, 5], { axes: [0, 1, 3] }])],
});

check<{ offset: number; axes: [number, number] }>({
  name: "diagonal",
  covers: ["copy.pick", "copy.place"],
  run: ([x], { offset, axes: [a, b] }) => x!.diagonal(offset, a, b),
  reference: reference.diagonal,
  cases: [
    ...casesOf<{ offset: number; axes: [number, number] }>("diagonal"),
    ...on<{ offset: number; axes: [number, number] }>(
      [[65, 3, 70], { offset: 2, axes: [0, 2] }],
      [[3, 4], { offset: 9, axes: [1, 0] }],
    ),
  ],
});

check<{ axis: number; size: number; step: number }>({
  name: "Tensor.unfold",
  covers: ["unfold"],
  run: ([x], { axis, size, step }) => x!.unfold(axis, size, step),
  reference: reference.unfold,
  cases: [
    ...casesOf<{ axis: number; size: number; step: number }>("Tensor.unfold"),
    ...on(
      [[3, 70, 2], { axis: 1, size: 9, step: 2 }],
      [[7], { axis: 0, size: 7, step: 3 }],
      [[65], { axis: 0, size: 3, step: 2 }],
    ),
  ],
  terms: ({ attrs: { size, step } }) => Math.ceil(size / step),
});

const is = async (x: ReturnType<typeof zeros>, wanted: unknown) =>
  expect(await x.tolist()).toEqual(wanted as never);
const grid = () => arange(6).reshape([2, 3]);

test("triangles of whole numbers hold whole zeros", async () => {
  const x = tensor([[1, 2], [3, 4]], { dtype: "uint32" }); // biome-ignore format: as it looks
  await is(x.tril(), [[1, 0], [3, 4]]); // biome-ignore format: as it looks
});

test("repeat, tile, repeatInterleave", async () => {
  await is(grid().repeat([1, 2]), [[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]]); // biome-ignore format: as it looks
  await is(arange(2).repeat([2, 2]), [[0, 1, 0, 1], [0, 1, 0, 1]]); // biome-ignore format: as it looks
  await is(grid().tile([2]), [[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]]); // biome-ignore format: as it looks
  await is(arange(2).reshape([1, 1, 2]).repeat([2, 2, 2]), [[[0, 1, 0, 1], [0, 1, 0, 1]], [[0, 1, 0, 1], [0, 1, 0, 1]]]); // biome-ignore format: as it looks
  expect(grid().repeat([0, 1]).shape).toEqual([0, 3]);
  await is(grid().repeatInterleave(2, 1), [[0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5]]); // biome-ignore format: as it looks
  await is(grid().repeatInterleave([2, 1], 0), [[0, 1, 2], [0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(arange(2).repeatInterleave(2), [0, 0, 1, 1]);
});

test("roll, rot90, fliplr, flipud", async () => {
  await is(grid().roll(1), [[5, 0, 1], [2, 3, 4]]); // biome-ignore format: as it looks
  await is(grid().roll([1, -1], [0, 1]), [[4, 5, 3], [1, 2, 0]]); // biome-ignore format: as it looks
  await is(grid().rot90(), [[2, 5], [1, 4], [0, 3]]); // biome-ignore format: as it looks
  await is(grid().rot90(-1), [[3, 0], [4, 1], [5, 2]]); // biome-ignore format: as it looks
  await is(grid().rot90(2), [[5, 4, 3], [2, 1, 0]]); // biome-ignore format: as it looks
  await is(grid().fliplr(), [[2, 1, 0], [5, 4, 3]]); // biome-ignore format: as it looks
  await is(grid().flipud(), [[3, 4, 5], [0, 1, 2]]); // biome-ignore format: as it looks
});

test("split, chunk, select, unbind; pieces of one tensor give it one gradient", async () => {
  expect(
    arange(7)
      .split(3)
      .map(({ shape }) => shape),
  ).toEqual([[3], [3], [1]]);
  await is(grid().split([1, 2], 1)[1]!, [[1, 2], [4, 5]]); // biome-ignore format: as it looks
  expect(
    arange(7)
      .chunk(3)
      .map((x) => x.numel()),
  ).toEqual([3, 3, 1]);
  await is(grid().select(1, -1), [2, 5]);
  await is(grid().unbind(1)[0]!, [0, 3]);
  const x = grid().detach();
  x.requiresGrad = true;
  const [a, b, c] = x.split(1, 1);
  a!.mul(2).add(b!.mul(3)).add(c!.mul(5)).sum().backward();
  await is(x.grad!, [[2, 3, 5], [2, 3, 5]]); // biome-ignore format: as it looks
});

test("pad counts from the last dim, cuts off by negative numbers, and goes on by reflection, repetition or round", async () => {
  await is(arange(2).pad([1, 2], { value: 9 }), [9, 0, 1, 9, 9]);
  await is(grid().pad([0, 0, 1, 0]), [[0, 0, 0], [0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(grid().pad([-1, 1]), [[1, 2, 0], [4, 5, 0]]); // biome-ignore format: as it looks
  await is(arange(3).pad([2, 1], { mode: "reflect" }), [2, 1, 0, 1, 2, 1]);
  await is(arange(3).pad([2, 1], { mode: "replicate" }), [0, 0, 0, 1, 2, 2]);
  await is(arange(3).pad([2, 1], { mode: "circular" }), [1, 2, 0, 1, 2, 0]);
  await is(grid().pad([1, 0, 0, 1], { mode: "circular" }), [[2, 0, 1, 2], [5, 3, 4, 5], [2, 0, 1, 2]]); // biome-ignore format: as it looks
});

test("other shapes and other orders", async () => {
  await is(arange(3).diag(), [[0, 0, 0], [0, 1, 0], [0, 0, 2]]); // biome-ignore format: as it looks
  await is(tensor([7]).diag(-1), [[0, 0], [7, 0]]); // biome-ignore format: as it looks
  await is(grid().diag(1), [1, 5]);
  await is(grid().t(), [[0, 3], [1, 4], [2, 5]]); // biome-ignore format: as it looks
  expect([grid().numel(), grid().dim(), grid().mT.shape, grid().T.shape]).toEqual([6, 2, [3, 2], [3, 2]]);
  expect(zeros([2, 3, 4]).movedim(0, -1).shape).toEqual([3, 4, 2]);
  expect(zeros([2, 3, 4]).moveaxis([0, 1], [1, 2]).shape).toEqual([4, 2, 3]);
  expect(zeros([2, 3, 4]).swapaxes(0, 2).shape).toEqual([4, 3, 2]);
  expect(zeros([6, 2]).unflatten(0, [2, -1]).shape).toEqual([2, 3, 2]);
  expect(grid().ravel().shape).toEqual([6]);
  expect(grid().view([3, 2]).viewAs(arange(6)).shape).toEqual([6]);
  expect(arange(3).expandAs(grid()).shape).toEqual([2, 3]);
  expect(arange(3).broadcastTo([4, 3]).shape).toEqual([4, 3]);
});
