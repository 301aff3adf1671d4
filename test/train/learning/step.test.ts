// A training step: its gradient is the same whether a batch goes through the network at once or in parts.
import { expect, setDefaultTimeout, test } from "bun:test";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed, nn } from "../../../src/index.ts";
import { MixedSegments, PlainSegments } from "../../../src/train/learning/mixing.ts";
import { backward, parts } from "../../../src/train/learning/step.ts";
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
  for (const data of [new PlainSegments(store(1), recipe), new MixedSegments(store(1), mixes, CLASSES)]) {
    const gradients = async (most: number) => {
      manualSeed(2);
      const model = new nn.Piczak({ ...network, init: "kaiming-normal" });
      const loss = await backward(model, data, parts(all.slice(0, 22), most), new HostRandom(4)).item();
      const values = await Promise.all(model.parameters().map((parameter) => parameter.grad!.data()));
      return { loss, values: values.flatMap((each) => [...each]) };
    };
    const whole = await gradients(22);
    const norm = Math.hypot(...whole.values);
    for (const most of [11, 5, 1]) {
      const split = await gradients(most);
      const off = Math.hypot(...split.values.map((value, i) => value - whole.values[i]!)) / norm;
      console.log(
        `  ${data.constructor.name}, 22 segments, ${most} at once: gradient off by ${off.toExponential(1)} of its norm`,
      );
      expect(off).toBeLessThan(2e-6);
      expect(split.loss).toBeCloseTo(whole.loss, 5);
    }
  }
});
