// Forward passes between their hooks: what they take.
import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import { ones, type Tensor } from "../../src/tensor/index.ts";
import { expectRefused } from "../refuses.ts";

test("forward refuses what it has no place for, unless a hook takes it or its text says that there may be more", async () => {
  const x = ones([1, 2]);
  const any = (module: nn.AnyModule) => module as nn.Module; // whose inputs are any
  class Late extends nn.Module<[Tensor, number?], Tensor> {
    override forward(given: Tensor, scale = 2): Tensor {
      return given.mul(scale);
    }
  }
  class Rest extends nn.Module<Tensor[], Tensor> {
    override forward(...given: Tensor[]): Tensor {
      return given.at(-1)!;
    }
  }
  class Two extends nn.Module<[Tensor, Tensor], Tensor> {
    override forward(a: Tensor, b: Tensor): Tensor {
      return a.add(b);
    }
  }
  expectRefused([
    [
      () => any(new nn.Linear(2, 2)).forward(x, x),
      "Linear.forward: an argument is left over: a tensor [1, 2]",
    ],
    [
      () => any(new nn.ReLU()).forward(x, { inplace: true }),
      "ReLU.forward: an argument is left over: { inplace: true }",
    ],
    [() => any(new Two()).forward(x, x, "sum"), 'Two.forward: an argument is left over: "sum"'],
    [() => any(new nn.LSTM(2, 2)).forward(x.unsqueeze(0), null, x), "LSTM.forward: an argument is left over"],
    [
      () => any(new nn.ConvTranspose1d(2, 1, 1)).forward(ones([1, 2, 3]), [3], x),
      "ConvTranspose1d.forward: an argument is left over",
    ],
    [
      () => any(nn.utils.deepcopy(new nn.Linear(2, 2))).forward(x, x),
      "Linear.forward: an argument is left over",
    ],
  ]);
  const linear = new nn.Linear(2, 2);
  expect([x, x].map(linear.forward).map(({ shape }) => shape)).toEqual([[1, 2], [1, 2]]); // biome-ignore format: as it looks
  expect(await new Late().forward(x, 3).tolist()).toEqual([[3, 3]]); // biome-ignore format: as it looks
  expect(new Rest().forward(x, x, linear.weight)).toBe(linear.weight);
  linear.registerForwardPreHook((_, [a, b]) => [(a as Tensor).mul(b as Tensor)]);
  expect(any(linear).forward(x, x).shape).toEqual([1, 2]);
});
