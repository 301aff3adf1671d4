// How many launches a training step takes, of a small GPT as anybody would write it: 4 layers, 128 wide, context 64, gradient
// clipping and AdamW. Each launch costs the host some 20 µs, and a network of small tensors little else.
import { expect, setDefaultTimeout, test } from "bun:test";
import { kernels } from "../../src/gpu/kernel.ts";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/nn/optim/index.ts";
import { arange, randn, tensor } from "../../src/tensor/creation.ts";
import type { Tensor } from "../../src/tensor/index.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const [BATCH, CONTEXT, WIDTH, HEADS, LAYERS, CHARACTERS] = [4, 64, 128, 16, 4, 65];

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(WIDTH);
  qkv = new nn.Linear(WIDTH, 3 * WIDTH);
  projection = new nn.Linear(WIDTH, WIDTH);
  norm2 = new nn.LayerNorm(WIDTH);
  up = new nn.Linear(WIDTH, 4 * WIDTH);
  down = new nn.Linear(4 * WIDTH, WIDTH);

  attend(x: Tensor): Tensor {
    const [batch, rows] = x.shape as [number, number];
    const [q, k, v] = this.qkv
      .forward(x)
      .chunk(3, 2)
      .map((part) => part.reshape([batch, rows, HEADS, -1]).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const y = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.projection.forward(y.transpose(1, 2).reshape([batch, rows, WIDTH]));
  }

  forward(x: Tensor): Tensor {
    const attended = x.add(this.attend(this.norm1.forward(x)));
    return attended.add(this.down.forward(F.gelu(this.up.forward(this.norm2.forward(attended)))));
  }
}

class GPT extends nn.Module {
  token = new nn.Embedding(CHARACTERS, WIDTH);
  position = new nn.Embedding(CONTEXT, WIDTH);
  blocks = Array.from({ length: LAYERS }, () => new Block());
  norm = new nn.LayerNorm(WIDTH);
  head = new nn.Linear(WIDTH, CHARACTERS, { bias: false });

  forward(text: Tensor): Tensor {
    const positions = arange(CONTEXT, { dtype: "int32" });
    const x = this.token.forward(text).add(this.position.forward(positions));
    return this.head.forward(this.norm.forward(this.blocks.reduce((y, block) => block.forward(y), x)));
  }
}

/** Launches since the program began, by entry point. */
const counts = () =>
  new Map(
    [...kernels.values()].flatMap(({ name, launches }) =>
      [...launches].map(([entry, n]) => [`${name}.${entry}`, n] as const),
    ),
  );

/** Launches of each entry point while `body` runs, the most frequent first. */
function launchesOf(body: () => void): [name: string, count: number][] {
  const before = counts();
  body();
  return [...counts()]
    .map(([name, n]): [string, number] => [name, n - (before.get(name) ?? 0)])
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a);
}

test("a step of a GPT of four layers takes at most 250 launches", async () => {
  const model = new GPT();
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const text = Int32Array.from({ length: BATCH * CONTEXT + 1 }, (_, i) => (7 * i + (i % 13)) % CHARACTERS);
  const x = tensor(text.slice(0, -1), { shape: [BATCH, CONTEXT], dtype: "int32" });
  const y = tensor(text.slice(1), { dtype: "int32" });
  const losses: Tensor[] = [];
  const step = () => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(x).reshape([-1, CHARACTERS]), y);
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    losses.push(loss.detach());
  };
  step();
  const launches = launchesOf(step);
  const total = launches.reduce((sum, [, n]) => sum + n, 0);
  const most = launches.slice(0, 8).map(([name, n]) => `${n} ${name}`);
  console.log(`  a step of a GPT: ${total} launches, of which ${most.join(", ")}`);
  expect(total).toBeLessThanOrEqual(250);
  const [first, second] = await Promise.all(losses.map((loss) => loss.item()));
  expect(second!).toBeLessThan(first!);
});

test("in a row, batch norm does the work of a ReLU that follows, but where somebody looks in between", async () => {
  const x = randn([4, 3, 2, 5]);
  const trained = async (look: boolean) => {
    const norm = new nn.BatchNorm2d(3);
    const net = new nn.Sequential(norm, new nn.ReLU());
    const seen: Promise<number>[] = [];
    if (look) norm.registerForwardHook((_, __, y) => void seen.push((y as Tensor).min().item()));
    let y!: Tensor;
    const launches = launchesOf(() => {
      y = net.forward(x);
      y.square().sum().backward();
    });
    const numbers = [await y.tolist(), await norm.weight!.grad!.tolist(), await norm.bias!.grad!.tolist()];
    return { least: await seen[0], numbers, launches: launches.reduce((sum, [, n]) => sum + n, 0) };
  };
  const [alone, watched] = [await trained(false), await trained(true)];
  console.log(
    `  batch norm and ReLU, with a sum of squares: ${alone.launches} launches, ${watched.launches} watched`,
  );
  expect(alone.numbers).toEqual(watched.numbers);
  expect(watched.least).toBeLessThan(0);
  expect(alone.launches).toBeLessThan(watched.launches - 1);
});

test("in a row, a ReLU behind a norm that is no batch norm, or one with a forward pass of its own, does its work itself", async () => {
  class Half extends nn.BatchNorm1d {
    override forward(x: Tensor): Tensor {
      return super.forward(x).mul(0.5);
    }
  }
  const x = tensor([[[1, 3]]]);
  const after = (layer: nn.Module) => new nn.Sequential(layer, new nn.ReLU()).forward(x).tolist();
  expect(await after(new nn.InstanceNorm1d(1, { eps: 0 }))).toEqual([[[0, 1]]]);
  expect(await after(new Half(1, { eps: 0 }))).toEqual([[[0, 0.5]]]);
});

test("in a row, a forward pass that was put in the place of a layer's own is the one that runs, in a copy too", async () => {
  const rows = (norm: nn.Module, relu: nn.Module) => new nn.Sequential(norm, relu);
  const [norm, relu] = [new nn.BatchNorm1d(1, { eps: 0 }), new nn.ReLU()];
  const x = tensor([[[1, 3]]]);
  norm.forward = (given: Tensor) => given.sub(2);
  relu.forward = (given: Tensor) => given.mul(10);
  expect(await rows(norm, new nn.ReLU()).forward(x).tolist()).toEqual([[[0, 1]]]);
  expect(
    await rows(new nn.BatchNorm1d(1, { eps: 0 }), relu)
      .forward(x)
      .tolist(),
  ).toEqual([[[-10, 10]]]);
  const copy = nn.utils.deepcopy(rows(norm, relu));
  expect(await copy.forward(x).tolist()).toEqual([[[-10, 10]]]);
});

test("multi-head attention to oneself takes 3 launches, its gradient 10 at most", () => {
  const layer = new nn.MultiheadAttention(WIDTH, HEADS, { batchFirst: true });
  const x = tensor(new Float32Array(BATCH * CONTEXT * WIDTH).fill(0.5), {
    shape: [BATCH, CONTEXT, WIDTH],
    requiresGrad: true,
  });
  let output!: Tensor;
  const total = (launches: [string, number][]) => launches.reduce((sum, [, n]) => sum + n, 0);
  const forward = total(
    launchesOf(() => {
      [output] = layer.forward(x, x, x, { isCausal: true, needWeights: false });
    }),
  );
  const backward = total(launchesOf(() => output.backward(x.detach())));
  console.log(`  multi-head attention: ${forward} launches, its gradient ${backward}`);
  expect(forward).toBe(3);
  expect(backward).toBeLessThanOrEqual(10);
});
