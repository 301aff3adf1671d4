// Tensors made otherwise than of numbers: identities, spaces, grids, likes, one-hot rows, and draws by their moments.
import { expect, test } from "bun:test";
import {
  arange,
  empty,
  emptyLike,
  eye,
  F,
  fullLike,
  linspace,
  logspace,
  manualSeed,
  meshgrid,
  normal,
  ones,
  onesLike,
  randint,
  randintLike,
  randLike,
  randnLike,
  randperm,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from "otograd";
import { expectRefused } from "../refuses.ts";

async function is(x: Tensor, dtype: string, values: unknown): Promise<void> {
  expect<unknown[]>([x.dtype, await x.tolist()]).toEqual([dtype, values]);
}

test("identities, spaces and grids are PyTorch's", async () => {
  await is(eye(2), "float32", [[1, 0], [0, 1]]); // biome-ignore format: as it looks
  await is(eye(2, 3, { dtype: "int32" }), "int32", [[1, 0, 0], [0, 1, 0]]); // biome-ignore format: as it looks
  await is(linspace(0, 1, 5), "float32", [0, 0.25, 0.5, 0.75, 1]);
  await is(linspace(3, -3, 3), "float32", [3, 0, -3]);
  await is(linspace(2, 9, 1), "float32", [2]);
  await is(linspace(2, 9, 0), "float32", []);
  await is(logspace(0, 2, 3), "float32", [1, 10, 100]);
  await is(logspace(0, 3, 4, { base: 2 }), "float32", [1, 2, 4, 8]);
  const [x, y] = meshgrid([arange(2), arange(3)]) as [Tensor, Tensor];
  await is(x, "float32", [[0, 0, 0], [1, 1, 1]]); // biome-ignore format: as it looks
  await is(y, "float32", [[0, 1, 2], [0, 1, 2]]); // biome-ignore format: as it looks
  const [a, b] = meshgrid([arange(2), arange(3)], { indexing: "xy" }) as [Tensor, Tensor];
  await is(a, "float32", [[0, 1], [0, 1], [0, 1]]); // biome-ignore format: as it looks
  await is(b, "float32", [[0, 0], [1, 1], [2, 2]]); // biome-ignore format: as it looks
});

test("likes have a tensor's shape and type", async () => {
  const x = tensor(new Int32Array([1, 2, 3]));
  await is(zerosLike(x), "int32", [0, 0, 0]);
  await is(onesLike(x, { dtype: "bool" }), "bool", [true, true, true]);
  await is(fullLike(x, -7), "int32", [-7, -7, -7]);
  await is(x.newZeros([2]), "int32", [0, 0]);
  await is(x.newOnes([1], { dtype: "float32" }), "float32", [1]);
  await is(x.newFull([2], 9), "int32", [9, 9]);
  for (const each of [empty([2, 0]), emptyLike(x), x.newEmpty([3])])
    expect(each.shape.length).toBeGreaterThan(0);
  expect(emptyLike(x).dtype).toBe("int32");
  expect(x.contiguous()).toBe(x);
  expect(zeros([2], { dtype: "int32" }).dtype).toBe("int32");
  await is(ones([2], { dtype: "uint32" }), "uint32", [1, 1]);
  await is(arange(3, { dtype: "int32" }), "int32", [0, 1, 2]);
});

test("one-hot rows, of lists and of tensors of any shape", async () => {
  await is(F.oneHot([2, 0], 3), "int32", [[0, 0, 1], [1, 0, 0]]); // biome-ignore format: as it looks
  const grid = F.oneHot(tensor([[1], [0]], { dtype: "int32" }), 2);
  expect(grid.shape).toEqual([2, 1, 2]);
  await is(grid, "int32", [[[0, 1]], [[1, 0]]]);
});

test("draws have the moments that were asked for", async () => {
  manualSeed(12);
  const moments = async (x: Tensor) => {
    const values = Array.from(await x.data());
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)] as const;
  };
  for (const [x, mean, deviation, off] of [
    [normal(3, 2, [8000]), 3, 2, 0.1],
    [normal(ones([8000]), 0.5), 1, 0.5, 0.03],
    [normal(-1, ones([8000])), -1, 1, 0.05],
    [normal(zeros([2, 1]), ones([4000])), 0, 1, 0.05],
    [randLike(zeros([8000])), 0.5, Math.sqrt(1 / 12), 0.02],
    [randnLike(zeros([8000])), 0, 1, 0.05],
    [randint(10, [8000]), 4.5, Math.sqrt(99 / 12), 0.15],
    [randintLike(zeros([8000]), -5, 6), 0, Math.sqrt(10), 0.2],
  ] as const) {
    const [m, d] = await moments(x);
    expect([String(x), Math.abs(m - mean) < off, Math.abs(d - deviation) < off]).toEqual([
      String(x),
      true,
      true,
    ]);
  }
  const order = Array.from(await randperm(100).data());
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size).toBe(100);
});

test("what cannot be made is refused in one line", () => {
  expectRefused([
    [() => randint(5, 5, [2]), "randint: wants whole numbers of 32 bits, low below high, got 5 and 5"],
    [() => randint(0, 2.5, [2]), "randint: wants whole numbers of 32 bits"],
    [() => eye(-1), "eye: n is a whole number ≥ 0, got -1"],
    [() => meshgrid([zeros([2, 2])]), "meshgrid: wants numbers and lists of them, got a tensor [2, 2]"],
    [() => randLike(tensor([1], { dtype: "int32" })), "randLike: draws float32, not int32"],
    [() => zerosLike(zeros([1]), { dtype: "int64" as never }), "zerosLike: dtype is"],
    [() => fullLike(tensor([1], { dtype: "int32" }), 0.5), "fullLike: int32 wants whole numbers of 32 bits"],
    [() => normal(zeros([1]), 1, [2]), "normal: tensors have a shape already, got [2] besides"],
    [() => ones([3]).multinomial(4), "multinomial: there are 3 to draw from, too few for 4"],
    [() => zeros([0]).multinomial(1), "multinomial: wants probabilities [n] or [rows, n], got [0]"],
    [() => F.oneHot([3], 3), "oneHot: index 0 is 3, not one of 0 … 2"],
    [() => F.oneHot(tensor([3], { dtype: "int32" }), 3), "oneHot: an index is 3, not one of 0 … 2"],
    [() => F.oneHot(zeros([1]), 3), "oneHot: the index is an int32 or uint32 tensor, got float32"],
  ]);
});
