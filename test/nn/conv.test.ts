// What convolutional layers begin with: PyTorch's bounds, 1 / √(what one output reads), in groups and transposed.
import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import { manualSeed, zeros } from "../../src/tensor/index.ts";
import { expectRefused } from "../refuses.ts";

test("initial weights stay within 1 / √fan in, which counts a group's channels", async () => {
  manualSeed(5);
  const layers = [
    [new nn.Conv2d(32, 64, 3, { groups: 4 }), [64, 8, 3, 3], 8 * 9],
    [new nn.Conv1d(16, 16, 9, { groups: 16 }), [16, 1, 9], 9],
    [new nn.ConvTranspose2d(64, 32, [3, 2], { groups: 2 }), [64, 16, 3, 2], 16 * 6],
    [new nn.ConvTranspose1d(16, 8, 5), [16, 8, 5], 8 * 5],
  ] as const;
  for (const [layer, shape, fanIn] of layers) {
    expect(layer.weight.shape).toEqual([...shape]);
    const weight = await layer.weight.data();
    const bound = 1 / Math.sqrt(fanIn);
    const [low, high] = [Math.min(...weight), Math.max(...weight)];
    console.log(`  ${`${layer}`.slice(0, 60).padEnd(60)} ${low.toFixed(4)} … ${high.toFixed(4)}`);
    expect(Math.max(-low, high)).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(Math.min(-low, high)).toBeGreaterThan(0.9 * bound);
    const bias = await layer.bias!.data();
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-6));
  }
});

test("outputSize picks one of the sizes that a strided convolution makes equal", () => {
  const up = new nn.ConvTranspose2d(1, 1, 3, { stride: 2, padding: 1 });
  expect(up.forward(zeros([1, 1, 4, 5])).shape).toEqual([1, 1, 7, 9]);
  expect(up.forward(zeros([1, 1, 4, 5]), [8, 9]).shape).toEqual([1, 1, 8, 9]);
  expect(new nn.ConvTranspose1d(1, 1, 3, { stride: 3 }).forward(zeros([1, 1, 4]), [14]).shape).toEqual([
    1, 1, 14,
  ]);
  expect(up.forward(zeros([1, 1, 4, 5]), { outputSize: [8, 9] }).shape).toEqual([1, 1, 8, 9]);
  expect(up.forward(zeros([1, 1, 4, 5]), { outputSize: [1, 1, 8, 9] }).shape).toEqual([1, 1, 8, 9]);
  expect(up.forward(zeros([1, 1, 4, 5]), {}).shape).toEqual([1, 1, 7, 9]);
  const line = new nn.ConvTranspose1d(1, 1, 3, { stride: 3 });
  expect(line.forward(zeros([1, 1, 4]), { outputSize: [14] }).shape).toEqual([1, 1, 14]);
  const sizes = "ConvTranspose2d: outputSize is from [7, 9] to [8, 10] for an input [1, 1, 4, 5], got";
  expectRefused([
    [() => up.forward(zeros([1, 1, 4, 5]), [9, 9]), `${sizes} [9, 9]`],
    [() => up.forward(zeros([1, 1, 4, 5]), { outputSize: [8, 9.5] }), `${sizes} [8, 9.5]`],
    [() => up.forward(zeros([1, 1, 4, 5]), [5, 8, 9]), `${sizes} [5, 8, 9]`],
    [
      () => up.forward(zeros([1, 1, 4, 5]), { output_size: [8, 9] } as never),
      "ConvTranspose2d: there is no option output_size: did you mean outputSize?",
    ],
    [
      () => line.forward(zeros([1, 1, 4]), 14 as never),
      "ConvTranspose1d: outputSize is a list of whole numbers: write [14]",
    ],
    [
      () => line.forward(zeros([1, 1, 4]), { outputSize: 14 } as never),
      "ConvTranspose1d: outputSize is a list of numbers, got 14",
    ],
  ]);
});
