// A small GPT (Radford et al. 2019) on two sonnets: tied weights, warm-up and cosine, clipped gradients, AdamW with decay on
// matrices only. After A. Karpathy's nanoGPT.
//
//     bun examples/nano-gpt.ts
import { arange, F, init, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "otograd";
import { generator, pick } from "./data/digits.ts";
import { SONNETS, vocabulary } from "./data/text.ts";
import { learned, steps } from "./run.ts";

const CONTEXT = 32;
const WIDTH = 64;
const HEADS = 4;
const LAYERS = 2;
const BATCH = 16;
const letters = vocabulary(SONNETS);

class SelfAttention extends nn.Module {
  readonly qkv = new nn.Linear(WIDTH, 3 * WIDTH);
  readonly output = new nn.Linear(WIDTH, WIDTH);

  /** [n, t, width] → the same, each place having looked at those up to it. */
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
  readonly tokens = new nn.Embedding(letters.size, WIDTH);
  readonly places = new nn.Embedding(CONTEXT, WIDTH);
  readonly blocks = Array.from({ length: LAYERS }, () => new Block());
  readonly norm = new nn.LayerNorm(WIDTH);

  constructor() {
    super();
    for (const table of [this.tokens, this.places]) nn.init.normal_(table.weight, 0, 0.02);
  }

  /** Letters [n, t] to the logits of the next ones [n, t, letters], by the table that reads them. */
  forward(text: Tensor): Tensor {
    const place = this.places.forward(arange(text.shape[1]!, { dtype: "uint32" }));
    let x = this.tokens.forward(text).add(place);
    for (const block of this.blocks) x = block.forward(x);
    return F.linear(this.norm.forward(x), this.tokens.weight);
  }
}

await init();
manualSeed(1);
const random = generator(1);
const coded = letters.encode(SONNETS);
const model = new GPT();
const parameters = model.parameters();
const optimizer = new optim.AdamW(
  [
    { params: parameters.filter(({ ndim }) => ndim >= 2), weightDecay: 0.1 },
    { params: parameters.filter(({ ndim }) => ndim < 2), weightDecay: 0 },
  ],
  { lr: 0.004, betas: [0.9, 0.95] },
);
const total = steps(400);
const warmUp = 20;
const schedule = new optim.lrScheduler.LambdaLR(optimizer, (step) =>
  step < warmUp
    ? (step + 1) / warmUp
    : 0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - warmUp)) / (total - warmUp))),
);

let last = 0;
for (let step = 1; step <= total; step++) {
  const starts = Array.from({ length: BATCH }, () => Math.floor(random() * (coded.length - CONTEXT - 1)));
  const text = tensor(Uint32Array.from(starts.flatMap((at) => coded.slice(at, at + CONTEXT))), {
    shape: [BATCH, CONTEXT],
  });
  const next = starts.flatMap((at) => coded.slice(at + 1, at + CONTEXT + 1));
  const loss = F.crossEntropy(model.forward(text).reshape([-1, letters.size]), next);
  optimizer.zeroGrad();
  loss.backward();
  nn.utils.clipGradNorm_(parameters, 1);
  optimizer.step();
  schedule.step();
  if (step % 50 === 0 || step === total) {
    last = await loss.item();
    console.log(`step ${step}   loss ${last.toFixed(3)}`);
  }
}

let said = "so long as men can breathe";
while (said.length < 120) {
  const text = tensor(Uint32Array.from(letters.encode(said.slice(-CONTEXT))), {
    shape: [1, Math.min(CONTEXT, said.length)],
  });
  const chances = await noGrad(() =>
    model
      .forward(text)
      .narrow(1, text.shape[1]! - 1, 1)
      .softmax(2),
  ).data();
  said += letters.decode([pick(chances, random())]);
}
console.log(`\n${said}…\n`);
learned(`${last.toFixed(3)} nats a letter (${Math.log(letters.size).toFixed(3)} by chance)`, last < 1.3);
