// What dense layers and convolutions take along where a gradient is recorded (src/kernels/shared/unfinished.ts): sums and ReLUs,
// while a forward pass runs, in the launch of the product. Where none is recorded, see norms/foldNorm.test.ts.

import { afterAll, expect, test } from "bun:test";
import { copiesToTextures } from "../../../src/gpu/bindings.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import { manualSeed, ones, randn, tensor } from "../../../src/index.ts";
import { families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import * as F from "../../../src/nn/functional/index.ts";
import * as nn from "../../../src/nn/index.ts";
import { noGrad } from "../../../src/tensor/autograd/grad-mode.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { conv2d } from "../../reference/conv2d.ts";
import * as elementwise from "../../reference/elementwise.ts";
import { linear } from "../../reference/linear.ts";
import { Random } from "../../reference/random.ts";
import type { Arr, NoAttrs, Reference } from "../../reference/reference.ts";

const random = new Random(84);
afterAll(() => useFamily(null));

const launchesOf = (...names: string[]) =>
  names
    .flatMap((name) => [...(kernels.get(name)?.launches.values() ?? [])])
    .reduce((sum, count) => sum + count, 0);
const apart = () => launchesOf("unary", "binary");
const products = () =>
  launchesOf("matmul", "matmulTiled", "matmulSubgroup", "matmulTexture", "matmulRows", "conv2dRows");

/** Runs what it is given, as a forward pass. */
class Pass extends nn.Module<[() => Tensor], Tensor> {
  forward(body: () => Tensor): Tensor {
    return body();
  }
}
const pass = new Pass();

/** relu(other + y), y being a layer of the inputs behind `other`. */
const summed = (layer: Reference<NoAttrs>): Reference<NoAttrs> => ({
  forward: ([other, ...inputs], attrs) =>
    elementwise.relu.forward([elementwise.add.forward([other!, layer.forward(inputs, attrs)], {})], {}),
  backward([other, ...inputs], attrs, g) {
    const sum = elementwise.add.forward([other!, layer.forward(inputs, attrs)], {});
    const [dSum] = elementwise.relu.backward([sum], {}, g) as [Arr];
    return [dSum, ...layer.backward(inputs, attrs, dSum)];
  },
});

const convolution = (stride: number) => {
  const attrs = { stride: [stride, stride], padding: [1, 1], dilation: [1, 1] } as never;
  return {
    forward: (inputs: Arr[]) => conv2d.forward(inputs, attrs),
    backward: (inputs: Arr[], _: NoAttrs, g: Arr) => conv2d.backward(inputs, attrs, g),
  } as Reference<NoAttrs>;
};

/** The operation's result, which has taken no launch but the layer's. */
function along(layer: () => Tensor, other: Tensor): Tensor {
  const before = apart();
  const y = pass.forward(() => other.add(layer()).relu());
  expect(apart(), "launches of their own").toBe(before);
  return y;
}

for (const family of families()) {
  check<NoAttrs>({
    name: `relu(x + linear) in one launch (${family})`,
    covers: [],
    run: ([other, x, w, b]) => {
      useFamily(family);
      return along(() => F.linear(x!, w!, b!), other!);
    },
    reference: summed(linear),
    cases: [
      [[3, 2, 7], [3, 2, 12], [7, 12], [7]],
      [[40, 36], [40, 72], [36, 72], [36]],
    ].map((shapes) => ({ inputs: shapes.map((shape) => random.array(shape)), attrs: {} })),
    terms: ({ inputs: [, x] }) => x!.shape.at(-1)! + 2,
  });
}

const added = (stride: number) => ({
  run: ([other, x, w, b]: Tensor[]) => {
    useFamily(null);
    return along(() => F.conv2d(x!, w!, b!, { padding: 1, stride }), other!);
  },
  reference: summed(convolution(stride)),
  terms: ({ inputs: [other, x] }: Case<NoAttrs>) =>
    9 * x!.shape[1]! + other!.shape.slice(2).reduce((a, b) => a * b, 2),
});
const casesFrom = (shapes: number[][][]) =>
  shapes.map((each) => ({ inputs: each.map((shape) => random.array(shape)), attrs: {} }));

check<NoAttrs>({
  ...added(1),
  name: "relu(x + conv2d) in one launch",
  covers: [],
  cases: casesFrom([
    [[2, 5, 6, 8], [2, 3, 6, 8], [5, 3, 3, 3], [5]],
    [[2, 9, 40, 44], [2, 16, 40, 44], [9, 16, 3, 3], [9]], // large enough for a program of its own
  ]),
});

if (copiesToTextures(4))
  check<NoAttrs>({
    ...added(2),
    name: "relu(x + conv2d of one channel) in one launch",
    covers: ["depthwise"],
    cases: casesFrom([
      [[2, 3, 4, 5], [2, 1, 7, 9], [3, 1, 3, 3], [3]],
      [[1, 2, 5, 12], [1, 1, 9, 23], [2, 1, 3, 3], [2]], // stored as vec4s
    ]),
  });

test("what comes out of a forward pass is computed at once, and once: weights are written next", async () => {
  manualSeed(8);
  const layer = new nn.Linear(4, 3);
  const x = randn([2, 4]);
  const before = products();
  const y = layer.forward(x); // outside of any other pass
  expect(products() - before).toBe(1);
  const relu = y.relu();
  noGrad(() => layer.weight.fill_(0));
  expect(await y.sum().item()).not.toBe(0);
  expect(await relu.data()).toEqual((await y.data()).map((v) => Math.max(v, 0)));
  expect(products() - before).toBe(1);
});

test("a step of a plain loop has a product a layer forward, whatever it keeps", () => {
  manualSeed(9);
  const [first, second] = [new nn.Linear(4, 8), new nn.Linear(8, 2)];
  const parameters = [...first.parameters(), ...second.parameters()];
  const kept: Tensor[] = [];
  const before = products();
  for (let i = 0; i < 3; i++) {
    const hidden = first.forward(ones([5, 4]));
    const y = second.forward(hidden.relu());
    kept.push(hidden, y);
    noGrad(() => {
      for (const each of parameters) each.mul_(0.9); // as an optimizer writes them
    });
  }
  expect(products() - before).toBe(6);
});

test("a layer is computed once where its result is read by itself, too", async () => {
  manualSeed(10);
  const [x, w] = [randn([4, 6]), randn([3, 6])];
  const h = F.linear(x, w);
  const read = () => F.linear(x, w);
  const same = (y: Tensor) => y.transpose(0, 1).transpose(0, 1); // reads it
  const ways: [what: string, run: () => Tensor, plain: () => Tensor][] = [
    ["swish by hand", () => once(read, (h) => h.mul(h.sigmoid())), () => h.mul(h.sigmoid())],
    ["the same, the other way round", () => once(read, (h) => h.sigmoid().mul(h)), () => h.sigmoid().mul(h)],
    ["x + relu(x)", () => once(read, (h) => h.add(h.relu())), () => h.add(h.relu())],
    ["relu(x) + x", () => once(read, (h) => h.relu().add(h)), () => h.relu().add(h)],
    ["x + x", () => once(read, (h) => h.add(h)), () => h.add(h)],
    ["relu(x + y) · (x + y)", () => once(read, gated), () => gated(h)],
  ];
  function gated(h: Tensor): Tensor {
    const sum = h.add(1).add(h);
    return sum.relu().mul(sum);
  }
  function once(make: () => Tensor, use: (h: Tensor) => Tensor): Tensor {
    const before = products();
    const y = same(use(make()));
    expect(products() - before).toBe(1);
    return y;
  }
  for (const [what, run, plain] of ways) {
    const wanted = await plain().tolist();
    expect(await noGrad(run).tolist(), what).toEqual(wanted);
    w.requiresGrad = true;
    expect(await pass.forward(run).tolist(), `${what}, recorded`).toEqual(wanted);
    w.requiresGrad = false;
  }
});

test("what follows a result that was written meanwhile is of what it was", async () => {
  const [x, w] = [tensor([[1, 2]]), tensor([[3, -4], [5, 6]])]; // biome-ignore format: a matrix
  const [y, z] = noGrad(() => {
    const h = F.linear(x, w);
    const y = h.relu();
    const z = h.add(tensor([[100, 200]]));
    h.mul_(2);
    return [y, z];
  });
  expect(await y.tolist()).toEqual([[0, 17]]);
  expect(await z.tolist()).toEqual([[95, 217]]);
});

test("a layer's result that is read by itself, too, is right in both places", async () => {
  const w = tensor([[1, -2]], { requiresGrad: true });
  const x = tensor([[3, 1]]);
  const out = pass.forward(() => {
    const h = F.linear(x, w);
    return h.relu().add(h).mul(h);
  });
  expect(await out.tolist()).toEqual([[2]]); // h = 1: (1 + 1) · 1
  out.sum().backward();
  expect(await w.grad!.tolist()).toEqual([[12, 4]]); // d(2 h²)/dh = 4, by x
});
