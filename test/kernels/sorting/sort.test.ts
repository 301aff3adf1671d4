// Sorted positions: stable, NaN last, any length, along any dimension, all or the first few.
import { expect, test } from "bun:test";
import { fromHost } from "../../../src/gpu/array.ts";
import { sortedPositions } from "../../../src/kernels/sorting/sort.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { proof, read } from "../../harness.ts";
import { Random } from "../../reference/random.ts";

const random = new Random(71);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** In order: numbers, then NaNs; turned round where descending; equals as they were. */
function wanted(row: ArrayLike<number>, descending: boolean): number[] {
  const compare = (a: number, b: number) =>
    Number.isNaN(a) || Number.isNaN(b)
      ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
      : a < b
        ? -1
        : Number(a > b);
  return Array.from(row, (_, i) => i).sort(
    (i, j) => (descending ? -1 : 1) * compare(row[i]!, row[j]!) || i - j,
  );
}

/** Draws of few different numbers, so that there are ties, and of what is odd about floats. */
function drawn(size: number): Float32Array {
  const odd = [nan, inf, -inf, 0, -0, 1e-40, -1e-40, 3.4e38];
  const one = () => (random.int(0, 3) === 0 ? odd[random.int(0, 7)]! : random.int(-9, 9) / 4);
  const values = Float32Array.from({ length: size }, one);
  // What comes first after infinity, by its bits, is no number, nor is what comes last.
  const bits = new Uint32Array(values.buffer);
  for (let i = 7; i < size; i += 29) bits[i] = i % 2 === 0 ? 0x7f800001 : 0xffffffff;
  return values;
}

proof("sort: positions agree with the host's stable sort", { name: "sort", covers: ["sort"] }, async () => {
  let cases = 0;
  for (const n of [1, 2, 31, 32, 33, 64, 65, 100, 1000, 5000])
    for (const [outer, inner] of [
      [1, 1],
      [3, 1],
      [2, 3],
    ] as const)
      for (const descending of [false, true]) {
        const most = [n, Math.min(n, 1), Math.min(n, 40)][cases++ % 3]!;
        const data = drawn(outer * n * inner);
        const x = fromHost(data, [outer, n, inner]);
        const { values } = await read(sortedPositions(x, 1, most, descending));
        for (let o = 0; o < outer; o++)
          for (let i = 0; i < inner; i++) {
            const row = Array.from({ length: n }, (_, j) => data[(o * n + j) * inner + i]!);
            const got = Array.from({ length: most }, (_, j) => values[(o * most + j) * inner + i]!);
            expect([n, descending, got]).toEqual([n, descending, wanted(row, descending).slice(0, most)]);
          }
        x.release();
      }
  console.log(`  sort: ${cases} cases, exact`);
});

test("sort, argsort, topk, kthvalue, median: values, where they were, and where gradients go", async () => {
  const x = tensor([[3, 1, 2], [9, 7, 8]], { requiresGrad: true }); // biome-ignore format: as it looks
  const { values, indices } = x.sort(1);
  expect(await values.tolist()).toEqual([[1, 2, 3], [7, 8, 9]]); // biome-ignore format: as it looks
  expect([indices.dtype, await indices.tolist()]).toEqual(["int32", [[1, 2, 0], [1, 2, 0]]]); // biome-ignore format: as it looks
  values.backward(tensor([[1, 2, 3], [4, 5, 6]])); // biome-ignore format: as it looks
  expect(await x.grad!.tolist()).toEqual([[3, 1, 2], [6, 4, 5]]); // biome-ignore format: as it looks
  expect(await x.argsort(0, { descending: true }).tolist()).toEqual([[1, 1, 1], [0, 0, 0]]); // biome-ignore format: as it looks
  x.grad = null;
  const top = x.topk(2);
  expect(await top.values.tolist()).toEqual([[3, 2], [9, 8]]); // biome-ignore format: as it looks
  top.values.sum().backward();
  expect(await x.grad!.tolist()).toEqual([[1, 0, 1], [1, 0, 1]]); // biome-ignore format: as it looks
  expect(await x.topk(1, 0, { largest: false }).indices.tolist()).toEqual([[0, 0, 0]]);
  expect(await x.kthvalue(2, 1).values.tolist()).toEqual([2, 8]);
  expect(await x.median(1, true).indices.tolist()).toEqual([[2], [2]]);
  expect(await x.median().item()).toBe(3);
  expect(await tensor([1, nan, 0]).median().item()).toBeNaN();
  for (const pair of [
    x.max(1),
    x.min(1, true),
    x.sort(),
    x.topk(2),
    x.kthvalue(1),
    x.median(1),
    x.cummax(0),
  ]) {
    const [first, second] = pair;
    expect(first).toBe(pair.values);
    expect(second).toBe(pair.indices);
    expect(Object.keys(pair)).toEqual(["values", "indices"]);
  }
  const whole = tensor([3, -1, 2], { dtype: "int32" }).sort();
  expect([whole.values.dtype, await whole.values.tolist()]).toEqual(["int32", [-1, 2, 3]]);
});

proof("sort: 2²⁰ elements", { name: "a long sort", covers: ["sort.merge"] }, async () => {
  const data = Float32Array.from({ length: 2 ** 20 }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 24);
  const x = tensor(data);
  const sorted = data.toSorted();
  expect(await x.sort().values.data()).toEqual(sorted);
});
