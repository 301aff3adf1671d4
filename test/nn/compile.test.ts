import { beforeAll, describe, expect, test } from "bun:test";
import { readsTextures } from "../../src/gpu/bindings.ts";
import { device } from "../../src/gpu/device.ts";
import {
  compile,
  F,
  init,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { counted } from "./counted.ts";

beforeAll(async () => {
  await init();
  manualSeed(1);
});

const CALLS = 5;

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(2, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(8 * 4 * 4, 5),
    new nn.Softmax(1),
  ).eval();

describe("what was recorded gives what the body gives", () => {
  const BODIES: Record<
    string,
    [body: nn.Module<[Tensor], Tensor> | ((x: Tensor) => Tensor), shape: number[]]
  > = {
    "a convolutional network": [network(), [3, 2, 8, 8]],
    attention: [
      new (class extends nn.Module<[Tensor], Tensor> {
        readonly attention = new nn.MultiheadAttention(16, 4);
        forward = (x: Tensor) => this.attention.forward(x, x, x)[0].add(x);
      })().eval(),
      [2, 9, 16],
    ],
    LSTM: [
      new (class extends nn.Module<[Tensor], Tensor> {
        readonly lstm = new nn.LSTM(6, 12);
        forward = (x: Tensor) => this.lstm.forward(x)[0].relu();
      })().eval(),
      [5, 7, 6],
    ],
    "numbers of the host's": [(x) => x.add(tensor([1, 2, 3])).mul(tensor([[2], [3]])), [2, 3]],
    "slices, sorting and sums": [
      (x) =>
        x
          .slice([[0, 2]])
          .sort(1)[0]
          .cumsum(1)
          .sum(0),
      [4, 6],
    ],
    "large numbers of the host's": [
      (x) => x.add(tensor(new Float32Array(300_000).fill(2), { shape: [3, 100_000] })),
      [3, 1],
    ],
    "its input": [(x) => x, [2, 3]],
    "an input's transpose": [(x) => x.t(), [2, 3]],
    "no elements": [(x) => x.mul(2), [0, 3]],
  };
  for (const [name, [body, shape]] of Object.entries(BODIES)) {
    test(name, async () => {
      const fast = compile(body);
      const plain = (x: Tensor) => (body instanceof nn.Module ? body.forward(x) : body(x));
      for (let i = 0; i < CALLS; i++) {
        const x = randn(shape);
        const [got, wanted] = noGrad(() => [fast(x), plain(x)]);
        expect(got.shape).toEqual(wanted.shape);
        expect(await got.tolist()).toEqual(await wanted.tolist());
      }
    });
  }
});

test("the body runs for the first two calls of a shape, then no more", async () => {
  const { runs, counting } = counted((x: Tensor, scale: number) => x.mul(scale).exp());
  const fast = compile(counting);
  const results: Tensor[] = [];
  for (let i = 0; i < CALLS; i++) results.push(noGrad(() => fast(ones([2]), 2)));
  expect(runs.count).toBe(2);
  noGrad(() => fast(ones([3]), 2));
  noGrad(() => fast(ones([3]), 3)); // another number is another program
  expect(runs.count).toBe(4);
  for (const each of results) expect(await each.tolist()).toEqual(await results[0]!.tolist());
});

test("lists of tensors are returned as such, and are the caller's to change", async () => {
  const fast = compile((x: Tensor) => {
    const twice = x.mul(2);
    return [twice, twice.sum()];
  });
  for (let i = 0; i < CALLS; i++) {
    const [a, sum] = noGrad(() => fast(tensor([i, 1]))) as [Tensor, Tensor];
    noGrad(() => a.add_(100));
    expect([await a.tolist(), await sum.item()]).toEqual([[2 * i + 100, 102], 2 * i + 2]);
  }
});

test("a network whose weights, buffers or fields change is recorded anew", async () => {
  const net = network();
  const fast = compile(net);
  const x = randn([2, 2, 8, 8]);
  const same = async () => {
    const [got, wanted] = noGrad(() => [fast(x), net.forward(x)]);
    expect(await got.tolist()).toEqual(await wanted.tolist());
  };
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const CHANGES: (() => unknown)[] = [
    () => {
      F.mseLoss(net.forward(x), ones([2, 5])).backward();
      optimizer.step();
    },
    () => noGrad(() => (net[1] as nn.BatchNorm2d).runningMean!.add_(0.5)),
    () => net.loadStateDict(network().stateDict()),
    () => {
      net[2] = new nn.Tanh();
    },
    () => net.train(), // norms by the batch's own moments, which write their running ones
    () => net.eval(),
  ];
  for (const change of [() => {}, ...CHANGES]) {
    change();
    for (let i = 0; i < 4; i++) await same();
  }
});

test("where gradients are recorded, the body runs and has them", async () => {
  const net = new nn.Linear(2, 1);
  const fast = compile(net);
  for (let i = 0; i < CALLS; i++) {
    net.zeroGrad();
    fast(ones([1, 2]))
      .sum()
      .backward();
    expect(await net.weight.grad!.tolist()).toEqual([[1, 1]]);
  }
});

test("a body that is inside noGrad by itself is recorded wherever it is called", async () => {
  const weight = new nn.Parameter(tensor([3]));
  const { runs, counting } = counted((x: Tensor) => noGrad(() => x.mul(weight)));
  const fast = compile(counting);
  for (let i = 0; i < CALLS; i++) expect(await fast(tensor([i])).tolist()).toEqual([3 * i]);
  expect(runs.count).toBe(2);
  const known = counted((x: Tensor) => noGrad(() => x.mul(weight)));
  const inside = compile(known.counting);
  noGrad(() => inside(ones([1]))); // what it does elsewhere is not known by that
  for (let i = 0; i < CALLS; i++) expect(await inside(tensor([i])).tolist()).toEqual([3 * i]);
  expect(known.runs.count).toBe(3);

  const same = compile((x: Tensor) => x); // does nothing outside noGrad, either
  for (let i = 0; i < CALLS; i++) expect(same(ones([1], { requiresGrad: true })).requiresGrad).toBe(true);
  const taped = counted((x: Tensor) => x.mul(weight));
  const never = compile(taped.counting);
  for (let i = 0; i < CALLS; i++) expect(never(ones([1])).requiresGrad).toBe(true);
  expect(taped.runs.count).toBe(CALLS);
});

test.if(readsTextures())(
  "what finds its textures too small when it is recorded is recorded the next time",
  async () => {
    const runs = { count: 0 };
    const product = (k: number) =>
      ones([512, k])
        .matmul(ones([k, 512]))
        .mean();
    const fast = compile((x: Tensor) => {
      // As where the first few small works are done by programs that read no textures.
      return ++runs.count === 1 ? x.mul(1) : x.mul(product(1024)).mul(product(8192));
    });
    const results: number[] = [];
    for (let i = 0; i < 5; i++) results.push(await noGrad(() => fast(ones([1]))).item());
    expect(results).toEqual([1, ...Array(4).fill(1024 * 8192)]);
    expect(runs.count).toBe(3);
  },
);

test("what cannot be recorded runs every time", async () => {
  const seen: unknown[] = [];
  const hooked = new nn.Linear(2, 2);
  hooked.registerForwardHook((_, __, output) => void seen.push(output));
  const total = ones([2]);
  const { runs, counting } = counted((x: Tensor) => total.add_(x).mul(1));
  const adds = compile(counting);
  const dropped = compile((x: Tensor) => F.dropout(x, 0.5));
  const drawn = compile((x: Tensor) => x.add(randn([2])));
  const options = compile((x: Tensor, { by }: { by: number }) => x.mul(by));
  const sums: number[] = [];
  const draws = new Set<string>();
  for (let i = 0; i < CALLS; i++) {
    const [sum, drop, draw, product] = noGrad(() => [
      adds(ones([2])),
      dropped(ones([64])),
      drawn(ones([2])),
      options(ones([1]), { by: i }),
    ]);
    noGrad(() => compile(hooked)(ones([1, 2])));
    sums.push(await sum.sum().item());
    draws.add(String(await drop.tolist())).add(String(await draw.tolist()));
    expect(await product.item()).toBe(i);
  }
  expect(sums).toEqual([4, 6, 8, 10, 12]);
  expect(runs.count).toBe(CALLS);
  expect(draws.size).toBe(2 * CALLS);
  expect(seen.length).toBe(CALLS);
});

test("a body that changes its input changes the caller's, at every call", async () => {
  const fast = compile((x: Tensor, y: Tensor) => x.add_(y).mul(2));
  const [x, y] = [ones([2]), ones([2])];
  for (let i = 0; i < CALLS; i++) {
    const twice = noGrad(() => fast(x, y));
    expect([await twice.tolist(), await x.tolist(), await y.tolist()]).toEqual([
      [2 * i + 4, 2 * i + 4],
      [i + 2, i + 2],
      [1, 1],
    ]);
  }
});

test("one compiled body inside another is recorded with it", async () => {
  const inner = compile((x: Tensor) => x.mul(3));
  const outer = compile((x: Tensor) => inner(x).add(1));
  for (let i = 0; i < CALLS; i++) expect(await noGrad(() => outer(tensor([i]))).item()).toBe(3 * i + 1);
});

test("other work in between does not disturb what was recorded, nor is it disturbed", async () => {
  const net = network();
  const fast = compile(net);
  const x = randn([2, 2, 8, 8]);
  const wanted = await noGrad(() => net.forward(x)).tolist();
  for (let i = 0; i < CALLS; i++) {
    const others = Array.from({ length: 20 }, (_, k) => ones([8 * (k + 1), 64]).mul(i));
    const products = randn([256, 256]).matmul(randn([256, 256])); // uses, and may replace, the textures
    const got = noGrad(() => fast(x));
    expect(await got.tolist()).toEqual(wanted);
    for (const [k, other] of others.entries()) expect(await other.sum().item()).toBe(8 * (k + 1) * 64 * i);
    expect(Number.isFinite(await products.sum().item())).toBe(true);
  }
});

test("memory is that of one recording a shape, of eight at most, and calls make no buffers", async () => {
  const body = (x: Tensor) => x.exp().add(1).sqrt();
  const fast = compile(body);
  const sums = async (f: typeof body, columns: number, times: number) => {
    const before = memory();
    for (let i = 0; i < times; i++) await noGrad(() => f(ones([1024, columns])).sum()).item();
    const { buffersCreated, bytesInUse } = memory();
    return { made: buffersCreated - before.buffersCreated, bytes: bytesInUse - before.bytesInUse };
  };
  await sums(fast, 64, 4);
  const recorded = await sums(fast, 64, 50);
  expect(recorded.made).toBeLessThanOrEqual(50 + 2); // of the sums alone, which wait for the collector
  expect(recorded.bytes).toBeLessThan(2 ** 16);
  let bytes = 0;
  for (let n = 1; n <= 20; n++) bytes += (await sums(fast, 64 + n, 3)).bytes;
  console.log(`  ${(bytes / 2 ** 20).toFixed(1)} MiB more after 20 other shapes`);
  expect(bytes).toBeLessThan(8 * 4 * 1024 * 90 * 4);
});

test("a body that throws is as before, whenever it throws", async () => {
  let fails = false;
  const fast = compile((x: Tensor) => {
    const y = x.mul(2);
    if (fails) throw new Error("not now");
    return y;
  });
  noGrad(() => fast(ones([2])));
  fails = true;
  expect(() => noGrad(() => fast(ones([2])))).toThrow("not now");
  expect(device().stream.recorder).toBeNull();
  fails = false;
  for (let i = 0; i < CALLS; i++) expect(await noGrad(() => fast(tensor([i]))).item()).toBe(2 * i);
});
