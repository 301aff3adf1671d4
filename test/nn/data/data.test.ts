// Datasets and loaders: batches as they should be, orders by seed, parts without examples in common, and one gather a batch.
import { expect, test } from "bun:test";
import { kernels } from "../../../src/gpu/kernel.ts";
import {
  BatchSampler,
  ConcatDataset,
  DataLoader,
  type Dataset,
  RandomSampler,
  randomSplit,
  type Sampler,
  SequentialSampler,
  Subset,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
} from "../../../src/nn/data/index.ts";
import { arange, manualSeed, Tensor, tensor } from "../../../src/tensor/index.ts";

const rows = (count: number) =>
  new TensorDataset(
    tensor(Array.from({ length: count }, (_, i) => [i, 10 * i])),
    tensor(Int32Array.from({ length: count }, (_, i) => i)),
  );
const labelsOf = async (loader: Iterable<[Tensor, Tensor]>) =>
  Promise.all([...loader].map(async ([, y]) => (await y.tolist()) as number[]));

test("batches in order, the last one smaller, or left out", async () => {
  const loader = new DataLoader(rows(5), { batchSize: 2 });
  expect(loader.length).toBe(3);
  expect(await labelsOf(loader)).toEqual([[0, 1], [2, 3], [4]]);
  const [x] = [...loader].at(-1)!;
  expect([x.shape, await x.tolist()]).toEqual([[1, 2], [[4, 40]]]);
  const whole = new DataLoader(rows(5), { batchSize: 2, dropLast: true });
  expect([whole.length, (await labelsOf(whole)).length]).toEqual([2, 2]);
  expect(new DataLoader(rows(3)).length).toBe(3);
});

test("shuffled: every example once, rows and labels together, another order each pass, the same by the same seed", async () => {
  const loader = () => new DataLoader(rows(50), { batchSize: 8, shuffle: true, seed: 4 });
  const [a, b] = [loader(), loader()];
  const first = await labelsOf(a);
  const second = await labelsOf(a);
  expect(first.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(second).not.toEqual(first);
  expect([await labelsOf(b), await labelsOf(b)]).toEqual([first, second]);
  for (const [x, y] of loader()) {
    const [values, labels] = [(await x.tolist()) as number[][], (await y.tolist()) as number[]];
    expect(values).toEqual(labels.map((i) => [i, 10 * i]));
  }
  const unseeded = () => new DataLoader(rows(50), { batchSize: 50, shuffle: true });
  manualSeed(7);
  const drawn = await labelsOf(unseeded());
  const other = await labelsOf(unseeded());
  manualSeed(7);
  expect([await labelsOf(unseeded()), other]).toEqual([drawn, expect.not.arrayContaining(drawn)]);
});

test("batches are written into, in a row, of one row, or shuffled, and the dataset stays what it is", async () => {
  const dataset = rows(5);
  for (const options of [{ batchSize: 2 }, {}, { batchSize: 5 }, { batchSize: 2, shuffle: true }]) {
    for (const [x, y] of new DataLoader(dataset, options)) {
      x.mul_(2);
      expect(await x.tolist()).toEqual(((await y.tolist()) as number[]).map((i) => [2 * i, 20 * i]));
    }
  }
  expect(await dataset.tensors[0].tolist()).toEqual([0, 1, 2, 3, 4].map((i) => [i, 10 * i]));
});

test("a shuffled batch is one gather a tensor", () => {
  const loader = new DataLoader(rows(64), { batchSize: 32, shuffle: true, seed: 1 });
  const count = () =>
    [...kernels.values()].flatMap(({ launches }) => [...launches.values()]).reduce((a, b) => a + b, 0);
  const batches = loader[Symbol.iterator]();
  const before = count();
  batches.next();
  expect(count() - before).toBe(2);
});

test("parts have no example in common, by lengths or shares; a loader of a part gathers too", async () => {
  const dataset = rows(11);
  for (const lengths of [
    [6, 5],
    [0.5, 0.5],
  ]) {
    const parts = randomSplit(dataset, lengths, { seed: 3 });
    expect(parts.map(({ length }) => length)).toEqual([6, 5]);
    const all = parts.flatMap(({ indices }) => indices);
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, i) => i));
    expect(randomSplit(dataset, lengths, { seed: 3 }).map(({ indices }) => indices)).toEqual(
      parts.map(({ indices }) => indices),
    );
    const of = await labelsOf(new DataLoader(parts[1]!, { batchSize: 5 }) as Iterable<[Tensor, Tensor]>);
    expect(of).toEqual([[...parts[1]!.indices]]);
  }
  const nested = new Subset(new Subset(dataset, [9, 7, 5, 3]), [2, 0]);
  expect(await labelsOf(new DataLoader(nested, { batchSize: 2 }) as Iterable<[Tensor, Tensor]>)).toEqual([
    [5, 9],
  ]);
  const [x, y] = (await nested.get(1)) as [Tensor, Tensor];
  expect([await x.tolist(), await y.tolist()]).toEqual([[9, 90], 9]);
});

class Squares implements Dataset<{ x: Tensor; parts: [number, number]; raw: Float32Array }> {
  readonly length = 3;
  get(i: number) {
    return { x: tensor([i, i + 1]), parts: [i * i, i / 2] as [number, number], raw: Float32Array.of(i) };
  }
}

test("a dataset of one's own: tensors stacked, numbers and arrays made tensors, lists and objects gone into", async () => {
  const [batch] = [...new DataLoader(new Squares(), { batchSize: 3 })];
  expect([batch!.x.shape, await batch!.x.tolist()]).toEqual([
    [3, 2],
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
  ]);
  expect([batch!.parts[0].dtype, await batch!.parts[0].tolist()]).toEqual(["int32", [0, 1, 4]]);
  expect([batch!.parts[1].dtype, await batch!.parts[1].tolist()]).toEqual(["float32", [0, 0.5, 1]]);
  expect(await batch!.raw.tolist()).toEqual([[0], [1], [2]]);
  const words = new DataLoader(
    { length: 2, get: (i: number) => `w${i}` },
    {
      batchSize: 2,
      collateFn: (examples) => examples.join(),
    },
  );
  expect([...words]).toEqual(["w0,w1"]);
});

test("examples that are promises are awaited by for await, and refused by for", async () => {
  const slow: Dataset<number> = { length: 4, get: async (i: number) => i * 2 };
  const seen: unknown[] = [];
  for await (const batch of new DataLoader<number>(slow, { batchSize: 3 })) seen.push(await batch.tolist());
  expect(seen).toEqual([[0, 2, 4], [6]]);
  expect(() => [...new DataLoader<number>(slow)]).toThrow("go over it with for await");
  const both: number[][] = [];
  for await (const [, y] of new DataLoader(rows(3), { batchSize: 2 }))
    both.push((await y.tolist()) as number[]);
  expect(both).toEqual([[0, 1], [2]]);
});

test("what makes no sense is refused", () => {
  expect(() => new TensorDataset(tensor([1, 2]), tensor([1]))).toThrow(
    "TensorDataset: all tensors have as many rows, got [2] and [1]",
  );
  expect(() => new Subset(rows(2), [2])).toThrow("Subset: the index is one of 0 … 1, got 2");
  expect(() => randomSplit(rows(3), [1, 1])).toThrow("randomSplit: the lengths add up to the dataset's 3");
  expect(() => rows(2).get(5)).toThrow("TensorDataset.get: the index is one of 0 … 1, got 5");
  expect(() => new DataLoader(rows(2), { batchSize: 0 })).toThrow(
    "DataLoader: batchSize is a whole number ≥ 1",
  );
  const dates = new DataLoader({ length: 1, get: () => new Date(0) });
  expect(() => [...dates]).toThrow("got a Date: give a collateFn");
});

test("what does not go together is refused by its place: nothing is dropped in silence", () => {
  const batch = (...examples: unknown[]) => [...new DataLoader(examples, { batchSize: examples.length })][0];
  const alike = ": give a collateFn, or have the dataset's get(i) make them alike";
  for (const [examples, says] of [
    [[[1], [1, 2]], "the lists of a batch are of lengths 1 and 2"],
    [[{ a: [0, 1] }, { a: [0, "1"] }], 'the examples of a batch are 1 and "1" at a[1]'],
    [[{ a: 1 }, { b: 1 }], "the examples of a batch are 1 and undefined at a"],
    [[{ x: tensor([1]) }, { x: tensor([1, 2]) }], "the examples of a batch are a tensor [1] and a tensor [2] at x"],
    [[Float32Array.of(1), Float32Array.of(1, 2)], "the typed arrays of a batch are of lengths 1 and 2"],
  ] as const) // biome-ignore format: a line each
    expect(() => batch(...examples)).toThrow(`DataLoader: ${says}${alike}`);
});

test("lists are datasets, several make one; bools become tensors, words stay", async () => {
  const set = [{ text: "a", ok: true }, { text: "b", ok: false }, { text: "c", ok: true }]; // biome-ignore format: in a row
  const [first] = [...new DataLoader(set, { batchSize: 2 })];
  const words: string[] = first!.text;
  expect([words, first!.ok.dtype, await first!.ok.tolist()]).toEqual([["a", "b"], "bool", [true, false]]);
  const both = new ConcatDataset([set, new Subset(set, [1])]);
  const all = [...new DataLoader(both, { batchSize: 9 })].flatMap(({ text }) => text);
  expect([both.length, all]).toEqual([4, ["a", "b", "c", "b"]]);
});

test("a sampler says which examples: weights are met, without replacement none comes twice, seeds repeat", async () => {
  const sampled = (sampler: Iterable<number> & { length: number }) =>
    labelsOf(new DataLoader(rows(4), { batchSize: 3, sampler }));
  expect(await sampled([3, 0, 0, 2])).toEqual([[3, 0, 0], [2]]);
  await expect(sampled([4])).rejects.toThrow("DataLoader: the sampler: the index is one of 0 … 3, got 4");
  const weighted = (count: number, replacement = true) =>
    new WeightedRandomSampler([1, 0, 3, 4], count, { replacement, seed: 5 });
  const drawn = [...weighted(4000)];
  const shares = [0, 1, 2, 3].map((i) => drawn.filter((each) => each === i).length / 4000);
  console.log(
    `  weights 1 : 0 : 3 : 4 drawn as ${shares.map((share) => (share * 8).toFixed(2)).join(" : ")}`,
  );
  for (const [i, weight] of [1, 0, 3, 4].entries())
    expect(Math.abs(shares[i]! - weight / 8)).toBeLessThan(0.03);
  expect([...weighted(3, false)].sort()).toEqual([0, 2, 3]);
  const one = weighted(20);
  const passes = [[...one], [...one]];
  expect(passes[0]).not.toEqual(passes[1]!);
  expect([...weighted(20)]).toEqual(passes[0]!);
  expect(() => weighted(4, false)).toThrow(
    "WeightedRandomSampler: 4 of the weights are above 0 at least, got 3",
  );
  expect(() => new DataLoader(rows(2), { shuffle: true, sampler: [0] })).toThrow("give shuffle or a sampler");
});

test("samplers by PyTorch's names: in a row, all of them or some in new orders, with replacement, in batches", async () => {
  const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);
  const all = Array.from({ length: 50 }, (_, i) => i);
  expect([...new SequentialSampler(rows(3))]).toEqual([0, 1, 2]);
  const random = () => new RandomSampler(rows(50), { seed: 3 });
  const one = random();
  const passes = [[...one], [...one]];
  expect(passes.map(sorted)).toEqual([all, all]);
  expect(passes[0]).not.toEqual(passes[1]!);
  expect([...random()]).toEqual(passes[0]!);
  expect(new Set(new RandomSampler(rows(50), { numSamples: 20 })).size).toBe(20);
  expect(sorted(new RandomSampler(rows(3), { numSamples: 6 }))).toEqual([0, 0, 1, 1, 2, 2]);
  const drawn = [...new RandomSampler(rows(3), { replacement: true, numSamples: 3000, seed: 1 })];
  for (const i of [0, 1, 2]) expect(drawn.filter((each) => each === i).length).toBeWithin(900, 1100);
  const batches = new BatchSampler([3, 0, 2], 2);
  expect([batches.length, [...batches]]).toEqual([2, [[3, 0], [2]]]);
  const whole = new BatchSampler([3, 0, 2], 2, { dropLast: true });
  expect([whole.length, [...whole]]).toEqual([1, [[3, 0]]]);
  const loader = new DataLoader(rows(4), { batchSampler: batches });
  expect([loader.length, loader.batchSize, await labelsOf(loader)]).toEqual([2, null, [[3, 0], [2]]]);
  expect(await labelsOf(new DataLoader(rows(4), { batchSampler: [[1, 1], [2]] }))).toEqual([[1, 1], [2]]);
  expect(() => new DataLoader(rows(4), { batchSampler: batches, dropLast: true })).toThrow(
    "DataLoader: batchSampler says all of the batches: leave out batchSize, shuffle, seed, sampler and dropLast",
  );
  for (const [given, says] of [
    [[0, 1], "lists of numbers, got 0"],
    [[[]], "got []"],
    [[[7]], "one of 0 … 3, got 7"],
  ])
    expect(() => [...new DataLoader(rows(4), { batchSampler: given as never })]).toThrow(says as string);
  const part = new SubsetRandomSampler(all.slice(40), { seed: 1 });
  const orders = [[...part], [...part]];
  expect([part.length, ...orders.map(sorted)]).toEqual([10, all.slice(40), all.slice(40)]);
  expect(orders[0]).not.toEqual(orders[1]!);
  expect(() => new Subset(rows(3), tensor([0]) as never)).toThrow(
    "got a tensor [1]: write await indices.tolist()",
  );
});

test("a dataset's own get is what batches are made of, in its class, in an object, and below a part", async () => {
  class Times100 extends Subset<Tensor[]> {
    override async get(i: number): Promise<Tensor[]> {
      return (await super.get(i)).map((each) => each.mul(100));
    }
  }
  class Negative extends TensorDataset {
    override get(i: number): Tensor[] {
      return super.get(i).map((each) => each.neg());
    }
  }
  const rows = tensor([[1], [2], [3]]);
  const numbers = async (set: Dataset<Tensor[]>) => {
    const all: unknown[] = [];
    for await (const [x] of new DataLoader(set, { batchSize: 2 })) all.push(await x!.tolist());
    return all;
  };
  const plain = new TensorDataset(rows);
  expect(await numbers(new Times100(plain, [2, 0]))).toEqual([[[300], [100]]]);
  expect(await numbers(new Subset(new Times100(plain, [2, 0]), [1]))).toEqual([[[100]]]);
  expect(await numbers(new Subset(new Negative(rows), [1]))).toEqual([[[-2]]]);
  plain.get = () => [tensor([7])];
  expect(await numbers(plain)).toEqual([[[7], [7]], [[7]]]);
});

test("a sampler that gives fewer or more numbers than its length, and one without end, are gone over as they come", () => {
  const set = new TensorDataset(arange(4));
  const sizes = (sampler: Sampler, dropLast = false) =>
    [...new DataLoader(set, { batchSize: 2, sampler, dropLast })].map(([x]) => x!.numel());
  const gives = (...numbers: number[]) => ({ length: 4, [Symbol.iterator]: () => numbers.values() });
  expect(sizes(gives(1))).toEqual([1]);
  expect(sizes(gives(1), true)).toEqual([]);
  expect(sizes(gives())).toEqual([]);
  expect(sizes(gives(0, 1, 2, 3, 0))).toEqual([2, 2, 1]);
  const endless = { length: 4, *[Symbol.iterator]() { for (;;) yield 3; } }; // biome-ignore format: as it looks
  for (const [x] of new DataLoader(set, { batchSize: 2, sampler: endless })) {
    expect(x!.numel()).toBe(2);
    break;
  }
});

/** A batch with the types of its tensors in their places. */
function typesOf(batch: unknown): unknown {
  if (batch instanceof Tensor) return batch.dtype;
  if (Array.isArray(batch)) return batch.map(typesOf);
  return Object.fromEntries(Object.entries(batch as object).map(([key, value]) => [key, typesOf(value)]));
}

test("numbers of one place are of one type in all batches, and large ones are floats", async () => {
  const types = (set: Dataset<unknown> | readonly unknown[]) => {
    const all: unknown[] = [];
    for (const batch of new DataLoader(set, { batchSize: 2 }) as Iterable<unknown>) all.push(typesOf(batch));
    return all;
  };
  const [f, i] = ["float32", "int32"];
  const half = [3, 4, 1.5, 2];
  expect(types(half)).toEqual([f, f]);
  expect(types([1, 2, 3])).toEqual([i, i]);
  expect(types(new Subset(half, [0, 1]))).toEqual([f]);
  expect(types(new ConcatDataset([[3, 4], new Subset(half, [2, 3])]))).toEqual([f, f]);
  expect(types(half.map((y) => ({ y: [7, y], n: 1 })))).toEqual([
    { y: [i, f], n: i },
    { y: [i, f], n: i },
  ]);
  const computed: Dataset<number> = { length: 6, get: (at) => [1, 2, 2.5, 3, 4, 5][at]! };
  expect(types(computed)).toEqual([i, f, f]);
  expect(types([-(2 ** 31), 2 ** 31 - 1])).toEqual([i]);
  expect(types([1e10, 2e10])).toEqual([f]);
  const [large] = new DataLoader([1e10, 2e10], { batchSize: 2 });
  expect(await large!.tolist()).toEqual([1e10, 2e10]);
});
