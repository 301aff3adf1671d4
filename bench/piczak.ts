// The workload that everything is judged by: one training step of Piczak's CNN in its paper form, on random segments.
// bench/peers has the same step in other systems' words.
import { F, nn, optim, randn, type Tensor, tensor } from "../src/index.ts";

export const CLASSES = 50;
/** Log-mel and deltas, mel bands, frames. */
export const SEGMENT = [2, 60, 41] as const;

/**
 * Operations of the products in one sample's step, an fma being two: forward, and both gradients of each product but
 * conv 1's input gradient, which nobody needs.
 */
export const FLOPS_A_SAMPLE = (() => {
  const conv1 = 2 * 80 * (4 * 36) * (2 * 57 * 6);
  const conv2 = 2 * 80 * 10 * (80 * 3);
  const dense = 2 * (240 * 5000 + 5000 * 5000 + 5000 * CLASSES);
  return 2 * conv1 + 3 * (conv2 + dense);
})();

export interface Piczak {
  model: nn.Piczak;
  optimizer: optim.SGD;
}

export function buildPiczak(): Piczak {
  const model = new nn.Piczak({ classes: CLASSES, form: "dropout" });
  const optimizer = new optim.SGD(model.parameters(), {
    lr: 0.002,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0.001,
  });
  return { model, optimizer };
}

/** Random segments and labels. */
export function randomBatch(batch: number, classes = CLASSES): { input: Tensor; labels: Tensor } {
  return {
    input: randn([batch, ...SEGMENT]),
    labels: tensor(Uint32Array.from({ length: batch }, (_, i) => i % classes)),
  };
}

/** One step, written as a user would; nothing is waited for. Returns the loss. */
export function trainingStep({ model, optimizer }: Piczak, input: Tensor, labels: Tensor): Tensor {
  optimizer.zeroGrad();
  const loss = F.nllLoss(model.forward(input), labels);
  loss.backward();
  optimizer.step();
  return loss;
}
