// Choosing families of products by measuring them.

import { afterAll, expect, test } from "bun:test";
import { kernels } from "../../../src/gpu/kernel.ts";
import { classOf, type Family, families, useChoices } from "../../../src/kernels/gemm/gemm.ts";
import { type Measured, tune } from "../../../src/kernels/gemm/tune.ts";
import * as F from "../../../src/nn/functional/index.ts";
import { randn } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";

afterAll(() => useChoices({}));

const launches = (kernel: string, entry: string) => kernels.get(kernel)!.launches.get(entry)!;

test("each class of products is measured once, with each family, and the result is what gemm follows", async () => {
  const a = randn([20, 32]);
  const b = randn([32, 24]);
  const small = randn([2, 2]);
  const table: Measured[] = [];
  const choices = await tune(
    () => {
      a.matmul(b);
      a.matmul(b); // of the same class
      small.matmul(small);
    },
    { rounds: 1, onMeasured: (one) => table.push(one) },
  );
  console.log(`  ${table.map((one) => `${one.class}: ${one.quickest}`).join(", ")}`);
  expect(Object.keys(choices)).toEqual(["1x16x32x32", "1x2x2x2"]);
  for (const { milliseconds, quickest } of table) {
    expect(Object.keys(milliseconds).sort()).toEqual([...families()].sort());
    expect(milliseconds[quickest]).toBe(Math.min(...Object.values(milliseconds)));
  }

  // Small products run on the plain program, unless something else was measured.
  const before = launches("matmulTiled", "tile");
  a.matmul(b);
  expect(launches("matmulTiled", "tile")).toBe(before);
  useChoices({ "1x16x32x32": "tiled" });
  const product = a.matmul(b);
  expect(launches("matmulTiled", "tile")).toBe(before + 1);
  expect(await product.data()).toEqual(await tuned(() => a.matmul(b)));
});

test.if(families().includes("subgroup"))("convolutions in rows are measured too, and obey", async () => {
  const [x, w] = [randn([2, 3, 9, 12]), randn([9, 3, 3, 3])];
  const read = () => arrayOf(F.conv2d(x, w)).storage; // or it would be put off
  const choices = await tune(read, { rounds: 1 });
  const [name] = Object.keys(choices);
  expect(Object.keys(choices)).toEqual(["1x8x128x32 patches"]);

  const run = async (family: Family) => {
    useChoices({ [name!]: family });
    const before = launches("conv2dRows", "forward");
    const y = await F.conv2d(x, w).data();
    return { y, byRows: launches("conv2dRows", "forward") - before };
  };
  const [rows, plain] = [await run("rows"), await run("plain")];
  expect([rows.byRows, plain.byRows]).toEqual([1, 0]);
  const furthest = [...rows.y].reduce((most, value, i) => Math.max(most, Math.abs(value - plain.y[i]!)), 0);
  console.log(`  quickest of a small convolution: ${choices[name!]}; rows and plain differ by ${furthest}`);
  expect(furthest).toBeLessThan(1e-5);
});

/** The same by the program that would have run untuned. */
async function tuned(run: () => ReturnType<typeof randn>) {
  useChoices({});
  return run().data();
}

test("a product's class is its sizes to the next power of two, and how its right operand lies", () => {
  const array = arrayOf(randn([1]));
  const operand = { array, row: 5, column: 1 };
  const product = { m: 33, n: 5000, k: 240, a: operand, b: operand, c: operand };
  expect(classOf(product)).toBe("1x32x4096x256");
  expect(classOf({ ...product, b: { array, row: 1, column: 240 }, batchShape: [2, 3] })).toBe(
    "8x32x4096x256 transposed",
  );
});
