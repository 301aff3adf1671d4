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

test("a saved argument is the one that was saved, where others have the same values", async () => {
  class Product extends autograd.Function {
    static override forward(ctx: FunctionContext, a: Tensor, b: Tensor): Tensor {
      ctx.saveForBackward(a, b);
      return a.mul(b);
    }
    static override backward(ctx: FunctionContext, dy: Tensor): Tensor[] {
      const [a, b] = ctx.savedTensors as [Tensor, Tensor];
      return [dy.mul(b), dy.mul(a)];
    }
  }
  const x = leaf(3, 5);
  const second = async (y: Tensor) =>
    numbers(grad(grad(y.sum(), x, { createGraph: true })[0]!.sum(), x, { allowUnused: true })[0]);
  expect(await second(Product.apply(x, x).add(x.mul(0)))).toEqual([2, 2]);
  expect(await second(Product.apply(x.detach(), x).add(x.square()))).toEqual([2, 2]);
});

/** Rows' means, what they leave, and the places of the largest: the gradients are of shapes [r], [r, c] and none. */
class Centered extends autograd.Function {
  static override forward(ctx: FunctionContext, x: Tensor, scale: Tensor): [Tensor, Tensor, Tensor] {
    const mean = x.mean(1);
    const rest = x.sub(mean.unsqueeze(1)).mul(scale).exp();
    ctx.saveForBackward(rest, x, mean, scale);
    return [mean, rest, x.argmax(1)];
  }
  static override backward(ctx: FunctionContext, ...gradients: (Tensor | null)[]): Tensor[] {
    const [dMean, dRest, none] = gradients as [Tensor, Tensor, null];
    expect(none).toBe(null);
    const [rest, x, mean, scale] = ctx.savedTensors as [Tensor, Tensor, Tensor, Tensor];
    const dInner = dRest.mul(rest);
    const dLeft = dInner.mul(scale);
    const dTotal = dMean.sub(dLeft.sum(1)).unsqueeze(1).div(x.shape[1]!);
    return [dLeft.add(dTotal), dInner.mul(x.sub(mean.unsqueeze(1))).sum()];
  }
}

/** The same, of operations with gradients. */
const centered = (x: Tensor, scale: Tensor): [Tensor, Tensor] => {
  const mean = x.mean(1);
  return [mean, x.sub(mean.unsqueeze(1)).mul(scale).exp()];
};

test("several results: a gradient for each, of the first and the second order, as of what they are made of", async () => {
  const x = tensor([0.5, -1, 2, 0.25, 1.5, -0.75], { shape: [2, 3], requiresGrad: true });
  const scale = tensor(0.7, { requiresGrad: true });
  const [weights, most] = [tensor([2, -3]), tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] })];
  const [mean, rest, places] = Centered.apply(x, scale);
  expect([mean.shape, rest.shape, places.shape, places.requiresGrad]).toEqual([[2], [2, 3], [2], false]);
  expect([mean.requiresGrad, rest.requiresGrad]).toEqual([true, true]);
  expect(rest.toString()).toContain("from Centered");
  expect(await places.tolist()).toEqual([2, 1]);

  const losses = {
    both: ([m, r]: readonly Tensor[]) => m!.mul(weights).sum().add(r!.mul(most).sum()),
    "the first": ([m]: readonly Tensor[]) => m!.square().mul(weights).sum(),
    "the second": ([, r]: readonly Tensor[]) => r!.mul(most).sum(),
    "each twice": ([m, r]: readonly Tensor[]) => m!.mul(m!).sum().mul(r!.sum()).add(r!.mul(r!).sum()),
  };
  for (const [name, loss] of Object.entries(losses)) {
    const found: number[][] = [];
    for (const f of [() => Centered.apply(x, scale), () => centered(x, scale)]) {
      x.grad = scale.grad = null;
      loss(f()).backward();
      const first = [x.grad, scale.grad] as (Tensor | null)[];
      const twice = grad(loss(f()), [x, scale], { createGraph: true, allowUnused: true });
      const sum = twice.flatMap((each) => (each === null ? [] : [each.square().sum()]));
      const second = grad(
        sum.reduce((a, b) => a.add(b)),
        [x, scale],
        { allowUnused: true },
      );
      const all = [...first, ...twice, ...second];
      const values = await Promise.all(all.map((each, i) => each?.data() ?? new Float32Array(i % 2 ? 1 : 6)));
      found.push(values.flatMap((each) => Array.from(each)));
    }
    const [got, wanted] = found as [number[], number[]];
    expect(got.length).toBe(21);
    const worst = Math.max(...got.map((each, i) => Math.abs(each - wanted[i]!) / (1 + Math.abs(wanted[i]!))));
    console.log(`  of ${name}: first and second gradients are off by ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(2e-6);
  }
});

test("a result may be a number, be empty, be an argument, or be marked as one without a gradient", async () => {
  const seen: unknown[] = [];
  class Parts extends autograd.Function {
    static override forward(ctx: FunctionContext, x: Tensor): Tensor[] {
      const rounded = x.round();
      ctx.markNonDifferentiable(rounded);
      return [x.sum(), x.slice([[0, 0]]), rounded, x];
    }
    static override backward(_: FunctionContext, ...gradients: (Tensor | null)[]): Tensor {
      seen.push(...gradients.map((each) => each?.shape ?? null));
      return gradients[0]!.add(gradients[3]!);
    }
  }
  const x = leaf(1.25, 2.75);
  const [sum, empty, rounded, same] = Parts.apply(x) as [Tensor, Tensor, Tensor, Tensor];
  expect([sum, empty, rounded, same].map((each) => each.requiresGrad)).toEqual([true, true, false, true]);
  expect(await numbers(rounded)).toEqual([1, 3]);
  sum
    .mul(10)
    .add(same.mul(tensor([1, 2])).sum())
    .add(empty.sum())
    .backward();
  expect(await numbers(x.grad)).toEqual([11, 12]);
  expect(seen).toEqual([[], [0], null, [2]]);
  x.grad = null;
  Parts.apply(x)[3]!.sum().backward(); // the others' are zeros
  expect(await numbers(x.grad)).toEqual([1, 1]);
  expect(noGrad(() => Parts.apply(x)).some((each) => each.requiresGrad)).toBe(false);

  class Rounded extends autograd.Function {
    static override forward(ctx: FunctionContext, from: Tensor): Tensor {
      const y = from.round();
      ctx.markNonDifferentiable(y);
      return y;
    }
  }
  expect(Rounded.apply(x).requiresGrad).toBe(false);
});

test("several results that saved something are walked once, unless the graph is kept", async () => {
  const x = tensor([1, 2, 3, 4], { shape: [2, 2], requiresGrad: true });
  const scale = tensor(0, { requiresGrad: true });
  const [mean, rest] = Centered.apply(x, scale);
  mean.sum().backward(undefined, { retainGraph: true });
  mean.sum().backward();
  expect(await numbers(x.grad)).toEqual([
    [1, 1],
    [1, 1],
  ] as never);
  expect(() => rest.sum().backward()).toThrow("the graph through Centered was walked and freed already");
});

test("a step takes no memory but what lives on", async () => {
  const x = leaf(...Array.from({ length: 1024 }, (_, i) => i / 1024));
  const step = () => {
    x.grad = null;
    const [mean, rest] = Centered.apply(Exp.apply(Cube.apply(x)).reshape([4, 256]), tensor(1));
    const loss = mean.mean().add(rest.mean());
    loss.backward();
    return loss;
  };
  let loss = step();
  Bun.gc(true); // what other tests left
  await loss.item();
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
  expect(run(() => 3, relu)).toThrow("Wrong: forward returns a tensor or a list of tensors, got 3");
  expect(run((_, of) => [of, 3], relu)).toThrow(
    "Wrong: forward returns a tensor or a list of tensors, got [a tensor [2], 3]",
  );
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
  const marking = (what: (of: Tensor) => unknown) =>
    run((ctx, of) => {
      ctx.markNonDifferentiable(what(of) as Tensor);
      return of;
    }, relu);
  expect(marking(() => 3)).toThrow("markNonDifferentiable: wants tensors, got 3");
  expect(marking((of) => of.mul(2))).toThrow(
    "markNonDifferentiable: Wrong's forward does not return what it was given",
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
