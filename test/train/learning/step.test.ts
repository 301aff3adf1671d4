// A training step: its gradient is the same whether a batch goes through the network at once or in parts.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed, nn, tensor } from "../../../src/index.ts";
import { MixedSegments, PlainSegments } from "../../../src/train/learning/mixing.ts";
import { backward, balancedWeights, parts } from "../../../src/train/learning/step.ts";
import { all, CLASSES, FRAMES, mixes, recipe, store } from "./drawn-segments.ts";

setDefaultTimeout(60_000);

test("a batch is split into the fewest parts, none much shorter than another", () => {
  const lengths = (n: number, most: number) =>
    parts(
      Array.from({ length: n }, (_, i) => i),
      most,
    ).map((part) => part.length);
  expect(lengths(1024, 1092)).toEqual([1024]);
  expect(lengths(1024, 1000)).toEqual([512, 512]);
  expect(lengths(10, 4)).toEqual([3, 4, 3]);
  expect(parts([5, 3, 9], 2).flat()).toEqual([5, 3, 9]);
});

test("the gradient of a batch in parts is the whole batch's, of plain and of mixed segments", async () => {
  const network = { classes: CLASSES, frames: FRAMES, hidden: [11, 6], convDropout: 0, dropout: 0 };
  const plain = new PlainSegments(store(1), recipe);
  const mixed = new MixedSegments(store(1), mixes, CLASSES);
  const counts = tensor([1, 0.5, 2, 1.5]);
  for (const [what, data, weights] of [
    ["plain", plain, null],
    ["mixed", mixed, null],
    ["plain, weighted", plain, counts],
    ["mixed, weighted", mixed, counts],
  ] as const) {
    const gradients = async (most: number) => {
      manualSeed(2);
      const model = new nn.Piczak({ ...network, init: "kaiming-normal" });
      const batch = parts(all.slice(0, 22), most);
      const loss = await backward(model, data, batch, new HostRandom(4), weights).item();
      const values = await Promise.all(model.parameters().map((parameter) => parameter.grad!.data()));
      return { loss, values: values.flatMap((each) => [...each]) };
    };
    const whole = await gradients(22);
    const norm = Math.hypot(...whole.values);
    for (const most of [11, 5, 1]) {
      const split = await gradients(most);
      const off = Math.hypot(...split.values.map((value, i) => value - whole.values[i]!)) / norm;
      console.log(
        `  ${what}, 22 segments, ${most} at once: gradient off by ${off.toExponential(1)} of its norm`,
      );
      expect(off).toBeLessThan(2e-6);
      expect(split.loss).toBeCloseTo(whole.loss, 5);
    }
  }
});

test("balanced weights count each class as often as all others, of labels as of probabilities", async () => {
  expect(balancedWeights([0, 0, 0, 2], 3)).toEqual([4 / 6, 1, 2]); // class 1 has no examples
  const labels = [0, 2, 0, 3];
  const weights = tensor([0.5, 1, 2, 3]);
  const model = new nn.Sequential(new nn.Flatten(1), new nn.Linear(3, 4), new nn.LogSoftmax(1));
  const input = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 3, 5], { shape: [4, 3] });
  const oneHot = tensor(
    labels.flatMap((label) => [0, 1, 2, 3].map((k) => Number(k === label))),
    { shape: [4, 4] },
  );
  const lossOf = (targets: readonly number[] | typeof oneHot) => {
    const data = { labels, size: 4, batch: () => ({ input, targets }) };
    return backward(model, data, [[0, 1, 2, 3]], new HostRandom(1), weights).item();
  };
  const rows = await model.forward(input).data();
  const wanted = labels.reduce((sum, k, i) => sum - [0.5, 1, 2, 3][k]! * rows[4 * i + k]!, 0) / 4;
  expect(await lossOf(labels)).toBeCloseTo(wanted, 5);
  expect(await lossOf(oneHot)).toBeCloseTo(wanted, 5);
});
