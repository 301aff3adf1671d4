// What a convolution or a dense layer that is put off takes along (src/kernels/shared/unfinished.ts): a batch norm by running
// statistics, an array that is added, an activation. In every family of programs the result is the reference's, by one launch.
import { afterAll, expect, test } from "bun:test";
import { kernels } from "../../../src/gpu/kernel.ts";
import { manualSeed, memory, randn, tensor } from "../../../src/index.ts";
import { unrollFrom } from "../../../src/kernels/convolution/conv2dGroupsProgram.ts";
import { type Family, families, useFamily } from "../../../src/kernels/gemm/gemm.ts";
import * as F from "../../../src/nn/functional/index.ts";
import * as nn from "../../../src/nn/index.ts";
import { noGrad } from "../../../src/tensor/autograd/grad-mode.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { batchNorm } from "../../reference/batchNorm.ts";
import { type Conv2dAttrs, conv2d } from "../../reference/conv2d.ts";
import * as elementwise from "../../reference/elementwise.ts";
import { linear } from "../../reference/linear.ts";
import { Random } from "../../reference/random.ts";
import type { Arr, Reference } from "../../reference/reference.ts";

const random = new Random(83);
const EPS = Math.fround(1e-3);
afterAll(() => {
  useFamily(null);
  unrollFrom(null);
});

const plain = (f: (v: number) => number) => (x: Arr) => ({ ...x, data: x.data.map(f) });
const FUNCTIONS: Record<string, { run: (x: Tensor) => Tensor; f: (x: Arr) => Arr }> = {
  none: { run: (x) => x, f: (x) => x },
  relu: { run: (x) => x.relu(), f: (x) => elementwise.relu.forward([x], {}) },
  leakyRelu: { run: (x) => x.leakyRelu(0.25), f: plain((v) => (v > 0 ? v : v / 4)) },
  relu6: { run: (x) => x.relu6(), f: plain((v) => Math.min(Math.max(v, 0), 6)) },
  clamp: { run: (x) => x.clamp(-1, 2), f: plain((v) => Math.min(Math.max(v, -1), 2)) },
  sigmoid: { run: (x) => x.sigmoid(), f: (x) => elementwise.sigmoid.forward([x], {}) },
  hardswish: { run: (x) => x.hardswish(), f: plain((v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6) },
  hardsigmoid: { run: (x) => x.hardsigmoid(), f: plain((v) => Math.min(Math.max(v + 3, 0), 6) / 6) },
};

interface Attrs extends Conv2dAttrs {
  f: string;
  norm: boolean;
  bias: boolean;
  adds: boolean;
}

/** x, w, then as far as they are there: bias; the norm's weight, shift, mean and variance; what is added. */
function drawn(x: number[], w: number[], f: string, more: Partial<Attrs> = {}): Case<Attrs> {
  const attrs: Attrs = {
    ...{ stride: [1, 1], padding: [0, 0], dilation: [1, 1], f, norm: true, bias: false, adds: false },
    ...more,
  };
  const channels = [w[0]!];
  const inputs = [random.array(x), random.array(w), ...(attrs.bias ? [random.array(channels)] : [])];
  if (attrs.norm)
    inputs.push(
      ...[random.array(channels, 0.5, 1.5), random.array(channels), random.array(channels, -0.5, 0.5)],
      random.array(channels, 0.3, 2),
    );
  if (attrs.adds) inputs.push(random.array(conv2d.forward(inputs.slice(0, 2), attrs).shape));
  return { inputs, attrs };
}

function parts<T>([x, w, ...rest]: T[], { bias, norm, adds }: Attrs) {
  const b = bias ? rest.shift()! : null;
  return { x: x!, w: w!, b, norms: norm ? rest.splice(0, 4) : null, other: adds ? rest[0]! : null };
}

const reference: Reference<Attrs> = {
  forward(inputs, attrs) {
    const { x, w, b, norms, other } = parts(inputs, attrs);
    let y = conv2d.forward(b ? [x, w, b] : [x, w], attrs);
    if (norms) y = batchNorm.forward([y, ...norms], { training: false, momentum: 0, eps: EPS });
    if (other) y = elementwise.add.forward([other, y], {});
    return FUNCTIONS[attrs.f]!.f(y);
  },
  backward: (inputs) => inputs.map(() => null),
};

function run(inputs: Tensor[], attrs: Attrs): Tensor {
  const { x, w, b, norms, other } = parts(inputs, attrs);
  const { stride, padding, dilation, groups = 1 } = attrs;
  let y = F.conv2d(x, w, b, { stride, padding, dilation, groups });
  if (norms) {
    const [weight, shift, mean, variance] = norms as [Tensor, Tensor, Tensor, Tensor];
    y = F.batchNorm(y, mean, variance, weight, shift, { eps: EPS });
  }
  if (other) y = attrs.f === "relu" ? y.add(other) : other.add(y);
  return FUNCTIONS[attrs.f]!.run(y);
}

const ELEMENTWISE = ["unary", "activations", "clamp", "binary", "batchNorm"];
const apart = () =>
  ELEMENTWISE.flatMap((name) => [...kernels.get(name)!.launches.values()]).reduce((sum, n) => sum + n, 0);

function checkAlong(name: string, cases: Case<Attrs>[], choose: () => void): void {
  check<Attrs>({
    name: `conv2d and what follows (${name})`,
    covers: ["foldNorm"],
    differentiable: false,
    run: (inputs, attrs) => {
      choose();
      const before = apart();
      const y = noGrad(() => run(inputs, attrs).transpose(0, 1).transpose(0, 1)); // reads it
      expect(apart(), "launches of their own").toBe(before);
      return y;
    },
    reference,
    cases,
    // Weights are rounded once more when they are scaled, and so is what is added to the sum.
    terms: ({ inputs: [, w] }) => 2 * (w!.data.length / w!.shape[0]!) + 4,
  });
}

const padded = { padding: [1, 1] } as const;
const products = [
  drawn([2, 12, 5, 9], [7, 12, 1, 1], "relu", { norm: false, bias: true }), // positions that are no vec4s
  drawn([2, 12, 4, 8], [16, 12, 1, 1], "hardswish"), // a product a sample
  drawn([1, 8, 6, 6], [9, 8, 1, 1], "none", { adds: true, bias: true }),
  drawn([2, 4, 6, 6], [8, 4, 1, 1], "relu", { adds: true }),
  drawn([2, 3, 8, 7], [5, 3, 3, 3], "sigmoid", { padding: [1, 1], stride: [2, 2], adds: true }),
];
const all = Object.keys(FUNCTIONS).map((f) => drawn([1, 4, 3, 5], [3, 4, 1, 1], f, { bias: true }));
const split = drawn([1, 600, 3, 4], [5, 600, 1, 1], "hardswish", { adds: true }); // k is cut among the tiled family's workgroups

for (const family of families())
  checkAlong(family, [...products, ...(family === "plain" ? all : []), split], () => useFamily(family));
if (families().includes("subgroup"))
  checkAlong(
    "rows",
    [drawn([2, 9, 7, 13], [9, 9, 3, 3], "hardsigmoid", { padding: [1, 1], adds: true })],
    () => useFamily("rows" satisfies Family),
  );

const groups = [
  drawn([2, 5, 9, 17], [5, 1, 3, 3], "relu", { padding: [1, 1], groups: 5, adds: true }),
  drawn([2, 6, 8, 12], [6, 1, 5, 5], "hardswish", { padding: [2, 2], groups: 6, adds: true }),
  drawn([1, 48, 4, 5], [56, 24, 2, 3], "leakyRelu", { padding: [1, 0], groups: 2, adds: true, bias: true }),
];
for (const [how, from, family] of [
  ["groups, in loops", Number.POSITIVE_INFINITY, "plain"],
  ["groups, unrolled", 0, "plain"],
  ["groups", null, null],
] as const)
  checkAlong(how, groups, () => {
    useFamily(family);
    unrollFrom(from);
  });

check<{ f: string }>({
  name: "linear and what follows",
  covers: [],
  differentiable: false,
  run: ([x, w, b], { f }) => FUNCTIONS[f]!.run(F.linear(x!, w!, b!)),
  reference: { forward: (inputs, { f }) => FUNCTIONS[f]!.f(linear.forward(inputs, {})), backward: () => [] },
  cases: ["relu", "clamp"].map((f) => ({
    inputs: [random.array([3, 2, 10]), random.array([7, 10]), random.array([7])],
    attrs: { f },
  })),
  terms: () => 11,
});

const block = () => new nn.Sequential(new nn.Conv2d(3, 4, 3, padded), new nn.BatchNorm2d(4), new nn.ReLU());

/** The same without anything put off: gradients are recorded. */
const recorded = (x: Tensor, [conv, norm, relu]: readonly nn.Module[]) =>
  relu!.forward(norm!.forward(conv!.forward(x))) as Tensor;

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(Math.max(...a.map((each, i) => Math.abs(each - b[i]!)))).toBeLessThan(2e-6);
}

test("weights with a norm in them are kept until statistics, weights or the norm's own change", async () => {
  manualSeed(5);
  const net = block();
  const [conv, norm] = net.layers as [nn.Conv2d, nn.BatchNorm2d];
  const x = randn([2, 3, 6, 6]);
  const folds = () => kernels.get("foldNorm")!.launches.get("fold")!;
  const now = async () => {
    const before = folds();
    const y = (await noGrad(() => net.forward(x)).data()) as Float32Array;
    expectClose(y, (await recorded(x, net.layers).data()) as Float32Array);
    return folds() - before;
  };
  net.eval();
  expect([await now(), await now()]).toEqual([1, 0]);
  net.train();
  noGrad(() => net.forward(x)); // moves the running statistics
  net.eval();
  expect([await now(), await now()]).toEqual([1, 0]);
  for (const change of [
    () => conv.weight.mul_(2),
    () => conv.bias!.add_(1),
    () => norm.weight!.mul_(3),
    () => norm.bias!.sub_(1),
    () => norm.runningVar!.mul_(2),
  ]) {
    noGrad(change);
    expect([await now(), await now()]).toEqual([1, 0]);
  }
});

test("results that are kept stay what they were, whatever is written before they are read, and in whichever order they are", async () => {
  manualSeed(6);
  const net = block().eval();
  const [conv, norm] = net.layers as [nn.Conv2d, nn.BatchNorm2d];
  const x = randn([2, 3, 6, 6]);
  const [a, b, c] = [conv.forward(x), norm.forward(conv.forward(x)), recorded(x, net.layers)];
  const wanted = await Promise.all([c!, a!, b!, c!].map((y) => y.data()));
  const found = noGrad(() => {
    const bare = conv.forward(x);
    const normed = norm.forward(bare);
    const active = normed.relu();
    const results = [active, bare, normed, active.relu()];
    conv.weight.zero_();
    x.zero_();
    norm.runningMean!.add_(7);
    norm.bias!.zero_();
    return results;
  });
  for (const [i, y] of found.entries())
    expectClose((await y.data()) as Float32Array, wanted[i] as Float32Array);
});

test("a norm of other channels than a convolution's, or of other samples, is computed by itself", async () => {
  manualSeed(8);
  const conv = new nn.Conv2d(3, 4, 3, padded);
  const flat = new nn.Conv1d(3, 4, 3, { padding: 1 });
  const [x, row] = [randn([2, 3, 5, 6]), randn([2, 3, 8])];
  const looks: [channels: number, look: () => Tensor][] = [
    [2, () => conv.forward(x).reshape([4, 2, 5, 6])],
    [4, () => conv.forward(x).reshape([1, 4, 10, 6])],
    [8, () => conv.forward(x).reshape([1, 8, 5, 6])],
    [4, () => flat.forward(row)],
  ];
  for (const [channels, look] of looks) {
    const Norm = look().ndim === 4 ? nn.BatchNorm2d : nn.BatchNorm1d;
    const norm = new Norm(channels).eval();
    noGrad(() => {
      norm.runningMean!.copy_(randn([channels]));
      norm.runningVar!.copy_(randn([channels]).square().add(0.5));
    });
    const found = (await noGrad(() => norm.forward(look())).data()) as Float32Array;
    expectClose(found, (await norm.forward(look()).data()) as Float32Array);
  }
});

test("results that are kept do not keep what they were computed of, where that is much more", async () => {
  const conv = new nn.Conv2d(16, 1, 1);
  const norm = new nn.BatchNorm2d(1).eval();
  const before = memory().bytesInUse;
  const kept = Array.from({ length: 8 }, () =>
    noGrad(() => norm.forward(conv.forward(randn([1, 16, 64, 64])))),
  );
  conv.requiresGrad_(false);
  kept.push(conv.forward(randn([1, 16, 64, 64])));
  expect((memory().bytesInUse - before) / 2 ** 20).toBeLessThan(0.6); // 16 KiB each, of 256
  for (const y of kept) expect(Number.isFinite(await y.sum().item())).toBe(true);
});

test("in-place functions and views of what is put off", async () => {
  manualSeed(7);
  const [x, w] = [randn([2, 3, 4]), randn([5, 3])];
  const [y, rows] = noGrad(() => {
    const y = F.linear(x.transpose(1, 2), w);
    return [y.reshape([8, 5]).relu(), F.linear(x.transpose(1, 2), w).relu_()];
  });
  expect([...(await y.data())]).toEqual([...(await rows.data())]);
  const same = noGrad(() =>
    F.linear(tensor([[1, 2]]), tensor([[3, 4]]))
      .add(tensor([[1]]))
      .add(tensor([[2]])),
  );
  expect(await same.tolist()).toEqual([[14]]);
});

test("at NaN and infinity a function that joins a product gives what it gives by itself", async () => {
  const values = tensor([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.0, 2]).reshape([
    5, 1,
  ]);
  for (const [name, { run }] of Object.entries(FUNCTIONS)) {
    const [joined, alone] = noGrad(() => [run(F.linear(values, tensor([[1]]))), run(values)]);
    expect([...(await joined.data())], name).toEqual([...(await alone.data())].map((v) => v + 0)); // −0 + 0 is 0
  }
});
