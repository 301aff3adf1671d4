// Layers: what they hold, by which names, how their weights begin, and what they pass on to F.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import { manualSeed, ones, randn, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { expectRefused } from "../refuses.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const shapes = (module: nn.AnyModule) =>
  Object.fromEntries(Object.entries(module.stateDict()).map(([name, { shape }]) => [name, shape]));

test("parameters and buffers have PyTorch's names and shapes", () => {
  expect(shapes(new nn.Linear(3, 2))).toEqual({ weight: [2, 3], bias: [2] });
  expect(shapes(new nn.Linear(3, 2, { bias: false }))).toEqual({ weight: [2, 3] });
  expect(shapes(new nn.Conv2d(2, 4, [3, 5]))).toEqual({ weight: [4, 2, 3, 5], bias: [4] });
  expect(shapes(new nn.Conv2d(2, 4, 3, { bias: false }))).toEqual({ weight: [4, 2, 3, 3] });
  expect(shapes(new nn.Conv1d(2, 4, 3))).toEqual({ weight: [4, 2, 3], bias: [4] });
  expect(shapes(new nn.Embedding(7, 3))).toEqual({ weight: [7, 3] });
  expect(Object.keys(shapes(new nn.BatchNorm2d(6)))).toEqual([
    "weight",
    "bias",
    "running_mean",
    "running_var",
  ]);
  expect(shapes(new nn.BatchNorm1d(6, { affine: false, trackRunningStats: false }))).toEqual({});
  const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Sequential(new nn.ReLU(), new nn.Linear(4, 1)));
  expect(Object.keys(shapes(net))).toEqual(["0.weight", "0.bias", "1.1.weight", "1.1.bias"]);
});

test("a state dict as PyTorch writes it loads, its count of batches included", async () => {
  const layer = new nn.Sequential(new nn.BatchNorm1d(2));
  const state = {
    "0.weight": tensor([1, 2]),
    "0.bias": tensor([3, 4]),
    "0.running_mean": tensor([5, 6]),
    "0.running_var": tensor([7, 8]),
    "0.num_batches_tracked": tensor(100, { dtype: "uint32" }),
  };
  expect(layer.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
  expect(await layer.stateDict()["0.running_var"]!.tolist()).toEqual([7, 8]);
  expect(() =>
    new nn.Linear(1, 1).loadStateDict({ ...new nn.Linear(1, 1).stateDict(), num_batches_tracked: ones([]) }),
  ).toThrow('loadStateDict: Linear: "num_batches_tracked" not known');
});

test("layers compute what their functions do", async () => {
  const x = randn([2, 3, 6, 5]);
  const same = async (a: Tensor, b: Tensor) => expect(await a.tolist()).toEqual(await b.tolist());
  await same(new nn.ReLU().forward(x), x.relu());
  await same(new nn.LeakyReLU(0.2).forward(x), x.leakyRelu(0.2));
  await same(new nn.GELU().forward(x), x.gelu());
  await same(new nn.Sigmoid().forward(x), x.sigmoid());
  await same(new nn.Tanh().forward(x), x.tanh());
  await same(new nn.Softmax(1).forward(x), x.softmax(1));
  await same(new nn.LogSoftmax(-1).forward(x), x.logSoftmax(3));
  await same(new nn.MaxPool2d([2, 1]).forward(x), x.reshape([2, 3, 3, 2, 5]).amax(3));
  await same(new nn.AvgPool2d([6, 5]).forward(ones([2, 3, 6, 5])), ones([2, 3, 1, 1]));
  expect(new nn.Identity().forward(x)).toBe(x);
  expect(new nn.Flatten().forward(x).shape).toEqual([2, 90]);
  expect(new nn.Unflatten(-1, [-1, 5]).forward(x.flatten(1)).shape).toEqual([2, 18, 5]);
  const [a, b] = [x.select(0, 0), x.select(0, 1)];
  await same(new nn.CosineSimilarity({ dim: 0 }).forward(a, b), F.cosineSimilarity(a, b, { dim: 0 }));
  await same(new nn.PairwiseDistance({ p: 1 }).forward(a, b), F.pairwiseDistance(a, b, { p: 1 }));
  expect(new nn.ModuleList([new nn.ReLU()]).extend([new nn.Tanh(), new nn.GELU()]).length).toBe(3);
  expect(new nn.Flatten(0, 1).forward(x).shape).toEqual([6, 6, 5]);
  expect(new nn.Conv2d(3, 4, 3, { stride: 2, padding: 1 }).forward(x).shape).toEqual([2, 4, 3, 3]);
  expect(new nn.Conv1d(6, 2, 2, { dilation: 3 }).forward(x.reshape([6, 6, 5])).shape).toEqual([6, 2, 2]);
  expect(new nn.Embedding(4, 2).forward([1, 1, 3]).shape).toEqual([3, 2]);
  const padded = new nn.Embedding(3, 2, { paddingIdx: -1 });
  expect(((await padded.weight.tolist()) as number[][])[2]).toEqual([0, 0]);
  padded.forward([2, 0, 0, 2]).sum().backward();
  expect([padded.paddingIdx, await padded.weight.grad!.tolist()]).toEqual([2, [[2, 2], [0, 0], [0, 0]]]); // biome-ignore format: as it looks
  padded
    .forward(tensor([2, 1], { dtype: "int32" }))
    .sum()
    .backward();
  expect(await padded.weight.grad!.tolist()).toEqual([[2, 2], [1, 1], [0, 0]]); // biome-ignore format: as it looks
  expect(() => new nn.Embedding(3, 2, { paddingIdx: 3 })).toThrow(
    "Embedding: paddingIdx is one of the 3 rows, got 3",
  );
  expect(new nn.Linear(5, 7).forward(x).shape).toEqual([2, 3, 6, 7]);
});

test("an embedding of rows that were learned elsewhere is frozen unless told otherwise, and draws nothing", async () => {
  const rows = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: as it looks
  const frozen = nn.Embedding.fromPretrained(rows);
  expect(await frozen.forward([2, 0]).tolist()).toEqual([[5, 6], [1, 2]]); // biome-ignore format: as it looks
  expect([frozen.weight.requiresGrad, frozen.numEmbeddings, frozen.paddingIdx]).toEqual([false, 3, null]);
  expect([String(frozen), Object.keys(frozen.stateDict())]).toEqual(["Embedding(3, 2)", ["weight"]]);
  rows.add_(1); // PyTorch's shares the memory, too
  expect(await frozen.forward([0]).tolist()).toEqual([[2, 3]]);

  const learned = nn.Embedding.fromPretrained(rows, { freeze: false, paddingIdx: -1 });
  learned.forward([2, 0, 0, 2]).sum().backward();
  expect(await learned.weight.grad!.tolist()).toEqual([[2, 2], [0, 0], [0, 0]]); // biome-ignore format: as it looks
  expect(((await learned.weight.tolist()) as number[][])[2]).toEqual([6, 7]); // as it was given, as in PyTorch

  const { fromPretrained } = nn.Embedding;
  expectRefused([
    [
      () => fromPretrained([1, 2] as never),
      "fromPretrained: the table is a tensor, got [1, 2]: write tensor([1, 2])",
    ],
    [() => fromPretrained(ones([2])), "fromPretrained: the table is [rows, d], got [2]"],
    [() => fromPretrained(rows, { paddingIdx: 3 }), "fromPretrained: paddingIdx is one of the 3 rows, got 3"],
    [
      () => fromPretrained(rows, false as never),
      "the second argument is an object of options: { freeze: false }",
    ],
  ]);

  const drawn = async (make: () => unknown) => {
    manualSeed(3);
    make();
    return await randn([2]).tolist();
  };
  expect(await drawn(() => nn.Embedding.fromPretrained(rows))).toEqual(await drawn(() => {}));
});

test("dropout and batch norm obey train() and eval()", async () => {
  const net = new nn.Sequential(new nn.BatchNorm1d(2, { momentum: 0.5, eps: 0 }), new nn.Dropout(1));
  const x = tensor([
    [0, 0],
    [2, 4],
  ]);
  expect(await net.forward(x).abs().sum().item()).toBe(0); // everything is dropped
  const { "0.running_mean": mean, "0.running_var": variance } = net.stateDict();
  expect([await mean!.tolist(), await variance!.tolist()]).toEqual([
    [0.5, 1],
    [1.5, 4.5], // half of 1, half of the unbiased 2 and 8
  ]);
  net.eval();
  const y = (await net.forward(x).tolist()) as number[][];
  expect(y[1]![0]).toBeCloseTo(1.5 / Math.sqrt(1.5), 6);
  expect(await mean!.tolist()).toEqual([0.5, 1]); // evaluation moves nothing
  const untracked = new nn.BatchNorm1d(2, { trackRunningStats: false, eps: 0 }).eval();
  expect(await untracked.forward(x).tolist()).toEqual([
    [-1, -1],
    [1, 1],
  ]);
});

test("an empty batch passes batch norm and reflection, as PyTorch has it: the running statistics stay, gradients are 0", async () => {
  const shapes = { 1: [0, 2], 2: [3, 2, 0, 4] };
  for (const norm of [new nn.BatchNorm1d(2), new nn.BatchNorm2d(2)]) {
    const x = zeros(shapes[norm instanceof nn.BatchNorm1d ? 1 : 2]).requiresGrad_();
    const y = norm.forward(x);
    y.sum().backward();
    expect([y.shape, x.grad!.shape]).toEqual([x.shape, x.shape]);
    expect(await norm.runningMean!.tolist()).toEqual([0, 0]);
    expect(await norm.runningVar!.tolist()).toEqual([1, 1]);
    expect(await norm.weight!.grad!.tolist()).toEqual([0, 0]);
    expect(await norm.bias!.grad!.tolist()).toEqual([0, 0]);
    expect(norm.eval().forward(x).shape).toEqual(x.shape);
  }
  const untracked = new nn.BatchNorm1d(2, { trackRunningStats: false });
  expect(untracked.eval().forward(zeros([0, 2, 5])).shape).toEqual([0, 2, 5]);
  const fused = new nn.Sequential(new nn.BatchNorm1d(2), new nn.ReLU());
  expect(fused.forward(zeros([0, 2])).shape).toEqual([0, 2]);
  expect(new nn.ReflectionPad1d(1).forward(zeros([0, 2, 5])).shape).toEqual([0, 2, 7]);
  expect(new nn.ReflectionPad2d(1).forward(zeros([0, 2, 5, 3])).shape).toEqual([0, 2, 7, 5]);
});

test("batch norm with momentum null keeps the mean over the batches that it learned from", async () => {
  const norm = new nn.BatchNorm1d(1, { momentum: null });
  for (const [a, b] of [[0, 2], [10, 14], [2, 6]]) norm.forward(tensor([[a!], [b!]])); // biome-ignore format: as it looks
  expect(await norm.runningMean!.tolist()).toEqual([expect.closeTo((1 + 12 + 4) / 3, 5)] as never);
  expect(await norm.runningVar!.tolist()).toEqual([expect.closeTo((2 + 8 + 8) / 3, 5)] as never);
  norm.eval().forward(tensor([[100], [100]]));
  norm.train().forward(tensor([[7], [7]]));
  expect(await norm.runningMean!.tolist()).toEqual([expect.closeTo((1 + 12 + 4 + 7) / 4, 5)] as never);
  const fused = new nn.Sequential(new nn.BatchNorm1d(1, { momentum: null }), new nn.ReLU());
  for (const n of [2, 4]) fused.forward(tensor([[n], [n]]));
  expect(await (fused[0] as nn.BatchNorm1d).runningMean!.tolist()).toEqual([3]);
  expect(() => new nn.BatchNorm1d(1, { momentum: "0.1" as never })).toThrow("momentum is a number, or null");
});

test("instance norm takes one sample alone, and norms say what they want", async () => {
  const x = randn([3, 4, 5]);
  const layer = new nn.InstanceNorm2d(3);
  expect(layer.parameters()).toEqual([]);
  const y = layer.forward(x);
  expect(y.shape).toEqual([3, 4, 5]);
  expect(await y.mean([1, 2]).abs().max().item()).toBeLessThan(1e-6);
  const tracking = new nn.InstanceNorm1d(2, { trackRunningStats: true, affine: true });
  expect(Object.keys(tracking.stateDict())).toEqual(["weight", "bias", "running_mean", "running_var"]);
  expect(Object.keys(new nn.LayerNorm(4, { bias: false }).stateDict())).toEqual(["weight"]);
  expect(new nn.LayerNorm(4, { elementwiseAffine: false }).parameters()).toEqual([]);
  expect(String(new nn.LayerNorm([2, 3]))).toBe("LayerNorm([2, 3])");
  expect(String(new nn.GroupNorm(2, 6))).toBe("GroupNorm(2, 6)");
  expectRefused([
    [
      () => layer.forward(ones([2, 2])),
      "InstanceNorm2d: wants an input [samples, 3, height, width], got [2, 2]",
    ],
    [
      () => new nn.GroupNorm(2, 6).forward(ones([2, 4])),
      "GroupNorm: wants an input [samples, 6, …], got [2, 4]",
    ],
  ]);
});

test("toString() prints the tree with its settings", () => {
  const net = new nn.Sequential(
    new nn.Conv2d(2, 80, [57, 6], { stride: 2, bias: false }),
    new nn.BatchNorm2d(80),
    new nn.MaxPool2d([4, 3], { stride: [1, 3] }),
    new nn.Sequential(new nn.Linear(80, 10, { bias: false }), new nn.Dropout(0.5)),
    new nn.LogSoftmax(1),
  );
  expect(String(net)).toBe(
    [
      "Sequential(",
      "  (0): Conv2d(2, 80, [57, 6], stride: 2, bias: false)",
      "  (1): BatchNorm2d(80)",
      "  (2): MaxPool2d([4, 3], stride: [1, 3])",
      "  (3): Sequential(",
      "    (0): Linear(80, 10, bias: false)",
      "    (1): Dropout(p: 0.5)",
      "  )",
      "  (4): LogSoftmax(axis: 1)",
      ")",
    ].join("\n"),
  );
});

test("layers that cannot be are refused by name", () => {
  expectRefused([
    [() => new nn.Linear(0, 2), "Linear: inFeatures is a whole number ≥ 1, got 0"],
    [() => new nn.Conv2d(1, 2.5, 3), "Conv2d: outChannels is a whole number ≥ 1, got 2.5"],
    [
      () => new nn.Conv2d(1, 2, [3, 0]),
      "Conv2d: kernelSize is a whole number ≥ 1 or a pair of them, got [3, 0]",
    ],
    [() => new nn.MaxPool2d(-1), "MaxPool2d: kernelSize is a whole number ≥ 1 or a pair of them, got -1"],
    [() => new nn.BatchNorm1d(0), "BatchNorm1d: numFeatures is a whole number ≥ 1, got 0"],
    [() => new nn.Dropout(2), "Dropout: p is a probability from 0 to 1, got 2"],
    [
      () => new nn.BatchNorm1d(3).forward(zeros([2, 3, 4, 5])),
      "BatchNorm1d: wants an input [samples, 3] or [samples, 3, length], got [2, 3, 4, 5]",
    ],
    [
      () => new nn.BatchNorm2d(3).forward(zeros([2, 4, 5, 5])),
      "BatchNorm2d: wants an input [samples, 3, height, width], got [2, 4, 5, 5]",
    ],
    [
      () => new nn.BatchNorm1d(3).forward(zeros([1, 3])),
      "batchNorm: training wants more than one element a channel",
    ],
  ]);
});

// Initial weights ------------------------------------------------------------------------------------------

async function moments(t: Tensor) {
  const values = [...(await t.data())];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return { mean, deviation, low: Math.min(...values), high: Math.max(...values) };
}

/** Expects numbers uniform within ±bound: their deviation is bound / √3, and they nearly reach it. */
async function expectUniform(t: Tensor, bound: number): Promise<void> {
  const { mean, deviation, low, high } = await moments(t);
  expect(Math.abs(mean)).toBeLessThan(0.03 * bound);
  expect(Math.abs(deviation * Math.sqrt(3) - bound)).toBeLessThan(0.03 * bound);
  expect([low < -0.98 * bound, low >= -bound * 1.0000001]).toEqual([true, true]);
  expect([high > 0.98 * bound, high <= bound * 1.0000001]).toEqual([true, true]);
}

async function expectNormal(t: Tensor, wanted: number): Promise<void> {
  const { mean, deviation, low, high } = await moments(t);
  expect(Math.abs(mean)).toBeLessThan(0.04 * wanted);
  expect(Math.abs(deviation - wanted)).toBeLessThan(0.04 * wanted);
  expect(Math.max(-low, high)).toBeGreaterThan(3 * wanted);
}

test("layers begin with PyTorch's weights: uniform within ±1/√fanIn", async () => {
  manualSeed(1);
  const linear = new nn.Linear(100, 400);
  await expectUniform(linear.weight, 0.1);
  await expectUniform(new nn.Linear(4, 4000).bias!, 0.5);
  await expectUniform(new nn.Conv2d(5, 100, [4, 5]).weight, 0.1);
  await expectUniform(new nn.Conv1d(5, 500, 5).weight, 0.2);
  await expectNormal(new nn.Embedding(200, 100).weight, 1);
  const norm = new nn.BatchNorm1d(3);
  expect([await norm.weight!.tolist(), await norm.bias!.tolist()]).toEqual([
    [1, 1, 1],
    [0, 0, 0],
  ]);
});

test("init: the formulas of torch.nn.init", async () => {
  manualSeed(2);
  const { init } = nn;
  const weight = zeros([60, 20, 4, 5]);
  expect(init.calculateFanInAndFanOut(weight)).toEqual({ fanIn: 400, fanOut: 1200 });
  expect(init.calculateGain("leakyRelu", Math.sqrt(5))).toBeCloseTo(Math.sqrt(1 / 3), 12);
  expect(init.calculateGain("selu")).toBe(0.75);
  await expectUniform(init.kaimingUniform_(weight), Math.sqrt(6 / 400));
  await expectUniform(init.kaimingUniform_(weight, { mode: "fanOut", nonlinearity: "tanh" }), (5 / 3) * 0.05);
  await expectNormal(init.kaimingNormal_(weight, { nonlinearity: "relu" }), Math.sqrt(2 / 400));
  await expectUniform(init.xavierUniform_(weight, 2), 2 * Math.sqrt(6 / 1600));
  await expectNormal(init.normal_(weight, 0, 3), 3);
  expect((await moments(init.normal_(weight, 7, 0.01))).mean).toBeCloseTo(7, 3);
  const { low, high } = await moments(init.uniform_(weight, 2, 3));
  expect([low >= 2, low < 2.01, high > 2.99, high <= 3]).toEqual([true, true, true, true]);
  expect(await moments(init.constant_(weight, 0.25))).toEqual({
    mean: 0.25,
    deviation: 0,
    low: 0.25,
    high: 0.25,
  });
  expectRefused([
    [() => init.kaimingNormal_(zeros([3])), "kaimingNormal_: the weight has two dimensions or more, got [3]"],
    [() => init.xavierUniform_(zeros([3])), "xavierUniform_: the weight has two dimensions or more, got [3]"],
    [
      () => init.calculateFanInAndFanOut(zeros([3])),
      "calculateFanInAndFanOut: the weight has two dimensions",
    ],
  ]);
});

test("manualSeed makes initial weights repeatable, and parameters stay learnable", async () => {
  const make = async (seed: number) => {
    manualSeed(seed);
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 2));
    expect(net.parameters().every((p) => p.requiresGrad)).toBe(true);
    return await Promise.all(net.parameters().map((p) => p.tolist()));
  };
  const first = await make(1);
  expect(await make(1)).toEqual(first);
  expect(await make(2)).not.toEqual(first);
  expect(first[1]).not.toEqual(first[3]!);
});
