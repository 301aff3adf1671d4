// Elements that are written by index or by mask: what type comes of it.
import { expect, test } from "bun:test";
import { F, randn, type Tensor, tensor } from "otograd";

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
