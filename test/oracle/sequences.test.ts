// A small GPT and a small LSTM, trained for 50 steps beside PyTorch in float64: each step's loss, and the weights at the end.
// AdamW, clipped gradients, a cosine schedule. sequences.py made the fixture, and says how.
import { expect, setDefaultTimeout, test } from "bun:test";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/nn/optim/index.ts";
import { arange, type Tensor, tensor } from "../../src/tensor/index.ts";
import { Draw } from "./draw.ts";
import { Fixture, relativeError, summarize } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const [STEPS, BATCH, CONTEXT, LETTERS, WIDTH, HEADS] = [50, 4, 8, 11, 16, 2];
/** As of the other trainings (docs/pytorch.md). */
const ALLOWED = { loss: 1e-4, weights: 1e-3 };
const fixture = new Fixture("sequences");

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(WIDTH);
  qkv = new nn.Linear(WIDTH, 3 * WIDTH, { bias: false });
  projection = new nn.Linear(WIDTH, WIDTH);
  norm2 = new nn.LayerNorm(WIDTH);
  up = new nn.Linear(WIDTH, 4 * WIDTH);
  down = new nn.Linear(4 * WIDTH, WIDTH);

  attend(x: Tensor): Tensor {
    const heads = (part: Tensor) => part.reshape([BATCH, CONTEXT, HEADS, -1]).transpose(1, 2);
    const [q, k, v] = this.qkv.forward(x).chunk(3, 2).map(heads) as [Tensor, Tensor, Tensor];
    const seen = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.projection.forward(seen.transpose(1, 2).flatten(2));
  }

  forward(x: Tensor): Tensor {
    const looked = x.add(this.attend(this.norm1.forward(x)));
    return looked.add(this.down.forward(F.gelu(this.up.forward(this.norm2.forward(looked)))));
  }
}

class GPT extends nn.Module {
  token = new nn.Embedding(LETTERS, WIDTH);
  position = new nn.Embedding(CONTEXT, WIDTH);
  blocks = [new Block(), new Block()];
  norm = new nn.LayerNorm(WIDTH);

  forward(text: Tensor): Tensor {
    const x = this.token.forward(text).add(this.position.forward(arange(CONTEXT, { dtype: "int32" })));
    const y = this.blocks.reduce((each, block) => block.forward(each), x);
    return F.linear(this.norm.forward(y), this.token.weight);
  }
}

class CharLSTM extends nn.Module {
  token = new nn.Embedding(LETTERS, WIDTH);
  lstm = new nn.LSTM(WIDTH, WIDTH, { numLayers: 2, batchFirst: true });
  head = new nn.Linear(WIDTH, LETTERS);

  forward(text: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(this.token.forward(text))[0]);
  }
}

/** Letters and those that follow them, [BATCH, CONTEXT] each. */
function textOf(draw: Draw, step: number): [text: Tensor, next: Tensor] {
  const lines = Array.from(draw.integers(`letters ${step}`, [BATCH], LETTERS), (letter) => {
    const line = [letter];
    while (line.length <= CONTEXT) line.push((3 * line.at(-1)! + 1) % LETTERS);
    return line;
  });
  return [
    tensor(
      lines.map((line) => line.slice(0, -1)),
      { dtype: "int32" },
    ),
    tensor(
      lines.map((line) => line.slice(1)),
      { dtype: "int32" },
    ),
  ];
}

for (const [name, make] of [
  ["GPT", () => new GPT()],
  ["LSTM", () => new CharLSTM()],
] as const) {
  test(`${name}: 50 steps as PyTorch's`, async () => {
    const draw = new Draw();
    const model = make();
    const state = Object.entries(model.stateDict()).map(([key, { shape }]): [string, Tensor] => {
      const offset = key.includes("norm") && key.includes("weight") ? 1 : 0;
      return [key, tensor(draw.uniform(key, shape, 0.3, offset), { shape })];
    });
    model.loadStateDict(Object.fromEntries(state));
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01, betas: [0.9, 0.95], weightDecay: 0.1 });
    const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: STEPS });
    const losses: Promise<number>[] = [];
    for (let step = 0; step < STEPS; step++) {
      const [text, next] = textOf(draw, step);
      const loss = F.crossEntropy(model.forward(text).flatten(0, 1), next.flatten());
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 0.5);
      optimizer.step();
      schedule.step();
      losses.push(loss.item());
    }
    const found = await Promise.all(losses);
    expect(draw.digest()).toBe(fixture.metadata[name]!);
    const wanted = fixture.get(`${name}/losses`, STEPS);
    const loss = Math.max(...found.map((value, i) => Math.abs(value / wanted[i]! - 1)));
    let weights = 0;
    const all = Object.entries(model.stateDict());
    expect(fixture.below(`${name}/`).sort()).toEqual(["losses", ...all.map(([key]) => key)].sort());
    for (const [key, value] of all)
      weights = Math.max(
        weights,
        relativeError((await value.data()) as Float32Array, fixture.get(`${name}/${key}`)),
      );
    summarize(`${name}, loss ${found[0]!.toFixed(2)} to ${found.at(-1)!.toFixed(2)}`, [
      ["loss", loss, ALLOWED.loss],
      ["weights", weights, ALLOWED.weights],
    ]);
  });
}
