// Tensor's methods: shapes, slices and indexing against plain expectations, creation, reading, and every refusal.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import { arange, cat, full, ones, stack, type Tensor, tensor, where, zeros } from "../../src/tensor/index.ts";
import type { NestedNumbers } from "../../src/tensor/methods/base.ts";
import { expectRefused } from "../refuses.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const is = async (t: Tensor, shape: number[], values: NestedNumbers) => {
  expect(t.shape).toEqual(shape);
  expect(await t.tolist()).toEqual(values);
};
/** 0 … 5 as two rows of three. */
const grid = () =>
  tensor([
    [0, 1, 2],
    [3, 4, 5],
  ]);

test("tensor() takes numbers, nested arrays and typed arrays, and copies them", async () => {
  await is(tensor(7), [], 7);
  await is(tensor([1.5]), [1], [1.5]);
  await is(grid(), [2, 3], [[0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(tensor([]), [0], []);
  await is(tensor([[], []]), [2, 0], [[], []]);
  const data = new Float32Array([1, 2, 3, 4]);
  const t = tensor(data, { shape: [2, 2] });
  data.fill(0);
  await is(t, [2, 2], [[1, 2], [3, 4]]); // biome-ignore format: as it looks
  expect(tensor(new Uint32Array([1])).dtype).toBe("uint32");
  expect(tensor([1, 2], { dtype: "uint32" }).dtype).toBe("uint32");
  expect((await tensor(new Uint32Array([4294967295])).data())[0]).toBe(4294967295);
  await is(tensor(new Float64Array([0.1])), [1], [Math.fround(0.1)]);
  expect(tensor([1], { requiresGrad: true }).requiresGrad).toBe(true);
  await is(arange(4), [4], [0, 1, 2, 3]);
  await is(arange(1, 5), [4], [1, 2, 3, 4]);
  await is(arange(5, 1, -2), [2], [5, 3]);
  await is(arange(2.5), [3], [0, 1, 2]);
  await is(arange(1, 2, 0.25), [4], [1, 1.25, 1.5, 1.75]);
  await is(arange(3, 3), [0], []);
  expect(arange(2, { requiresGrad: true }).requiresGrad).toBe(true);
  expect(arange(0, 4, 2, { requiresGrad: true }).requiresGrad).toBe(true);
  await is(full([2], 3.5), [2], [3.5, 3.5]);
  await is(ones([1, 2]), [1, 2], [[1, 1]]);
  await is(zeros([3, 0]), [3, 0], [[], [], []]);
});

test("facts and reading", async () => {
  const t = grid();
  expect([t.numel(), t.ndim, t.dtype, String(t)]).toEqual([6, 2, "float32", "Tensor([2, 3], float32)"]);
  expect([t.size(), t.size(0), t.size(-1)]).toEqual([[2, 3], 2, 3]);
  expect(() => t.size(2)).toThrow("size: dim 2 is out of range: there are -2 … 1");
  expect(await t.data()).toEqual(new Float32Array([0, 1, 2, 3, 4, 5]));
  expect(await t.sum().item()).toBe(15);
  await expect(t.item()).rejects.toThrow("item() wants a tensor of one element, this one is [2, 3]");
  const w = tensor([1], { requiresGrad: true });
  expect([String(w), String(w.mul(2))]).toEqual([
    "Tensor([1], float32, requiresGrad)",
    "Tensor([1], float32, from mul)",
  ]);
});

test("reshape, flatten, squeeze, unsqueeze", async () => {
  const t = arange(24).reshape([2, 3, 4]);
  expect(t.reshape([4, -1]).shape).toEqual([4, 6]);
  expect(t.reshape([-1]).shape).toEqual([24]);
  expect(zeros([0, 3]).reshape([3, -1]).shape).toEqual([3, 0]);
  await is(grid().reshape([3, 2]), [3, 2], [[0, 1], [2, 3], [4, 5]]); // biome-ignore format: as it looks
  expect(t.flatten().shape).toEqual([24]);
  expect(t.flatten(1).shape).toEqual([2, 12]);
  expect(t.flatten(0, 1).shape).toEqual([6, 4]);
  expect(t.flatten(-2, -1).shape).toEqual([2, 12]);
  expect(tensor(1).flatten().shape).toEqual([1]);
  expect(zeros([1, 3, 1]).squeeze().shape).toEqual([3]);
  expect(zeros([1, 3, 1]).squeeze(-1).shape).toEqual([1, 3]);
  expect(zeros([1, 3]).squeeze(1).shape).toEqual([1, 3]); // of size 3: stays
  expect(zeros([3]).unsqueeze(0).shape).toEqual([1, 3]);
  expect(zeros([3]).unsqueeze(-1).shape).toEqual([3, 1]);
  expect(zeros([3]).unsqueeze(1).shape).toEqual([3, 1]);
});

test("permute and transpose", async () => {
  await is(grid().transpose(0, 1), [3, 2], [[0, 3], [1, 4], [2, 5]]); // biome-ignore format: as it looks
  await is(grid().transpose(-1, 0), [3, 2], [[0, 3], [1, 4], [2, 5]]); // biome-ignore format: as it looks
  const t = arange(24).reshape([2, 3, 4]);
  expect(t.permute([2, 0, 1]).shape).toEqual([4, 2, 3]);
  expect(await t.permute([2, 0, 1]).permute([1, 2, 0]).data()).toEqual(await t.data());
  expect(((await t.permute([2, 0, 1]).tolist()) as number[][][])[3]![1]![2]).toBe(1 * 12 + 2 * 4 + 3);
});

test("slice and narrow", async () => {
  const t = arange(6);
  await is(t.slice([[1, 4]]), [3], [1, 2, 3]);
  await is(t.slice([[1]]), [5], [1, 2, 3, 4, 5]);
  await is(t.slice([[0, 6, 2]]), [3], [0, 2, 4]);
  await is(t.slice([[1, 6, 4]]), [2], [1, 5]);
  await is(t.slice([[-2]]), [2], [4, 5]);
  await is(t.slice([[-4, -1]]), [3], [2, 3, 4]);
  await is(t.slice([[2, 100]]), [4], [2, 3, 4, 5]);
  await is(t.slice([[4, 2]]), [0], []);
  await is(grid().slice([null, [1, 3]]), [2, 2], [[1, 2], [4, 5]]); // biome-ignore format: as it looks
  await is(grid().slice([[1]]), [1, 3], [[3, 4, 5]]);
  await is(grid().narrow(1, 1, 1), [2, 1], [[1], [4]]);
  await is(grid().narrow(-1, 0, 3), [2, 3], [[0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(grid().narrow(0, 2, 0), [0, 3], []);
  await is(t.narrow(0, -2, 2), [2], [4, 5]);
  await is(grid().narrow(1, -3, 2), [2, 2], [[0, 1], [3, 4]]); // biome-ignore format: as it looks
});

test("indexSelect and gather", async () => {
  await is(grid().indexSelect(0, [1, 0, 1]), [3, 3], [[3, 4, 5], [0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(arange(4).indexSelect(0, [3, 3]), [2], [3, 3]);
  await is(arange(4).indexSelect(0, tensor([1, 2], { dtype: "uint32" })), [2], [1, 2]);
  expect(zeros([5, 2, 3]).indexSelect(0, []).shape).toEqual([0, 2, 3]);
  const index = tensor([[2, 0], [1, 1]], { dtype: "uint32" }); // biome-ignore format: as it looks
  await is(grid().gather(1, index), [2, 2], [[2, 0], [4, 4]]); // biome-ignore format: as it looks
  await is(grid().gather(0, tensor([[1, 0, 1]], { dtype: "uint32" })), [1, 3], [[3, 1, 5]]);
  expect(
    await arange(3)
      .indexSelect(0, tensor([9], { dtype: "uint32" }).clone())
      .item(),
  ).toBeNaN(); // past the end, which only the GPU knows
});

test("a loop over a tensor is over the slices of its first dim, which gradients go through", async () => {
  const t = tensor([[1, 2], [3, 4], [5, 6]], { requiresGrad: true }); // biome-ignore format: as it looks
  const seen: NestedNumbers[] = [];
  for (const row of t) seen.push(await row.tolist());
  expect(seen).toEqual([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: as it looks
  const [first, , third] = t;
  first!.mul(third!).sum().backward();
  await is(t.grad!, [3, 2], [[5, 6], [0, 0], [1, 2]]); // biome-ignore format: as it looks
  await is(stack([...tensor([7, 8])]), [2], [7, 8]);
  expect(Array.from(zeros([2, 3, 1]), ({ shape }) => shape)).toEqual([[3, 1], [3, 1]]); // biome-ignore format: as it looks
  expect([...zeros([0, 2])]).toEqual([]);
});

test("cat, stack, pad, where, clone", async () => {
  await is(cat([grid(), grid().narrow(0, 0, 1)]), [3, 3], [[0, 1, 2], [3, 4, 5], [0, 1, 2]]); // biome-ignore format: as it looks
  await is(cat([grid(), ones([2, 1])], -1), [2, 4], [[0, 1, 2, 1], [3, 4, 5, 1]]); // biome-ignore format: as it looks
  await is(cat([zeros([0]), grid(), zeros([0])], 1), [2, 3], [[0, 1, 2], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(cat([zeros([0]), arange(2)]), [2], [0, 1]);
  await is(cat([zeros([0]), zeros([0])]), [0], []);
  await is(cat([tensor([1, 2], { dtype: "int32" }), tensor([0.5])]), [3], [1, 2, 0.5]); // in the type in which they meet
  await is(cat([tensor([true]), tensor([7], { dtype: "uint32" })]), [2], [1, 7]);
  await is(stack([tensor([3], { dtype: "int32" }), tensor([0.5])]), [2, 1], [[3], [0.5]]);
  expect(cat([zeros([0]), tensor([1], { dtype: "int32" })]).dtype).toBe("float32");
  await is(stack([arange(2), ones([2])]), [2, 2], [[0, 1], [1, 1]]); // biome-ignore format: as it looks
  await is(stack([arange(2), ones([2])], -1), [2, 2], [[0, 1], [1, 1]]); // biome-ignore format: as it looks
  await is(arange(2).pad([1, 2], { value: 9 }), [5], [9, 0, 1, 9, 9]);
  await is(where(grid().gt(2), grid(), -1), [2, 3], [[-1, -1, -1], [3, 4, 5]]); // biome-ignore format: as it looks
  await is(where(tensor([1, 0]), tensor([[1], [2]]), 0), [2, 2], [[1, 0], [2, 0]]); // biome-ignore format: as it looks
  const labels = tensor([3, 4], { dtype: "uint32" });
  const copy = labels.clone();
  labels.copy_(tensor([7, 8], { dtype: "uint32" }));
  await is(copy, [2], [3, 4]);
});

test("reductions over some axes, or all", async () => {
  await is(grid().sum(0), [3], [3, 5, 7]);
  await is(grid().sum([0, 1]), [], 15);
  await is(grid().mean(1, true), [2, 1], [[1], [4]]);
  await is(grid().max(-1).values, [2], [2, 5]);
  await is(grid().min(0).values, [3], [0, 1, 2]);
  await is(grid().argmax(1), [2], [2, 2]);
  await is(grid().argmax(0, true), [1, 3], [[1, 1, 1]]);
  await is(tensor([[1, 9], [9, 3]]).argmax(), [], 1); // biome-ignore format: as it looks
  await is(grid().variance(1), [2], [1, 1]);
  await is(grid().variance(0, { correction: 0, keepdim: true }), [1, 3], [[2.25, 2.25, 2.25]]);
  await is(zeros([0]).sum(), [], 0);
  await is(arange(2).variance(0, { correction: 3 }), [], Infinity);
  await is(arange(2).variance(0, { correction: 2 }), [], Infinity);
  await is(ones([2]).variance(0, { correction: 3 }), [], Number.NaN);
  await is(arange(1).variance(), [], Number.NaN);
  for (const correction of [0, 1, 3]) await is(zeros([0]).variance(0, { correction }), [], Number.NaN);
});

test("arithmetic with numbers and by broadcasting; comparisons", async () => {
  await is(grid().mul(2).sub(1), [2, 3], [[-1, 1, 3], [5, 7, 9]]); // biome-ignore format: as it looks
  await is(arange(3).add(tensor([[10], [20]])), [2, 3], [[10, 11, 12], [20, 21, 22]]); // biome-ignore format: as it looks
  await is(tensor([8, 2]).div(4), [2], [2, 0.5]);
  await is(tensor([3, -2]).pow(2), [2], [9, 4]);
  await is(tensor([3, -2]).maximum(0), [2], [3, 0]);
  await is(tensor([1, 2, 3]).ge(2), [3], [false, true, true]);
  await is(tensor([1, 2], { dtype: "uint32" }).eq(2), [2], [false, true]);
  await is(tensor([1, 2], { dtype: "uint32" }).ne(tensor([1, 3], { dtype: "uint32" })), [2], [false, true]);
});

test("matrix products of one dimension, as torch.matmul", async () => {
  await is(arange(3).matmul(arange(3)), [], 5);
  await is(grid().matmul(arange(3)), [2], [5, 14]);
  await is(arange(2).matmul(grid()), [3], [3, 4, 5]);
  await is(ones([2, 1, 2]).matmul(grid()), [2, 1, 3], [[[3, 5, 7]], [[3, 5, 7]]]);
});

test("what cannot be is refused in one line, before anything runs", () => {
  const u32 = tensor([1, 2], { dtype: "uint32" });
  const t = grid();
  expectRefused([
    [() => tensor([[1, 2], [3]]), "tensor: the nested arrays are ragged: expected shape [2, 2] throughout"],
    [() => tensor([1, [2]] as never), "tensor: the nested arrays are ragged: expected shape [2] throughout"],
    [
      () => tensor([1.7, -1], { dtype: "float64" as never }),
      'tensor: dtype is "float32", "int32", "uint32" or "bool", got "float64"',
    ],
    [() => arange(5, 1), "arange: steps of 1 do not lead from 5 to 1"],
    [() => arange(1, 5, -1), "arange: steps of -1 do not lead from 1 to 5"],
    [() => arange(0, 1, 0), "arange: steps of 0 do not lead from 0 to 1"],
    [() => arange(-1), "arange: steps of 1 do not lead from 0 to -1"],
    [() => t.narrow(1, -4, 1), "narrow: -4 … -3 is out of range for dim 1 of [2, 3]"],
    [() => t.narrow(1, -2, 3), "narrow: -2 … 1 is out of range for dim 1 of [2, 3]"],
    [() => t.narrow(1, 0.5, 1), "narrow: 0.5 … 1.5 is out of range for dim 1 of [2, 3]"],
    [() => [...tensor(1)], "iteration over a 0-d tensor: await x.item() reads its number"],
    [() => cat([zeros([0]), t], 2), "cat: dim 2 is out of range: there are -2 … 1"],
    [
      () => t.indexSelect(0, tensor([0, 2], { dtype: "uint32" })),
      "indexSelect: an index is 2, not one of 0 … 1",
    ],
    [() => t.gather(1, tensor([[3]], { dtype: "uint32" })), "gather: an index is 3, not one of 0 … 2"],
    [() => F.embedding(tensor([2], { dtype: "uint32" }), t), "embedding: an index is 2, not one of 0 … 1"],
    [() => tensor([1, 2], { shape: [3] }), "tensor: 2 numbers do not fill shape [3]"],
    [() => tensor([1.5], { dtype: "uint32" }), "tensor: uint32 wants whole numbers ≥ 0, element 0 is 1.5"],
    [() => tensor([0, -1], { dtype: "uint32" }), "tensor: uint32 wants whole numbers ≥ 0, element 1 is -1"],
    [
      () => tensor([2 ** 31], { dtype: "int32" }),
      "tensor: int32 wants whole numbers of 32 bits, element 0 is 2147483648",
    ],
    [() => t.gather(1, tensor([[-1]], { dtype: "int32" })), "gather: an index is -1, not one of 0 … 2"],
    [() => zeros([2, -1]), "a shape is made of whole numbers ≥ 0, not [2, -1]"],
    [() => zeros([1, 1, 1, 1, 1, 1, 1, 1, 1]), "[1, 1, 1, 1, 1, 1, 1, 1, 1] has more than 8 dimensions"],
    [() => t.reshape([4]), "reshape: [2, 3] has 6 elements, which do not fit [4]"],
    [() => t.reshape([-1, -1]), "reshape: [2, 3] has 6 elements, which do not fit [-1, -1]"],
    [() => t.reshape([4, -1]), "reshape: [2, 3] has 6 elements, which do not fit [4, -1]"],
    [() => t.flatten(2), "flatten: dim 2 is out of range: there are -2 … 1"],
    [() => t.squeeze(-3), "squeeze: dim -3 is out of range: there are -2 … 1"],
    [() => t.unsqueeze(4), "unsqueeze: dim 4 is out of range: there are -3 … 2"],
    [() => t.permute([0, 0]), "permute: [0,0] does not name each of the 2 dimensions once"],
    [() => t.permute([0]), "permute: [0] does not name each of the 2 dimensions once"],
    [() => t.transpose(0, 2), "transpose: dim 2 is out of range: there are -2 … 1"],
    [() => t.slice([null, null, null]), "slice: 3 ranges for a tensor [2, 3]"],
    [() => t.slice([[0, 2, 0]]), "slice: dim 0 wants whole numbers and a step ≥ 1, got [0, 2, 0]"],
    [() => t.slice([[0.5]]), "slice: dim 0 wants whole numbers and a step ≥ 1, got [0.5, 2, 1]"],
    [() => t.narrow(1, 2, 2), "narrow: 2 … 4 is out of range for dim 1 of [2, 3]"],
    [() => tensor(1).indexSelect(0, [0]), "indexSelect: dim 0 is out of range: there are no dimensions"],
    [() => t.indexSelect(0, [-1]), "indexSelect: index 0 is -1, not one of 0 … 1"],
    [() => t.indexSelect(0, [0, 2]), "indexSelect: index 1 is 2, not one of 0 … 1"],
    [() => t.indexSelect(0, ones([1])), "the index is an int32 or uint32 tensor, got float32"],
    [
      () => t.gather(0, tensor([[0, 1, 2, 3]], { dtype: "uint32" })),
      "gather: index [1, 4] is larger than x [2, 3] in a dim other than 0",
    ],
    [
      () => t.pad([1]),
      "pad: wants whole numbers before and after for at most the 2 dimensions of [2, 3], got [1]",
    ],
    [
      () => zeros([2, 0]).pad([1, 0], { mode: "replicate" }),
      'pad: 1 before and 0 after do not fit the 0 of dim 1 by mode "replicate"',
    ],
    [
      () => t.pad([3, 0], { mode: "reflect" }),
      'pad: 3 before and 0 after do not fit the 3 of dim 1 by mode "reflect"',
    ],
    [() => cat([]), "cat: the list of tensors is empty"],
    [() => stack([]), "stack: the list of tensors is empty"],
    [() => cat([t, ones([3, 2])]), "cat: float32 [3, 2] does not join float32 [2, 3] along dim 0"],
    [() => cat([u32, ones([3, 1])]), "cat: float32 [3, 1] does not join float32 [2] along dim 0"],
    [() => t.add(ones([2])), "add: [2, 3] and [2] do not broadcast together"],
    [() => t.eq(ones([2])), "eq: [2, 3] and [2] do not broadcast together"],
    [() => u32.mean(), "mean: wants a float32 tensor, got uint32: float() makes it one"],
    [() => 1 + (t as unknown as number), "Tensor([2, 3], float32) is no number: write a.add(b) for a + b"],
    [() => (t as unknown as number) > 0, "a.gt(b) for a > b, or read it first: await a.item()"],
    [
      () => JSON.stringify({ loss: t }),
      "Tensor([2, 3], float32) has no JSON before it is read: await a.tolist()",
    ],
    [
      () => t.mul(t.sum().item() as never),
      "mul: the other operand is a tensor or a number, got a promise, which wants an await",
    ],
    [
      () => stack([ones([2]), ones([3])]),
      "stack: float32 [3] does not join float32 [2]: all are of one shape",
    ],
    [() => u32.prod(), "prod: wants a float32 tensor, got uint32"],
    [() => u32.softmax(0), "softmax: wants a float32 tensor, got uint32"],
    [() => u32.matmul(ones([2])), "matmul: wants float32 tensors, got a uint32 one"],
    [() => ones([2]).matmul(u32), "matmul: wants float32 tensors, got a uint32 one"],
    [() => where(t, ones([2]), 0), "where: [2, 3] and [2] do not broadcast together"],
    [() => t.matmul(t), "matmul: [2, 3] × [2, 3]: the inner dimensions 3 and 2 differ"],
    [() => tensor(1).matmul(t), "matmul: [] × [2, 3]: both need at least one dimension"],
    [() => t.sum(2), "sum: dim 2 is out of range: there are -2 … 1"],
    [() => t.mean([0, -2]), "mean: a dim is named twice in [0,-2]"],
    [() => zeros([0, 2]).max(0), "max: no elements to choose from in dim 0 of [0, 2]"],
    [() => zeros([0]).argmax(), "argmax: no elements to choose from in dim 0 of [0]"],
    [() => t.logSoftmax(1.5), "logSoftmax: dim 1.5 is out of range: there are -2 … 1"],
  ]);
});

test("a tensor's shape is read, not changed", () => {
  const list = [2, 3];
  const x = zeros(list);
  expect(() => x.shape.reverse()).toThrow(TypeError);
  list[0] = 9;
  expect(x.shape).toEqual([2, 3]);
});

test("uint32 tensors are compared with whole numbers that they can hold, and are no operands of layers", () => {
  const u = tensor(Uint32Array.of(0, 1, 2));
  for (const wrong of [-1, 1.5, 2 ** 32, Number.NaN])
    expect(() => u.lt(wrong)).toThrow(
      `lt: a uint32 tensor is compared with whole numbers from 0 to 4294967295, not ${wrong}`,
    );
  expect(() => F.linear(u.reshape([1, 3]), zeros([2, 3]))).toThrow("linear: wants float32 tensors");
  expect(() => F.conv2d(u.reshape([1, 1, 1, 3]), zeros([1, 1, 1, 1]))).toThrow(
    "conv2d: wants float32 tensors",
  );
});
