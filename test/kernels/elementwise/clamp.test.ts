// Clamping to bounds that are tensors, or numbers, or one of the two: every way to broadcast, bounds that cross, NaN.
import { expect, test } from "bun:test";
import { tensor } from "../../../src/tensor/creation.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { clampTo } from "../../reference/elementwise.ts";
import { Random } from "../../reference/random.ts";
import { broadcastShapes, type NoAttrs, sizeOf } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { BROADCASTS, casesOf } from "../drawn.ts";

const random = new Random(18);

check<NoAttrs>({
  name: "clamp to tensors",
  covers: ["clamp", "reduce.sum"],
  run: ([x, low, high]) => x!.clamp(low!, high!),
  reference: clampTo,
  cases: [
    ...casesOf<NoAttrs>("clampTo"),
    ...BROADCASTS.map(([a, b], i) => ({
      // Whole numbers: x is often on a bound, and bounds often cross.
      inputs: [a, b, i % 2 ? a : b].map((shape) => random.integers(shape, -3, 3)),
      attrs: {},
    })),
  ],
  terms: ({ inputs }) => {
    const size = sizeOf(broadcastShapes(...inputs.map(({ shape }) => shape)));
    return Math.max(1, ...inputs.map(({ data }) => size / Math.max(1, data.length)));
  },
});

const { NaN: nan } = Number;
const gradients = async (y: Tensor, ...leaves: Tensor[]) => {
  y.sum().backward();
  return await Promise.all(leaves.map(async ({ grad }) => (grad === null ? null : [...(await grad.data())])));
};
const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

test("one bound, as a number, null, an option or a tensor", async () => {
  const x = tensor([-1, 5, nan]);
  for (const [clamped, wanted] of [
    [x.clamp(0), [0, 5, nan]],
    [x.clamp(undefined, 2), [-1, 2, nan]],
    [x.clamp(null, 2), [-1, 2, nan]],
    [x.clamp(0, null), [0, 5, nan]],
    [x.clamp({ min: 0 }), [0, 5, nan]],
    [x.clamp({ max: 2 }), [-1, 2, nan]],
    [x.clamp({ min: 0, max: 2 }), [0, 2, nan]],
    [x.clamp(0, 2), [0, 2, nan]],
    [x.clamp(tensor(0)), [0, 5, nan]],
    [x.clamp({ max: tensor([-2, 2, 2]) }), [-2, 2, nan]],
    [x.clamp(tensor(0), 2), [0, 2, nan]],
    [x.clamp(2, 0), [0, 0, nan]], // the upper bound wins
    [x.clamp(tensor(2), tensor(0)), [0, 0, nan]],
    [x.clamp(nan, 0), [nan, nan, nan]],
    [x.clamp(tensor(nan)), [nan, nan, nan]],
  ] as const)
    expect([...(await clamped.data())]).toEqual([...wanted]);
});

test("a NaN is one by any of its bits", async () => {
  const bits = Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff, 0x7f800000); // the last is infinity
  const low = tensor(new Float32Array(bits.buffer));
  expect([...(await tensor([1, 1, 1, 1]).clamp(low, tensor(2)).data())]).toEqual([nan, nan, nan, 2]);
});

test("gradients are PyTorch 1.13's: at the bounds, where they cross, and at NaN", async () => {
  const inputs = [-1, 0, 0.5, 1, 2, nan];
  for (const [low, high, dx, dLow, dHigh] of [
    [0, 1, [0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]],
    [1, 0, [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]],
    [1, 1, [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]],
    [nan, 1, [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]],
    [0, nan, [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]],
    [-Infinity, Infinity, [1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]],
  ] as const) {
    const x = leaf(inputs);
    const [min, max] = [low, high].map((bound) => leaf(inputs.map(() => bound))) as [Tensor, Tensor];
    const got = await gradients(x.clamp(min, max), x, min, max);
    expect([low, high, ...got]).toEqual([low, high, [...dx], [...dLow], [...dHigh]]);
    const y = leaf(inputs);
    expect(await gradients(y.clamp(low, high), y)).toEqual([[...dx]]);
  }
});

test("no bound, or one that is neither a number nor a tensor, is refused", () => {
  const x = tensor([1]);
  const neither = "clamp: wants a min, a max or both: x.clamp(0), x.clamp(null, 5)";
  expectRefused([
    [() => x.clamp(null), neither],
    [() => x.clamp({}), neither],
    [() => x.clamp("0" as never), 'clamp: min is a tensor or a number, got "0"'],
    [() => x.clamp([0] as never), "clamp: min is a tensor or a number, got [0]: write tensor([0])"],
    [() => x.clamp({ minimum: 0 } as never), "clamp: there is no option minimum: there are min, max"],
    [() => x.clamp({ min: true } as never), "clamp: min is a number or a tensor, or null, got true"],
  ]);
});
