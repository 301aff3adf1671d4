// GPU memory: what a program holds, it holds; what it let go comes back, without a tidy() or a dispose().
// Counts are exact where the engine frees at a given moment (a scope's end, a walked graph), and bounded where
// JavaScript's collector has to find that nobody can reach a tensor any more.

import { expect, setDefaultTimeout, test } from "bun:test";
import { bindGroupsCreated } from "../../src/gpu/bindings.ts";
import { formatBytes } from "../../src/gpu/bytes.ts";
import { device } from "../../src/gpu/device.ts";
import { pipelinesCreated } from "../../src/gpu/kernel.ts";
import { families } from "../../src/kernels/gemm/gemm.ts";
import * as distributions from "../../src/nn/distributions/index.ts";
import * as F from "../../src/nn/functional/index.ts";
import * as nn from "../../src/nn/index.ts";
import { Adam, SGD } from "../../src/nn/optim/index.ts";
import { arrayOf, handleOf } from "../../src/tensor/handle.ts";
import { memory, noGrad, randn, stack, type Tensor, tensor, where, zeros } from "../../src/tensor/index.ts";

setDefaultTimeout(60_000); // the first use of a kernel compiles it

const BATCH = 32;
const FEATURES = 64;
const BATCH_BYTES = BATCH * FEATURES * 4;

function network(inputs = FEATURES): nn.Sequential {
  return new nn.Sequential(
    new nn.Linear(inputs, 128),
    new nn.BatchNorm1d(128),
    new nn.ReLU(),
    new nn.Dropout(0.5),
    new nn.Linear(128, 10),
  );
}

const data = new Float32Array(BATCH * FEATURES).map((_, i) => Math.sin(i));
const labels = Array.from({ length: BATCH }, (_, i) => i % 10);
const batch = () => tensor(data, { shape: [BATCH, FEATURES] });

/** Lets the collector find what nobody can reach, and what was given back arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/**
 * Expects that collecting brings memory back to what it was (or below, where something older went with it). More
 * than one try: JavaScriptCore also keeps what a leftover on the stack merely looks like. A leak never comes back.
 */
async function expectBackTo(before: { tensors: number; bytesInUse: number }): Promise<void> {
  const back = () => memory().bytesInUse <= before.bytesInUse && memory().tensors <= before.tensors;
  for (let i = 0; i < 30 && !back(); i++) await settle();
  expect(memory().bytesInUse).toBeLessThanOrEqual(before.bytesInUse);
  expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
}

test("a training loop of 300 steps holds memory flat", async () => {
  const model = network();
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9, nesterov: true });
  const step = async () => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(batch()), labels);
    loss.backward();
    optimizer.step();
    return await loss.item();
  };
  for (let i = 0; i < 3; i++) await step();
  await settle();
  const before = memory();
  const created = { pipelinesCreated, buffers: memory().buffersCreated };
  let most = 0;
  const losses: number[] = [];
  for (let i = 0; i < 300; i++) {
    losses.push(await step());
    most = Math.max(most, memory().bytesInUse);
    if (i % 50 === 0) await settle();
  }
  await expectBackTo(before);
  const after = memory();
  expect(pipelinesCreated).toBe(created.pipelinesCreated);
  // Batches and losses wait for the collector, here up to 50 steps; everything else comes back at once.
  const waiting = 51 * (BATCH_BYTES + 2048);
  expect(most - before.bytesInUse).toBeLessThan(waiting);
  expect(after.buffersCreated - created.buffers).toBeLessThan(2 * 51);
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  console.log(
    `  300 training steps: ${before.bytesInUse} bytes in use before, ${after.bytesInUse} after; ${after.buffersCreated - created.buffers} buffers created`,
  );
});

test("a training step on a batch that stays takes no memory but its loss", async () => {
  const model = network();
  const optimizer = new Adam(model.parameters());
  const [x, y] = [batch(), tensor(labels, { dtype: "uint32" })];
  const held: Tensor[] = []; // keeps the collector out of it: each loss has its own buffer
  const step = () => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    held.push(loss);
  };
  for (let i = 0; i < 4; i++) step();
  const counts = () => ({ pipelinesCreated, tensors: memory().tensors, bytes: memory().bytesInUse });
  const before = counts();
  for (let i = 0; i < 20; i++) step();
  const after = counts();
  expect(after.pipelinesCreated).toBe(before.pipelinesCreated);
  // 20 losses, each of the smallest size, and not a byte more.
  expect([after.tensors - before.tensors, after.bytes - before.bytes]).toEqual([20, 20 * 256]);
  expect(await held[0]!.item()).toBeGreaterThan(await held.at(-1)!.item());
});

test("what backward() walked comes back when the next backward() ends: the same memory at every step", async () => {
  const model = network();
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const x = batch();
  const bytes: number[] = [];
  const tensors: number[] = [];
  const losses: Tensor[] = [];
  for (let i = 0; i < 10; i++) {
    optimizer.zeroGrad();
    const logits = model.forward(x);
    const loss = F.crossEntropy(logits.add(0), labels);
    loss.backward();
    optimizer.step();
    losses.push(loss);
    bytes.push(memory().bytesInUse - losses.length * 256);
    tensors.push(memory().tensors - losses.length);
  }
  expect(new Set(bytes.slice(2)).size).toBe(1);
  expect(new Set(tensors.slice(2)).size).toBe(1);
  expect((await Promise.all(losses.map((loss) => loss.item()))).every(Number.isFinite)).toBe(true);
});

test("evaluation under noGrad, 300 batches: exactly as much memory after as before", async () => {
  const model = network().eval();
  const x = batch();
  const evaluate = () =>
    noGrad(() =>
      model
        .forward(x)
        .argmax(1)
        .eq(tensor(labels, { dtype: "uint32" }))
        .sum(),
    );
  const hits = [evaluate()];
  await settle();
  const before = memory();
  for (let i = 0; i < 300; i++) hits.push(evaluate());
  const after = memory();
  expect([after.tensors - before.tensors, after.bytesInUse - before.bytesInUse]).toEqual([300, 300 * 256]);
  const counts = await Promise.all(hits.map((hit) => hit.item()));
  expect(new Set(counts).size).toBe(1);
  hits.length = 0;
  await expectBackTo(before);
});

test("evaluation without noGrad is bounded: graphs that nobody can reach are collected", async () => {
  const model = network().eval();
  const wide = zeros([2048, FEATURES]); // 2048 × 128 × 4 = 1 MiB an activation, several a graph
  await settle();
  device().pool.trim(); // how high other tests went does not count
  const before = memory();
  let most = 0;
  for (let i = 0; i < 400; i++) {
    const logits = model.forward(wide);
    if (i % 10 === 0) await logits.data(); // the collector's finds arrive when the program awaits
    most = Math.max(most, memory().bytesInUse - before.bytesInUse);
  }
  await expectBackTo(before);
  // All 400 graphs would be 1.2 GiB and more. In a process of its own it is 80 to 130 MiB; the collector is lazier the
  // more its heap holds of other tests.
  expect(most).toBeLessThan(500 * 2 ** 20);
  console.log(`  400 evaluations without noGrad: at most ${Math.round(most / 2 ** 20)} MiB at a time`);
});

test("tensors that the program holds stay readable, under any amount of collecting", async () => {
  const model = new nn.Linear(4, 4);
  const optimizer = new SGD(model.parameters(), { lr: 1e-4 });
  const kept: { loss: Tensor; input: Tensor; output: Tensor }[] = [];
  const wanted: number[][] = [];
  for (let i = 0; i < 20; i++) {
    optimizer.zeroGrad();
    const input = tensor([i, i + 1, i + 2, i + 3]);
    const output = model.forward(input);
    const loss = output.square().mean();
    loss.backward();
    optimizer.step();
    kept.push({ loss, input, output: output.detach() });
    wanted.push((await output.tolist()) as number[]);
    Bun.gc(true);
  }
  await settle();
  for (const [i, { loss, input, output }] of kept.entries()) {
    expect(await input.tolist()).toEqual([i, i + 1, i + 2, i + 3]);
    expect(await output.tolist()).toEqual(wanted[i]!);
    const mean = wanted[i]!.reduce((sum, v) => sum + v * v, 0) / 4;
    expect(Math.abs((await loss.item()) - mean)).toBeLessThan(1e-5 * Math.max(1, mean));
  }
});

test("losses pushed to a list can all be read in the end, and their graphs are gone", async () => {
  const w = tensor([1, 2, 3], { requiresGrad: true });
  const losses: Tensor[] = [];
  for (let i = 1; i <= 200; i++) {
    const loss = w.mul(i).sum();
    loss.backward();
    losses.push(loss);
  }
  expect(await Promise.all(losses.map((loss) => loss.item()))).toEqual(
    Array.from({ length: 200 }, (_, i) => 6 * (i + 1)),
  );
});

test("inner tensors of a walked graph can be read until the next backward(); then they say why not", async () => {
  const w = tensor([1, 2], { requiresGrad: true });
  const inner = w.mul(3);
  const kept = inner.detach();
  inner.sum().backward();
  expect(await inner.tolist()).toEqual([3, 6]);
  w.sum().backward();
  w.mul(1).sum().backward();
  expect(handleOf(inner).freed).toBe(true);
  expect(() => inner.add(1)).toThrow(
    "the memory of this tensor [2] (a result of mul) was given back: it belongs to a graph that backward() has walked, and another backward() ended since; detach() what is to be kept",
  );
  expect(inner.shape).toEqual([2]); // what needs no memory still works
  await expect(inner.data()).rejects.toThrow("was given back");
  expect(await kept.tolist()).toEqual([3, 6]);
});

test("noGrad frees what it does not return, and what it throws away", async () => {
  const x = zeros([1000]);
  await settle();
  const before = memory();
  const sums: Tensor[] = [];
  for (let i = 0; i < 10; i++) sums.push(noGrad(() => x.add(1).mul(2).sum()));
  expect(memory().bytesInUse - before.bytesInUse).toBe(10 * 256);
  let leaked: Tensor | null = null;
  expect(() =>
    noGrad(() => {
      leaked = x.add(1);
      throw new Error("mine");
    }),
  ).toThrow("mine");
  expect(() => arrayOf(leaked!)).toThrow("was given back: noGrad threw an error");
  expect(memory().tensors - before.tensors).toBe(10);
  expect(await sums[9]!.item()).toBe(2000);
});

test("what a body returns in objects of a class lives on: modules with their tables, and results of one's own", async () => {
  class Output {
    readonly parts: ReadonlySet<ReadonlyMap<string, Tensor>>;
    constructor(readonly logits: Tensor) {
      this.parts = new Set([new Map([["sum", logits.sum()]])]);
    }
  }
  class Places extends nn.Module {
    table = tensor([1, 2]).mul(10);
    child: nn.Module | null = null;
    forward(x: Tensor): Output {
      this.child ??= noGrad(() => new Places());
      return new Output(x.add(this.table).add((this.child as Places).table));
    }
  }
  let places!: Places;
  noGrad(() => {
    places = new Places(); // not returned: modules outlive scopes, as their parameters do
  });
  const copy = noGrad(() => nn.utils.deepcopy(places));
  for (const module of [places, copy, copy])
    expect(await module.forward(tensor([1, 1])).logits.tolist()).toEqual([21, 41]);
  const before = memory().tensors;
  const { parts } = noGrad(() => {
    tensor([5]).mul(3);
    return places.forward(tensor([0, 0]));
  });
  expect(memory().tensors - before).toBe(2); // the logits and their sum, and nothing of what lay between
  expect(await [...parts][0]!.get("sum")!.item()).toBe(60);
  const { Normal } = distributions;
  const drawn = noGrad(() => new Normal(tensor([1]).mul(2), tensor([1]).mul(3)));
  expect(await drawn.mean.tolist()).toEqual([2]);
});

test("a loop over a tensor computes a row when it comes to it; those of a noGrad body are gone with it", () => {
  const t = zeros([4, 3]);
  const before = memory().tensors;
  const last = noGrad(() => {
    let sum = zeros([3]);
    for (const row of t) sum = sum.add(row);
    return sum;
  });
  expect([last.shape, memory().tensors - before]).toEqual([[3], 1]);
  const launches = device().stream.counts.dispatches;
  for (const row of t) {
    row.add(1); // the copy of one row, which is made when it is read, and the sum
    break;
  }
  expect(device().stream.counts.dispatches - launches).toBe(2);
  console.log(`  ${Bun.inspect([t])}`); // shown as it is, without its rows
  expect(device().stream.counts.dispatches - launches).toBe(2);
});

test("methods made of several operations leave only their result", () => {
  const t = zeros([4, 3]);
  const row = zeros([3]);
  const before = memory().tensors;
  const results = [
    t.indexSelect(0, [1, 2]),
    t.variance(0),
    t.matmul(row),
    row.matmul(row),
    stack([row, row]),
    where(t, 1, 0),
    t.add(1),
    F.linear(row, t),
    F.mseLoss(row, row),
    F.crossEntropy(t, [0, 1, 2, 0]),
  ];
  expect(memory().tensors - before).toBe(results.length);
});

test("an asynchronous noGrad body leaves nothing behind either, once collected", async () => {
  const x = zeros([1000]);
  await settle();
  const before = memory();
  for (let i = 0; i < 20; i++) {
    const sum = await noGrad(async () => {
      const first = await x.add(1).sum().item();
      return await x.add(first).sum().item();
    });
    expect(sum).toBe(1_000_000);
  }
  await expectBackTo(before);
});

test("a graph that is dropped without backward() gives back what it saved", async () => {
  const w = randn([256, 256], { requiresGrad: true });
  await settle();
  const before = memory();
  for (let i = 0; i < 10; i++) w.exp().mul(w).tanh().sum();
  expect(memory().bytesInUse).toBeGreaterThan(before.bytesInUse + 10 * 256 * 256 * 4);
  await expectBackTo(before);
});

test("a gradient is its parameter's: it comes back with grad = null, or with the parameter", async () => {
  await settle(); // what other tests dropped must not be found meanwhile
  const roots: Tensor[] = []; // held, so that every byte is accounted for
  const walk = (root: Tensor) => {
    root.backward();
    roots.push(root);
  };
  const before = memory();
  const bytes = () => memory().bytesInUse - before.bytesInUse - 256 * roots.length;
  await (async () => {
    const w = zeros([1000], { requiresGrad: true });
    const alone = bytes();
    expect(alone).toBeGreaterThanOrEqual(4000);
    walk(w.mul(2).sum());
    expect(bytes()).toBe(3 * alone); // w, its gradient, and w · 2, which can be read until the next backward() into w
    walk(w.sum());
    expect(bytes()).toBe(2 * alone);
    w.grad = null;
    expect(bytes()).toBe(alone);
    walk(w.mul(2).sum());
    walk(w.sum());
    expect(bytes()).toBe(2 * alone);
  })();
  roots.length = 0;
  await expectBackTo(before);
});

test("from its third step on a training loop creates no buffer, texture or pipeline, and hardly a bind group", async () => {
  // The first layer's products are large enough for textures, where the adapter reads them.
  const model = new nn.Sequential(new nn.Linear(FEATURES, 1024), network(1024));
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const x = stack(Array.from({ length: 8 }, () => batch())).reshape([8 * BATCH, FEATURES]);
  const many = Array.from({ length: 8 }, () => labels).flat();
  const steps: Record<"pipelines" | "buffers" | "textures" | "bindGroups" | "launches", number>[] = [];
  for (let i = 0; i < 12; i++) {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model.forward(x), many);
    loss.backward();
    optimizer.step();
    await loss.item();
    await settle();
    steps.push({
      pipelines: pipelinesCreated,
      buffers: memory().buffersCreated,
      textures: memory().texturesCreated,
      bindGroups: bindGroupsCreated,
      launches: device().stream.counts.dispatches,
    });
  }
  // A loss that nobody can reach waits two steps for its buffer to be free (see BufferPool.bury): the third has all it needs.
  const [third, last] = [steps[2]!, steps.at(-1)!];
  const created = ({ pipelines, buffers, textures }: typeof last) => [pipelines, buffers, textures];
  expect(created(last)).toEqual(created(third));
  if (families().includes("texture")) expect(memory().bytesInTextures).toBeGreaterThan(0);
  // The collector returns buffers in an order of its own, so that a few meet in new sets.
  const launches = last.launches - third.launches;
  const made = last.bindGroups - third.bindGroups;
  expect(made).toBeLessThan(launches / 5);
  console.log(
    `  ${steps.length - 3} training steps: ${launches} launches, ${made} new bind groups, no new buffer; ${formatBytes(memory().bytesInTextures)} of textures`,
  );
});
