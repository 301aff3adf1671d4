// Programs of a user's kind that never let the event loop turn until they end, run in a process of their own: what they
// hold is looked at on the way and printed as one line of JSON. Which program, and how many steps, are the arguments.
import { readFileSync } from "node:fs";
import { bindGroupsCreated } from "../../src/gpu/bindings.ts";
import { device } from "../../src/gpu/device.ts";
import {
  F,
  init,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.ts";

/** What is looked at after a step. */
export interface Look {
  step: number;
  bindGroups: number;
  tensors: number;
  bytesInUse: number;
  buffers: number;
  /** Compute passes that were encoded since `countPasses`: each is an object that only a turn lets go. */
  passes: number;
  residentMib: number;
  mappings: number;
}

let passes = 0;

function countPasses(): void {
  const { gpu } = device();
  const create = gpu.createCommandEncoder.bind(gpu);
  gpu.createCommandEncoder = (...given) => {
    const encoder = create(...given);
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (...asked) => {
      passes++;
      return begin(...asked);
    };
    return encoder;
  };
}

export function look(step: number): Look {
  const { tensors, bytesInUse, buffersCreated } = memory();
  return {
    step,
    bindGroups: bindGroupsCreated + device().stream.bindGroups,
    tensors,
    bytesInUse,
    buffers: buffersCreated,
    passes,
    residentMib: Math.round(process.memoryUsage.rss() / 2 ** 20),
    mappings: readFileSync("/proc/self/maps", "utf8").split("\n").length,
  };
}

type Program = (steps: number, looks: (step: number) => void) => Promise<unknown>;

/** A plain training loop that reads nothing back. */
const mlp: Program = async (steps, looks) => {
  const model = new nn.Sequential(
    new nn.Linear(16, 32),
    new nn.Tanh(),
    new nn.Linear(32, 32),
    new nn.Tanh(),
    new nn.Linear(32, 2),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const x = randn([32, 16]);
  const labels = Array.from({ length: 32 }, (_, i) => i % 2);
  for (let step = 1; step <= steps; step++) {
    optimizer.zeroGrad();
    F.crossEntropy(model.forward(x), labels).backward();
    optimizer.step();
    looks(step);
  }
  return (await model.parameters()[0]!.data())[0];
};

const [WIDTH, HEADS, CONTEXT, BATCH] = [64, 4, 32, 2];

class LayerNorm extends nn.Module {
  weight = new nn.Parameter(tensor(new Float32Array(WIDTH).fill(1)));
  bias = new nn.Parameter(zeros([WIDTH]));
  forward(x: Tensor): Tensor {
    const centred = x.sub(x.mean(-1, true));
    const deviation = centred.square().mean(-1, true).add(1e-5).sqrt();
    return centred.div(deviation).mul(this.weight).add(this.bias);
  }
}

class Block extends nn.Module {
  norm1 = new LayerNorm();
  norm2 = new LayerNorm();
  query = new nn.Linear(WIDTH, WIDTH);
  key = new nn.Linear(WIDTH, WIDTH);
  value = new nn.Linear(WIDTH, WIDTH);
  out = new nn.Linear(WIDTH, WIDTH);
  wide = new nn.Linear(WIDTH, 4 * WIDTH);
  narrow = new nn.Linear(4 * WIDTH, WIDTH);
  constructor(readonly mask: Tensor) {
    super();
  }
  forward(x: Tensor): Tensor {
    const normed = this.norm1.forward(x);
    const byHead = (layer: nn.Linear) =>
      layer
        .forward(normed)
        .reshape([BATCH, CONTEXT, HEADS, WIDTH / HEADS])
        .permute([0, 2, 1, 3]);
    const scores = byHead(this.query)
      .matmul(byHead(this.key).transpose(-1, -2))
      .mul((WIDTH / HEADS) ** -0.5);
    const mixed = scores.add(this.mask).softmax(-1).matmul(byHead(this.value));
    const joined = mixed.permute([0, 2, 1, 3]).reshape([BATCH, CONTEXT, WIDTH]);
    const y = x.add(this.out.forward(joined));
    return y.add(this.narrow.forward(this.wide.forward(this.norm2.forward(y)).gelu()));
  }
}

class Gpt extends nn.Module {
  tokens: nn.Embedding;
  positions = new nn.Embedding(CONTEXT, WIDTH);
  blocks: Block[];
  norm = new LayerNorm();
  head: nn.Linear;
  constructor(vocabulary: number, layers: number) {
    super();
    const mask = Float32Array.from({ length: CONTEXT * CONTEXT }, (_, i) =>
      i % CONTEXT > Math.floor(i / CONTEXT) ? -1e9 : 0,
    );
    this.tokens = new nn.Embedding(vocabulary, WIDTH);
    this.blocks = Array.from(
      { length: layers },
      () => new Block(tensor(mask, { shape: [CONTEXT, CONTEXT] })),
    );
    this.head = new nn.Linear(WIDTH, vocabulary);
  }
  forward(x: Tensor): Tensor {
    const at = Array.from({ length: CONTEXT }, (_, i) => i);
    let h = this.tokens.forward(x).add(this.positions.forward(at));
    for (const block of this.blocks) h = block.forward(h);
    return this.head.forward(this.norm.forward(h)).reshape([BATCH * CONTEXT, -1]);
  }
}

/** A character GPT that reads its loss at the end, its batches new tensors at every step. */
const gpt =
  (layers: number): Program =>
  async (steps, looks) => {
    const text = [...Array(9)].flatMap(() => [..."the quick brown fox jumps over the lazy dog. "]);
    const letters = [...new Set(text)];
    const ids = text.map((letter) => letters.indexOf(letter));
    const model = new Gpt(letters.length, layers);
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    let loss: Tensor | null = null;
    for (let step = 1; step <= steps; step++) {
      const starts = Array.from(
        { length: BATCH },
        (_, i) => (step * 7 + i * 53) % (ids.length - CONTEXT - 1),
      );
      const piece = (shift: number) =>
        Uint32Array.from(starts.flatMap((start) => ids.slice(start + shift, start + shift + CONTEXT)));
      const x = tensor(piece(0), { shape: [BATCH, CONTEXT] });
      optimizer.zeroGrad();
      loss = F.crossEntropy(model.forward(x), tensor(piece(1)));
      loss.backward();
      optimizer.step();
      looks(step);
    }
    return loss!.item();
  };

/** A convolutional network that awaits its loss at every step. */
const convnet: Program = async (steps, looks) => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(0.2),
    new nn.Linear(8 * 7 * 7, 10),
  );
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9, nesterov: true });
  let last = Number.NaN;
  for (let step = 1; step <= steps; step++) {
    const x = randn([16, 1, 14, 14]);
    optimizer.zeroGrad();
    const loss = F.crossEntropy(
      model.forward(x),
      Array.from({ length: 16 }, (_, i) => (i + step) % 10),
    );
    loss.backward();
    optimizer.step();
    last = await loss.item();
    looks(step);
  }
  return last;
};

/** 4 MiB, again and again the result of the last operation; also inside one noGrad body, and inside one forward. */
const chain: Program = async (steps, looks) => {
  const run = (from: Tensor) => {
    let y = from;
    for (let step = 1; step <= steps; step++) {
      y = y.mul(1.0001);
      looks(step);
    }
    return y;
  };
  class Chain extends nn.Module {
    forward(x: Tensor): Tensor {
      return run(x);
    }
  }
  const ones = () => zeros([2 ** 20]).add(1);
  const ends = [run(ones()), noGrad(() => run(ones())), new Chain().forward(ones())];
  return Promise.all(ends.map(async (end) => (await end.data())[2 ** 20 - 1]));
};

/** Ever new shapes: what is bound can never be what was bound before. */
const shapes: Program = async (steps, looks) => {
  const kept: Tensor[] = [];
  for (let step = 1; step <= steps; step++) {
    kept.push(zeros([1 + (step % 50)]).add(step)); // held: each has a buffer of its own
    looks(step);
  }
  return (await kept.at(-1)!.data())[0];
};

export const PROGRAMS: Record<string, Program> = {
  mlp,
  convnet,
  "gpt-2": gpt(2),
  "gpt-8": gpt(8),
  chain,
  shapes,
};

if (import.meta.main) {
  const [name, steps, every = "0"] = process.argv.slice(2);
  await init();
  manualSeed(1);
  countPasses();
  const seen: Look[] = [];
  const atEach = Number(every);
  const result = await PROGRAMS[name!]!(Number(steps), (step) => {
    if (step === 20 || step === 200 || (atEach > 0 && step % atEach === 0)) seen.push(look(step));
  }).catch((error: Error) => `${error.name}: ${error.message}`);
  seen.push(look(Number(steps)));
  process.stdout.write(`${JSON.stringify({ result, peakBytesInUse: memory().peakBytesInUse, seen })}\n`);
  process.exit();
}
