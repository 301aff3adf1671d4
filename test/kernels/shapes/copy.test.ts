// Everything that only moves elements, and so must be exact: permute, slice, pad, concat, broadcasting, copies.

import { expect, test } from "bun:test";
import { stridesOf } from "../../../src/gpu/shape.ts";
import { addAt, expand } from "../../../src/kernels/shapes/copy.ts";
import { arange, tensor, zeros } from "../../../src/tensor/creation.ts";
import { cat } from "../../../src/tensor/functions.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { Tensor } from "../../../src/tensor/tensor.ts";
import { check, compare, proof, toTensor } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr, broadcastOffset, forEachIndex, rounded } from "../../reference/reference.ts";
import * as reference from "../../reference/shape.ts";
import { expectRefused } from "../../refuses.ts";
import { BROADCASTS, casesOf, SHAPES } from "../drawn.ts";

const random = new Random(15);

function shuffled(shape: readonly number[]): number[] {
  const dims = shape.map((_, axis) => axis);
  for (let i = dims.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [dims[i], dims[j]] = [dims[j]!, dims[i]!];
  }
  return dims;
}

check<{ dims: number[] }>({
  name: "permute",
  covers: ["copy.pick"],
  run: ([x], { dims }) => x!.permute(dims),
  reference: reference.permute,
  cases: [
    ...casesOf<{ dims: number[] }>("permute"),
    ...[...SHAPES, ...SHAPES, [17, 65], [2, 3, 4, 5, 6], [2, 1, 3, 2, 2, 1, 2, 2]].map((shape) => ({
      inputs: [random.array(shape)],
      attrs: { dims: shuffled(shape) },
    })),
    { inputs: [random.array([3, 5, 72])], attrs: { dims: [1, 0, 2] } }, // four elements at a time, on a CPU
  ],
});

function window(shape: readonly number[]): reference.SliceAttrs {
  const starts = shape.map((n) => random.int(0, n));
  return {
    starts,
    ends: shape.map((n, axis) => random.int(starts[axis]!, n)), // at times nothing
    steps: shape.map(() => random.int(1, 3)),
  };
}

check<reference.SliceAttrs>({
  name: "slice",
  covers: ["copy.pick", "frame"],
  run: ([x], { starts, ends, steps }) =>
    x!.slice(starts.map((start, axis) => [start, ends[axis], steps[axis]])),
  reference: reference.slice,
  cases: [
    ...casesOf<reference.SliceAttrs>("slice"),
    ...[...SHAPES, [17, 65], [4, 5, 6, 7]].map((shape) => ({
      inputs: [random.array(shape)],
      attrs: window(shape),
    })),
    { inputs: [random.array([6, 80])], attrs: { starts: [1, 4], ends: [6, 76], steps: [2, 1] } }, // fours
  ],
});

check<reference.PadAttrs>({
  name: "pad",
  covers: ["copy.pick", "frame"],
  run: ([x], { padding, value }) => x!.pad(padding.toReversed().flat(), { value }),
  reference: reference.pad,
  cases: [
    ...casesOf<reference.PadAttrs>("pad").map(({ inputs, attrs }) => ({
      inputs,
      attrs: { ...attrs, value: Math.fround(attrs.value) },
    })),
    ...[...SHAPES, [17, 65], [2, 1, 2, 2, 1, 2]].map((shape) => ({
      inputs: [random.array(shape)],
      attrs: {
        padding: shape.map((): [number, number] => [random.int(0, 3), random.int(0, 3)]),
        value: -0.5,
      },
    })),
  ],
});

const joined = (axis: number, ...shapes: number[][]) => ({
  inputs: shapes.map((shape) => random.array(shape)),
  attrs: { axis },
});

check<{ axis: number }>({
  name: "cat",
  covers: ["copy.pick", "copy.place"],
  run: (inputs, { axis }) => cat(inputs, axis),
  reference: reference.concat,
  cases: [
    ...casesOf<{ axis: number }>("concat"),
    joined(0, [63], [1], [64], [5]),
    joined(1, [3, 0], [3, 4]), // one of them empty
    joined(2, [2, 3, 1, 2], [2, 3, 4, 2], [2, 3, 2, 2]),
    joined(4, [2, 1, 3, 1, 2], [2, 1, 3, 1, 5]),
    joined(0, ...Array.from({ length: 40 }, () => [2, 3])),
  ],
});

/** inputs [x]; broadcasts it. */
const broadcast = {
  forward([x]: Arr[], { shape }: { shape: number[] }): Arr {
    const y = arr(shape);
    forEachIndex(shape, (index, i) => {
      y.data[i] = x!.data[broadcastOffset(index, x!.shape)]!;
    });
    return y;
  },
  backward: () => [null],
};

check<{ shape: number[] }>({
  name: "expand",
  covers: ["copy.pick"],
  run: ([x], { shape }) => new Tensor(expand(arrayOf(x!), shape)),
  reference: broadcast,
  cases: BROADCASTS.map(([a, b]) => (a.length > b.length ? [b, a] : [a, b]))
    .filter(([small, large]) =>
      small.every((n, d) => n === 1 || n === large[large.length - small.length + d]),
    )
    .map(([small, large]) => ({ inputs: [random.array(small)], attrs: { shape: [...large] } })),
  differentiable: false,
});

const scaling = { name: "scaled broadcasts", covers: ["copy.pick"] };
proof("a broadcast may be scaled on its way", scaling, async () => {
  for (const n of [5, 8]) {
    const row = rounded(random.array([n]));
    const data = Float64Array.from({ length: 7 * n }, (_, i) => row.data[i % n]! / 4);
    await compare(expand(arrayOf(toTensor(row)), [7, n], 0.25), { shape: [7, n], data }, "a quarter", 0);
  }
});

const adding = { name: "pieces added in place", covers: ["copy.add"] };
proof("pieces are added in place, where they were taken", adding, async () => {
  for (const shape of [[7], [5, 13], [3, 5, 17], [2, 3, 2, 3, 2, 3], [1000, 3], [9, 2, 2]]) {
    const starts = shape.map((n) => Math.floor(n / 3));
    const steps = shape.map((n) => (n > 4 ? 2 : 1));
    const whole = rounded(random.array(shape));
    const piece = rounded(random.array(shape.map((n, d) => Math.ceil((n - starts[d]!) / steps[d]!))));
    const strides = stridesOf(shape);
    const offset = starts.reduce((sum, start, d) => sum + start * strides[d]!, 0);
    const out = arrayOf(toTensor(whole));
    const walk = strides.map((stride, d) => stride * steps[d]!);
    addAt(arrayOf(toTensor(piece)), out, walk, offset);
    const [back] = reference.slice.backward([whole], { starts, ends: shape, steps }, piece);
    const sum = whole.data.map((value, i) => value + back!.data[i]!);
    await compare(out, { shape, data: sum }, `a piece of [${shape}]`, 2 ** -23);
  }
});

test("uint32 is moved bit by bit, whatever number its bits would be", async () => {
  const bits = new Uint32Array([0x7fc00001, 0xffffffff, 1, 0x80000000, 0x7f800001, 0]);
  const x = tensor(bits, { shape: [2, 3] });
  expect(await x.transpose(0, 1).transpose(0, 1).data()).toEqual(bits);
  expect(await cat([x.slice([[0, 1]]), x.slice([[1, 2]])]).data()).toEqual(bits);
  expect(
    await x
      .pad([0, 0, 1, 0], { value: 7 })
      .slice([[1]])
      .data(),
  ).toEqual(bits);
});

test("what does not fit is refused", () => {
  expectRefused([
    [
      () => cat([zeros([2, 3]), zeros([3, 3])], 1),
      "cat: float32 [3, 3] does not join float32 [2, 3] along dim 1",
    ],
    [
      () => zeros([2, 3]).pad([1]),
      "pad: wants whole numbers before and after for at most the 2 dimensions of",
    ],
    [() => arange(6).permute([0, 0]), "permute: [0,0] does not name each of the 1 dimensions once"],
  ]);
});
