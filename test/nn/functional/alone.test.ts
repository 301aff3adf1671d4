// One sample without a batch, which convolutions, poolings and losses of labels take as PyTorch's do: what comes of it is what comes
// of a batch of one, gradients too.
import { expect, setDefaultTimeout, test } from "bun:test";
import { F, manualSeed, type NestedNumbers, nn, ones, rand, type Tensor, tensor } from "otograd";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

manualSeed(1);
const sequence = rand([4, 8]);
const image = rand([4, 8, 8]);
const indices = (shape: number[]) => ones(shape, { dtype: "int32" });

const first = async (batch: Tensor) => ((await batch.tolist()) as NestedNumbers[])[0];
type Given = Tensor | readonly Tensor[];
const OPERATIONS: Record<string, [x: Tensor, run: (x: Tensor) => Given]> = {
  conv1d: [sequence, (x) => F.conv1d(x, ones([6, 2, 3]), ones([6]), { groups: 2, padding: "same" })],
  conv2d: [image, (x) => F.conv2d(x, ones([6, 4, 3, 2]), null, { stride: 2 })],
  convTranspose1d: [sequence, (x) => F.convTranspose1d(x, ones([4, 3, 2]), ones([3]))],
  convTranspose2d: [image, (x) => F.convTranspose2d(x, ones([4, 3, 2, 2]), ones([3]))],
  maxPool1d: [sequence, (x) => F.maxPool1d(x, 2)],
  maxPool2d: [image, (x) => F.maxPool2d(x, 2, { returnIndices: true })],
  avgPool1d: [sequence, (x) => F.avgPool1d(x, 2)],
  avgPool2d: [image, (x) => F.avgPool2d(x, 2)],
  lpPool1d: [sequence, (x) => F.lpPool1d(x, 2, 2)],
  lpPool2d: [image, (x) => F.lpPool2d(x, 2, 2)],
  adaptiveAvgPool1d: [sequence, (x) => F.adaptiveAvgPool1d(x, 3)],
  adaptiveAvgPool2d: [image, (x) => F.adaptiveAvgPool2d(x, 3)],
  adaptiveMaxPool1d: [sequence, (x) => F.adaptiveMaxPool1d(x, 3, { returnIndices: true })],
  adaptiveMaxPool2d: [image, (x) => F.adaptiveMaxPool2d(x, 3)],
  maxUnpool1d: [sequence, (x) => F.maxUnpool1d(x, indices(x.shape), 2)],
  maxUnpool2d: [image, (x) => F.maxUnpool2d(x, indices(x.shape), 2)],
  unfold: [image, (x) => F.unfold(x, 3)],
  fold: [sequence, (x) => F.fold(x, [5, 3], 2)],
  pixelShuffle: [image, (x) => F.pixelShuffle(x, 2)],
  pixelUnshuffle: [image, (x) => F.pixelUnshuffle(x, 2)],
};

test.each(Object.entries(OPERATIONS))("%s", async (_, [x, run]) => {
  const list = (given: Given) => (Array.isArray(given) ? given : [given]) as Tensor[];
  const [sample, batch] = [x, x.unsqueeze(0)].map((each) => each.detach().clone().requiresGrad_()) as [
    Tensor,
    Tensor,
  ];
  const [alone, together] = [list(run(sample)), list(run(batch))];
  expect(alone.length).toBe(together.length);
  for (const [i, each] of alone.entries()) {
    expect(each.shape).toEqual(together[i]!.shape.slice(1));
    expect(await each.tolist()).toEqual(await first(together[i]!));
  }
  for (const [y] of [alone, together]) y!.mul(y!).sum().backward();
  expect(await sample.grad!.tolist()).toEqual(await first(batch.grad!));
});

test("layers take it, with borders of any kind", async () => {
  const conv = new nn.Conv2d(4, 2, 3, { padding: 1, paddingMode: "circular" });
  expect(await conv.forward(image).tolist()).toEqual((await first(conv.forward(image.unsqueeze(0))))!);
  expect(
    new nn.Sequential(new nn.Conv1d(4, 3, 3), new nn.ReLU(), new nn.AdaptiveAvgPool1d(1)).forward(sequence)
      .shape,
  ).toEqual([3, 1]);
});

test("losses of labels: a number, a tensor of one, probabilities", async () => {
  const scores = tensor([1, 2, 4]);
  const wanted = (await F.crossEntropy(scores.unsqueeze(0), [1], { labelSmoothing: 0.1 }).item()) as number;
  for (const label of [1, tensor(1, { dtype: "int32" })])
    expect(await F.crossEntropy(scores, label, { labelSmoothing: 0.1 }).item()).toBe(wanted);
  expect(await F.nllLoss(scores, 2).item()).toBe(-4);
  const none = F.nllLoss(scores, 2, { reduction: "none" });
  expect([none.shape, await none.item()]).toEqual([[], -4]);
  const soft = await F.crossEntropy(scores, tensor([0, 1, 0])).item();
  expect(soft).toBeCloseTo(await F.crossEntropy(scores, 1).item(), 6);
  expect(() => F.crossEntropy(scores, 3)).toThrow("crossEntropy: label 0 is 3, not one of 0 … 2");
  expect(await F.crossEntropy(scores, -100, { reduction: "sum" }).item()).toBe(0);
});

test("where a batch has no channels, as many think it may, the error tells what it was taken for", () => {
  expect(() => F.conv1d(ones([32, 100]), ones([16, 1, 40]))).toThrow(
    "conv1d: weight [16, 1, 40] wants 1 input channels, input [32, 100], one sample without a batch, has 32",
  );
});
