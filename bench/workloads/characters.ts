// Two small models that read letters: a GPT (4 blocks, 128 wide, 4 heads, context 64) and an LSTM (128 units, 64 steps). What a
// step of them does on the device is little, so that it shows what a launch costs. Written on a given engine, which may be
// another checkout's.
type Engine = typeof import("../../src/index.ts");
type Tensor = import("../../src/index.ts").Tensor;

export const CONTEXT = 64;
export const LETTERS = 65;
const [WIDTH, HEADS, BLOCKS] = [128, 4, 4];

export const MODELS = ["gpt", "lstm"] as const;
export type ModelName = (typeof MODELS)[number];

/** Letters that stand for a text's, `from` places further on: [batch · CONTEXT]. */
export function letters(batch: number, from: number): Uint32Array {
  return Uint32Array.from(
    { length: batch * CONTEXT },
    (_, i) => (7 * (i + from) + ((i + from) % 13)) % LETTERS,
  );
}

/**
 * A training step on the same letters every time: forward, backward, gradients clipped, AdamW. It returns the loss.
 * @param compiled whether it is recorded, which older engines cannot
 */
export function trainingStepOf(
  engine: Engine,
  name: ModelName,
  batch: number,
  compiled = false,
): () => Tensor {
  const { compile, F, manualSeed, nn, optim, tensor } = engine;
  manualSeed(1);
  const model = name === "gpt" ? gpt(engine) : lstm(engine);
  const parameters = model.parameters();
  const optimizer = new optim.AdamW(parameters, { lr: 1e-3 });
  const text = tensor(letters(batch, 0), { shape: name === "gpt" ? [batch, CONTEXT] : [CONTEXT, batch] });
  const next = letters(batch, 1);
  const step = (text: Tensor, next: Tensor) => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(text).reshape([batch * CONTEXT, LETTERS]), next);
    loss.backward();
    nn.utils.clipGradNorm_(parameters, 1);
    optimizer.step();
    return loss;
  };
  const taken = compiled ? compile(step) : step;
  return () => taken(text, tensor(next));
}

export function lstm({ nn }: Engine) {
  class Reader extends nn.Module<[Tensor], Tensor> {
    readonly embedding = new nn.Embedding(LETTERS, WIDTH);
    readonly lstm = new nn.LSTM(WIDTH, WIDTH);
    readonly output = new nn.Linear(WIDTH, LETTERS);

    forward(text: Tensor): Tensor {
      const [hidden] = this.lstm.forward(this.embedding.forward(text));
      return this.output.forward(hidden);
    }
  }
  return new Reader();
}

export function gpt({ F, arange, nn }: Engine) {
  class Block extends nn.Module<[Tensor], Tensor> {
    readonly norm1 = new nn.LayerNorm(WIDTH);
    readonly qkv = new nn.Linear(WIDTH, 3 * WIDTH);
    readonly output = new nn.Linear(WIDTH, WIDTH);
    readonly norm2 = new nn.LayerNorm(WIDTH);
    readonly up = new nn.Linear(WIDTH, 4 * WIDTH);
    readonly down = new nn.Linear(4 * WIDTH, WIDTH);

    forward(x: Tensor): Tensor {
      const [n, t] = x.shape as [number, number];
      const heads = (part: Tensor) => part.reshape([n, t, HEADS, WIDTH / HEADS]).transpose(1, 2);
      const parts = this.qkv.forward(this.norm1.forward(x)).split(WIDTH, 2).map(heads);
      const [q, k, v] = parts as [Tensor, Tensor, Tensor];
      const seen = F.scaledDotProductAttention(q, k, v, { isCausal: true });
      const looked = x.add(this.output.forward(seen.transpose(1, 2).reshape([n, t, WIDTH])));
      return looked.add(this.down.forward(F.gelu(this.up.forward(this.norm2.forward(looked)))));
    }
  }
  class GPT extends nn.Module<[Tensor], Tensor> {
    readonly tokens = new nn.Embedding(LETTERS, WIDTH);
    readonly places = new nn.Embedding(CONTEXT, WIDTH);
    readonly blocks = Array.from({ length: BLOCKS }, () => new Block());
    readonly norm = new nn.LayerNorm(WIDTH);
    readonly head = new nn.Linear(WIDTH, LETTERS, { bias: false });

    forward(text: Tensor): Tensor {
      let x = this.tokens.forward(text).add(this.places.forward(arange(CONTEXT, { dtype: "uint32" })));
      for (const block of this.blocks) x = block.forward(x);
      return this.head.forward(this.norm.forward(x));
    }
  }
  return new GPT();
}
