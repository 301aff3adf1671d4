// Attention's layers: PyTorch's names and initial weights, masks that say the same, and copies of their own. Their numbers are
// compared with PyTorch's in test/oracle/transformers.test.ts.
import { expect, test } from "bun:test";
import * as nn from "../../src/nn/index.ts";
import { randn, tensor } from "../../src/tensor/creation.ts";
import { manualSeed, type Tensor } from "../../src/tensor/index.ts";

const gap = async (a: Tensor, b: Tensor) => Math.max(...(await a.sub(b).abs().data()));

test("names and initial weights are PyTorch's", async () => {
  manualSeed(1);
  const layer = new nn.MultiheadAttention(8, 2);
  expect(Object.keys(layer.stateDict())).toEqual([
    "in_proj_weight",
    "in_proj_bias",
    "out_proj.weight",
    "out_proj.bias",
  ]);
  const { in_proj_weight: weight, in_proj_bias: bias, "out_proj.bias": out } = layer.stateDict();
  const most = Math.max(...(await weight!.abs().data()));
  expect(most).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / (8 + 24)))); // Xavier's, of all three together
  expect(most).toBeGreaterThan(0.4);
  expect([...(await bias!.data()), ...(await out!.data())].every((value) => value === 0)).toBe(true);
  expect(Object.keys(new nn.MultiheadAttention(8, 2, { kdim: 4, bias: false }).stateDict())).toEqual([
    "q_proj_weight",
    "k_proj_weight",
    "v_proj_weight",
    "out_proj.weight",
  ]);
  const decoder = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 4 });
  const children =
    "self_attn multihead_attn linear1 dropout linear2 norm1 norm2 norm3 dropout1 dropout2 dropout3";
  expect(
    decoder
      .namedChildren()
      .map(([name]) => name)
      .join(" "),
  ).toBe(children);
  expect(String(new nn.MultiheadAttention(8, 2))).toContain("MultiheadAttention(");
});

test("a layer that is causal does what one with a mask does, and weights come the slower way", async () => {
  const x = randn([2, 5, 8]);
  const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true });
  const above = nn.Transformer.generateSquareSubsequentMask(5);
  expect((await above.tolist()) as unknown).toEqual(
    Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (j <= i ? 0 : -Infinity))),
  );
  const [masked, weights] = layer.forward(x, x, x, { attnMask: above });
  const [causal, none] = layer.forward(x, x, x, { isCausal: true, needWeights: false });
  expect(await gap(masked, causal)).toBeLessThan(1e-6);
  expect(none).toBe(null);
  expect(weights!.shape).toEqual([2, 5, 5]);
  expect(await gap(weights!.sum(2), weights!.sum(2).mul(0).add(1))).toBeLessThan(1e-6);
  // Padding is hidden besides what is above the diagonal.
  const keyPaddingMask = tensor([
    [false, false, false, true, true],
    [false, false, false, false, false],
  ]);
  const [padded] = layer.forward(x, x, x, { isCausal: true, keyPaddingMask, needWeights: false });
  const [both] = layer.forward(x, x, x, { attnMask: above, keyPaddingMask });
  expect(await gap(padded, both)).toBeLessThan(1e-6);
  expect(await gap(padded.slice([[1, 2]]), causal.slice([[1, 2]]))).toBeLessThan(1e-6);
});

test("dropout drops weights while training, the same ones either way", async () => {
  const x = randn([2, 6, 8]);
  const layer = new nn.MultiheadAttention(8, 2, { dropout: 0.5, batchFirst: true });
  const of = (needWeights: boolean) => {
    manualSeed(4);
    return layer.forward(x, x, x, { needWeights });
  };
  const [[fast], [slow, weights]] = [of(false), of(true)];
  expect(await gap(fast, slow)).toBeLessThan(1e-5);
  expect((await weights!.data()).some((value) => value === 0)).toBe(true);
  layer.eval();
  expect(await gap(of(false)[0], fast)).toBeGreaterThan(1e-3);
});

test("layers of a stack begin alike and learn apart", async () => {
  const first = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 4, dropout: 0 });
  const stack = new nn.TransformerEncoder(first, 2, { norm: new nn.LayerNorm(8) });
  const [a, b] = stack.layers as [nn.TransformerEncoderLayer, nn.TransformerEncoderLayer];
  expect(a.linear1.weight).not.toBe(b.linear1.weight);
  expect(await gap(a.linear1.weight, b.linear1.weight)).toBe(0);
  expect(stack.parameters()).toHaveLength(2 * first.parameters().length + 2);
  stack
    .forward(randn([3, 2, 8]))
    .mul(randn([3, 2, 8]))
    .sum()
    .backward();
  expect(await gap(a.linear1.weight.grad!, b.linear1.weight.grad!)).toBeGreaterThan(1e-4);
  expect(first.linear1.weight.grad).toBe(null);
});

test("an encoder's layers are as trainable, and in the mode, as the one that they are copies of", () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 4 });
  layer.eval();
  layer.linear1.requiresGrad_(false);
  layer.linear2.train();
  const { layers } = new nn.TransformerEncoder(layer, 2);
  for (const copy of layers) {
    expect(copy.modules().map(({ training }) => training)).toEqual(
      layer.modules().map(({ training }) => training),
    );
    expect(copy.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual(
      layer.parameters().map(({ requiresGrad }) => requiresGrad),
    );
    expect(copy.linear1.weight).not.toBe(layer.linear1.weight);
  }
});
