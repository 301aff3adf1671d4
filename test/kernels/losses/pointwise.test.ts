// The losses of single elements, over shapes and reductions, and at the ends of their ranges as PyTorch has them.
import { expect, test } from "bun:test";
import { type PointwiseName, pointwise } from "../../../src/kernels/losses/pointwise.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { type Case, check } from "../../harness.ts";
import { mseLoss } from "../../reference/loss.ts";
import { lossCases } from "../../reference/lossCases.ts";
import type * as losses from "../../reference/losses.ts";
import { Random } from "../../reference/random.ts";
import type { Reference } from "../../reference/reference.ts";
import { casesOf } from "../drawn.ts";

type Attrs = losses.PointwiseAttrs;

const random = new Random(37);

for (const { name, reference, cases } of lossCases) {
  const own = name as PointwiseName;
  if (!(own in pointwise)) continue;
  const [{ inputs, attrs }] = cases as [Case<Attrs>];
  const large = inputs.map(() => random.array([1031], 0.1, 0.9));
  check<Attrs>({
    name,
    covers: ["pointwise"],
    run: ([x, target, weight], given) =>
      apply(pointwise[own], [x!, target!, ...(weight === undefined ? [] : [weight.detach()])], given),
    reference: reference as Reference<Attrs>,
    cases: [...(cases as Case<Attrs>[]), { inputs: large, attrs: { ...attrs, reduction: "mean" } }],
    ulps: 32, // WGSL's exp and log; 1 − x where x is near 1
    terms: ({ inputs: [x] }) => x!.data.length,
  });
}

check<Attrs>({
  name: "mseLoss",
  covers: ["pointwise"],
  run: (inputs, { reduction }) => apply(pointwise.mseLoss, inputs, { reduction, p: 0 }),
  reference: mseLoss as Reference<Attrs>,
  cases: casesOf<Attrs>("mseLoss"),
  terms: ({ inputs: [x] }) => x!.data.length,
});

test("binary cross-entropy at 0 and 1, beyond, and of logits that overflow", async () => {
  const x = tensor([0, 1, 0, 1], { requiresGrad: true });
  const terms = F.binaryCrossEntropy(x, tensor([0, 1, 1, 0]), { reduction: "none" });
  expect(await terms.tolist()).toEqual([0, 0, 100, 100]);
  terms.sum().backward();
  expect((await x.grad!.data()).map(Math.abs).map((value) => Number(value > 1e11))).toEqual(
    Float32Array.of(0, 0, 1, 1),
  );
  expect(await F.binaryCrossEntropy(tensor([1.5]), tensor([1])).item()).toBeNaN();
  const logits = tensor([500, -500, 500, -500, 0]);
  expect(
    await F.binaryCrossEntropyWithLogits(logits, tensor([1, 0, 0, 1, 0.5]), { reduction: "none" }).tolist(),
  ).toEqual([0, 0, 500, 500, Math.fround(Math.LN2)]);
});

test("not-a-number stays", async () => {
  const nan = () => tensor([Number.NaN, 1], { requiresGrad: true });
  for (const name of Object.keys(pointwise) as PointwiseName[]) {
    const x = nan();
    const terms = apply(pointwise[name], [x, tensor([1, 1])], { reduction: "none", p: 1 });
    terms.sum().backward();
    const [first] = await terms.data();
    const [gradient] = await x.grad!.data();
    expect([name, first]).toEqual([name, Number.NaN]);
    if (name !== "hingeEmbeddingLoss") expect([name, gradient]).toEqual([name, Number.NaN]);
  }
});

test("a kink's gradient is PyTorch's", async () => {
  const slopes = async (
    loss: (x: ReturnType<typeof tensor>) => ReturnType<typeof tensor>,
    ...at: number[]
  ) => {
    const x = tensor(at, { requiresGrad: true });
    loss(x).sum().backward();
    return x.grad!.tolist();
  };
  const none = { reduction: "none" } as const;
  const zero = tensor([0, 0, 0]);
  expect(await slopes((x) => F.l1Loss(x, zero, none), 0, 1, -1)).toEqual([0, 1, -1]);
  expect(await slopes((x) => F.smoothL1Loss(x, zero, { ...none, beta: 0 }), 0, 1, -1)).toEqual([0, 1, -1]);
  expect(await slopes((x) => F.huberLoss(x, zero, { ...none, delta: 2 }), 0, 2, -3)).toEqual([0, 2, -2]);
  expect(await slopes((x) => F.hingeEmbeddingLoss(x, tensor([-1, -1, 1]), none), 1, 0, 0)).toEqual([
    0, -1, 1,
  ]);
});
