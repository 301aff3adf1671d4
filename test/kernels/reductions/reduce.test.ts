// Sums and means over every choice of axes, and sums long enough to be split several times.

import { expect, test } from "bun:test";
import { device } from "../../../src/gpu/device.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { check, proof } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { mean, type ReduceAttrs, sum } from "../../reference/reduce.ts";
import { casesOf, everyAxes, SHAPES } from "../drawn.ts";

const random = new Random(13);
const CPUS = ["reduce.sum", "reduce.columns", "reduce.rows"];
/** Of both signs, but sums do not cancel: what is measured is the error of the sum, over the sum. */
const drawn = (shape: number[]) => random.array(shape, -0.2, 1);

const cases = [
  ...SHAPES.flatMap((shape) => everyAxes(shape).map((attrs) => ({ inputs: [drawn(shape)], attrs }))),
  ...(
    [
      [[70_001], [0]], // 274 splits, summed in two further launches
      [
        [300, 259],
        [0, 1],
      ],
      [[300, 59], [0]], // columns, split
      [[300, 259], [0]], // so many that they are not …
      [[2100, 66], [0]], // … unless they are long
      [[2100, 68], [0]], // the same of columns in fours
      [[66, 2116], [1]], // … and of rows in fours
      [[3, 2, 300, 8], [2]], // columns in fours of six matrices, split
      [
        [3, 2, 5, 300, 2],
        [1, 3],
      ], // dimensions that cannot be joined
      [
        [2, 2, 3, 2, 2, 3, 4, 3],
        [1, 3, 5, 7],
      ], // as many of them as a tensor has
    ] as [number[], number[]][]
  ).map(([shape, axes]) => ({ inputs: [drawn(shape)], attrs: { axes, keepDim: true } })),
];

for (const [name, reference] of [
  ["sum", sum],
  ["mean", mean],
] as const) {
  check<ReduceAttrs>({
    name,
    covers: device().adapter.software ? CPUS : ["reduce.sum"], // covers: ["reduce.sum", "reduce.columns", "reduce.rows"]
    run: ([x], { axes, keepDim }) => x![name](axes, keepDim),
    reference,
    cases: [
      ...cases.filter(({ inputs }) => name === "sum" || inputs[0]!.data.length > 0),
      ...casesOf<ReduceAttrs>(name),
    ],
    terms: ({ inputs: [x], attrs: { axes } }) =>
      axes.length === 0 ? x!.data.length : axes.reduce((n, axis) => n * x!.shape[axis]!, 1),
  });
}

test("of no elements the sum is 0 and the mean is not a number", async () => {
  expect([...(await zeros([2, 0]).sum(1).data())]).toEqual([0, 0]);
  expect(await zeros([0]).mean().item()).toBeNaN();
});

test("a long sum of one small number does not lose its digits", async () => {
  const n = 2 ** 20;
  const total = await tensor(new Float32Array(n).fill(0.1)).sum().item();
  expect(Math.abs(total / (n * Math.fround(0.1)) - 1)).toBeLessThan(1e-6);
});

const whole = { name: "sums of whole numbers", covers: ["reduce.sumWhole"] };
proof("sums of whole numbers are exact, and wrap around; of bools they count", whole, async () => {
  const many = tensor(Int32Array.from({ length: 200_000 }, (_, i) => i - 1000));
  expect([many.sum().dtype, await many.sum().item()]).toEqual(["int32", (19_999_900_000 - 200_000_000) | 0]);
  const rows = tensor([[1, 2], [3, 4000000000]], { dtype: "uint32" }); // biome-ignore format: as it looks
  expect([rows.sum(0).dtype, await rows.sum(0).tolist()]).toEqual(["uint32", [4, 4000000002]]);
  const two = tensor(
    Int32Array.from({ length: 1200 }, (_, i) => (i < 600 ? 1 : -2)),
    { shape: [2, 600] },
  );
  expect(await two.sum(1).tolist()).toEqual([600, -1200]);
  const some = tensor([3, -1, 2]).gt(0);
  expect([some.sum().dtype, await some.sum().item()]).toEqual(["int32", 2]);
});
