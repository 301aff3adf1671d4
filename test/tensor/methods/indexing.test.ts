// Elements that are picked, or written, by index or by mask: what type comes of it, and as of when.
import { expect, test } from "bun:test";
import { F, noGrad, randn, type Tensor, tensor } from "otograd";

const of = async (x: Tensor) => [x.dtype, await x.tolist()];

test("maskedFill leaves whole numbers and bools what they are, unless the value is not whole", async () => {
  const mask = tensor([false, true]);
  const labels = tensor([2, 1]).int();
  expect(await of(labels.maskedFill(mask, -100))).toEqual(["int32", [2, -100]]);
  expect(await of(labels.clone().maskedFill_(mask, 7))).toEqual(["int32", [2, 7]]);
  expect(await of(labels.maskedFill(mask, 0.5))).toEqual(["float32", [2, 0.5]]);
  expect(await of(tensor([2, 1], { dtype: "uint32" }).maskedFill(mask, 7))).toEqual(["uint32", [2, 7]]);
  expect(await of(tensor([false, false]).maskedFill(mask, 1))).toEqual(["bool", [false, true]]);
  expect(await of(tensor([0.5, 1]).maskedFill(mask, 3))).toEqual(["float32", [0.5, 3]]);
  const logits = randn([2, 3]);
  const padded = F.crossEntropy(logits, labels.maskedFill(mask, -100));
  const alone = F.crossEntropy(logits.narrow(0, 0, 1), labels.narrow(0, 0, 1));
  expect(await padded.item()).toBeCloseTo(await alone.item(), 5);
});

test("maskedSelect gives what was there at the call, with its gradient", async () => {
  for (const mask of [tensor([true, false, true]), tensor([[true, false, true]])]) {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const picked = x.maskedSelect(mask);
    noGrad(() => x.zero_());
    mask.zero_();
    const y = await picked;
    expect(await y.tolist()).toEqual([1, 3]);
    y.mul(tensor([5, 7]))
      .sum()
      .backward();
    expect(await x.grad!.tolist()).toEqual([5, 0, 7]);
  }
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const picked: Promise<Tensor>[] = [];
  noGrad(() => {
    picked.push(x.maskedSelect(x.gt(1)), x.reshape([3, 1]).maskedSelect(tensor([true, false])));
  });
  const [some, column] = await Promise.all(picked);
  expect([some!.requiresGrad, await some!.tolist()]).toEqual([false, [2, 3]]);
  expect([column!.requiresGrad, await column!.tolist()]).toEqual([false, [1, 2, 3]]);
});

test("what is read later is what was there at the call", async () => {
  const x = tensor([[1, 0], [0, 4]]); // biome-ignore format: rows
  const read = [x.nonzero(), x.tolist(), x.data(), x.allclose(tensor([[1, 0], [0, 4]])), x.select(0, 0).select(0, 0).item()]; // biome-ignore format: calls
  x.fill_(9);
  const [at, list, data, close, first] = await Promise.all(read);
  expect(await (at as Tensor).tolist()).toEqual([[0, 0], [1, 1]]); // biome-ignore format: rows
  expect([list, [...(data as Float32Array)], close, first]).toEqual([[[1, 0], [0, 4]], [1, 0, 0, 4], true, 1]); // biome-ignore format: values
});
