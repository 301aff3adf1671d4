// Choosing element by element: all three operands broadcast; conditions of both types.
import { expect, test } from "bun:test";
import { tensor } from "../../../src/tensor/creation.ts";
import { where as whereTensor } from "../../../src/tensor/functions.ts";
import { check } from "../../harness.ts";
import { where } from "../../reference/elementwise.ts";
import { Random } from "../../reference/random.ts";
import { broadcastShapes, type NoAttrs, sizeOf } from "../../reference/reference.ts";
import { BROADCASTS } from "../drawn.ts";

const random = new Random(16);

for (const dtype of ["float32", "uint32"] as const) {
  check<NoAttrs>({
    name: `where (condition ${dtype})`,
    covers: ["where", "reduce.sum"],
    run: ([condition, a, b]) => whereTensor(condition!, a!, b!),
    reference: where,
    cases: BROADCASTS.map(([a, b], i) => ({
      inputs: [
        random.integers([a, b, broadcastShapes(a, b), [1]][i % 4]!, 0, 1),
        random.array(a),
        random.array(b),
      ],
      attrs: {},
    })),
    indices: dtype === "uint32" ? [0] : [],
    terms: ({ inputs: [condition, a, b] }) =>
      sizeOf(broadcastShapes(condition!.shape, a!.shape, b!.shape)) /
      Math.max(1, Math.min(a!.data.length, b!.data.length)),
  });
}

test("only zero is false: not 2³¹, and not NaN", async () => {
  for (const [condition, wanted] of [
    [tensor(new Uint32Array([0, 1, 2 ** 31])), [2, 1, 1]],
    [tensor([0, -0, 1e-40, Number.NaN]), [2, 2, 1, 1]],
  ] as const) {
    const b = tensor(wanted.map(() => 2), { requiresGrad: true }); // biome-ignore format: as it looks
    const chosen = whereTensor(condition, 1, b);
    expect([...(await chosen.data())]).toEqual([...wanted]);
    chosen.sum().backward();
    expect(await b.grad!.tolist()).toEqual(wanted.map((value) => value - 1));
  }
});

test("a NaN on the side that was not chosen stays out of result and gradient", async () => {
  const a = tensor([1, Number.NaN], { requiresGrad: true });
  const y = whereTensor(tensor([1, 0]), a, 5);
  expect([...(await y.data())]).toEqual([1, 5]);
  y.backward(tensor([2, Number.NaN]));
  expect([...(await a.grad!.data())]).toEqual([2, 0]);
});

test("whole numbers and bools are chosen from, and operands of two types meet in one", async () => {
  const condition = tensor([true, false]);
  const labels = tensor(new Uint32Array([2 ** 32 - 1, 5]));
  for (const [chosen, dtype, wanted] of [
    [whereTensor(condition, labels, 0), "uint32", [2 ** 32 - 1, 0]],
    [whereTensor(condition, tensor([-3, 4], { dtype: "int32" }), -1), "int32", [-3, -1]],
    [whereTensor(condition, tensor([-3, 4], { dtype: "int32" }), 0.5), "float32", [-3, 0.5]],
    [whereTensor(condition, tensor([true]), tensor([false])), "bool", [true, false]],
    [whereTensor(condition, tensor([true]), tensor([1.5])), "float32", [1, 1.5]],
    [whereTensor(condition, 1, 0), "float32", [1, 0]],
  ] as const)
    expect([chosen.dtype, await chosen.tolist()]).toEqual([dtype, [...wanted]]);
});
