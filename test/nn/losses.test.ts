// Losses as layers: each is its function of F with its settings, weights are buffers; and what the functions refuse.
import { expect, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { Random } from "../reference/random.ts";
import { expectRefused } from "../refuses.ts";

const random = new Random(41);
const drawn = (shape: number[], low = 0.1, high = 0.9) =>
  tensor([...random.array(shape, low, high).data], { shape });

test("every loss of nn is the function of F, settings and weights included", async () => {
  const [x, y, z] = [drawn([4, 3]), drawn([4, 3]), drawn([4, 3])];
  const [weight, posWeight] = [drawn([3]), drawn([3], 1, 2)];
  const labels = tensor([2, 0, 1, 1], { dtype: "int32" });
  const [far, signs] = [drawn([4]), tensor([1, -1, -1, 1])];
  const none = { reduction: "none" } as const;
  const pairs: [string, Tensor, Tensor][] = [
    ["cross-entropy", new nn.CrossEntropyLoss({ weight, labelSmoothing: 0.2, ignoreIndex: 2 }).forward(x, labels), F.crossEntropy(x, labels, { weight, labelSmoothing: 0.2, ignoreIndex: 2 })],
    ["nll", new nn.NLLLoss({ weight, ...none }).forward(x, labels), F.nllLoss(x, labels, { weight, ...none })],
    ["KL", new nn.KLDivLoss({ reduction: "sum" }).forward(x, y), F.klDiv(x, y, { reduction: "sum" })],
    ["CTC", new nn.CTCLoss({ blank: 2 }).forward(far.reshape([1, 1, 4]), [[1]], [1], [1]), F.ctcLoss(far.reshape([1, 1, 4]), [[1]], [1], [1], { blank: 2 })],
    ["MSE", new nn.MSELoss(none).forward(x, y), F.mseLoss(x, y, none)],
    ["L1", new nn.L1Loss({ reduction: "sum" }).forward(x, y), F.l1Loss(x, y, { reduction: "sum" })],
    ["smooth L1", new nn.SmoothL1Loss({ beta: 0.1 }).forward(x, y), F.smoothL1Loss(x, y, { beta: 0.1 })],
    ["Huber", new nn.HuberLoss({ delta: 0.1 }).forward(x, y), F.huberLoss(x, y, { delta: 0.1 })],
    ["BCE", new nn.BCELoss({ weight }).forward(x, y), F.binaryCrossEntropy(x, y, { weight })],
    ["BCE with logits", new nn.BCEWithLogitsLoss({ weight, posWeight }).forward(x, y), F.binaryCrossEntropyWithLogits(x, y, { weight, posWeight })],
    ["Poisson", new nn.PoissonNLLLoss({ logInput: false }).forward(x, y), F.poissonNllLoss(x, y, { logInput: false })],
    ["Gauss", new nn.GaussianNLLLoss({ full: true }).forward(x, y, z), F.gaussianNllLoss(x, y, z, { full: true })],
    ["soft margin", new nn.SoftMarginLoss(none).forward(x, y), F.softMarginLoss(x, y, none)],
    ["hinge", new nn.HingeEmbeddingLoss({ margin: 0.5 }).forward(far, signs), F.hingeEmbeddingLoss(far, signs, { margin: 0.5 })],
    ["cosine", new nn.CosineEmbeddingLoss({ margin: 0.5 }).forward(x, y, signs), F.cosineEmbeddingLoss(x, y, signs, { margin: 0.5 })],
    ["ranking", new nn.MarginRankingLoss({ margin: 0.5 }).forward(x, y, z), F.marginRankingLoss(x, y, z, { margin: 0.5 })],
    ["triplet", new nn.TripletMarginLoss({ swap: true }).forward(x, y, z), F.tripletMarginLoss(x, y, z, { swap: true })],
    ["multilabel", new nn.MultiLabelSoftMarginLoss({ weight }).forward(x, y), F.multilabelSoftMarginLoss(x, y, { weight })],
    ["multi-margin", new nn.MultiMarginLoss({ p: 2, weight }).forward(x, labels), F.multiMarginLoss(x, labels, { p: 2, weight })],
  ]; // biome-ignore format: a line each
  for (const [name, layer, functional] of pairs)
    expect([name, await layer.tolist()]).toEqual([name, await functional.tolist()]);
});

test("weights are in the state dict under PyTorch's names", () => {
  const weights = { weight: drawn([3]), posWeight: drawn([3]) };
  expect(Object.keys(new nn.BCEWithLogitsLoss(weights).stateDict())).toEqual(["weight", "pos_weight"]);
  expect(Object.keys(new nn.CrossEntropyLoss({ weight: weights.weight }).stateDict())).toEqual(["weight"]);
  expect(new nn.CrossEntropyLoss().parameters()).toEqual([]);
});

test("what does not fit is refused by name", () => {
  const [x, y] = [zeros([2, 3]), zeros([3, 2])];
  const constant = zeros([3], { requiresGrad: true });
  expectRefused([
    [() => F.l1Loss(x, y), "l1Loss: input [2, 3] and target [3, 2] are of different shapes"],
    [() => F.smoothL1Loss(x, x, { beta: -1 }), "smoothL1Loss: beta is a number ≥ 0, got -1"],
    [() => F.huberLoss(x, x, { delta: 0 }), "huberLoss: delta is a number > 0, got 0"],
    [
      () => F.gaussianNllLoss(x, x, zeros([3])),
      "gaussianNllLoss: the variance is [2, 3], or without its last dimension, got [3]",
    ],
    [
      () => F.cosineEmbeddingLoss(x, x, x),
      "cosineEmbeddingLoss: inputs [2, 3] want a target [2], got [2, 3]",
    ],
    [() => F.marginRankingLoss(x, y, x), "marginRankingLoss: the first input [2, 3] and the second [3, 2]"],
    [() => F.tripletMarginLoss(x, x, y), "tripletMarginLoss: anchor [2, 3] and negative [3, 2]"],
    [() => F.tripletMarginLoss(x, x, x, { p: 0 }), "tripletMarginLoss: p is a number > 0, got 0"],
    [() => F.multiMarginLoss(x, zeros([2])), "multiMarginLoss: wants scores [samples, classes] and whole"],
    [() => F.multiMarginLoss(x, zeros([2]), { p: 3 }), "multiMarginLoss: p is 1 or 2, got 3"],
  ]);
  expect(() => F.binaryCrossEntropyWithLogits(x, x, { posWeight: constant })).toThrow(
    "binaryCrossEntropyWithLogits: posWeight is a constant, no gradient flows into it: detach() it",
  );
});

test("what is 0, or of a class that can not be, leaves no NaN in losses and their gradients", async () => {
  const leaf = (values: Parameters<typeof tensor>[0]) => tensor(values, { requiresGrad: true });
  const cases: [string, Tensor, (x: Tensor) => Tensor, loss: number, gradient: unknown][] = [
    ["the same vectors", leaf([[3, 4]]), (x) => F.tripletMarginLoss(x, tensor([[3, 4]]), tensor([[3, 5]]), { eps: 0, margin: 2 }), 1, [[0, 1]]],
    ["the same, of another norm", leaf([[3, 4]]), (x) => F.tripletMarginLoss(x, tensor([[3, 4]]), tensor([[3, 5]]), { eps: 0, margin: 2, p: 3 }), 1, [[0, 1]]],
    ["counts of 0", leaf([0, 1]), (x) => F.poissonNllLoss(zeros([2]), x, { full: true }), 1, [0, 0]],
    ["shares of a class that can not be", leaf([[-Infinity, 0]]), (x) => F.crossEntropy(x, tensor([[0, 1]])), 0, [[0, 0]]],
    ["an empty window", leaf([[[0, 0, 3, 4]]]), (x) => F.lpPool1d(x, 2, 2).sum(), 5, [[[0, 0, 0.6, 0.8]]]],
    ["a norm below 1", leaf([0, 4]), (x) => x.norm(0.5), 4, [0, 1]],
  ]; // biome-ignore format: a line each
  for (const [name, x, loss, wanted, gradient] of cases) {
    const got = loss(x);
    got.backward();
    expect([name, await got.item()]).toEqual([name, expect.closeTo(wanted, 5)]);
    const numbers = (await x.grad!.tolist()) as number[];
    expect([name, numbers.flat(3)]).toEqual([name, (gradient as number[]).flat(3).map((each) => expect.closeTo(each, 5))]); // biome-ignore format: a line
  }
});

test("targets that are whole numbers or bools are as good as floats", async () => {
  const [x, bools] = [drawn([4]), tensor([1, 0, 0, 1]).gt(0)];
  const losses = {
    mse: F.mseLoss,
    bce: F.binaryCrossEntropy,
    logits: F.binaryCrossEntropyWithLogits,
    kl: F.klDiv,
    weighed: (a: Tensor, b: Tensor) => F.binaryCrossEntropy(a, b, { weight: drawn([1], 2, 2) }),
  };
  for (const [name, loss] of Object.entries(losses)) {
    const wanted = await loss(x, bools.float()).item();
    for (const target of [bools, bools.int()])
      expect([name, target.dtype, await loss(x, target).item()]).toEqual([name, target.dtype, wanted]);
  }
});
