// Dims of tensors without dimensions: PyTorch's numbers have 0 and −1, and nothing else; and pairs of results by place.
import { expect, test } from "bun:test";
import { memory, noGrad, type Tensor, tensor, zeros } from "otograd";
import { expectRefused } from "../../refuses.ts";

test("a number has dims 0 and −1", async () => {
  const kinds: Record<string, [f: (x: Tensor, dim: number) => Tensor, wanted: number | boolean]> = {
    sum: [(x, dim) => x.sum(dim), 5],
    mean: [(x, dim) => x.mean(dim, true), 5],
    amax: [(x, dim) => x.amax([dim]), 5],
    prod: [(x, dim) => x.prod(dim), 5],
    norm: [(x, dim) => x.norm(1, dim), 5],
    logsumexp: [(x, dim) => x.logsumexp(dim), 5],
    var: [(x, dim) => x.var(dim, { correction: 0 }), 0],
    any: [(x, dim) => x.any(dim), true],
    countNonzero: [(x, dim) => x.countNonzero(dim), 1],
    max: [(x, dim) => x.max(dim).values, 5],
    min: [(x, dim) => x.min(dim, true).indices, 0],
    argmax: [(x, dim) => x.argmax(dim), 0],
    softmax: [(x, dim) => x.softmax(dim), 1],
    logSoftmax: [(x, dim) => x.logSoftmax(dim), 0],
    cumsum: [(x, dim) => x.cumsum(dim), 5],
    cummax: [(x, dim) => x.cummax(dim).values, 5],
    sort: [(x, dim) => x.sort(dim).indices, 0],
    argsort: [(x, dim) => x.argsort(dim), 0],
    topk: [(x, dim) => x.topk(1, dim).values, 5],
    kthvalue: [(x, dim) => x.kthvalue(1, dim).values, 5],
    median: [(x, dim) => x.median(dim).values, 5],
    quantile: [(x, dim) => x.quantile(0.5, dim), 5],
    squeeze: [(x, dim) => x.squeeze(dim), 5],
    flip: [(x, dim) => x.flip(dim), 5],
    transpose: [(x, dim) => x.transpose(dim, 0), 5],
  };
  const x = tensor(5);
  for (const [name, [f, wanted]] of Object.entries(kinds)) {
    for (const dim of [0, -1]) {
      const y = f(x, dim);
      expect([name, y.shape, await y.tolist()]).toEqual([name, [], wanted]);
    }
    for (const dim of [1, -2])
      expect(() => f(x, dim)).toThrow(new RegExp(`^${name}: dim ${dim} is out of range: there are -1 … 0$`));
  }
  console.log(`  ${Object.keys(kinds).join(", ")}`);
});

test("where there are no elements to choose from, what was called says so", () => {
  const [none, row] = [zeros([0]), zeros([2, 0])];
  expectRefused([
    [() => none.max(), "max: no elements to choose from in dim 0 of [0]"],
    [() => none.min(), "min: no elements"],
    [() => row.min(1), "min: no elements to choose from in dim 1 of [2, 0]"],
    [() => none.amax(), "amax: no elements"],
    [() => row.argmin(1), "argmin: no elements"],
    [() => none.aminmax(), "aminmax: no elements"],
    [() => row.aminmax({ dim: 1 }), "aminmax: no elements"],
    [() => row.aminmax({ dim: 2 }), "aminmax: dim 2 is out of range: there are -2 … 1"],
    [() => none.norm(Number.POSITIVE_INFINITY), "norm: no elements"],
    [() => row.norm(Number.NEGATIVE_INFINITY, 1), "norm: no elements"],
  ]);
});

test("logsumexp of nothing is ln 0", async () => {
  expect(await zeros([0]).logsumexp(0).item()).toBe(Number.NEGATIVE_INFINITY);
  const row = zeros([2, 0]).requiresGrad_();
  const sums = row.logsumexp(1, true);
  sums.sum().backward();
  expect([sums.shape, row.grad!.shape]).toEqual([[2, 1], [2, 0]]); // biome-ignore format: as it looks
  expect(await sums.tolist()).toEqual([[Number.NEGATIVE_INFINITY], [Number.NEGATIVE_INFINITY]]);
  expect(zeros([0, 2]).logsumexp(1).shape).toEqual([0]);
});

test("a gradient goes through a number's dim", async () => {
  const x = tensor(5, { requiresGrad: true });
  x.max(0).values.mul(x.sum(-1)).add(x.logSoftmax(0)).backward();
  expect(await x.grad!.item()).toBe(10);
});

test("both results are there by name, by place and in order, and go over as two", async () => {
  const x = tensor([[3, 1], [2, 4]]); // biome-ignore format: as it looks
  const pairs = [
    x.max(1),
    x.min(0),
    x.topk(1),
    x.sort(),
    x.kthvalue(1),
    x.median(1),
    x.cummax(1),
    x.max(0, true),
  ];
  for (const pair of pairs) {
    const [values, indices] = pair;
    expect([
      pair[0] === values,
      pair[1] === indices,
      pair.values === values,
      pair.indices === indices,
    ]).toEqual(Array(4).fill(true));
    expect(Object.keys(pair)).toEqual(["values", "indices"]);
  }
  expect(await x.max(1)[0].tolist()).toEqual([3, 4]);
  expect(await tensor(5).max(0)[1].item()).toBe(0);
  const ends = x.aminmax();
  expect([ends[0] === ends.min, ends[1] === ends.max]).toEqual([true, true]);

  const kept = noGrad(() => x.max(1));
  expect(await kept[0].add(kept[1].float()).tolist()).toEqual([3, 5]); // a scope gives them back as it does by name
  const before = memory().tensors;
  noGrad(() => void x.max(1)[0]);
  expect(memory().tensors).toBe(before);
});
