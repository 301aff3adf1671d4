// F: what each function makes of its arguments. The operations themselves are proved in test/kernels; what is put
// together from several of them is proved here.

import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import { batchNormThen } from "../../../src/nn/functional/norm.ts";
import { grad } from "../../../src/tensor/autograd/grad.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { manualSeed, memory, ones, type Tensor, tensor, zeros } from "../../../src/tensor/index.ts";
import { check, compare, toTensor } from "../../harness.ts";
import { batchNorm, runningStats } from "../../reference/batchNorm.ts";
import { conv2d } from "../../reference/conv2d.ts";
import { linear } from "../../reference/linear.ts";
import { type LossAttrs, mseLoss } from "../../reference/loss.ts";
import { avgPool2d, maxPool2d } from "../../reference/pool.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, type NoAttrs, type Reference, rounded } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const random = new Random(11);
const reshaped = (x: Arr, shape: number[]) => arr(shape, x.data);

check<NoAttrs>({
  name: "F.linear",
  covers: [],
  run: ([x, w, b]) => F.linear(x!, w!, b ?? null),
  reference: linear,
  cases: [
    { inputs: [random.array([4, 3]), random.array([5, 3]), random.array([5])], attrs: {} },
    { inputs: [random.array([2, 3, 7]), random.array([1, 7])], attrs: {} },
    { inputs: [random.array([6]), random.array([4, 6]), random.array([4])], attrs: {} },
  ],
  terms: ({ inputs: [x, w] }) => Math.max(...w!.shape, x!.data.length / w!.shape[1]!),
});

/** conv2d of images one pixel high. */
type Conv1d = { stride: number; padding: number; dilation: number };
const image = (x: Arr) => reshaped(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]);
const pairs = ({ stride, padding, dilation }: Conv1d) => ({
  stride: [1, stride] as [number, number],
  padding: [0, padding] as [number, number],
  dilation: [1, dilation] as [number, number],
});
const conv1d: Reference<Conv1d> = {
  forward([x, w, ...b], attrs) {
    const y = conv2d.forward([image(x!), image(w!), ...b], pairs(attrs));
    return reshaped(y, [y.shape[0]!, y.shape[1]!, y.shape[3]!]);
  },
  backward([x, w, ...b], attrs, g) {
    const [dx, dw, ...db] = conv2d.backward([image(x!), image(w!), ...b], pairs(attrs), image(g));
    return [reshaped(dx!, x!.shape), reshaped(dw!, w!.shape), ...db];
  },
};

check<Conv1d>({
  name: "F.conv1d",
  covers: [],
  run: ([x, w, b], attrs) => F.conv1d(x!, w!, b ?? null, attrs),
  reference: conv1d,
  cases: [
    {
      inputs: [random.array([2, 3, 9]), random.array([4, 3, 3]), random.array([4])],
      attrs: { stride: 1, padding: 0, dilation: 1 },
    },
    {
      inputs: [random.array([1, 2, 11]), random.array([3, 2, 4])],
      attrs: { stride: 2, padding: 3, dilation: 2 },
    },
  ],
  terms: ({ inputs: [x, w] }) => {
    const [outputs, inputs, kernel] = w!.shape as [number, number, number];
    return Math.max(inputs * kernel, outputs * kernel, x!.data.length / inputs);
  },
});

check<LossAttrs>({
  name: "F.mseLoss",
  covers: [],
  run: ([x, target], attrs) => F.mseLoss(x!, target!, attrs),
  reference: mseLoss,
  cases: [[1], [7], [3, 4, 5]].flatMap((shape) =>
    (["mean", "sum", "none"] as const).map((reduction) => ({
      inputs: [random.array(shape), random.array(shape)],
      attrs: { reduction },
    })),
  ),
  terms: ({ inputs }) => inputs[0]!.data.length,
});

/** The largest error of a result against a reference, relative to its largest element. */
const error = (got: Tensor, wanted: Arr, what: string) => compare(arrayOf(got), wanted, what, 1e-5);

test("conv2d: a number stands for both sides, a pair for height and width", async () => {
  const [x, w, b] = [random.array([2, 3, 8, 9]), random.array([4, 3, 2, 3]), random.array([4])].map(rounded);
  const [tx, tw, tb] = [x!, w!, b!].map((a) => toTensor(a));
  await error(
    F.conv2d(tx!, tw!, tb!, { stride: 2, padding: 1 }),
    conv2d.forward([x!, w!, b!], { stride: [2, 2], padding: [1, 1], dilation: [1, 1] }),
    "conv2d",
  );
  await error(
    F.conv2d(tx!, tw!, null, { stride: [2, 1], padding: [0, 2], dilation: [3, 1] }),
    conv2d.forward([x!, w!], { stride: [2, 1], padding: [0, 2], dilation: [3, 1] }),
    "conv2d",
  );
  await error(
    F.conv2d(tx!, tw!),
    conv2d.forward([x!, w!], { stride: [1, 1], padding: [0, 0], dilation: [1, 1] }),
    "conv2d",
  );
});

test("pooling: windows do not overlap unless a stride says so", async () => {
  const x = rounded(random.array([2, 3, 8, 9]));
  const tx = toTensor(x);
  for (const [ours, reference] of [
    [F.maxPool2d, maxPool2d],
    [F.avgPool2d, avgPool2d],
  ] as const) {
    await error(
      ours(tx, 2),
      reference.forward([x], { kernel: [2, 2], stride: [2, 2], padding: [0, 0] }),
      "pool",
    );
    await error(
      ours(tx, [4, 3], { stride: [1, 3], padding: [1, 0] }),
      reference.forward([x], { kernel: [4, 3], stride: [1, 3], padding: [1, 0] }),
      "pool",
    );
  }
});

test("batchNorm: training moves the running statistics, evaluation uses them", async () => {
  const [x, weight, bias] = [random.array([4, 3, 5]), random.array([3]), random.array([3])].map(rounded) as [
    Arr,
    Arr,
    Arr,
  ];
  const [mean, variance] = [arr([3]), arr([3], [1, 1, 1])];
  const [tMean, tVariance] = [zeros([3]), ones([3])];
  const attrs = { training: true, momentum: 0.1, eps: 1e-5 };
  const run = (training: boolean) =>
    F.batchNorm(toTensor(x), tMean, tVariance, toTensor(weight), toTensor(bias), { training });
  const inputs = [x, weight, bias, mean, variance];
  await error(run(true), batchNorm.forward(inputs, attrs), "batchNorm, training");
  const moved = runningStats(inputs, attrs);
  await error(tMean, moved.runningMean, "running mean");
  await error(tVariance, moved.runningVar, "running variance");
  await error(
    run(false),
    batchNorm.forward([x, weight, bias, moved.runningMean, moved.runningVar], { ...attrs, training: false }),
    "batchNorm, evaluation",
  );
  const plain = F.batchNorm(toTensor(x), null, null, null, null, { training: true });
  const [one, zero] = [arr([3], [1, 1, 1]), arr([3])];
  await error(plain, batchNorm.forward([x, one, zero, mean, variance], attrs), "batchNorm, nothing learned");
});

test("batchNorm, instanceNorm: what evaluation computed is differentiated by the statistics that it used", async () => {
  const x = toTensor(random.array([3, 2, 4])).requiresGrad_();
  const norms = {
    batchNorm: (mean: Tensor, variance: Tensor) => F.batchNorm(x, mean, variance, null, null),
    instanceNorm: (mean: Tensor, variance: Tensor) =>
      F.instanceNorm(x, mean, variance, null, null, { useInputStats: false }),
    "batchNorm, relu": (mean: Tensor, variance: Tensor) =>
      batchNormThen(x, mean, variance, ones([2]), null, { relu: true }),
  };
  for (const [name, norm] of Object.entries(norms)) {
    const [mean, variance] = [tensor([0.5, -1]), tensor([2, 0.25])];
    const y = norm(mean, variance).square().sum();
    mean.fill_(7);
    variance.fill_(900);
    const wanted = grad(y, [x], { retainGraph: true })[0]!;
    const found = grad(y, [x], { createGraph: true })[0]!;
    expect([name, await found.allclose(wanted, { atol: 1e-5 })]).toEqual([name, true]);
    const second = grad(found.sum(), [x])[0]!; // 2 / (variance + eps) where anything comes through
    expect([name, await second.amax().item()]).toEqual([name, expect.closeTo(2 / (0.25 + 1e-5), 3)]);
  }
});

test("dropout: repeatable by seed, x itself where nothing is dropped", async () => {
  const x = ones([1000]);
  const drop = async (seed: number) => {
    manualSeed(seed);
    return await F.dropout(x, 0.25).data();
  };
  const [first, again, other] = [await drop(1), await drop(1), await drop(2)];
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(new Set(first)).toEqual(new Set([0, Math.fround(4 / 3)]));
  expect(Math.abs(first.filter((v) => v === 0).length / 1000 - 0.25)).toBeLessThan(0.05);
  expect(F.dropout(x, 0.5, { training: false })).toBe(x);
  expect(F.dropout(x, 0)).toBe(x);
  expect(await F.dropout(x, 1).sum().item()).toBe(0);
});

test("losses take labels as a list or as a tensor", async () => {
  const logits = tensor([
    [1, 2, 3],
    [3, 2, 1],
  ]);
  const asTensor = tensor([2, 1], { dtype: "uint32" });
  const before = memory().tensors;
  const losses = [
    F.crossEntropy(logits, [2, 1]),
    F.crossEntropy(logits, asTensor),
    F.nllLoss(logits.logSoftmax(1), [2, 1]),
    F.nllLoss(F.logSoftmax(logits, 1), asTensor),
  ];
  expect(memory().tensors).toBe(before + 4 + 2); // 4 losses, 2 logSoftmax: the lists leave nothing
  const wanted = 0.9076059644443804; // log(e + e² + e³) − (3 + 2) / 2
  for (const loss of losses) expect(await loss.item()).toBeCloseTo(wanted, 6);
  expect(await F.crossEntropy(logits, [2, 1], { reduction: "sum" }).item()).toBeCloseTo(2 * wanted, 5);
});

test("embedding takes indices as a list or as a tensor of any shape", async () => {
  const table = tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { requiresGrad: true },
  );
  expect(await F.embedding([2, 0, 2], table).tolist()).toEqual([
    [5, 6],
    [1, 2],
    [5, 6],
  ]);
  const grid = F.embedding(tensor([[1], [0]], { dtype: "uint32" }), table);
  expect(grid.shape).toEqual([2, 1, 2]);
  F.embedding([2, 0, 2], table).sum().backward();
  expect(await table.grad!.tolist()).toEqual([
    [1, 1],
    [0, 0],
    [2, 2],
  ]);
});

test("a wrong call is refused where it is made, in one line", () => {
  const x = zeros([32, 2, 60, 41]);
  const logits = zeros([2, 3]);
  expectRefused([
    [
      () => F.conv2d(x, zeros([80, 3, 57, 6])),
      "conv2d: weight [80, 3, 57, 6] wants 3 input channels, input [32, 2, 60, 41] has 2",
    ],
    [() => F.conv2d(x, zeros([8, 2, 3, 3]), zeros([7])), "conv2d: the bias is [8], got [7]"],
    [
      () => F.conv2d(x, zeros([8, 2, 3, 3]), null, { stride: 0 }),
      "conv2d: stride is a whole number ≥ 1 or a pair of them, got 0",
    ],
    [
      () => F.conv2d(x, zeros([8, 2, 3, 3]), null, { padding: [1, 0.5] }),
      "conv2d: padding is a whole number ≥ 0 or a pair of them, got [1, 0.5]",
    ],
    [
      () => F.conv1d(zeros([1, 2, 3, 4]), zeros([1, 2, 1])),
      "conv1d: wants input [samples, channels, length] and weight [out, in, kernel], got [1, 2, 3, 4] and [1, 2, 1]",
    ],
    [
      () => F.conv1d(zeros([1, 2, 9]), zeros([4, 3, 1])),
      "conv1d: weight [4, 3, 1] wants 3 input channels, input [1, 2, 9] has 2",
    ],
    [
      () => F.linear(zeros([2, 3]), zeros([5, 4])),
      "linear: weight [5, 4] wants inputs of 4 features, got [2, 3]",
    ],
    [() => F.maxPool2d(x, 0), "maxPool2d: kernelSize is a whole number ≥ 1 or a pair of them, got 0"],
    [
      () => F.avgPool2d(x, 2, { stride: [2, -1] }),
      "avgPool2d: stride is a whole number ≥ 1 or a pair of them, got [2, -1]",
    ],
    [() => F.nllLoss(logits, [0]), "nllLoss: 1 labels do not fit the 2 samples of [2, 3]"],
    [() => F.nllLoss(logits, [0, 3]), "nllLoss: label 1 is 3, not one of 0 … 2"],
    [() => F.crossEntropy(logits, [-1, 0]), "crossEntropy: label 0 is -1, not one of 0 … 2"],
    [() => F.crossEntropy(logits, [0, 1.5]), "crossEntropy: label 1 is 1.5, not one of 0 … 2"],
    [() => F.crossEntropy(zeros([3]), [0]), "crossEntropy: wants an input [samples, classes], got [3]"],
    [() => F.crossEntropy(logits, zeros([2])), "crossEntropy: wants int32 labels [2]"],
    [
      () => F.mseLoss(logits, zeros([3, 2])),
      "mseLoss: input [2, 3] and target [3, 2] are of different shapes",
    ],
    [
      () => F.klDiv(logits, zeros([3, 2])),
      "klDiv: wants log-probabilities [rows, classes] and targets of the same shape, got [2, 3] and [3, 2]",
    ],
    [
      () => F.klDiv(logits, zeros([2, 3], { requiresGrad: true })),
      "klDiv: the targets are constants, no gradient flows into them: detach() them",
    ],
    [() => F.embedding([3], zeros([3, 2])), "embedding: index 0 is 3, not one of 0 … 2"],
    [() => F.dropout(x, 1.5), "dropout: p is a probability from 0 to 1, got 1.5"],
  ]);
});
