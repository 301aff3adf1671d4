// Cross-entropy and NLL with weights, smoothing, soft labels and inner dimensions; what F counts on the GPU for a mean; and
// what is refused.
import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { labelled, soft } from "../../reference/lossCases.ts";
import { type LabelAttrs, labelLoss } from "../../reference/losses.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";

const random = new Random(29);

function run([x, target, weight]: Tensor[], { logits, ignored, reduction, smoothing }: LabelAttrs): Tensor {
  const options = { reduction, ...(weight && { weight: weight.detach() }) };
  const labels = target!.detach();
  if (!logits) return F.nllLoss(x!, labels, { ...options, ignoreIndex: ignored });
  return F.crossEntropy(x!, labels, { ...options, ignoreIndex: ignored, labelSmoothing: smoothing });
}

const large = (logits: boolean) => ({
  inputs: [
    random.array([3, 70, 9], -4, logits ? 4 : 0),
    random.integers([3, 9], 0, 69),
    random.array([70], 0.1, 2),
  ],
  attrs: { reduction: "mean" as const, logits },
});

const manyRows = device().adapter.software ? ["labelLoss.backwardRows"] : [];

check<LabelAttrs>({
  name: "F.crossEntropy, all options",
  // On CPU adapters, covers: ["labelLoss.backwardRows"] where rows are many.
  covers: ["labelLoss.forward", "labelLoss.backward", "labelLoss.count", ...manyRows],
  run,
  reference: labelLoss,
  cases: [
    ...labelled(true),
    large(true),
    { ...large(true), attrs: { reduction: "none", logits: true, ignored: 5, smoothing: 0.1 } },
  ],
  indices: [1],
  terms: ({ inputs: [x] }) => Math.max(...x!.shape),
});
check<LabelAttrs>({
  name: "F.nllLoss, weights, [B, C, …]",
  covers: ["labelLoss.pick", "labelLoss.spread", "labelLoss.count"],
  run,
  reference: labelLoss,
  cases: [...labelled(false).filter(({ attrs }) => attrs.smoothing === undefined), large(false)],
  indices: [1],
  terms: ({ inputs: [x] }) => Math.max(...x!.shape),
});
check<LabelAttrs>({
  name: "F.crossEntropy of soft labels",
  covers: ["labelLoss.forward", "labelLoss.backward"],
  run,
  reference: { ...labelLoss, backward: (...given) => [labelLoss.backward(...given)[0]!, null, null] },
  cases: soft(),
  terms: ({ inputs: [x] }) => Math.max(...x!.shape),
});

test("one-hot probabilities give what labels give; int32 labels with −100 too", async () => {
  const x = tensor([[1, 2, 3], [3, 2, 1]]); // biome-ignore format: as it looks
  const hot = tensor([[0, 1, 0], [0, 0, 1]]); // biome-ignore format: as it looks
  const weight = tensor([1, 2, 3]);
  for (const options of [{}, { labelSmoothing: 0.2 }, { reduction: "none", weight } as const])
    expect(await F.crossEntropy(x, hot, options).tolist()).toEqual(
      await F.crossEntropy(x, [1, 2], options).tolist(),
    );
  const some = tensor([1, -100], { dtype: "int32" });
  expect(await F.crossEntropy(x, some, { weight }).item()).toBeCloseTo(1.4076059, 6);
  expect(await F.crossEntropy(x, [1, -100], { weight }).item()).toBeCloseTo(1.4076059, 6);
});

test("what does not fit is refused", () => {
  const x = zeros([2, 3]);
  expectRefused([
    [
      () => F.crossEntropy(x, zeros([2, 4])),
      "crossEntropy: wants int32 labels [2], one for each row of [2, 3], got float32 [2, 4], or float32 probabilities [2, 3]",
    ],
    [
      () => F.nllLoss(x, zeros([2, 3])),
      "nllLoss: wants int32 labels [2], one for each row of [2, 3], got float32 [2, 3]",
    ],
    [
      () => F.crossEntropy(x, [0, 1], { weight: zeros([2]) }),
      "crossEntropy: the weights are [3], one for each class, got [2]",
    ],
    [
      () => F.crossEntropy(x, x, { ignoreIndex: 0 }),
      "crossEntropy: ignoreIndex is of labels, and the target [2, 3] are probabilities: leave it out",
    ],
    [
      () => F.crossEntropy(x, [0, 1], { labelSmoothing: 2 }),
      "crossEntropy: labelSmoothing is a number from 0 to 1, got 2",
    ],
  ]);
  expect(() => F.crossEntropy(x, zeros([2, 3], { requiresGrad: true }))).toThrow(
    "crossEntropy: the targets are constants, no gradient flows into them: detach() them",
  );
  const weight = zeros([3], { requiresGrad: true });
  expect(() => F.nllLoss(x, [0, 1], { weight })).toThrow("nllLoss: the weights are constants");
});

test("whichever class is certain, nothing overflows", async () => {
  for (let sure = 0; sure < 4; sure++) {
    const logits = tensor(
      Array.from({ length: 4 }, (_, c) => (c === sure ? 200 : 0)),
      { requiresGrad: true },
    ).reshape([1, 4]);
    const loss = F.crossEntropy(logits, [0]);
    expect(await loss.item()).toBeCloseTo(sure === 0 ? 0 : 200, 4);
  }
});
