// Max- and average-pooling: strides smaller and larger than the kernel, padding, ties, images of one pixel.
import { expect, test } from "bun:test";
import {
  avgPool2d as avgOp,
  maxPool2d as maxOp,
  type PoolAttrs,
} from "../../../src/kernels/pooling/pool2d.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { tensor, zeros } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import * as reference from "../../reference/pool.ts";
import { Random } from "../../reference/random.ts";
import { expectRefused } from "../../refuses.ts";
import { casesOf } from "../drawn.ts";

const random = new Random(20);

function drawn(shape: number[], kernel: number[], stride = kernel, padding = [0, 0]) {
  return { shape, attrs: { kernel, stride, padding } as unknown as reference.PoolAttrs };
}

const cases = [
  drawn([1, 1, 1, 1], [1, 1]),
  drawn([2, 3, 4, 36], [4, 3], [1, 3]), // Piczak's first pooling
  drawn([2, 3, 1, 10], [1, 3], [1, 3]), // and the second
  drawn([2, 2, 9, 8], [3, 3], [1, 1], [1, 1]), // windows overlap
  drawn([1, 2, 17, 5], [5, 4], [2, 1], [2, 2]),
  drawn([1, 3, 7, 9], [2, 2], [3, 4]), // some elements are in no window
  drawn([2, 1, 1, 65], [1, 16], [1, 8], [0, 8]),
  drawn([3, 5, 3, 3], [3, 3]), // one window an image
  drawn([1, 1, 2, 2], [4, 4], [1, 1], [2, 2]), // larger than the image
  drawn([1, 1, 70, 66], [7, 5], [2, 3], [3, 2]),
  drawn([0, 2, 4, 4], [2, 2]), // no samples
];

const options = (shape: number[], kernel: number[], stride: number[], padding: number[], more: object) => {
  const { attrs } = drawn(shape, kernel, stride, padding);
  return { shape, attrs: { ...attrs, ...more } };
};
const dilated = [
  options([2, 1, 9, 10], [3, 2], [2, 1], [1, 1], { dilation: [2, 3] }),
  options([1, 2, 7, 8], [2, 3], [3, 4], [0, 1], { dilation: [2, 1], ceilMode: true }),
];
/** Means of windows that reach beyond the padded image, of the image's own elements, and by another divisor. */
const cut = [
  options([1, 2, 6, 8], [3, 3], [2, 3], [1, 0], { ceilMode: true }),
  options([1, 2, 5, 5], [2, 2], [3, 2], [1, 1], { ceilMode: true }), // a last window that would begin behind it
  options([2, 1, 6, 7], [3, 2], [2, 2], [1, 1], { countIncludePad: false }),
  options([1, 1, 6, 7], [3, 4], [2, 2], [1, 2], { countIncludePad: false, ceilMode: true }),
  options([1, 1, 6, 7], [3, 2], [2, 2], [1, 0], { divisorOverride: 5, ceilMode: true }),
];

const terms = ({ attrs: { kernel } }: { attrs: reference.PoolAttrs }) => kernel[0] * kernel[1];

check<reference.PoolAttrs>({
  name: "maxPool2d",
  covers: ["pool2d.maxForward", "pool2d.maxBackward", "pool2d.maxBackwardDisjoint"],
  run: ([x], attrs) => apply(maxOp, [x!], attrs),
  reference: reference.maxPool2d,
  // Few different values, so that windows are full of ties.
  cases: [
    ...casesOf<reference.PoolAttrs>("maxPool2d"),
    ...[...cases, ...dilated].map(({ shape, attrs }) => ({
      inputs: [random.integers(shape, -2, 2)],
      attrs,
    })),
  ],
  terms,
});

check<reference.PoolAttrs>({
  name: "avgPool2d",
  covers: ["pool2d.avgForward", "pool2d.avgBackward"],
  run: ([x], attrs) => apply(avgOp, [x!], attrs),
  reference: reference.avgPool2d,
  cases: [
    ...casesOf<reference.PoolAttrs>("avgPool2d"),
    ...[...cases, ...cut].map(({ shape, attrs }) => ({ inputs: [random.array(shape, -0.2, 1)], attrs })),
  ],
  terms,
});

const square = (n: number, padding = 0): PoolAttrs => ({
  kernel: [n, n],
  stride: [1, 1],
  padding: [padding, padding],
});

test("max-pooling: a NaN wins its windows, padding wins none, not even of −∞", async () => {
  const image = (...values: number[]) => tensor(values, { shape: [1, 1, 1, values.length] });
  const attrs: PoolAttrs = { kernel: [1, 3], stride: [1, 1], padding: [0, 1] };
  const max = async (...values: number[]) => [...(await apply(maxOp, [image(...values)], attrs).data())];
  expect(await max(1, Number.NaN, 3, 2, 0)).toEqual([Number.NaN, Number.NaN, Number.NaN, 3, 2]);
  expect(await max(-Infinity, -Infinity, -5)).toEqual([-Infinity, -5, -5]);
});

test("of several NaNs in a window the last wins, as in PyTorch", async () => {
  const x = tensor([Number.NaN, Number.NaN, 1, 2], { shape: [1, 1, 1, 4] });
  const [, indices] = F.maxPool2d(x, [1, 4], { returnIndices: true });
  expect([...(await indices.data())]).toEqual([1]);
});

test("indices tell where the largest are, and maxUnpool2d puts values back there", async () => {
  const x = tensor([1, 5, 2, 0, 7, 3, 4, 6, 8, 9, 1, 2], { shape: [1, 1, 3, 4], requiresGrad: true });
  const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true, ceilMode: true });
  expect(await values.tolist()).toEqual([
    [
      [
        [7, 6],
        [9, 2],
      ],
    ],
  ]);
  expect([indices.dtype, ...(await indices.data())]).toEqual(["int32", 4, 7, 9, 11]);
  const back = F.maxUnpool2d(values, indices, 2, { outputSize: [3, 4] });
  expect([...(await back.data())]).toEqual([0, 0, 0, 0, 7, 0, 0, 6, 0, 9, 0, 2]);
  back.mul(back.detach()).sum().backward();
  expect([...(await x.grad!.data())]).toEqual([0, 0, 0, 0, 7, 0, 0, 6, 0, 9, 0, 2]);
});

test("sequences: indices, and back", async () => {
  const x = tensor([1, 5, 2, 0, 7], { shape: [1, 1, 5] });
  const [values, indices] = F.maxPool1d(x, 2, { returnIndices: true });
  expect([[...(await values.data())], [...(await indices.data())]]).toEqual([
    [5, 2],
    [1, 2],
  ]);
  const back = await F.maxUnpool1d(values, indices, 2, { outputSize: [5] }).data();
  expect([...back]).toEqual([0, 5, 2, 0, 0]);
});

test("bad calls are refused by name", () => {
  const x = zeros([2, 3, 4, 5]);
  const pool =
    (attrs: PoolAttrs, input = x) =>
    () =>
      apply(maxOp, [input], attrs);
  expectRefused([
    [
      pool(square(2), zeros([4, 5])),
      "maxPool2d: wants an input [samples, channels, height, width], got [4, 5]",
    ],
    [pool(square(3, 2)), "maxPool2d: padding [2,2] is more than half of the kernel [3,3]"],
    [pool(square(5)), "maxPool2d: kernel [5,5] does not fit into [2, 3, 4, 5] with padding [0,0]"],
    [
      () => apply(avgOp, [tensor(new Uint32Array(4), { shape: [1, 1, 2, 2] })], square(2)),
      "avgPool2d: wants float32",
    ],
  ]);
});
