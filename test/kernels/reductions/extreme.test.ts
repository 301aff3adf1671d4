// Maximum, minimum and argmax: every choice of axes, ties (shared gradients, the first index), splits, and numbers that are none.
import { expect, test } from "bun:test";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { argmax, max, min, type ReduceAttrs } from "../../reference/reduce.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf, everyAxes, SHAPES } from "../drawn.ts";

const random = new Random(14);
const shapes = SHAPES.filter((shape) => !shape.includes(0));

const cases = [
  ...shapes.flatMap((shape) =>
    everyAxes(shape).map((attrs) => ({ inputs: [random.integers(shape, -3, 3)], attrs })),
  ),
  ...(
    [
      [[70_001], [0]], // split, and full of ties
      [
        [300, 259],
        [0, 1],
      ],
      [[300, 259], [0]],
      [
        [2, 300, 3, 300],
        [1, 3],
      ],
    ] as [number[], number[]][]
  ).map(([shape, axes]) => ({ inputs: [random.integers(shape, -50, 50)], attrs: { axes, keepDim: false } })),
];

for (const [name, reference] of [
  ["amax", max],
  ["amin", min],
] as const) {
  check<ReduceAttrs>({
    name,
    covers: ["extreme"],
    run: ([x], { axes, keepDim }) => x![name](axes, keepDim),
    reference,
    cases: [...cases, ...casesOf<ReduceAttrs>(name === "amax" ? "max" : "min")],
  });
}

check<{ axis: number }>({
  name: "argmax",
  covers: ["extreme.find", "extreme.merge"],
  run: ([x], { axis }) => x!.argmax(axis),
  reference: argmax,
  cases: [...shapes, [70_001], [3, 1000, 5]].flatMap((shape) =>
    shape.map((_, axis) => ({ inputs: [random.integers(shape, -50, 50)], attrs: { axis } })),
  ),
  differentiable: false,
});

test("a NaN wins, the first of several; infinities are numbers", async () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  for (const [values, first] of [
    [[1, nan, 3, nan], 1],
    [[nan, 7], 0],
    [[-inf, inf, 2], 1],
  ] as const) {
    const x = tensor([...values]);
    expect(await x.argmax().item()).toBe(first);
    expect(await x.max().item()).toBe(values[first]!);
  }
  expect(await tensor([1, nan, -5]).min().item()).toBeNaN();
  const many = new Float32Array(1000).fill(-inf);
  expect(await tensor(many).max().item()).toBe(-inf);
  many[777] = nan;
  expect(await tensor(many).argmax().item()).toBe(777);
});

test("argmax over all elements, with ties far apart in different splits", async () => {
  const x = new Float32Array(100_000);
  x[70_000] = x[99_999] = x[54_321] = 2;
  expect(await tensor(x).argmax().item()).toBe(54_321);
  expect(
    (await tensor([
      [1, 2],
      [3, 0],
    ])
      .argmax(1, true)
      .tolist()) as number[][],
  ).toEqual([[1], [0]]);
});

test("there is no largest of no elements", () => {
  expectRefused([
    [() => zeros([2, 0]).max(1), "max: no elements to choose from in dim 1 of [2, 0]"],
    [() => zeros([2, 0]).argmax(1), "argmax: no elements to choose from in dim 1 of [2, 0]"],
  ]);
});

test("equals share the gradient, NaNs among themselves, as torch.max's over all does", async () => {
  const nan = Number.NaN;
  for (const [name, values, wanted] of [
    ["max", [3, 3, 1], [0.5, 0.5, 0]],
    ["min", [1, 3, 1], [0.5, 0, 0.5]],
    ["max", [1, nan, nan, 2], [0, 0.5, 0.5, 0]],
    ["min", [3, nan, 3], [0, 1, 0]],
  ] as const) {
    const x = tensor([...values], { requiresGrad: true });
    x[name]().backward();
    expect([name, await x.grad!.tolist()]).toEqual([name, [...wanted]]);
  }
  const rows = tensor([[2, 2], [1, 4]], { requiresGrad: true }); // biome-ignore format: as it looks
  rows.amax(1).backward(tensor([1, 10]));
  expect(await rows.grad!.tolist()).toEqual([[0.5, 0.5], [0, 10]]); // biome-ignore format: as it looks
});

test("no axes are all axes, as in PyTorch 1.13", async () => {
  const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: as it looks
  const of = async (y: typeof x) => [y.shape, await y.item()];
  expect(await of(x.sum([]))).toEqual([[], 10]);
  expect(await of(x.mean([]))).toEqual([[], 2.5]);
  expect(await of(x.amax([]))).toEqual([[], 4]);
  expect(await of(x.amin([], true))).toEqual([[1, 1], 1]);
  expect((await x.variance([]).item()).toFixed(6)).toBe("1.666667");
});

test("whole numbers and bools have extremes, too, by all of their 32 bits", async () => {
  const whole = tensor([[2147483647, -2147483648], [2147483646, -5]], { dtype: "int32" }); // biome-ignore format: as it looks
  const { values, indices } = whole.max(0);
  expect([values.dtype, await values.tolist(), await indices.tolist()]).toEqual([
    "int32",
    [2147483647, -5],
    [0, 1],
  ]);
  expect(await whole.amin().item()).toBe(-2147483648);
  const unsigned = tensor([4294967295, 4294967294, 7], { dtype: "uint32" });
  expect([await unsigned.max().item(), await unsigned.argmin().item()]).toEqual([4294967295, 2]);
  expect(await tensor([3, -1]).gt(0).amin().item()).toBe(0);
  expect(await tensor([7, 9, 9, 7]).argmin().item()).toBe(0);
  const equal = tensor([7, 9, 9, 7], { dtype: "uint32" });
  expect([await equal.argmax().item(), await equal.argmin().item()]).toEqual([1, 0]);
  const many = tensor(Int32Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3001));
  expect([await many.max().item(), await many.argmax().item()]).toEqual([3000, 1913]);
});
