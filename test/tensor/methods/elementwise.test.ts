// Functions of each element, of whole numbers and bools: which of them keep the type, as in PyTorch.
import { expect, test } from "bun:test";
import { F, type Tensor, tensor } from "otograd";

const of = async (x: Tensor) => [x.dtype, await x.tolist()];

test("whole numbers between whole bounds stay whole numbers; other bounds make floats of them", async () => {
  const x = tensor([-3, 2, 9]);
  const whole = x.int();
  expect(await of(whole.clamp(0, 4))).toEqual(["int32", [0, 2, 4]]);
  expect(await of(whole.clamp({ min: tensor([1, 3, 1]).int() }))).toEqual(["int32", [1, 3, 9]]);
  expect(await of(whole.clamp(5, 1))).toEqual(["int32", [1, 1, 1]]); // the upper bound wins
  expect(await of(whole.clampMin(3))).toEqual(["int32", [3, 3, 9]]);
  expect(await of(whole.clampMax(3))).toEqual(["int32", [-3, 2, 3]]);
  expect(await of(whole.clone().clamp_(0, 4))).toEqual(["int32", [0, 2, 4]]);
  expect(await of(whole.clamp(0, 4.5))).toEqual(["float32", [0, 2, 4.5]]);
  expect(await of(whole.clamp(tensor([1, 2.5, 3])))).toEqual(["float32", [1, 2.5, 9]]);
  expect(await of(x.clamp(tensor([0, 4, 0]).int()))).toEqual(["float32", [0, 4, 9]]);
  const large = tensor([0, 7, 4294967295], { dtype: "uint32" });
  expect(await of(large.clamp(-1, 4294967290))).toEqual(["uint32", [0, 7, 4294967290]]);
  const table = tensor([10, 20, 30, 40, 50]);
  expect(await table.indexSelect(0, whole.clamp(0, 4)).tolist()).toEqual([10, 30, 50]);
});

test("round has decimals, of tens where they are negative; whole numbers have none", async () => {
  const near = (...values: number[]) => values.map((value) => expect.closeTo(value, 5));
  const x = tensor([1.256, -2.5049, 0.125, Infinity], { requiresGrad: true });
  const rounded = x.round({ decimals: 2 });
  expect(await rounded.tolist()).toEqual([...near(1.26, -2.5, 0.12), Infinity] as never); // halves to the even one
  rounded.sum().backward();
  expect(await x.grad!.tolist()).toEqual([0, 0, 0, 0]);
  expect(await tensor([1249, 1250, -1350]).round({ decimals: -2 }).tolist()).toEqual([1200, 1200, -1400]);
  expect(await tensor([1.5]).round({ decimals: 0 }).tolist()).toEqual([2]);
  expect(await tensor([1.256]).round_({ decimals: 1 }).tolist()).toEqual(near(1.3) as never);
  expect(() => tensor([1]).round(2 as never)).toThrow(
    "round: the first argument is an object of options: { decimals: 2 }",
  );
  expect(() => tensor([1]).round({ decimals: 0.5 })).toThrow("round: decimals is a whole number, got 0.5");
  expect(() => tensor([1]).int().round({ decimals: 1 })).toThrow("round: wants a float32 tensor, got int32");
});

test("the gradient of a bound of floats between which whole numbers lie", async () => {
  const most = tensor([1.5, 1.5], { requiresGrad: true });
  tensor([1, 2]).int().clamp(null, most).sum().backward();
  expect(await most.grad!.tolist()).toEqual([0, 1]);
});

test("logit of whole numbers is that of floats, unsigned ones too", async () => {
  for (const dtype of ["int32", "uint32"] as const)
    expect(await of(tensor([0, 1], { dtype }).logit({ eps: 0.25 }))).toEqual([
      "float32",
      [-Math.log(3), Math.log(3)].map((each) => expect.closeTo(each, 5)),
    ] as never);
  expect(await of(tensor([1], { dtype: "uint32" }).logit())).toEqual(["float32", [Infinity]]);
});

test("signs, and activations that cut off, keep the type", async () => {
  const whole = tensor([-3, 0, 9]).int();
  expect(await of(tensor([0, 5], { dtype: "uint32" }).sign())).toEqual(["uint32", [0, 1]]);
  expect(await of(tensor([true, false]).sign())).toEqual(["bool", [true, false]]);
  expect(await of(whole.sign())).toEqual(["int32", [-1, 0, 1]]);
  expect(await of(whole.relu6())).toEqual(["int32", [0, 0, 6]]);
  expect(await of(F.hardtanh(whole, -1.5, 2.5))).toEqual(["int32", [-1, 0, 2]]);
  expect(await of(F.threshold(whole, -1, 7))).toEqual(["int32", [7, 0, 9]]);
});
