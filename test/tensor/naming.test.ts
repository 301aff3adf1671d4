// What an operation that is made of others refuses is said by its own name, with the numbers that it was given.
import { expect, test } from "bun:test";
import {
  bucketize,
  F,
  hstack,
  init,
  nn,
  noGrad,
  ones,
  searchsorted,
  type Tensor,
  tensor,
  zeros,
} from "otograd";
import { renamed } from "../../src/tensor/naming.ts";
import { expectRefused } from "../refuses.ts";

await init();

const x = ones([4, 3]);
const short = ones([4, 2]);
const whole = x.int();
const labels = tensor([0, 1, 2, 3], { dtype: "int32" });
const floatIndex = tensor([0, 1]) as never;
const apart = "[4, 3] and [4, 2] do not broadcast together";
const wants = "wants float32 tensors, got an int32 one: float() makes it one";

test("operations of tensors", () => {
  expectRefused([
    [() => x.lerp(short, 0.5), "lerp: [4, 2] and [4, 3] do not broadcast together"],
    [() => x.addcmul(x, short), `addcmul: ${apart}`],
    [() => x.addcdiv(x, short), `addcdiv: ${apart}`],
    [() => x.logicalAnd(short), `logicalAnd: ${apart}`],
    [() => x.heaviside(short), "heaviside: [4, 3] and [4, 2] do not broadcast together"],
    [() => x.isclose(short), `isclose: ${apart}`],
    [() => x.addmm(short, zeros([2, 2])), "addmm: [4, 3] and [4, 2] do not broadcast together"],
    [() => x.mm(short), "mm: [4, 3] × [4, 2]: the inner dimensions 3 and 4 differ"],
    [() => x.mv(ones([2])), "mv: [4, 3] × [2]: the inner dimensions 3 and 2 differ"],
    [() => x.matmul(ones([2])), "matmul: [4, 3] × [2]: the inner dimensions 3 and 2 differ"],
    [() => ones([1, 2, 2]).bmm(ones([1, 3, 2])), "bmm: [1, 2, 2] × [1, 3, 2]: the inner dimensions 2 and 3"],
    [() => ones([2, 2]).int().matrixPower(2), `matrixPower: ${wants}`],
    [() => x.take(floatIndex), "take: the index is an int32 or uint32 tensor, got float32"],
    [() => x.indexCopy(0, [0], whole.narrow(0, 0, 1)), "indexCopy: x is float32, but the source is int32"],
    [() => x.view([7]), "view: [4, 3] has 12 elements, which do not fit [7]"],
    [() => x.viewAs(ones([7])), "viewAs: [4, 3] has 12 elements, which do not fit [7]"],
    [() => x.reshapeAs(ones([7])), "reshapeAs: [4, 3] has 12 elements, which do not fit [7]"],
    [() => ones([1, 2, 3]).T, "T: wants at most two dimensions, got [1, 2, 3]: transpose swaps two of them"],
    [() => ones([3]).mT, "mT: dim -2 is out of range"],
    [() => x.moveaxis(0, 2), "moveaxis: dim 2 is out of range"],
    [() => x.swapaxes(0, 2), "swapaxes: dim 2 is out of range"],
    [() => x.swapdims(0, 2), "swapdims: dim 2 is out of range"],
    [() => x.rsub(short), "rsub: [4, 2] and [4, 3] do not broadcast together"],
    [() => x.rpow(short), "rpow: [4, 2] and [4, 3] do not broadcast together"],
    [() => x.bitwiseNot(), "bitwiseNot: wants whole numbers or bools, got float32 and"],
    [() => x.clampMin(short), "clampMin: [4, 3] and [4, 2] do not broadcast together"],
    [() => x.clampMax(short), "clampMax: [4, 3] and [4, 2] do not broadcast together"],
    [() => ones([4, 3]).clampMin_("1" as never), 'clampMin_: min is a tensor or a number, got "1"'],
    [() => ones([4, 3]).clampMax_("1" as never), 'clampMax_: max is a tensor or a number, got "1"'],
    [() => x.roll(1, null as never), "roll: the dim is a whole number, got null"],
    [() => searchsorted(tensor(1), 2), "searchsorted: what is sorted has one dimension or more, got []"],
    [() => bucketize(2, tensor(1)), "bucketize: what is sorted has one dimension or more, got []"],
    [() => ones([3]).nansum(1), "nansum: dim 1 is out of range"],
    [() => hstack([x, ones([2, 3])]), "hstack: float32 [2, 3] does not join float32 [4, 3] along dim 1"],
  ]);
});

test("operations in place", () => {
  expectRefused([
    [() => ones([4, 3]).add_(short), `add_: ${apart}`],
    [() => ones([4, 3]).lerp_(short, 0.5), "lerp_: [4, 2] and [4, 3] do not broadcast together"],
    [() => ones([4, 3]).maskedFill_(short.bool(), 1), `maskedFill_: ${apart}`],
  ]);
});

test("functions and losses", () => {
  expectRefused([
    [() => F.normalize(ones([3])), "normalize: dim 1 is out of range"],
    [() => F.normalize(whole), "normalize: wants a float32 tensor, got int32"],
    [() => F.cosineSimilarity(x, short), `cosineSimilarity: ${apart}`],
    [() => F.pairwiseDistance(x, short), `pairwiseDistance: ${apart}`],
    [() => F.softmin(ones([3]), 1), "softmin: dim 1 is out of range"],
    [() => F.instanceNorm(ones([1, 2, 3]).int()), `instanceNorm: ${wants}`],
    [
      () => F.instanceNorm(ones([1, 2, 3]), ones([5]), ones([2])),
      "instanceNorm: runningMean [5] does not fit the 2 channels of [1, 2, 3]",
    ],
    [
      () => F.instanceNorm(ones([1, 2, 3]), ones([5]), ones([2]), null, null, { useInputStats: false }),
      "instanceNorm: runningMean [5] does not fit the 2 channels of [1, 2, 3]",
    ],
    [() => F.localResponseNorm(ones([1, 2, 3]).int(), 2), `localResponseNorm: ${wants}`],
    [() => F.adaptiveAvgPool2d(ones([1, 1, 4, 4]).int(), 2), `adaptiveAvgPool2d: ${wants}`],
    [() => F.cosineEmbeddingLoss(x, x, ones([3])), "cosineEmbeddingLoss: [3] and [4] do not broadcast"],
    [() => F.marginRankingLoss(ones([4]), ones([4]), ones([3])), "marginRankingLoss: [3] and [4] do not"],
    [() => F.multiMarginLoss(x, labels), "multiMarginLoss: an index is 3, not one of 0 … 2"],
    [() => F.multilabelSoftMarginLoss(x, short), "multilabelSoftMarginLoss: input [4, 3] and target [4, 2]"],
  ]);
});

test("layers", () => {
  const sequence = ones([5, 2, 8]);
  const encoder = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 8, batchFirst: true });
  const decoder = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 8 });
  const attention = new nn.MultiheadAttention(8, 2);
  const rows = "[rows, batch, 8] or [rows, 8], got";
  expectRefused([
    [() => new nn.GRU(8, 4).forward(sequence.int()), `GRU: ${wants}`],
    [() => new nn.GRU(8, 4).forward(sequence, zeros([1, 2, 4]).int()), `GRU: ${wants}`],
    [() => new nn.LSTMCell(3, 4).forward(whole), `LSTMCell: ${wants}`],
    [() => attention.forward(sequence, sequence.int(), sequence), `MultiheadAttention: ${wants}`],
    [() => encoder.forward(null as never), "TransformerEncoderLayer: src is a tensor, got null"],
    [() => encoder.forward(x), "TransformerEncoderLayer: src is [batch, rows, 8] or [rows, 8], got [4, 3]"],
    [() => decoder.forward(x, sequence), `TransformerDecoderLayer: tgt is ${rows} [4, 3]`],
    [() => decoder.forward(sequence, x), `TransformerDecoderLayer: memory is ${rows} [4, 3]`],
    [() => decoder.forward(sequence, sequence.int()), `TransformerDecoderLayer: ${wants}`],
    [() => new nn.TransformerEncoderLayer(8, 3), "TransformerEncoderLayer: 8 elements do not make 3 heads"],
    [() => new nn.Transformer(0), "Transformer: dModel is a whole number ≥ 1, got 0"],
  ]);
});

test("what is not refused by an operation, and what others wrote, keeps its words", () => {
  class Own extends nn.Module {
    forward(a: Tensor): Tensor {
      return a.mul(short);
    }
  }
  expectRefused([
    [() => new Own().forward(x), `mul: ${apart}`],
    [() => noGrad(() => x.mul(short)), `mul: ${apart}`],
  ]);
  const lost = new Error("kernel cube: lost");
  expect(renamed(lost, "norm")).toBe(lost);
  expect(lost.message).toBe("kernel cube: lost");
  const plain = new TypeError("null is not an object (evaluating 'a.b')");
  renamed(plain, "norm");
  expect(plain.message).toBe("null is not an object (evaluating 'a.b')");
});

test("the stack, which V8 begins with the message, says the same", () => {
  const error = new RangeError("mul: $& and [4]");
  error.stack = `RangeError: ${error.message}\n    at here`;
  renamed(error, "normalize");
  expect(error.message).toBe("normalize: $& and [4]");
  expect(error.stack).toBe("RangeError: normalize: $& and [4]\n    at here");
});

test("keywords in a number's place are told to go without their names", () => {
  const named = (value: unknown): never => value as never;
  expectRefused([
    [
      () => new (nn.Linear as new (a: never) => nn.Linear)(named({ inFeatures: 2, outFeatures: 3 })),
      "Linear: inFeatures is a whole number ≥ 1, got { inFeatures: 2, outFeatures: 3 }: write 2, … without names",
    ],
    [() => new nn.Dropout(named({ p: 0.5 })), "got { p: 0.5 }: write 0.5 without names"],
    [
      () => new nn.Softmax(named({ dim: 1 })),
      "Softmax: dim is a number, got { dim: 1 }: write 1 without names",
    ],
    [() => new nn.MaxPool2d(named({ kernelSize: 2 })), "got { kernelSize: 2 }: write 2 without names"],
    [
      () => new nn.Flatten(named({ startDim: 1 })),
      "Flatten: startDim is a number, got { startDim: 1 }: write 1",
    ],
    [() => new nn.Linear(named({ size: 2 }), 3), "Linear: inFeatures is a whole number ≥ 1, got { size: 2 }"],
  ]);
});
