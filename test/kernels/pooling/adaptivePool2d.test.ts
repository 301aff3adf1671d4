// Pooling to a given size: sizes that go into each other and that do not, larger ones than the image, ties.
import { expect, test } from "bun:test";
import {
  adaptiveAvgPool2d as avgOp,
  adaptiveMaxPool2d as maxOp,
} from "../../../src/kernels/pooling/adaptivePool2d.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { arange, tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply, type Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import * as reference from "../../reference/pool.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

type Attrs = reference.AdaptivePoolAttrs;
const random = new Random(63);
const terms = ({ inputs: [x] }: { inputs: { shape: readonly number[] }[] }) => x!.shape[2]! * x!.shape[3]!;

check<Attrs>({
  name: "adaptiveAvgPool2d",
  covers: ["adaptivePool2d.avgForward", "adaptivePool2d.avgBackward"],
  run: ([x], attrs) => apply(avgOp, [x!], attrs),
  reference: reference.adaptiveAvgPool2d,
  cases: casesOf<Attrs>("adaptiveAvgPool2d"),
  terms,
});
check<Attrs>({
  name: "F.adaptiveAvgPool2d",
  covers: [],
  run: ([x], { size }) => F.adaptiveAvgPool2d(x!, size),
  reference: reference.adaptiveAvgPool2d,
  cases: (
    [
      [1, 1],
      [2, 3],
      [6, 2],
      [4, 5],
    ] as const
  ).map((size) => ({
    inputs: [random.array([2, 2, 6, 9])],
    attrs: { size: [...size] },
  })),
  terms,
});
check<Attrs>({
  name: "adaptiveMaxPool2d",
  covers: ["adaptivePool2d.maxForward", "adaptivePool2d.maxBackward"],
  run: ([x], attrs) => apply(maxOp, [x!], attrs),
  reference: reference.adaptiveMaxPool2d,
  cases: [
    ...casesOf<Attrs>("adaptiveMaxPool2d"),
    { inputs: [random.integers([2, 2, 7, 9], -1, 1)], attrs: { size: [3, 4] } }, // full of ties
  ],
  terms,
});

test("a NaN wins; indices tell where; null keeps a side", async () => {
  const x = tensor([1, Number.NaN, 3, 5, 2, 0], { shape: [1, 1, 2, 3] });
  expect([...(await F.adaptiveMaxPool2d(x, [1, null]).data())]).toEqual([5, Number.NaN, 3]);
  const [values, indices] = F.adaptiveMaxPool2d(x, [2, 1], { returnIndices: true });
  expect([...(await values.data())]).toEqual([Number.NaN, 5]);
  expect([indices.dtype, ...(await indices.data())]).toEqual(["int32", 1, 3]);
});

test("of several NaNs the last wins, as in PyTorch", async () => {
  const x = tensor([Number.NaN, 1, Number.NaN, 3], { shape: [1, 1, 1, 4] });
  const [, indices] = F.adaptiveMaxPool2d(x, [1, 1], { returnIndices: true });
  expect([...(await indices.data())]).toEqual([2]);
});

test("windows of a long sound are where they belong, though places times sizes take more than 32 bits", async () => {
  const [size, windows] = [70_000, 65_600];
  const first = (p: number) => Math.floor((p * size) / windows);
  const last = (p: number) => Math.ceil(((p + 1) * size) / windows) - 1;
  const x = arange(size).reshape([1, 1, size]);
  const means = await F.adaptiveAvgPool1d(x, windows).data();
  expect(means.findIndex((mean, p) => mean !== (first(p) + last(p)) / 2)).toBe(-1);
  const most = await F.adaptiveMaxPool1d(x, windows).data();
  expect(most.findIndex((value, p) => value !== last(p))).toBe(-1);

  const shares = new Float64Array(size);
  const winners = new Float64Array(size);
  for (let p = 0; p < windows; p++) {
    for (let i = first(p); i <= last(p); i++) shares[i]! += 1 / (last(p) - first(p) + 1);
    winners[last(p)]!++;
  }
  const gradient = async (pool: (x: Tensor) => Tensor) => {
    const leaf = x.clone();
    leaf.requiresGrad = true;
    pool(leaf).sum().backward();
    return leaf.grad!.data();
  };
  const ofMeans = await gradient((leaf) => F.adaptiveAvgPool1d(leaf, windows));
  expect(ofMeans.findIndex((value, i) => Math.abs(value - shares[i]!) > 1e-6)).toBe(-1);
  const ofMost = await gradient((leaf) => F.adaptiveMaxPool1d(leaf, windows));
  expect(ofMost.findIndex((value, i) => value !== winners[i])).toBe(-1);
});

test("bad calls are refused by name", () => {
  expectRefused([
    [
      () => F.adaptiveAvgPool2d(zeros([3, 4]), 2),
      "adaptiveAvgPool2d: wants an input [samples, channels, height, width], got [3, 4]",
    ],
    [
      () => F.adaptiveAvgPool2d(zeros([1, 1, 4, 4]), 0),
      "adaptiveAvgPool2d: outputSize is a whole number ≥ 1",
    ],
    [
      () => F.adaptiveMaxPool2d(zeros([1, 1, 0, 4]), 2),
      "adaptiveMaxPool2d: wants an input [samples, channels, height, width] with an element an image, got [1, 1, 0, 4]",
    ],
  ]);
});
