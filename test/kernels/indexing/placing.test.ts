// Placing by index: added in a fixed order however often a place is named, written so that the last stays.
import { expect, test } from "bun:test";
import { ones, tensor, zeros } from "../../../src/tensor/creation.ts";
import { check } from "../../harness.ts";
import { indexAdd, scatter, scatterAdd } from "../../reference/gather.ts";
import { Random } from "../../reference/random.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(61);
type Along = { axis: number };

const along = (x: number[], index: number[], axis: number, source = index) => ({
  inputs: [random.array(x), random.integers(index, 0, x[axis]! - 1), random.array(source)],
  attrs: { axis },
});

check<Along>({
  name: "scatterAdd",
  covers: ["scatterAdd.direct", "scatterAdd.collect", "scatterAdd.join"],
  run: ([x, index, source], { axis }) => x!.scatterAdd(axis, index!, source!),
  reference: scatterAdd,
  cases: [
    ...casesOf<Along>("scatterAdd"),
    along([3], [2000], 0),
    along([7, 3], [1, 3], 0), // nothing to sort
    along([2, 3, 70], [2, 3, 70], 2),
    along([65, 4], [130, 3], 0, [131, 5]),
    along([3, 4], [3, 0], 1),
  ],
  indices: [1],
  terms: ({ inputs: [, index], attrs: { axis } }) => index!.shape[axis]! + 1,
});

check<Along>({
  name: "indexAdd",
  covers: ["scatterAdd.scan"],
  run: ([x, index, source], { axis }) => x!.indexAdd(axis, index!, source!),
  reference: indexAdd,
  cases: [
    ...casesOf<Along>("indexAdd"),
    along([6, 5], [100], 0, [100, 5]),
    along([2, 3, 5], [65], 1, [2, 65, 5]),
  ],
  indices: [1],
  terms: ({ inputs: [, index] }) => index!.shape[0]! + 1,
});

/** Reordered indices, so that no place is named twice: what a second one does has no derivative. */
const distinct = (x: number[], index: number[], axis: number) => {
  const drawn = along(x, index, axis);
  const n = x[axis]!;
  for (const [i] of drawn.inputs[1]!.data.entries()) {
    const inner = index.slice(axis + 1).reduce((a, b) => a * b, 1);
    drawn.inputs[1]!.data[i] = (Math.floor(i / inner) * 5 + 2) % n;
  }
  return drawn;
};

check<Along>({
  name: "scatter",
  covers: ["scatter"],
  run: ([x, index, source], { axis }) => x!.scatter(axis, index!, source!),
  reference: scatter,
  cases: [
    ...casesOf<Along>("scatter"),
    distinct([7, 3], [7, 2], 0),
    distinct([3, 67, 2], [3, 60, 2], 1),
    distinct([4], [0], 0),
    distinct([7, 130], [5, 130], 0), // launches go on along y
  ],
  indices: [1],
});

test("of several for one place the last stays, in any type; numbers are written too", async () => {
  const index = tensor([[1, 1, 0, 1]], { dtype: "uint32" });
  const source = tensor([[5, 6, 7, 8]], { dtype: "uint32" });
  const x = tensor([[1, 2, 3, 4]], { dtype: "uint32" });
  expect(await x.scatter(1, index, source).tolist()).toEqual([[7, 8, 3, 4]]);
  expect(await x.scatter(1, index, 9).tolist()).toEqual([[9, 9, 3, 4]]);
  const many = tensor(new Uint32Array(1000).fill(3));
  const numbers = tensor(Float32Array.from({ length: 1000 }, (_, i) => i));
  expect(await zeros([5]).scatter(0, many, numbers).tolist()).toEqual([0, 0, 0, 999, 0]);
});

test("a place past the end, which only the GPU knows, is dropped", async () => {
  const index = tensor(new Uint32Array([0, 4294967295, 2])).clone();
  const source = tensor([1, 10, 100]);
  expect(await zeros([2]).scatterAdd(0, index, source).tolist()).toEqual([1, 0]);
  expect(await zeros([2]).scatter(0, index, source).tolist()).toEqual([1, 0]);
  expect(await zeros([2]).indexAdd(0, index, source).tolist()).toEqual([1, 0]);
  // Nor is it the first of the next row, whose owner stays.
  const second = tensor(new Uint32Array([1, 2, 0, 1]), { shape: [2, 2] }).clone();
  const four = tensor([[1, 10], [100, 1000]]); // biome-ignore format: as it looks
  expect(await zeros([2, 2]).scatter(1, second, four).tolist()).toEqual([[0, 1], [100, 1000]]); // biome-ignore format: as it looks
  const next = tensor(new Uint32Array([2, 0]), { shape: [2, 1] }).clone();
  const column = tensor([[1], [10]]);
  expect(await zeros([2, 2]).scatter(1, next, column).tolist()).toEqual([[0, 0], [10, 0]]); // biome-ignore format: as it looks
  expect(await zeros([2, 2]).scatterAdd(1, next, column).tolist()).toEqual([[0, 0], [10, 0]]); // biome-ignore format: as it looks
});

test("sums are the same, bit for bit, however often they are made", async () => {
  const places = tensor(Uint32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 13));
  const source = tensor(new Float32Array(random.array([5000]).data));
  const once = await zeros([13]).scatterAdd(0, places, source).data();
  for (let i = 0; i < 3; i++) expect(await zeros([13]).scatterAdd(0, places, source).data()).toEqual(once);
});

test("take, takeAlongDim, indexFill, indexCopy, maskedFill", async () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: as it looks
  const u32 = (values: number[] | number[][]) => tensor(values, { dtype: "uint32" });
  expect(await x.take(u32([[5, 0], [1, 1]])).tolist()).toEqual([[6, 1], [2, 2]]); // biome-ignore format: as it looks
  expect(await x.takeAlongDim(u32([[2], [0]]), 1).tolist()).toEqual([[3], [4]]);
  expect(await x.takeAlongDim(u32([[1]]), 0).tolist()).toEqual([[4, 5, 6]]);
  expect(await x.takeAlongDim(u32([4])).tolist()).toEqual([5]);
  expect(await x.indexFill(1, [0, 2], -1).tolist()).toEqual([[-1, 2, -1], [-1, 5, -1]]); // biome-ignore format: as it looks
  expect(await x.indexCopy(1, [2, 0], tensor([[7, 8], [9, 0]])).tolist()).toEqual([[8, 2, 7], [0, 5, 9]]); // biome-ignore format: as it looks
  expect(await x.maskedFill(tensor([1, 0, 1]), 0).tolist()).toEqual([[0, 2, 0], [0, 5, 0]]); // biome-ignore format: as it looks
  expect(await x.expand([2, -1, -1]).tolist()).toEqual([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]); // biome-ignore format: as it looks
});

test("whole numbers are added exactly, and wrap around at 32 bits", async () => {
  const int32 = { dtype: "int32" } as const;
  const index = tensor([0, 2, 0], int32);
  const into = zeros([3], int32);
  const large = into.scatterAdd(0, index, tensor([2 ** 24, 2 ** 31 - 1, 1], int32));
  expect([large.dtype, await large.tolist()]).toEqual(["int32", [2 ** 24 + 1, 0, 2 ** 31 - 1]]);
  const unsigned = tensor(new Uint32Array([0, 0, 3])).indexAdd(
    0,
    [2, 2],
    tensor(new Uint32Array([2 ** 32 - 1, 1])),
  );
  expect([unsigned.dtype, await unsigned.tolist()]).toEqual(["uint32", [0, 0, 3]]);
  // Many to a place, in chunks; four columns side by side, and an index of each column's own.
  const n = 300;
  const places = Array.from({ length: n }, (_, i) => i % 2);
  const rows = ones([n, 4], int32);
  const halves = [new Array(4).fill(n / 2), new Array(4).fill(n / 2)];
  expect(await zeros([2, 4], int32).indexAdd(0, places, rows).tolist()).toEqual(halves);
  const own = tensor(places, int32).unsqueeze(1).expand([n, 4]);
  expect(await zeros([2, 4], int32).scatterAdd(0, own, rows).tolist()).toEqual(halves);
  expect(await into.scatterAdd_(0, index, ones([3], int32)).tolist()).toEqual([2, 0, 1]);
  expect(() => into.scatterAdd(0, index, ones([3]))).toThrow(
    'scatterAdd: x is int32, but the source is float32: write source.to("int32")',
  );
  expect(() => into.bool().scatterAdd(0, index, into.bool())).toThrow("scatterAdd: bools have no sums");
});
