// autograd.Function: gradients of one's own, what is kept for them, gradients of gradients, and mistakes.
import { expect, test } from "bun:test";
import { autograd, F, type FunctionContext, grad, memory, noGrad, type Tensor, tensor } from "otograd";

class Cube extends autograd.Function {
  static override forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.mul(x).mul(x);
  }
  static override backward(ctx: FunctionContext, dy: Tensor): Tensor {
    const [x] = ctx.savedTensors as [Tensor];
    return dy.mul(x.square()).mul(3);
  }
}

/** PyTorch's own example: exp, whose gradient is its result. */
class Exp extends autograd.Function {
  static override forward(ctx: FunctionContext, x: Tensor): Tensor {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  }
  static override backward(ctx: FunctionContext, dy: Tensor): Tensor {
    return dy.mul(ctx.savedTensors[0]!);
  }
}

class ScaledSum extends autograd.Function {
  static override forward(
    ctx: FunctionContext<{ scale: number }>,
    a: Tensor,
    scale: number,
    b: Tensor,
  ): Tensor {
    ctx.scale = scale;
    return a.add(b).mul(scale);
  }
  static override backward(ctx: FunctionContext<{ scale: number }>, dy: Tensor): (Tensor | null)[] {
    expect(ctx.needsInputGrad).toEqual([true, false, false]);
    return [dy.mul(ctx.scale), null, null];
  }
}

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });
const numbers = async (x: Tensor | null | undefined) => (await x!.tolist()) as number[];

test("forward and backward are what the class says", async () => {
  const x = leaf(1, 2, -3);
  const y = Cube.apply(x);
  expect(await numbers(y)).toEqual([1, 8, -27]);
  expect(y.toString()).toContain("from Cube");
  y.sum().backward();
  expect(await numbers(x.grad)).toEqual([3, 12, 27]);
  expect(noGrad(() => Cube.apply(x)).requiresGrad).toBe(false);
  expect(Cube.apply(tensor([2])).requiresGrad).toBe(false);

  const [a, b] = [leaf(1, 2), tensor([3, 4])];
  ScaledSum.apply(a, 5, b).sum().backward();
  expect(await numbers(a.grad)).toEqual([5, 5]);
});

test("a straight-through estimator: the gradient may be another than forward's", async () => {
  class Sign extends autograd.Function {
    static override forward(_: FunctionContext, x: Tensor): Tensor {
      return x.ge(0).float().mul(2).sub(1);
    }
    static override backward(_: FunctionContext, dy: Tensor): Tensor {
      return dy;
    }
  }
  const x = leaf(-2, 0.5);
  Sign.apply(x)
    .mul(tensor([3, 4]))
    .sum()
    .backward();
  expect(await numbers(x.grad)).toEqual([3, 4]);
});

test("what forward puts into properties of ctx is there in backward", async () => {
  type Own = FunctionContext<{ mask: Tensor; steps: { scale: Tensor }[] }>;
  class Gate extends autograd.Function {
    static override forward(ctx: Own, x: Tensor): Tensor {
      ctx.mask = x.gt(0).float();
      ctx.steps = [{ scale: x.mul(0).add(2) }];
      return x.mul(ctx.mask);
    }
    static override backward(ctx: Own, dy: Tensor): Tensor {
      return dy.mul(ctx.mask).mul(ctx.steps[0]!.scale);
    }
  }
  const x = leaf(3, -3);
  Gate.apply(x).sum().backward();
  expect(await numbers(x.grad)).toEqual([2, 0]);
});

test("gradients of gradients go through what backward does, by saved inputs and results", async () => {
  const x = leaf(1, 2, -3);
  const [first] = grad(Cube.apply(x).sum(), x, { createGraph: true });
  expect(await numbers(grad(first!.sum(), x, { createGraph: true })[0])).toEqual([6, 12, -18]);

  const z = leaf(0, 1);
  const third = [1, 2, 3].reduce((y) => grad(y.sum(), z, { createGraph: true })[0]!, Exp.apply(z));
  for (const [i, value] of (await numbers(third)).entries()) expect(value).toBeCloseTo(Math.exp(i), 5);
});

test("a step takes no memory but what lives on", async () => {
  const x = leaf(...Array.from({ length: 1024 }, (_, i) => i / 1024));
  const step = () => {
    x.grad = null;
    const loss = Exp.apply(Cube.apply(x)).mean();
    loss.backward();
    return loss;
  };
  let loss = step();
  const sizes: number[] = [];
  for (let i = 0; i < 6; i++) {
    loss = step();
    sizes.push(memory().bytesInUse);
    await loss.item();
  }
  console.log(`  bytes in use after each of ${sizes.length} steps: ${sizes.join(" ")}`);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(4 * 4 * 1024);
});

test("mistakes are told by the class's name", () => {
  const x = leaf(1, 2);
  const run = (
    forward: (ctx: FunctionContext, x: Tensor) => unknown,
    backward: (ctx: FunctionContext, dy: Tensor) => unknown,
  ) => {
    class Wrong extends autograd.Function {
      static override forward = forward as (ctx: FunctionContext, x: Tensor) => Tensor;
      static override backward = backward as (ctx: FunctionContext, dy: Tensor) => Tensor;
    }
    return () => Wrong.apply(x).sum().backward();
  };
  const relu = (_: FunctionContext, of: Tensor) => F.relu(of);
  expect(run((_, of) => [of], relu)).toThrow("Wrong: forward returns one tensor, got [a tensor [2]]");
  expect(run(relu, () => [])).toThrow("backward: Wrong has 1 arguments, and its backward gives 0 gradients");
  expect(run(relu, () => 3)).toThrow("backward: Wrong's backward gives tensors or null, got 3");
  expect(run(relu, (_, dy) => dy.sum())).toThrow(
    "backward: Wrong's gradient of input 0 is [], and the input [2]",
  );
  expect(run((ctx) => ctx.saveForBackward(3 as never), relu)).toThrow(
    "saveForBackward: wants tensors, got 3",
  );
  expect(run(relu, (ctx, dy) => ctx.saveForBackward(dy))).toThrow(
    "saveForBackward: is for forward, which has ended",
  );
  const changed = tensor([1, 2], { requiresGrad: true });
  const y = Cube.apply(changed).sum();
  noGrad(() => changed.add_(1));
  expect(() => y.backward()).toThrow(
    "a value [2] that Cube needs was changed in place after the forward pass",
  );
  expect(() => autograd.Function.apply()).toThrow(
    "autograd.Function: a subclass has a static forward(ctx, …)",
  );
});
