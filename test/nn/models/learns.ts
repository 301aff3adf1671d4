// That a network on raw waveforms learns: low tones and high ones, each at a phase of its own, in noise.
import { expect } from "bun:test";
import * as F from "../../../src/nn/functional/index.ts";
import type { Module } from "../../../src/nn/module.ts";
import { Adam } from "../../../src/nn/optim/index.ts";
import { manualSeed, noGrad, type Tensor } from "../../../src/tensor/index.ts";
import { toTensor } from "../../harness.ts";
import { Random } from "../../reference/random.ts";

const WAVES = 8;

/** A low tone and a high one by turns, in noise. */
function draw(random: Random, samples: number): { x: Tensor; labels: number[] } {
  const labels = Array.from({ length: WAVES }, (_, i) => i % 2);
  const noise = random.array([WAVES, 1, samples], -0.2, 0.2);
  const phases = random.array([WAVES], 0, 6);
  for (let at = 0; at < noise.data.length; at++) {
    const wave = Math.floor(at / samples);
    const frequency = labels[wave] === 0 ? 0.1 : 0.4;
    noise.data[at]! += Math.sin(frequency * (at % samples) + phases.data[wave]!);
  }
  return { x: toTensor(noise), labels };
}

/** Trains for a few steps, and wants waves that the network has not seen told apart. */
export async function learns(net: Module<[Tensor], Tensor>, samples: number, steps: number): Promise<void> {
  manualSeed(5);
  const random = new Random(6);
  const optimizer = new Adam(net.parameters(), { lr: 0.003 });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { x, labels } = draw(random, samples);
    optimizer.zeroGrad();
    const loss = F.nllLoss(net.forward(x), labels);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  const { x, labels } = draw(random, samples);
  expect(await noGrad(() => net.forward(x).argmax(1)).tolist()).toEqual(labels);
  console.log(
    `  ${net.constructor.name}: loss ${losses[0]!.toFixed(2)} to ${losses.at(-1)!.toFixed(2)} in ${steps} steps`,
  );
}
