// Variance, standard deviation, norm, log-sum-exp and product: every choice of axes, splits, zeros, numbers that overflow.
import { expect, test } from "bun:test";
import { full, tensor, zeros } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import type { ReduceAttrs } from "../../reference/reduce.ts";
import { sizeOf } from "../../reference/reference.ts";
import { logsumexp, norm, prod, type SpreadAttrs, std, variance } from "../../reference/statistics.ts";
import { casesOf, everyAxes, SHAPES } from "../drawn.ts";

const random = new Random(33);
const shapes = SHAPES.filter((shape) => shape.length > 1 && sizeOf(shape) > 1);
/** Also one that is split, and one whose axes cannot be joined. */
const cases = [
  ...shapes.flatMap((shape) =>
    everyAxes(shape)
      .slice(1, 4)
      .map((attrs) => ({ shape, attrs })),
  ),
  { shape: [3, 1100], attrs: { axes: [1], keepDim: false } },
  { shape: [332, 9], attrs: { axes: [1], keepDim: false } }, // launches go on along y
  { shape: [2, 3, 5, 30, 2], attrs: { axes: [1, 3], keepDim: true } },
];
const terms = ({ inputs: [x], attrs: { axes } }: { inputs: { shape: number[] }[]; attrs: ReduceAttrs }) =>
  axes.length === 0 ? sizeOf(x!.shape) : sizeOf(axes.map((axis) => x!.shape[axis]!));

for (const [name, reference] of Object.entries({ variance, std }))
  check<SpreadAttrs>({
    name,
    covers: ["sumOf"],
    run: ([x], { axes, keepDim, correction }) =>
      name === "std"
        ? x!.std(axes, { keepdim: keepDim, correction })
        : x!.var(axes, { keepdim: keepDim, correction }),
    reference,
    cases: [
      ...casesOf<SpreadAttrs>(name),
      ...cases
        .filter(({ shape, attrs }) => terms({ inputs: [{ shape }], attrs }) > 2)
        .map(({ shape, attrs }, i) => ({
          inputs: [random.array(shape)],
          attrs: { ...attrs, correction: i % 2 },
        })),
    ],
    terms,
    ulps: 8,
  });

for (const [name, reference] of Object.entries({ norm, logsumexp }))
  check<ReduceAttrs>({
    name,
    covers: ["sumOf.add", "sumOf.finish", "sumOf.gradient"],
    run: ([x], { axes, keepDim }) =>
      name === "norm" ? x!.norm(2, axes, { keepdim: keepDim }) : x!.logsumexp(axes, keepDim),
    reference,
    cases: [
      ...casesOf<ReduceAttrs>(name),
      ...cases.map(({ shape, attrs }) => ({ inputs: [random.array(shape, -2, 2)], attrs })),
    ],
    terms,
    ulps: 16, // exp and log are worth a few
  });

/** Products neither vanish nor overflow. */
const factors = (shape: number[]) => random.array(shape, 0.9, 1.1);
const zeroAt = (shape: number[], ...places: number[]) => {
  const x = factors(shape);
  for (const place of places) x.data[place] = 0;
  return x;
};
check<ReduceAttrs>({
  name: "prod",
  covers: ["prod"],
  run: ([x], { axes, keepDim }) => x!.prod(axes, keepDim),
  reference: prod,
  cases: [
    ...casesOf<ReduceAttrs>("prod"), // with zeros
    ...cases
      .filter(({ shape }) => sizeOf(shape) < 600)
      .map(({ shape, attrs }) => ({ inputs: [factors(shape)], attrs })),
    // Split, with no zero in the first, one in the second and two in the third.
    { inputs: [zeroAt([3, 700], 700, 1401, 2099)], attrs: { axes: [1], keepDim: false } },
    { inputs: [zeroAt([700, 3], 1, 2, 2099)], attrs: { axes: [0], keepDim: false } },
  ],
  terms,
  ulps: 16,
});

test("where nothing differs the deviation is 0, and so is its gradient; so with the norm of zeros", async () => {
  const leaf = (value: number) => full([3], value, { requiresGrad: true });
  for (const [x, of] of [
    [leaf(2), (x: Tensor) => x.std(0)],
    [leaf(0), (x: Tensor) => x.norm()],
    [leaf(0), (x: Tensor) => x.norm(3)],
  ] as const) {
    const y = of(x);
    expect(await y.item()).toBe(0);
    y.backward();
    expect(await x.grad!.tolist()).toEqual([0, 0, 0]);
  }
});

test("a product with a zero and what is infinite, or no number, has a gradient that shows it", async () => {
  for (const odd of [Infinity, Number.NaN]) {
    const x = tensor([odd, 0, 2], { requiresGrad: true });
    x.prod().backward();
    expect([...(await x.grad!.data())].slice(1)).toEqual([odd, Number.NaN]);
  }
});

test("log-sum-exp of huge numbers, of nothing but −∞, and of ∞", async () => {
  expect(await tensor([1000, 1000]).logsumexp(0).item()).toBeCloseTo(1000 + Math.LN2, 3);
  expect(await tensor([-Infinity, -Infinity]).logsumexp(0).item()).toBe(-Infinity);
  expect(await tensor([1, Infinity]).logsumexp(0).item()).toBe(Infinity);
});

test("norms of every p, counts, all, any, sums of what is no NaN", async () => {
  const x = tensor([[3, -4], [0, 2]]); // biome-ignore format: as it looks
  const is = async (y: typeof x, wanted: unknown) => expect(await y.tolist()).toEqual(wanted as never);
  await is(x.norm(1, 1), [7, 2]);
  await is(x.norm(Infinity, 1), [4, 2]);
  await is(x.norm(-Infinity, 1), [3, 0]);
  await is(x.norm(0, 1, true), [[2], [1]]);
  await is(x.norm("fro", 1), [5, 2]);
  expect((await x.norm(3).item()).toFixed(4)).toBe("4.6261");
  await is(x.countNonzero(1), [2, 1]);
  await is(x.any(0), [true, true]);
  await is(x.all(0), [false, true]);
  expect([x.any().dtype, await zeros([0]).any().item(), await zeros([0]).all().item()]).toEqual([
    "bool",
    0,
    1,
  ]);
  await is(tensor([1, Number.NaN, 2]).nansum(), 3);
  await is(tensor([1, Number.NaN, 2]).nanmean(), 1.5);
  await is(x.trace(), 5);
  const [variance, mean] = x.varMean(1);
  await is(variance, [24.5, 2]);
  await is(mean, [-0.5, 1]);
  await is(x.stdMean(0, { correction: 0 })[0], [1.5, 3]);
  const { min, max } = x.aminmax({ dim: 0 });
  await is(min, [0, -4]);
  await is(max, [3, 2]);
});
