// grad: gradients as results, of first order and higher, and what it refuses. Each operation's second derivative is proved
// beside its kernel (test/twice.ts).
import { expect, test } from "bun:test";
import {
  cdist,
  enableGrad,
  grad,
  isGradEnabled,
  noGrad,
  ones,
  type Tensor,
  tensor,
} from "../../../src/tensor/index.ts";

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });
const values = async (x: Tensor | undefined) => [...(await x!.data())].map((value) => Math.fround(value));

test("the gradient is a result, and no .grad changes", async () => {
  const [x, y] = [leaf(1, 2), leaf(3, 4)];
  const [dx, dy] = grad(x.mul(y).sum(), [x, y]);
  expect(await values(dx)).toEqual([3, 4]);
  expect(await values(dy)).toEqual([1, 2]);
  expect([x.grad, y.grad, dx!.requiresGrad]).toEqual([null, null, false]);
});

test("x⁴ is differentiated four times", async () => {
  const x = leaf(2);
  const found: number[] = [];
  let y: Tensor = x.square().square();
  for (let order = 1; order <= 4; order++) {
    y = grad(y.sum(), x, { createGraph: true })[0]!;
    found.push((await values(y))[0]!);
  }
  expect(found).toEqual([32, 48, 48, 24]);
});

test("a gradient may stand in a loss: ‖∇f‖² is minimised by backward()", async () => {
  const x = leaf(1, -2);
  const w = leaf(3, 5);
  const [dx] = grad(x.square().mul(w).sum(), x, { createGraph: true }); // 2 x w
  dx!.square().sum().backward(); // 4 x² w²
  expect(await values(x.grad!)).toEqual([72, -400]); // 8 x w²
  expect(await values(w.grad!)).toEqual([24, 160]); // 8 x² w
});

test("inner tensors may be asked for, twice too, and gradOutputs weight the outputs", async () => {
  const x = leaf(1, 2, 3);
  const inner = x.mul(2);
  const y = inner.square();
  const [dInner, again, dx] = grad([y, inner], [inner, inner, x], {
    gradOutputs: [tensor([1, 0, 2]), ones([3])],
  });
  expect(await values(dInner)).toEqual([5, 1, 25]);
  expect(await values(again)).toEqual([5, 1, 25]);
  expect(await values(dx)).toEqual([10, 2, 50]);
});

test("only what leads to an input is walked", async () => {
  const [x, other] = [leaf(1), leaf(2)];
  const y = x.mul(3).add(other.exp().max());
  expect(await values(grad(y, x, { retainGraph: true })[0])).toEqual([3]);
  expect(await values(grad(y, x)[0])).toEqual([3]);
});

test("what cannot be given is said", () => {
  const [x, unused] = [leaf(1, 2), leaf(3)];
  expect(() => grad(x.square(), x)).toThrow("grad: output 0, [2], is not a single number");
  expect(() => grad(x.sum(), unused)).toThrow("grad: the outputs do not depend on input 0");
  expect(grad(x.sum(), [x, unused], { allowUnused: true })[1]).toBe(null as never);
  expect(() => grad(x.sum(), tensor([1]))).toThrow("grad: input 0 does not require a gradient");
  expect(() => grad(tensor([1]), x)).toThrow(
    "grad: output 0 does not depend on any tensor with requiresGrad",
  );
  const y = x.square().sum();
  grad(y, x);
  expect(() => grad(y, x)).toThrow("the graph through square was walked and freed already");
});

test("enableGrad records inside noGrad, and only there", () => {
  const x = leaf(1);
  noGrad(() => {
    expect(enableGrad(() => [isGradEnabled(), x.mul(2).requiresGrad])).toEqual([true, true]);
    expect([isGradEnabled(), x.mul(2).requiresGrad]).toEqual([false, false]);
  });
});

test("retainGrad keeps an inner tensor's gradient; isLeaf says which need it", async () => {
  const x = leaf(1, 2);
  const inner = x.mul(3);
  expect([x.isLeaf, inner.isLeaf, inner.grad]).toEqual([true, false, null]);
  inner.retainGrad();
  inner.square().sum().backward();
  expect(await values(inner.grad!)).toEqual([6, 12]);
  expect(await values(x.grad!)).toEqual([18, 36]);
});

test("a hook is told of a gradient once it is whole, and may replace it, until it is removed", async () => {
  const x = leaf(1, 2);
  const told: Promise<number[]>[] = [];
  const hook = x.registerHook((gradient) => {
    told.push(values(gradient));
    return gradient.mul(10);
  });
  const inner = x.mul(2);
  inner.registerHook((gradient) => {
    told.push(values(gradient));
  });
  inner.add(inner.mul(3)).add(x).sum().backward();
  expect(await Promise.all(told)).toEqual([
    [4, 4],
    [9, 9],
  ]);
  expect(await values(x.grad!)).toEqual([90, 90]);
  hook.remove();
  x.grad = null;
  x.sum().backward();
  expect(await values(x.grad!)).toEqual([1, 1]);
  expect(() => tensor([1]).registerHook(() => {})).toThrow(
    "registerHook: this tensor does not require a gradient",
  );
});

test("what a hook is given and makes can be kept, wherever the backward pass runs", async () => {
  const x = leaf(1, 2);
  const kept: Tensor[] = [];
  x.registerHook((gradient) => {
    kept.push(gradient, gradient.mul(2));
  });
  x.square().sum().backward();
  noGrad(() => enableGrad(() => x.square().sum()).backward());
  noGrad(() => {
    grad(
      enableGrad(() => x.square().sum()),
      [x],
      { createGraph: true },
    );
  });
  expect(await Promise.all(kept.map(values))).toEqual([
    [2, 4],
    [4, 8],
    [2, 4],
    [4, 8],
    [2, 4],
    [4, 8],
  ]);
});

test("a gradient that is 0 by an operation's kernel is 0 on the tape too, and can be differentiated", async () => {
  const cases: Record<string, (x: Tensor) => Tensor> = {
    "norm of zeros": (x) => x.norm(),
    "std of equals": (x) => x.std(),
    "distance of itself": (x) => cdist(x.reshape([2, 1]), x.detach().reshape([2, 1])).diagonal().sum(),
    "to the power of 0": (x) => x.pow(0).sum(),
  }; // biome-ignore format: a line each
  for (const [name, f] of Object.entries(cases)) {
    const x = leaf(0, 0);
    const [gradient] = grad(f(x), [x], { createGraph: true });
    expect([name, await values(gradient!)]).toEqual([name, [0, 0]]);
    const [second] = grad(gradient!.sum(), [x]);
    expect([name, await values(second!)]).toEqual([name, [0, 0]]);
  }
});
