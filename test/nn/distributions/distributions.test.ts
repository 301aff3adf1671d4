// Distributions: draws as often as they should be, logarithms and entropies by their formulas, gradients, divergences.
import { expect, test } from "bun:test";
import { Bernoulli, Categorical, klDivergence, Normal } from "../../../src/nn/distributions/index.ts";
import { manualSeed, type Tensor, tensor, zeros } from "../../../src/tensor/index.ts";

const close = async (got: Tensor, wanted: number[], digits = 5) => {
  const values = await got.data();
  expect(values).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, digits);
};
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test("categorical: draws by their probabilities, log-probabilities and entropy", async () => {
  manualSeed(1);
  const probs = [0.1, 0.6, 0, 0.3];
  const from = new Categorical({ probs: tensor(probs.map((p) => 5 * p)) });
  const drawn = from.sample([20_000]);
  expect([drawn.shape, drawn.dtype]).toEqual([[20_000], "int32"]);
  const values = await drawn.data();
  for (const [c, p] of probs.entries())
    expect(Math.abs(mean(Array.from(values, (value) => Number(value === c))) - p)).toBeLessThan(0.012);
  await close(from.probs, probs);
  await close(from.logProb(tensor([1, 3], { dtype: "int32" })), [Math.log(0.6), Math.log(0.3)]);
  const nats = -(0.1 * Math.log(0.1) + 0.6 * Math.log(0.6) + 0.3 * Math.log(0.3));
  await close(from.entropy(), [nats]);
  const rows = new Categorical({ logits: tensor([[0, Math.log(3)], [5, 5]]) }); // biome-ignore format: as it looks
  expect([rows.batchShape, rows.sample().shape, rows.sample([3]).shape]).toEqual([[2], [2], [3, 2]]);
  await close(rows.logProb(tensor([1, 0], { dtype: "int32" })), [Math.log(0.75), Math.log(0.5)]);
});

test("categorical: the gradient of a policy's loss is p − one-hot", async () => {
  const logits = tensor([[1, 2, 3]], { requiresGrad: true });
  const from = new Categorical({ logits });
  from.logProb(tensor([2], { dtype: "int32" })).neg().sum().backward(); // biome-ignore format: as it looks
  const total = Math.E + Math.E ** 2 + Math.E ** 3;
  await close(logits.grad!, [Math.E / total, Math.E ** 2 / total, Math.E ** 3 / total - 1]);
  expect(from.sample().requiresGrad).toBe(false);
});

test("categorical: a class that never is has no part in gradients, by probabilities or logits, however much they count", async () => {
  const int = (label: number) => tensor([label], { dtype: "int32" });
  const even = new Categorical({ logits: zeros([1, 3]) });
  const gradient = async (made: (policy: Categorical) => Tensor, probs: boolean) => {
    const logits = tensor([[1, probs ? 1 : -Infinity, 0]], { requiresGrad: true });
    const allowed = logits.softmax(-1).mul(tensor([[1, 0, 1]]));
    made(new Categorical(probs ? { probs: allowed } : { logits })).sum().backward(); // biome-ignore format: as it looks
    return logits.grad!;
  };
  const p = Math.E / (1 + Math.E);
  const slope = p * (1 - p); // of p by its logit; the entropy's by p is −logit
  for (const probs of [true, false]) {
    await close(await gradient((policy) => policy.logProb(int(0)), probs), [1 - p, 0, p - 1]);
    await close(
      await gradient((policy) => policy.entropy().mul(-100), probs),
      [100 * slope, 0, -100 * slope],
      3,
    );
    const far = (policy: Categorical) => klDivergence(policy, even).mul(100);
    await close(await gradient(far, probs), [100 * slope, 0, -100 * slope], 3);
    const to = (policy: Categorical) =>
      klDivergence(new Categorical({ probs: tensor([[0.5, 0, 0.5]]) }), policy).mul(100);
    await close(await gradient(to, probs), [100 * (p - 0.5), 0, 100 * (0.5 - p)], 3);
  }
  const sure = new Categorical({ probs: tensor([[0, 200]]).softmax(-1) });
  expect(await sure.sample([1000]).eq(1).all().item()).toBe(1);
  const wrong = new Categorical({ probs: tensor([[0.5, -0.5, 1]]) }); // no probabilities: that shows
  expect(await wrong.entropy().isnan().item()).toBe(1);
});

test("normal: draws, densities, entropy, and gradients through rsample", async () => {
  manualSeed(2);
  const [loc, scale] = [tensor([1, -2], { requiresGrad: true }), tensor(3, { requiresGrad: true })];
  const from = new Normal(loc, scale);
  expect([from.batchShape, from.sample([4]).shape]).toEqual([[2], [4, 2]]);
  const values = await new Normal(1, 3).sample([20_000]).data();
  expect(Math.abs(mean(values) - 1)).toBeLessThan(0.1);
  const spread = Array.from(values, (value) => (value - 1) ** 2);
  expect(Math.abs(Math.sqrt(mean(spread)) - 3)).toBeLessThan(0.1);
  const density = (x: number, m: number) => -((x - m) ** 2) / 18 - Math.log(3) - 0.5 * Math.log(2 * Math.PI);
  await close(from.logProb(tensor([0, 1])), [density(0, 1), density(1, -2)]);
  await close(from.entropy(), Array(2).fill(0.5 + 0.5 * Math.log(2 * Math.PI) + Math.log(3)));
  await close(from.variance, [9, 9]);
  const drawn = from.rsample([5]);
  drawn.sum().backward();
  await close(loc.grad!, [5, 5]);
  const noise = mean(await drawn.sub(loc).div(scale).detach().data()) * 10;
  await close(scale.grad!, [noise], 4);
  expect(from.sample().requiresGrad).toBe(false);
});

test("bernoulli: draws, log-probabilities and entropy, by either parameter", async () => {
  manualSeed(3);
  const p = [0.2, 0.7];
  const from = new Bernoulli({ probs: tensor(p) });
  const logits = new Bernoulli({ logits: tensor(p.map((each) => Math.log(each / (1 - each)))) });
  const values = (await from.sample([10_000]).tolist()) as number[][];
  for (const [i, each] of p.entries())
    expect(Math.abs(mean(values.map((row) => row[i]!)) - each)).toBeLessThan(0.015);
  for (const each of [from, logits]) {
    await close(each.logProb(tensor([1, 0])), [Math.log(0.2), Math.log(0.3)]);
    await close(each.entropy(), p.map((q) => -q * Math.log(q) - (1 - q) * Math.log(1 - q))); // biome-ignore format: as it looks
  }
});

test("values and parameters are broadcast to each other", async () => {
  const one = tensor([1], { dtype: "int32" });
  const ps = [0.2, 0.5];
  const bernoulli = new Bernoulli({ probs: tensor(ps) });
  await close(bernoulli.logProb(tensor(1)), ps.map(Math.log));
  const both = bernoulli.logProb(tensor([[1], [0]]));
  expect(both.shape).toEqual([2, 2]);
  await close(both, [...ps.map(Math.log), ...ps.map((p) => Math.log(1 - p))]);
  const classes = new Categorical({ probs: tensor([[0.25, 0.75], [0.5, 0.5]]) }); // biome-ignore format: as it looks
  await close(classes.logProb(one), [Math.log(0.75), Math.log(0.5)]);
  const each = classes.logProb(tensor([[0], [1], [0]], { dtype: "int32" }));
  expect(each.shape).toEqual([3, 2]);
  await close(each.narrow(0, 0, 2).reshape([4]), [0.25, 0.5, 0.75, 0.5].map(Math.log));
  await close(new Categorical({ probs: tensor(ps) }).logProb(one.reshape([])), [Math.log(5 / 7)]);
  expect(() => classes.logProb(tensor([2], { dtype: "int32" }))).toThrow(
    "Categorical.logProb: a class is 2, not one of 0 … 1",
  );
  const [p, q] = [new Bernoulli({ probs: tensor([0.8]) }), new Bernoulli({ probs: tensor([0.8, 0.5]) })];
  await close(klDivergence(p, q), [0, 0.8 * Math.log(1.6) + 0.2 * Math.log(0.4)]);
  await close(klDivergence(q, p), [0, 0.5 * Math.log(0.5 / 0.8) + 0.5 * Math.log(0.5 / 0.2)]);
});

test("a spread that is no number above 0 is refused", () => {
  expect(() => new Normal(0, -1)).toThrow("Normal: scale is a number above 0, got -1");
  expect(() => new Normal(0, 0)).toThrow("Normal: scale is a number above 0, got 0");
});

test("divergences are 0 of a distribution from itself, and their formulas of others", async () => {
  const [a, b] = [[0.2, 0.8], [0.5, 0.5]] as [number[], number[]]; // biome-ignore format: as it looks
  const wanted = 0.2 * Math.log(0.4) + 0.8 * Math.log(1.6);
  await close(klDivergence(new Categorical({ probs: tensor(a) }), new Categorical({ probs: tensor(b) })), [
    wanted,
  ]);
  await close(
    klDivergence(new Bernoulli({ probs: tensor([0.8]) }), new Bernoulli({ probs: tensor([0.5]) })),
    [wanted],
  );
  await close(klDivergence(new Normal(1, 2), new Normal(0, 1)), [0.5 * (4 + 1 - 1 - Math.log(4))]);
  await close(klDivergence(new Normal(1, 2), new Normal(1, 2)), [0]);
  expect(() => klDivergence(new Normal(1, 2), new Bernoulli({ probs: tensor([1]) }))).toThrow(
    "klDivergence: wants two distributions of one kind, got a Normal and a Bernoulli",
  );
});
