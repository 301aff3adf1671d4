// NLL and cross-entropy: one row to hundreds, one class to hundreds, confident logits, and labels that are no class.
import { expect, test } from "bun:test";
import { crossEntropy as crossEntropyOp } from "../../../src/kernels/losses/crossEntropy.ts";
import { nllLoss as nllLossOp } from "../../../src/kernels/losses/nllLoss.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { crossEntropy, type LossAttrs, nllLoss } from "../../reference/loss.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(23);
const mean = { reduction: "mean" } as const;
const both = [nllLossOp, crossEntropyOp];

/** Cases with x drawn between two bounds. */
function drawn(low: number, high: number): Case<LossAttrs>[] {
  const sizes = [
    [1, 1],
    [64, 10],
    [65, 50],
    [257, 3],
    [1000, 7], // rows enough for the sum to be split
    [3, 1000],
  ] as const;
  return sizes.flatMap(([rows, classes]) =>
    (["mean", "sum"] as const).map((reduction) => ({
      inputs: [random.array([rows, classes], low, high), random.integers([rows], 0, classes - 1)],
      attrs: { reduction },
    })),
  );
}

const terms = ({ inputs: [x] }: Case<LossAttrs>) => Math.max(...x!.shape);

check<LossAttrs>({
  name: "nllLoss",
  covers: ["nllLoss"],
  run: (inputs, attrs) => apply(nllLossOp, inputs, attrs),
  reference: nllLoss,
  cases: [...casesOf<LossAttrs>("nllLoss"), ...drawn(-5, 0)],
  indices: [1],
  terms,
});

check<LossAttrs>({
  name: "crossEntropy",
  covers: ["crossEntropy"],
  run: (inputs, attrs) => apply(crossEntropyOp, inputs, attrs),
  reference: crossEntropy,
  cases: [...casesOf<LossAttrs>("crossEntropy"), ...drawn(-5, 5)],
  indices: [1],
  terms,
});

test("cross-entropy of logits beyond the range of exp is finite, and so is its gradient", async () => {
  const logits = tensor(
    [
      [1000, 0, -1000],
      [-Infinity, -Infinity, 5],
    ],
    { requiresGrad: true },
  );
  const loss = apply(crossEntropyOp, [logits, tensor(new Uint32Array([1, 2]))], mean);
  expect(await loss.item()).toBe(500);
  loss.backward();
  expect([...(await logits.grad!.data())]).toEqual([0.5, -0.5, 0, 0, 0, 0]);
});

test("a label that is no class makes the loss and its own row's gradient NaN", async () => {
  for (const op of both) {
    const x = tensor(
      [
        [0.5, 0.25],
        [0.5, 0.25],
      ],
      { requiresGrad: true },
    );
    const loss = apply(op, [x, tensor(new Uint32Array([0, 2]))], mean);
    expect(await loss.item()).toBeNaN();
    loss.backward();
    const [a, b, c, d] = await x.grad!.data();
    expect([op.name, a! < 0, b! >= 0, c, d]).toEqual([op.name, true, true, Number.NaN, Number.NaN]);
  }
});

test("the mean over no rows is not a number, as in PyTorch", async () => {
  for (const op of both)
    expect(await apply(op, [zeros([0, 3]), tensor(new Uint32Array(0))], mean).item()).toBeNaN();
});

test("labels that do not fit are refused", () => {
  const x = zeros([2, 3]);
  for (const op of both) {
    const call =
      (...inputs: [typeof x, typeof x]) =>
      () =>
        apply(op, inputs, mean);
    expectRefused([
      [
        call(x, zeros([2])),
        `${op.name}: wants uint32 labels [2], one for each row of [2, 3], got float32 [2]`,
      ],
      [
        call(x, tensor(new Uint32Array(3))),
        `${op.name}: wants uint32 labels [2], one for each row of [2, 3], got uint32 [3]`,
      ],
      [call(zeros([3]), tensor(new Uint32Array(3))), `${op.name}: wants an input [rows, classes], got [3]`],
    ]);
  }
});
