// Recurrent layers as modules: states that go on, one sequence without a batch, names, errors, launches a step.
import { expect, test } from "bun:test";
import { kernels } from "../../src/gpu/kernel.ts";
import { mseLoss } from "../../src/nn/functional/index.ts";
import { GRU, GRUCell, LSTM, LSTMCell, RNN } from "../../src/nn/index.ts";
import { manualSeed, noGrad, randn, type Tensor, zeros } from "../../src/tensor/index.ts";

const STEPS = 64;

async function difference(a: Tensor, b: Tensor): Promise<number> {
  return await a.sub(b).abs().max().item();
}

/** Launches of all kernels so far. */
function launched(): number {
  let sum = 0;
  for (const { launches } of kernels.values()) for (const count of launches.values()) sum += count;
  return sum;
}

test("a sequence in two halves, the state handed on, is the whole sequence", async () => {
  manualSeed(1);
  const x = randn([6, 2, 3]);
  const options = { numLayers: 2 };
  const lstm = new LSTM(3, 5, options);
  const [whole, [h, c]] = lstm.forward(x);
  const [, halfway] = lstm.forward(x.narrow(0, 0, 4));
  const [rest, [h2, c2]] = lstm.forward(x.narrow(0, 4, 2), halfway);
  expect(await difference(whole.narrow(0, 4, 2), rest)).toBeLessThan(1e-6);
  expect(await difference(h, h2)).toBeLessThan(1e-6);
  expect(await difference(c, c2)).toBeLessThan(1e-6);
  const gru = new GRU(3, 5, options);
  const [, half] = gru.forward(x.narrow(0, 0, 4));
  const [, end] = gru.forward(x.narrow(0, 4, 2), half);
  expect(await difference(gru.forward(x)[1], end)).toBeLessThan(1e-6);
});

test("a cell, step by step, is the layer with its weights", async () => {
  manualSeed(2);
  const x = randn([4, 2, 3]);
  const [layer, cell] = [new LSTM(3, 5), new LSTMCell(3, 5)];
  const state = Object.entries(layer.stateDict()).map(([name, value]) => [name.replace("_l0", ""), value]);
  cell.loadStateDict(Object.fromEntries(state));
  let [h, c] = [zeros([2, 5]), zeros([2, 5])];
  for (let t = 0; t < 4; t++) [h, c] = cell.forward(x.narrow(0, t, 1).squeeze(0), [h, c]);
  const [, [lastH, lastC]] = layer.forward(x);
  expect(await difference(lastH.squeeze(0), h)).toBeLessThan(1e-6);
  expect(await difference(lastC.squeeze(0), c)).toBeLessThan(1e-6);
  expect(new GRUCell(3, 5).forward(x.narrow(0, 0, 1).squeeze(0)).shape).toEqual([2, 5]);
});

test("names are PyTorch's, and shapes those that its documentation gives", () => {
  const gru = new GRU(3, 4, { numLayers: 2, bidirectional: true, bias: false });
  expect(Object.entries(gru.stateDict()).map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
    "weight_ih_l0 12,3",
    "weight_hh_l0 12,4",
    "weight_ih_l0_reverse 12,3",
    "weight_hh_l0_reverse 12,4",
    "weight_ih_l1 12,8",
    "weight_hh_l1 12,4",
    "weight_ih_l1_reverse 12,8",
    "weight_hh_l1_reverse 12,4",
  ]);
  const [output, h] = gru.forward(zeros([5, 2, 3]));
  expect([output.shape, h.shape]).toEqual([
    [5, 2, 8],
    [4, 2, 4],
  ]);
  expect(String(gru)).toBe("GRU(3, 4, numLayers: 2, bidirectional: true)");
});

test("dropout between layers is drawn in training only", async () => {
  manualSeed(3);
  const rnn = new RNN(3, 8, { numLayers: 2, dropout: 0.5 });
  const x = randn([4, 2, 3]);
  expect(await difference(rnn.forward(x)[0], rnn.forward(x)[0])).toBeGreaterThan(0.01);
  rnn.eval();
  expect(await difference(rnn.forward(x)[0], rnn.forward(x)[0])).toBe(0);
});

test("an LSTM over 64 steps takes 2 launches a step forward, 2 backward, and few beside", () => {
  const lstm = new LSTM(8, 16);
  const x = randn([STEPS, 4, 8]);
  const before = launched();
  noGrad(() => lstm.forward(x));
  const forward = launched() - before;
  mseLoss(lstm.forward(x)[0], zeros([STEPS, 4, 16])).backward();
  const step = launched() - before - forward;
  console.log(
    `  LSTM of ${STEPS} steps: ${forward} launches forward, ${step} with the loss and the gradient`,
  );
  expect(forward).toBeLessThanOrEqual(2 * STEPS + 10);
  expect(step).toBeLessThanOrEqual(4 * STEPS + 30);
});

test("a sequence without a step, and states of a wrong shape, are refused", () => {
  const lstm = new LSTM(3, 4, { batchFirst: true });
  expect(() => lstm.forward(zeros([2, 0, 3]))).toThrow(
    "LSTM: a sequence has one step at least, got [2, 0, 3]",
  );
  expect(() => new GRU(3, 4).forward(zeros([5, 2, 3]), zeros([2, 2, 4]))).toThrow(
    "GRU: the state h is [1, 2, 4], got [2, 2, 4]",
  );
});
