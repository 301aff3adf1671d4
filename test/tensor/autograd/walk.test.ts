// What walks through a graph hold, and that they give it back where they end early.
import { expect, test } from "bun:test";
import { autograd, checkpoint, grad, memory, type Tensor, zeros } from "../../../src/tensor/index.ts";

/** Lets the collector find what nobody can reach, and what was given back arrive. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

test("a backward pass that throws gives back what it held", async () => {
  const SHAPE = [64, 64];
  const x = zeros(SHAPE, { requiresGrad: true });
  const above = zeros(SHAPE);
  const refuse = (): never => {
    throw new Error("no more");
  };
  class Refusing extends autograd.Function {
    static override forward(_: autograd.FunctionContext, x: Tensor) {
      return x.mul(2);
    }
    static override backward(): Tensor {
      return refuse();
    }
  }
  const hooked = (x: Tensor, hook: () => Tensor) => {
    x.registerHook(hook);
    return x;
  };
  const changed = () => {
    const factor = zeros(SHAPE);
    const y = x.mul(factor);
    factor.add_(1);
    return y;
  };
  const walked = () => {
    const y = x.exp();
    y.backward(above);
    x.grad = null;
    return y;
  };
  const leaf = hooked(zeros(SHAPE, { requiresGrad: true }), refuse);
  const cases: [message: string, from: Tensor, make: () => Tensor][] = [
    ["was walked and freed already", x, walked],
    ["was changed in place", x, changed],
    ["no more", x, () => hooked(x.exp(), refuse).mul(2)],
    ["returned a gradient [2]", x, () => hooked(x.exp(), () => zeros([2])).mul(2)],
    ["no more", leaf, () => leaf.exp()],
    ["no more", x, () => Refusing.apply(x.exp()).mul(2)],
    ["no more", x, () => checkpoint((x: Tensor) => Refusing.apply(x).add(x.exp()), x.exp())],
  ];
  const fail = (message: string, from: Tensor, make: () => Tensor) => {
    const y = make();
    expect(() => y.backward(above)).toThrow(message);
    from.grad = null; // what had arrived before
    const z = make();
    expect(() => grad(z, from, { gradOutputs: above })).toThrow(message);
  };
  for (const each of cases) fail(...each);
  await collected();
  const before = memory().bytesInUse;
  for (const each of cases) for (let i = 0; i < 5; i++) fail(...each);
  // More than one try: JavaScriptCore also keeps what a leftover on the stack merely looks like.
  for (let i = 0; i < 30 && memory().bytesInUse > before; i++) await collected();
  expect(memory().bytesInUse).toBeLessThanOrEqual(before);
});
