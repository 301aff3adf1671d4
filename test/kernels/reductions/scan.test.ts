// Running sums, products and the like: every axis, lines cut into chunks, zeros, infinities, and running extremes.
import { expect, test } from "bun:test";
import { arange, tensor } from "../../../src/tensor/creation.ts";
import { check, proof } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { cumprod, cumsum, logcumsumexp } from "../../reference/scan.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(35);
type Along = { axis: number };
const shapes: [number[], number][] = [
  [[7, 9], 0],
  [[7, 9], 1],
  [[3, 5, 17], 1],
  [[2, 0, 3], 1],
  [[2, 130, 3], 1], // in chunks
  [[3, 340], 0], // launches go on along y
];

const cases = (name: "cumsum" | "cumprod" | "logcumsumexp") => [
  ...casesOf<Along>(name),
  ...shapes.map(([shape, axis]) => ({
    inputs: [name === "cumprod" ? random.array(shape, 0.9, 1.1) : random.array(shape)],
    attrs: { axis },
  })),
];
const terms = ({ inputs: [x], attrs: { axis } }: { inputs: { shape: number[] }[]; attrs: Along }) =>
  x!.shape[axis] || 1;

check<Along>({
  name: "cumsum",
  covers: ["scan.scan", "scan.carry"],
  run: ([x], { axis }) => x!.cumsum(axis),
  reference: cumsum,
  cases: [...cases("cumsum"), { inputs: [random.array([1500], -0.5, 1)], attrs: { axis: 0 } }],
  terms,
});

check<Along>({
  name: "cumprod",
  covers: ["scan.scan", "scan.carry", "scan.recur"],
  run: ([x], { axis }) => x!.cumprod(axis),
  reference: cumprod,
  cases: cases("cumprod"),
  terms,
  ulps: 16,
});

check<Along>({
  name: "logcumsumexp",
  covers: ["scan.scan", "scan.carry", "scan.recur"],
  run: ([x], { axis }) => x!.logcumsumexp(axis),
  reference: logcumsumexp,
  cases: cases("logcumsumexp"),
  terms,
  ulps: 16,
});

const best = { name: "running extremes", covers: ["scan.best"] };
proof(
  "running extremes: the last of equals, NaN from the first one on; gradients go where they are",
  best,
  async () => {
    const x = tensor([1, 3, 3, 2, Number.NaN, 9], { requiresGrad: true });
    const { values, indices } = x.cummax(0);
    expect(await values.tolist()).toEqual([1, 3, 3, 3, Number.NaN, Number.NaN]);
    expect(await indices.tolist()).toEqual([0, 1, 2, 2, 4, 4]);
    values.backward(tensor([1, 10, 100, 1000, 1e4, 1e5]));
    expect(await x.grad!.tolist()).toEqual([1, 10, 1100, 0, 110000, 0]);
    const down = tensor([[5, 2], [4, 2], [6, 1]]).cummin(0); // biome-ignore format: as it looks
    expect(await down.values.tolist()).toEqual([[5, 2], [4, 2], [4, 1]]); // biome-ignore format: as it looks
    expect(await down.indices.tolist()).toEqual([[0, 0], [1, 1], [1, 2]]); // biome-ignore format: as it looks
  },
);

test("running extremes of more columns than one row of a launch has", async () => {
  const x = tensor(
    Float32Array.from({ length: 1020 }, (_, i) => (i * 7) % 11),
    { shape: [3, 340] },
  );
  const data = await x.data();
  const wanted = Array.from({ length: 340 }, (_, i) => Math.max(data[i]!, data[340 + i]!, data[680 + i]!));
  expect(await x.cummax(0).values.select(0, 2).tolist()).toEqual(wanted);
});

test("infinities in a running log-sum-exp, scalars, differences", async () => {
  const inf = Infinity;
  expect(await tensor([-inf, -inf, 0, inf]).logcumsumexp(0).tolist()).toEqual([-inf, -inf, 0, inf]);
  expect(await tensor(3).cumsum(0).item()).toBe(3);
  expect(await tensor([1, 4, 9, 16]).diff().tolist()).toEqual([3, 5, 7]);
  expect(await tensor([[1, 4], [9, 16]]).diff(1, 0).tolist()).toEqual([[8, 12]]); // biome-ignore format: as it looks
  expect(await tensor([1, 4, 9, 16]).diff(2).tolist()).toEqual([2, 2]);
});

test("running sums and products of whole numbers are exact, wrap around at 32 bits, and count bools", async () => {
  const int32 = { dtype: "int32" } as const;
  const large = tensor([2 ** 24, 1, 1, 2 ** 31 - 1 - 2 ** 24 - 2, 1], int32).cumsum(0);
  expect([large.dtype, await large.tolist()]).toEqual([
    "int32",
    [2 ** 24, 2 ** 24 + 1, 2 ** 24 + 2, 2 ** 31 - 1, -(2 ** 31)],
  ]);
  const unsigned = tensor(new Uint32Array([2 ** 31, 2 ** 31 - 1, 3])).cumsum(0);
  expect([unsigned.dtype, await unsigned.tolist()]).toEqual(["uint32", [2 ** 31, 2 ** 32 - 1, 2]]);
  expect(
    await tensor(
      [
        [1, 2],
        [3, 4],
      ],
      int32,
    )
      .cumprod(0)
      .tolist(),
  ).toEqual([
    [1, 2],
    [3, 8],
  ]);
  const n = 1500; // several chunks
  const ones = tensor(new Array(n).fill(true)).cumsum(0);
  expect([ones.dtype, await ones.tolist()]).toEqual(["int32", Array.from({ length: n }, (_, i) => i + 1)]);
  const columns = arange(3 * n, int32)
    .reshape([n, 3])
    .cumsum(0);
  expect(await columns.slice([[n - 1]]).tolist()).toEqual([
    [0, 1, 2].map((c) => (3 * n * (n - 1)) / 2 + c * n),
  ]);
  expect(await tensor(3, int32).cumsum(0).item()).toBe(3);
  expect(() => tensor([1], int32).logcumsumexp(0)).toThrow("logcumsumexp: wants a float32 tensor, got int32");
});
