// A GPT and an LSTM that read letters, trained as people train them, step by step beside PyTorch in float64: losses, the
// gradients' length before they are clipped, and the weights in the end. text.py made the fixture.
import { expect, setDefaultTimeout, test } from "bun:test";
import { arange, F, nn, optim, type Tensor, tensor } from "../../src/index.ts";
import { Draw } from "./draw.ts";
import { Fixture, norm, relativeError, summarize, worstElement } from "./parity.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const STEPS = 30;
const [LETTERS, CONTEXT, WIDTH, HEADS, LAYERS, BATCH] = [13, 12, 16, 2, 2, 4];
/** Of losses and lengths, each step on its own; of weights in the end. */
const [LOSS, WEIGHTS] = [1e-4, 1e-3];
const fixture = new Fixture("text");

class SelfAttention extends nn.Module {
  readonly qkv = new nn.Linear(WIDTH, 3 * WIDTH);
  readonly output = new nn.Linear(WIDTH, WIDTH);

  forward(x: Tensor): Tensor {
    const [n, t] = x.shape as [number, number];
    const heads = (part: Tensor) => part.reshape([n, t, HEADS, WIDTH / HEADS]).transpose(1, 2);
    const [q, k, v] = this.qkv.forward(x).split(WIDTH, 2).map(heads) as [Tensor, Tensor, Tensor];
    const seen = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.output.forward(seen.transpose(1, 2).reshape([n, t, WIDTH]));
  }
}

class Block extends nn.Module {
  readonly norm1 = new nn.LayerNorm(WIDTH);
  readonly attention = new SelfAttention();
  readonly norm2 = new nn.LayerNorm(WIDTH);
  readonly mlp = new nn.Sequential(
    new nn.Linear(WIDTH, 4 * WIDTH),
    new nn.GELU(),
    new nn.Linear(4 * WIDTH, WIDTH),
  );

  forward(x: Tensor): Tensor {
    const looked = x.add(this.attention.forward(this.norm1.forward(x)));
    return looked.add(this.mlp.forward(this.norm2.forward(looked)));
  }
}

class GPT extends nn.Module {
  readonly tokens = new nn.Embedding(LETTERS, WIDTH);
  readonly places = new nn.Embedding(CONTEXT, WIDTH);
  readonly blocks = Array.from({ length: LAYERS }, () => new Block());
  readonly norm = new nn.LayerNorm(WIDTH);

  forward(text: Tensor): Tensor {
    let x = this.tokens.forward(text).add(this.places.forward(arange(CONTEXT, { dtype: "uint32" })));
    for (const block of this.blocks) x = block.forward(x);
    return F.linear(this.norm.forward(x), this.tokens.weight);
  }
}

class Reader extends nn.Module {
  readonly embedding = new nn.Embedding(LETTERS, WIDTH);
  readonly lstm = new nn.LSTM(WIDTH, WIDTH, { numLayers: 2, batchFirst: true });
  readonly output = new nn.Linear(WIDTH, LETTERS);

  forward(text: Tensor): Tensor {
    return this.output.forward(this.lstm.forward(this.embedding.forward(text))[0]);
  }
}

const NETWORKS = {
  gpt(): [nn.Module, optim.Optimizer<{ lr: number }>] {
    const net = new GPT();
    const parameters = net.parameters();
    const groups = [
      { params: parameters.filter(({ ndim }) => ndim >= 2), weightDecay: 0.1 },
      { params: parameters.filter(({ ndim }) => ndim < 2), weightDecay: 0 },
    ];
    return [net, new optim.AdamW(groups, { lr: 0.01, betas: [0.9, 0.95] })];
  },
  lstm(): [nn.Module, optim.Optimizer<{ lr: number }>] {
    const net = new Reader();
    return [net, new optim.Adam(net.parameters(), { lr: 0.01 })];
  },
};

for (const [name, make] of Object.entries(NETWORKS))
  test(`${name}: ${STEPS} steps as PyTorch's`, async () => {
    const draw = new Draw();
    const [net, optimizer] = make();
    const state = Object.entries(net.stateDict()).map(([key, { shape }]): [string, Tensor] => {
      const isNorm = key.includes("norm") && key.endsWith("weight");
      return [key, tensor(draw.uniform(`${name} ${key}`, shape, 0.3, isNorm ? 1 : 0), { shape })];
    });
    net.loadStateDict(Object.fromEntries(state));
    const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: STEPS });
    const [losses, lengths]: [Promise<number>[], Promise<number>[]] = [[], []];
    for (let step = 0; step < STEPS; step++) {
      const drawn = draw.integers(`${name} text ${step % 5}`, [BATCH, CONTEXT + 1], LETTERS);
      const text = tensor(drawn, { shape: [BATCH, CONTEXT + 1] });
      const next = [...drawn].filter((_, i) => i % (CONTEXT + 1) > 0);
      const logits = net.forward(text.narrow(1, 0, CONTEXT)) as Tensor;
      const loss = F.crossEntropy(logits.reshape([-1, LETTERS]), next);
      optimizer.zeroGrad();
      loss.backward();
      lengths.push(nn.utils.clipGradNorm_(net.parameters(), 0.5).item());
      optimizer.step();
      schedule.step();
      losses.push(loss.item());
    }
    expect(draw.digest()).toBe(fixture.metadata[name]!);
    const found = await Promise.all(losses);
    const loss = worstElement(found, fixture.get(`${name}/losses`, STEPS), () => 0);
    const length = worstElement(await Promise.all(lengths), fixture.get(`${name}/lengths`, STEPS), () => 0);
    expect([loss.compared, length.compared]).toEqual([STEPS, STEPS]);
    let weights = 0;
    for (const [key, value] of Object.entries(net.stateDict()))
      weights = Math.max(
        weights,
        relativeError([norm((await value.data()) as Float32Array)], fixture.get(`${name}/${key}/norm`)),
      );
    summarize(
      name,
      [
        ["loss", loss.worst, LOSS],
        ["gradients", length.worst, LOSS],
        ["weights", weights, WEIGHTS],
      ],
      `loss ${found[0]!.toFixed(3)} to ${found.at(-1)!.toFixed(3)}`,
    );
  });
