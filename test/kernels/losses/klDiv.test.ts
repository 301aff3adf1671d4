// Kullback-Leibler divergence: soft, hard and impossible targets.
import { expect, test } from "bun:test";
import { klDiv } from "../../../src/kernels/losses/klDiv.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { softLabels } from "../../reference/gradientCases.ts";
import { type KlDivAttrs, klDiv as reference } from "../../reference/loss.ts";
import { Random } from "../../reference/random.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(24);
const sizes = [
  [1, 1],
  [64, 10],
  [65, 50],
  [1000, 7],
  [3, 1000],
] as const;

check<KlDivAttrs>({
  name: "klDiv",
  covers: ["klDiv"],
  run: ([x, targets], attrs) => apply(klDiv, [x!, targets!.detach()], attrs),
  reference,
  cases: [
    ...casesOf<KlDivAttrs>("klDiv"),
    ...sizes.flatMap((size) =>
      (["batchmean", "mean", "sum", "none"] as const).map((reduction) => ({
        inputs: [random.array(size, -8, -2), softLabels(random, size)],
        attrs: { reduction },
      })),
    ),
  ],
  ulps: 16, // WGSL asks 2⁻²¹ of log near 1
  terms: ({ inputs: [x] }) => x!.data.length,
});

test("of one-hot targets it is the negative log-likelihood, of the network's own probabilities it is 0", async () => {
  const x = tensor(random.array([4, 3]).data)
    .reshape([4, 3])
    .logSoftmax(1);
  const hard = tensor([
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 0],
  ]);
  const divergence = F.klDiv(x, hard, { reduction: "batchmean" });
  expect(await divergence.item()).toBeCloseTo(await F.nllLoss(x, [2, 0, 1, 1]).item(), 6);
  expect(await F.klDiv(x, x.exp()).item()).toBeCloseTo(0, 6);
});

test("a class that has no share of the target costs nothing, however unlikely", async () => {
  const x = tensor([[0, -Infinity]], { requiresGrad: true });
  const loss = F.klDiv(x, tensor([[1, 0]]), { reduction: "batchmean" });
  expect(await loss.item()).toBe(0);
  loss.backward();
  expect([...(await x.grad!.data())]).toEqual([-1, -0]);
});

test("a negative target makes its own element of the loss and of the gradient NaN", async () => {
  const x = tensor([[-1, 0]], { requiresGrad: true });
  const loss = F.klDiv(x, tensor([[-0.5, 1]]), { reduction: "none" });
  expect(await loss.tolist()).toEqual([[Number.NaN, 0]]);
  loss.sum().backward();
  expect([...(await x.grad!.data())]).toEqual([Number.NaN, -1]);
});

test('"none" leaves every element, "mean" divides by them, as in PyTorch', async () => {
  const x = tensor([
    [1, 2, 3],
    [3, 2, 1],
  ]).logSoftmax(1);
  const t = tensor([
    [0.5, 0.5, 0],
    [0, 0.2, 0.8],
  ]);
  const terms = [...(await F.klDiv(x, t, { reduction: "none" }).data())];
  const wanted = [0.85722935, 0.35722935, 0, 0, -0.04036641, 1.74756992];
  for (const [i, value] of wanted.entries()) expect(terms[i]).toBeCloseTo(value, 6);
  expect(await F.klDiv(x, t).item()).toBeCloseTo(0.48694372, 6); // the mean, as PyTorch's
  expect(await F.klDiv(x, t, { reduction: "sum" }).item()).toBeCloseTo(2.92166233, 6);
  expect(await F.klDiv(x, t, { reduction: "batchmean" }).item()).toBeCloseTo(1.46083117, 6);
});
