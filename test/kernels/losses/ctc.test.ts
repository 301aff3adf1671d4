// CTC: against alpha and beta in float64, against a sum over all paths, and where labels can not be read at all.
import { expect, test } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { type CtcAttrs, ctcLoss } from "../../reference/ctc.ts";
import { ctcCases } from "../../reference/lossCases.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";

const random = new Random(43);

/** A sample whose labels fill more than a workgroup's 64 places. */
const long = Array.from({ length: 40 }, () => random.int(1, 4));

check<CtcAttrs>({
  name: "ctcLoss of logSoftmax",
  covers: ["ctc"],
  run: ([x], { labels, lengths, blank, reduction }) =>
    F.ctcLoss(
      x!.logSoftmax(2),
      labels,
      lengths,
      labels.map((own) => own.length),
      { blank, reduction },
    ),
  reference: ctcLoss,
  cases: [
    ...ctcCases(),
    {
      inputs: [random.array([65, 2, 5], -2, 2)],
      attrs: { labels: [long, [4]], lengths: [65, 50], blank: 0, reduction: "sum" },
    },
  ],
  // T logarithms are added up, which grow to about T: each addition is off by T roundings at most, as good as independent,
  // and the gradient is an exponential of the sums, whose relative error is their absolute one.
  terms: ({ inputs: [x] }) => x!.shape[0]! * (x!.shape[0]! + 2) ** 2 * 0.25,
});

test("the loss is that of all paths that read as the labels", async () => {
  const [T, C] = [4, 3];
  const logits = random.array([T, 1, C], -1, 1);
  const lp = tensor([...logits.data], { shape: [T, 1, C] }).logSoftmax(2);
  const p = [...(await lp.data())].map(Math.exp);
  const read = (path: number[]) => path.filter((c, t) => c !== 0 && c !== path[t - 1]).join();
  for (const labels of [[1], [1, 2], [2, 2], []]) {
    let sum = 0;
    for (let code = 0; code < C ** T; code++) {
      const path = Array.from({ length: T }, (_, t) => Math.floor(code / C ** t) % C);
      if (read(path) === labels.join()) sum += path.reduce((product, c, t) => product * p[t * C + c]!, 1);
    }
    const loss = F.ctcLoss(lp, [labels], [T], [labels.length], { reduction: "none" });
    expect(await loss.item()).toBeCloseTo(-Math.log(sum), 5);
  }
});

test("labels that can not be read are infinite, or count 0 with zeroInfinity", async () => {
  const logits = [...random.array([2, 2, 3]).data];
  const loss = (options: F.CtcOptions): [Tensor, Tensor] => {
    const x = tensor(logits, { shape: [2, 2, 3], requiresGrad: true });
    return [x, F.ctcLoss(x.logSoftmax(2), [[1, 1], [2]], [2, 2], [2, 1], options)];
  };
  const [x, infinite] = loss({ reduction: "none" });
  const [first, second] = await infinite.data();
  expect([first, second! < 9]).toEqual([Infinity, true]);
  infinite.sum().backward();
  const gradient = await x.grad!.data();
  expect([gradient[0], Number.isFinite(gradient[3]!)]).toEqual([Number.NaN, true]); // sample 0's, sample 1's
  const [y, counted] = loss({ reduction: "none", zeroInfinity: true });
  expect(await counted.tolist()).toEqual([0, second!]);
  counted.sum().backward();
  const [own, other] = await y.grad!.data().then((all) => [all.subarray(0, 3), all.subarray(3, 6)]);
  expect([...own!]).toEqual([0, 0, 0]);
  expect(other!.some((value) => value !== 0)).toBe(true);
});

test("nothing, read as nothing, costs nothing", async () => {
  const lp = zeros([2, 2, 3]).logSoftmax(2);
  const loss = F.ctcLoss(lp, [[], [1]], [0, 1], [0, 1], { reduction: "none" });
  expect(await loss.tolist()).toEqual([-0, Math.fround(Math.log(3))]);
});

test("targets as lists, in a row, and as tensors give the same; what does not fit is refused", async () => {
  const lp = tensor([...random.array([5, 2, 4]).data], { shape: [5, 2, 4] }).logSoftmax(2);
  const lengths = [5, 4];
  const whole = await F.ctcLoss(lp, [[1, 2], [3]], lengths, [2, 1]).item(); // biome-ignore format: as it looks
  for (const targets of [
    [1, 2, 3],
    tensor([1, 2, 3], { dtype: "int32" }),
    tensor([[1, 2], [3, 0]], { dtype: "uint32" }), // biome-ignore format: as it looks
  ])
    expect(await F.ctcLoss(lp, targets, lengths, [2, 1]).item()).toBe(whole);
  expectRefused([
    [
      () => F.ctcLoss(zeros([2, 3]), [], [], []),
      "ctcLoss: wants log-probabilities [times, samples, classes]",
    ],
    [() => F.ctcLoss(lp, [1], [5], [1]), "ctcLoss: inputLengths has 1 numbers for 2 samples"],
    [() => F.ctcLoss(lp, [1, 2], [6, 5], [1, 1]), "ctcLoss: inputLengths[0] is a whole number from 0 to 5"],
    [() => F.ctcLoss(lp, [1, 4], lengths, [1, 1]), "ctcLoss: target 1 is 4, not one of 0 … 3"],
    [() => F.ctcLoss(lp, [1], lengths, [1, 1]), "ctcLoss: 1 targets, and lengths of 2 in all"],
    [() => F.ctcLoss(lp, [[1], []], lengths, [1, 1]), "ctcLoss: sample 1 has 0 targets, not 1"],
    [
      () => F.ctcLoss(lp, zeros([2, 1]), lengths, [1, 1]),
      "ctcLoss: wants targets [2, 1] or [2] of whole numbers, got float32 [2, 1]",
    ],
    [() => F.ctcLoss(lp, [1, 2], lengths, [1, 1], { blank: 4 }), "ctcLoss: blank is one of 0 … 3, got 4"],
  ]);
});
