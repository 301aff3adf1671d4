// The ceilings that profiles are held against: the loop computes what it says, and rates are positive numbers.
import { expect, test } from "bun:test";
import { empty, readArray } from "../../src/gpu/array.ts";
import { ceilings, fma } from "../../src/kernels/ceilings.ts";
import { proof } from "../harness.ts";

proof("the loop computes what it says", { name: "ceilings", covers: ["ceilings"] }, async () => {
  const [turns, a, b] = [2, -0.9375, 0.25]; // where a chain begins is still a third of what it is in the end
  const out = empty([64]);
  fma.launch("main", { arrays: [out], params: { turns, a, b }, groups: [1, 1, 1] });
  const got = await readArray(out);
  out.release();
  // Eight chains that begin at i, …, i + 7, each x ← x · a + b eight times a turn.
  const chain = (x: number) => Array.from({ length: 8 * turns }).reduce<number>((sum) => sum * a + b, x);
  const want = Array.from({ length: 64 }, (_, i) =>
    Array.from({ length: 8 }, (_, j) => chain(i + j)).reduce((sum, x) => sum + x),
  );
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 3);
});

test("rates are measured", async () => {
  const { arithmetic, memory } = await ceilings();
  expect(arithmetic).toBeGreaterThan(0);
  expect(memory).toBeGreaterThan(0);
  expect(Number.isFinite(arithmetic + memory)).toBe(true);
});
