// The small network on pictures: its shapes and names, pictures of any length, what it refuses, and that it learns.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import { ConvNet } from "../../../src/nn/models/convNet.ts";
import { AdamW } from "../../../src/nn/optim/index.ts";
import { cat, manualSeed, noGrad, randn, type Tensor, zeros } from "../../../src/tensor/index.ts";
import { expectRefused } from "../../refuses.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

test("it has two convolutions a block, without biases; pictures may be of any length", () => {
  const net = new ConvNet({ classes: 10 }).eval();
  const weights = net.namedParameters().filter(([, { ndim }]) => ndim > 1);
  expect(weights.map(([name, { shape }]) => `${name} ${shape.join("×")}`)).toEqual([
    "blocks.0.0.weight 16×2×3×3",
    "blocks.0.3.weight 16×16×3×3",
    "blocks.1.0.weight 32×16×3×3",
    "blocks.1.3.weight 32×32×3×3",
    "blocks.2.0.weight 64×32×3×3",
    "blocks.2.3.weight 64×64×3×3",
    "blocks.3.0.weight 128×64×3×3",
    "blocks.3.3.weight 128×128×3×3",
    "output.weight 10×128",
  ]);
  expect(net.parameters().reduce((sum, each) => sum + each.numel(), 0)).toBe(295_146);
  expect(noGrad(() => net.forward(zeros([1, 2, 8, 8]))).shape).toEqual([1, 10]);
  expect(noGrad(() => net.forward(zeros([2, 2, 9, 20]))).shape).toEqual([2, 10]);
  expectRefused([
    [
      () => net.forward(zeros([1, 2, 8, 7])),
      "ConvNet: wants pictures [n, 2, 8 bands or more, 8 frames or more], got [1, 2, 8, 7]",
    ],
    [
      () => new ConvNet({ classes: 2, widths: [] }),
      "ConvNet: the number of blocks is a whole number ≥ 1, got 0",
    ],
    [() => new ConvNet({ classes: 2, widths: [4, 0] }), "ConvNet: a width is a whole number ≥ 1, got 0"],
  ]);
});

test("it learns where in a picture there is something, which the mean over the bands alone would not tell", async () => {
  manualSeed(3);
  const labels = Array.from({ length: 16 }, (_, i) => i % 2);
  /** Noise, and in its lower half or its upper half a bright band. */
  const draw = (): Tensor => {
    const noise = randn([16, 1, 16, 16]).mul(0.3);
    const at = cat(
      labels.map((label) => cat([zeros([1, 1, 8, 16]).add(1 - label), zeros([1, 1, 8, 16]).add(label)], 2)),
    );
    const index = cat([zeros([16, 1, 8, 16]).sub(1), zeros([16, 1, 8, 16]).add(1)], 2);
    return cat([noise.add(at), index], 1);
  };
  const net = new ConvNet({ classes: 2, widths: [4, 8] });
  const optimizer = new AdamW(net.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  for (let step = 0; step < 15; step++) {
    optimizer.zeroGrad();
    const loss = F.nllLoss(net.forward(draw()), labels);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  expect(await noGrad(() => net.forward(draw()).argmax(1)).tolist()).toEqual(labels);
  console.log(`  ConvNet: loss ${losses[0]!.toFixed(2)} to ${losses.at(-1)!.toFixed(2)} in 15 steps`);
});
