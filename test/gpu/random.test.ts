// The seed: what it makes repeatable. That the numbers are right is shown in test/kernels.
import { expect, test } from "bun:test";
import { randomState, setRandomState } from "../../src/gpu/random.ts";
import * as F from "../../src/nn/functional/index.ts";
import { manualSeed, ones, rand, randn } from "../../src/tensor/index.ts";
import { expectRefused } from "../refuses.ts";

const draws = async () => [
  await randn([5]).tolist(),
  await rand([7]).tolist(),
  await F.dropout(ones([20]), 0.5).tolist(),
];

test("the same seed gives the same numbers, another one others", async () => {
  manualSeed(42);
  const first = await draws();
  const second = await draws();
  expect(second).not.toEqual(first);
  manualSeed(42);
  expect([await draws(), await draws()]).toEqual([first, second]);
  manualSeed(43);
  expect(await draws()).not.toEqual(first);
});

test("a state that was saved goes on where it was", async () => {
  manualSeed(7);
  await draws();
  const saved = JSON.parse(JSON.stringify(randomState())) as ReturnType<typeof randomState>;
  const next = await draws();
  manualSeed(1);
  setRandomState(saved);
  expect(await draws()).toEqual(next);
});

test("a large draw begins as a small one does: numbers depend on their position alone", async () => {
  manualSeed(5);
  const small = await randn([3]).data();
  manualSeed(5);
  expect((await randn([100, 100]).data()).subarray(0, 3)).toEqual(small);
});

test("seeds are whole numbers of 32 bits", () => {
  manualSeed(4294967295);
  expectRefused([
    [() => manualSeed(-1), "manualSeed: the seed is a whole number from 0 to 4294967295, got -1"],
    [() => manualSeed(1.5), "manualSeed: the seed is a whole number from 0 to 4294967295, got 1.5"],
    [
      () => manualSeed(2 ** 32),
      "manualSeed: the seed is a whole number from 0 to 4294967295, got 4294967296",
    ],
  ]);
});
