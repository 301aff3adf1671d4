// How the tape behaves: what backward() adds up, what stays off it, and what it refuses.
// The gradients of single operations are proved in test/kernels.
import { expect, test } from "bun:test";
import { empty } from "../../../src/gpu/array.ts";
import { device } from "../../../src/gpu/device.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import type { Op } from "../../../src/gpu/op.ts";
import { fillArray } from "../../../src/kernels/elementwise/fill.ts";
import { SGD } from "../../../src/nn/optim/index.ts";
import { memory, noGrad, type Tensor, tensor, zeros } from "../../../src/tensor/index.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { proof } from "../../harness.ts";

const parameter = (data: number | number[] | number[][]) => tensor(data, { requiresGrad: true });
const gradOf = async (leaf: Tensor) => (leaf.grad === null ? null : await leaf.grad.tolist());

test("two backward() calls add up; grad = null starts again", async () => {
  const w = parameter([1, 2]);
  w.mul(3).sum().backward();
  w.mul(w).sum().backward();
  expect(await gradOf(w)).toEqual([3 + 2, 3 + 4]);
  w.grad = null;
  expect(w.grad).toBeNull();
  w.mul(5).sum().backward();
  expect(await gradOf(w)).toEqual([5, 5]);
});

test("a subexpression that is used three times gets three gradients", async () => {
  const x = parameter(2);
  const square = x.mul(x); //                        y = x² + x²·x² + x·x²,  y' = 2x + 4x³ + 3x²
  square.add(square.mul(square)).add(x.mul(square)).backward();
  expect(await gradOf(x)).toBe(4 + 32 + 12);
});

test("a broadcast operand's gradient is summed over what was repeated", async () => {
  const row = parameter([1, 2, 3]);
  const column = parameter([[10], [20]]);
  row.mul(column).sum().backward();
  expect(await gradOf(row)).toEqual([30, 30, 30]);
  expect(await gradOf(column)).toEqual([[6], [6]]);
});

test("backward() of several numbers takes their gradient", async () => {
  const x = parameter([1, 2]);
  x.mul(x).backward(tensor([1, 10]));
  expect(await gradOf(x)).toEqual([2, 40]);
  expect(() => x.mul(2).backward()).toThrow(
    "backward: a tensor [2] is not a single number; sum() it, or pass its gradient",
  );
  expect(() => x.mul(2).backward(tensor([1, 2, 3]))).toThrow("backward: gradient [3] does not fit [2]");
});

test("backward() on a leaf is its own gradient, and needs one", async () => {
  const x = parameter(4);
  x.backward();
  expect(await gradOf(x)).toBe(1);
  expect(() => tensor(1).backward()).toThrow(
    "backward: this tensor does not depend on any tensor with requiresGrad",
  );
});

test("detach() cuts the tape and shares memory", async () => {
  const x = parameter([3]);
  const y = x.mul(2);
  const constant = y.detach();
  expect([constant.requiresGrad, y.requiresGrad]).toEqual([false, true]);
  y.mul(constant).sum().backward(); // 6 · d(2x)/dx
  expect(await gradOf(x)).toEqual([12]);
});

test("noGrad records nothing, and recording is back afterwards, also after an error", async () => {
  const x = parameter([1]);
  expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
  expect(() =>
    noGrad(() => {
      throw new Error("mine");
    }),
  ).toThrow("mine");
  expect(x.mul(2).requiresGrad).toBe(true);
  expect(noGrad(() => noGrad(() => 1) + x.mul(2).numel())).toBe(2);
  expect(x.mul(2).requiresGrad).toBe(true);
});

test("asynchronous noGrad bodies may overlap and end in any order", async () => {
  const x = parameter([1]);
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const bodies = gates.map(({ promise }) =>
    noGrad(async () => {
      await promise;
      return x.mul(2).requiresGrad;
    }),
  );
  gates[0]!.resolve();
  expect(await bodies[0]).toBe(false);
  expect(x.mul(2).requiresGrad).toBe(true); // the second one is still running, and this stands beside it
  gates[1]!.resolve();
  expect(await bodies[1]).toBe(false);
  expect(x.mul(2).requiresGrad).toBe(true);
  await noGrad(async () => {
    throw new Error("mine");
  }).catch(() => {});
  expect(x.mul(2).requiresGrad).toBe(true);
});

test("requiresGrad is for leaves of floats", () => {
  const x = parameter([1]);
  const y = x.mul(2);
  expect(() => {
    y.requiresGrad = true;
  }).toThrow(
    "requiresGrad can be set on leaves only; this tensor was computed from others: detach() it first",
  );
  expect(() => {
    tensor([1], { dtype: "uint32" }).requiresGrad = true;
  }).toThrow("requiresGrad needs float32, this tensor is uint32");
  expect(() => {
    x.grad = tensor([1, 2]);
  }).toThrow("grad: [2] does not fit a tensor [1]");
});

test("only what asks for a gradient gets one", async () => {
  const x = parameter([2]);
  const frozen = tensor([5]);
  x.mul(frozen).sum().backward();
  expect([await gradOf(x), frozen.grad]).toEqual([[5], null]);
});

test("a graph is walked once, or again with retainGraph", async () => {
  const x = parameter([3]);
  const y = x.mul(x).sum();
  y.backward(undefined, { retainGraph: true });
  y.backward();
  expect(await gradOf(x)).toEqual([12]);
  expect(() => y.backward()).toThrow(
    /^backward: the graph through \w+ was walked and freed already; run the forward pass again/,
  );
  expect(await gradOf(x)).toEqual([12]);
});

test("two losses may share a part of the graph: together, or with retainGraph", async () => {
  const x = parameter([2]);
  const shared = x.mul(x);
  const [first, second] = [shared.mul(3).sum(), shared.mul(4).sum()];
  first.backward();
  expect(() => second.backward()).toThrow(/the graph through mul was walked and freed already/);
  expect(await gradOf(x)).toEqual([12]);
});

test("a value that backward() needs must not have changed since", () => {
  const w = parameter([1, 2]);
  const y = w.mul(w).sum();
  noGrad(() => w.copy_(tensor([5, 5])));
  expect(() => y.backward()).toThrow(
    "backward: a value [2] that mul needs was changed in place after the forward pass; call backward() before the optimizer steps",
  );
  expect(w.grad).toBeNull();
  const sum = w.add(1).sum(); // add needs no values: it may
  noGrad(() => w.copy_(tensor([1, 1])));
  sum.backward();
  expect(w.grad?.shape).toEqual([2]);
});

test("copy_ stays off the tape", async () => {
  const w = parameter([1, 2]);
  expect(() => w.copy_(tensor([3, 4]))).toThrow("copy_: this tensor is on the tape");
  expect(() => noGrad(() => w.mul(2)).copy_(tensor([1, 2, 3]))).toThrow(
    "copy_: [2] and [3] do not broadcast together",
  );
  noGrad(() => w.copy_(tensor([3, 4])));
  noGrad(() => w.copy_(w)); // nothing to do
  expect(await w.tolist()).toEqual([3, 4]);
  const view = w.detach().reshape([2, 1]);
  view.copy_(tensor([[7], [8]]));
  expect(await w.tolist()).toEqual([7, 8]); // a view shares memory
});

test("a gradient read inside noGrad can be read again after it", async () => {
  const w = parameter([1, 2]);
  w.mul(w).sum().backward();
  noGrad(() => w.copy_(w.sub(w.grad!.mul(0.5))));
  expect(await w.tolist()).toEqual([0, 0]);
  expect(await gradOf(w)).toEqual([2, 4]);
});

test("a long chain does not overflow the stack", async () => {
  const x = parameter([1]);
  let y: Tensor = x;
  for (let i = 0; i < 5000; i++) y = y.add(x);
  y.sum().backward();
  expect(await gradOf(x)).toEqual([5001]);
});

test("an asynchronous body's tensors are given back once, whether freed in it or found by the collector", async () => {
  const x = tensor([1]);
  for (let i = 0; i < 20; i++) {
    // The 2 and the 3 are tensors that are freed before the body first awaits.
    expect(await noGrad(async () => await x.mul(2).add(3).item())).toBe(5);
    Bun.gc(true);
  }
});

test("a gradient is its leaf's own: changing one in place changes no other", async () => {
  const [a, b] = [parameter([1, 2]), parameter([3, 4])];
  a.add(b).sum().backward();
  a.grad!.copy_(a.grad!.mul(0.1));
  expect(await gradOf(b)).toEqual([1, 1]);

  const [c, d] = [parameter([1, 2]), parameter([3, 4])];
  const given = tensor([5, 6]);
  c.add(d).backward(given);
  given.copy_(tensor([7, 7]));
  expect([await gradOf(c), await gradOf(d)]).toEqual([
    [5, 6],
    [5, 6],
  ]);

  const p = parameter([1, 2]);
  p.add(0).backward(p.detach());
  new SGD([p], { lr: 0.5 }).step();
  expect(await p.tolist()).toEqual([0.5, 1]);
});

test("an infinite gradient does not get through what a mask stops", async () => {
  for (const masked of [
    (x: Tensor) => x.relu(),
    (x: Tensor) => x.clamp(0, 10),
    (x: Tensor) => x.maximum(0),
    (x: Tensor) => x.neg().minimum(0).neg(),
  ]) {
    const x = parameter([-1, 4]);
    masked(x).sqrt().sum().backward(); // √ has an infinite slope at 0
    const [stopped, through] = (await gradOf(x)) as number[];
    expect([Math.abs(stopped!), through]).toEqual([0, 0.25]);
  }
});

test("gradients are float32", () => {
  const ones = tensor(Uint32Array.of(1, 1));
  const x = parameter([1, 2]);
  expect(() => x.mul(3).backward(ones)).toThrow("backward");
  expect(() => {
    x.grad = ones;
  }).toThrow(TypeError);
});

const BINDS = 144 * 2 ** 20;
test.if(device().adapter.limits.maxStorageBufferBindingSize < BINDS)(
  "an operation that throws holds on to nothing",
  async () => {
    const refuse: Op<undefined> = {
      name: "refuse",
      forward: (_, [x]) => x!.retain(),
      backward(_, dy) {
        empty([2 ** 20]);
        fillArray(empty(dy.shape), 1);
        return [empty([2 ** 40])]; // more than an adapter binds
      },
    };
    const x = zeros([4], { requiresGrad: true });
    const attempt = () => apply(refuse, [x], undefined).sum().backward();
    const held: number[] = [];
    for (let i = 0; i < 3; i++) {
      expect(attempt).toThrow("4096 GiB");
      Bun.gc(true);
      await Bun.sleep(20); // finalizers run between turns
      held.push(memory().bytesInUse);
    }
    expect(held[2]! - held[1]!).toBeLessThan(2 ** 20);
  },
);

test("a graph that saved nothing can be walked again, as in PyTorch; one that did says which operation", () => {
  const [x, y] = [parameter([1, 2]), parameter([3, 4])];
  const sum = x.add(y).sum();
  sum.backward();
  sum.backward();
  const product = x.mul(y).sum();
  product.backward();
  expect(() => product.backward()).toThrow("backward: the graph through mul was walked and freed already");
});

test("two losses may share what saved nothing, one walked after the other", async () => {
  const x = parameter([1, 2]);
  const shifted = x.add(1);
  const [squared, plain] = [shifted.square().sum(), shifted.sum()];
  squared.backward();
  plain.backward();
  expect(await x.grad!.tolist()).toEqual([5, 7]); // 2 (x + 1) + 1
});

test("a training step beside an asynchronous noGrad records", async () => {
  const w = parameter([2]);
  const evaluation = noGrad(async () => {
    await Bun.sleep(5);
    const inside = w.mul(3);
    await Bun.sleep(5);
    return [inside.requiresGrad, w.mul(2).requiresGrad, await inside.item()];
  });
  for (let step = 0; step < 4; step++) {
    w.mul(w).sum().backward(); // throws where nothing is recorded
    await Bun.sleep(3);
  }
  expect(await evaluation).toEqual([false, false, 6]);
  expect(await w.grad!.tolist()).toEqual([16]);
});

const adding = { name: "gradients of parts", covers: ["copy.add", "frame"] };
proof("gradients of parts of one tensor are added in place: no zeros are made for each", adding, async () => {
  const x = parameter([1, 2, 3, 4, 5, 6, 7, 8]);
  const inner = x.mul(1);
  const before = kernels.get("frame")!.launches.get("frame")!;
  const parts = inner.split(2);
  const weighted = parts.map((part, i) => part.mul(10 ** i).sum());
  weighted.reduce((a, b) => a.add(b)).backward();
  expect(await x.grad!.tolist()).toEqual([1, 1, 10, 10, 100, 100, 1000, 1000]);
  expect(kernels.get("frame")!.launches.get("frame")! - before).toBe(1);
  // A gradient that somebody else holds is left alone.
  const held = x.grad!;
  x.narrow(0, 1, 2).sum().backward();
  expect(await held.tolist()).toEqual([1, 1, 10, 10, 100, 100, 1000, 1000]);
  expect(await x.grad!.tolist()).toEqual([1, 2, 11, 10, 100, 100, 1000, 1000]);
  // So is one that two tensors share.
  const [y, z] = [parameter([1, 2]), parameter([3, 4])];
  const [left, right] = [y.mul(1), z.mul(1)];
  left
    .add(right)
    .sum()
    .add(left.flip(0).narrow(0, 0, 1).sum())
    .backward();
  expect([await y.grad!.tolist(), await z.grad!.tolist()]).toEqual([[1, 2], [1, 1]]); // biome-ignore format: as it looks
  // A table that is a matrix, too, gets the gradient of its rows on top.
  const table = tensor([[1, 2], [3, 4], [5, 6]], { requiresGrad: true }); // biome-ignore format: as it looks
  const rows = table.indexSelect(0, [2, 0, 2]);
  rows.matmul(table.t()).sum().backward();
  expect(await table.grad!.tolist()).toEqual([[20, 26], [11, 14], [29, 38]]); // biome-ignore format: as it looks
});

test("two trainings at the same time leave each other's tensors alone, and each frees its own", async () => {
  const train = async (rate: number) => {
    const weight = tensor([1, 2], { requiresGrad: true });
    let last: Tensor | null = null;
    const seen: number[] = [];
    for (let step = 0; step < 3; step++) {
      const [a, b] = [weight.square().mean(), weight.mul(3).sum()];
      a.add(b).backward();
      if (last !== null) expect(() => last!.add(1)).toThrow("another backward() ended since");
      last = a;
      noGrad(() => weight.sub_(weight.grad!.mul(rate)));
      weight.grad = null;
      seen.push(await a.item(), await b.item());
    }
    return seen;
  };
  const alone: [number[], number[]] = [await train(0.1), await train(0.01)];
  expect(await Promise.all([train(0.1), train(0.01)])).toEqual(alone);
});

test("a gradient that retainGrad kept goes with its tensor, which says why", async () => {
  const x = tensor([3], { requiresGrad: true });
  const y = x.mul(2);
  y.retainGrad();
  y.square().sum().backward();
  expect(await y.grad!.tolist()).toEqual([12]);
  x.mul(2).sum().backward();
  expect(() => y.grad).toThrow("another backward() ended since");
  const never = x.mul(2);
  never.retainGrad();
  expect(never.grad).toBe(null);
});
