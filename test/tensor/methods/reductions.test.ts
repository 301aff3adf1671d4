// Dims of tensors without dimensions: PyTorch's numbers have 0 and −1, and nothing else.
import { expect, test } from "bun:test";
import { type Tensor, tensor } from "otograd";

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
      expect(() => f(x, dim)).toThrow(new RegExp(`^${name}: dim ${dim} is out of range`));
  }
  console.log(`  ${Object.keys(kinds).join(", ")}`);
});

test("a gradient goes through a number's dim", async () => {
  const x = tensor(5, { requiresGrad: true });
  x.max(0).values.mul(x.sum(-1)).add(x.logSoftmax(0)).backward();
  expect(await x.grad!.item()).toBe(10);
});
