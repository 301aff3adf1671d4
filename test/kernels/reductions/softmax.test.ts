// Softmax and log-softmax along every axis, of small, huge and very long rows.
import { expect, test } from "bun:test";
import { tensor } from "../../../src/tensor/creation.ts";
import { check } from "../../harness.ts";
import { Random } from "../../reference/random.ts";
import { logSoftmax, softmax } from "../../reference/softmax.ts";
import { casesOf, SHAPES } from "../drawn.ts";

const random = new Random(17);
interface Attrs {
  axis: number;
}

for (const [name, reference] of [
  ["softmax", softmax],
  ["logSoftmax", logSoftmax],
] as const) {
  check<Attrs>({
    name,
    covers: ["softmax"],
    run: ([x], { axis }) => x![name](axis),
    reference,
    cases: [
      ...casesOf<Attrs>(name),
      ...SHAPES.flatMap((shape) =>
        shape.map((_, axis) => ({ inputs: [random.array(shape, -5, 5)], attrs: { axis } })),
      ),
      { inputs: [random.array([2, 5000], -3, 3)], attrs: { axis: 1 } },
    ],
    terms: ({ inputs: [x], attrs: { axis } }) => x!.shape[axis]!,
  });
}

// Of rows this far apart hardly anything is left but probabilities near e⁻¹⁶ and below 1: the error is that of WGSL's
// exp(−16), 3 + 2 · 16 units in the last place, two roundings each.
check<Attrs>({
  name: "softmax of huge numbers",
  covers: ["softmax"],
  run: ([x], { axis }) => x!.softmax(axis),
  reference: softmax,
  cases: [{ inputs: [random.array([65, 10], -1000, 1000)], attrs: { axis: 1 } }],
  terms: () => 10,
  ulps: 2 * (3 + 2 * 16),
});

test("softmax of −∞ is 0, and of a row with a NaN not a number", async () => {
  expect([...(await tensor([-Infinity, -Infinity, 3]).softmax(0).data())]).toEqual([0, 0, 1]);
  expect([...(await tensor([1, Number.NaN]).softmax(0).data())]).toEqual([Number.NaN, Number.NaN]);
});
