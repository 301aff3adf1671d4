// Dropout: exactly the mask that the plain Philox draws, the same one backwards, and the right share of it.
import { expect, test } from "bun:test";
import { dropout as op } from "../../../src/kernels/random/dropout.ts";
import { ones, tensor } from "../../../src/tensor/creation.ts";
import { apply } from "../../../src/tensor/tensor.ts";
import { check } from "../../harness.ts";
import { dropout } from "../../reference/dropout.ts";
import { philox4x32, uniform24 } from "../../reference/philox.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr } from "../../reference/reference.ts";
import { expectRefused } from "../../refuses.ts";
import { SHAPES } from "../drawn.ts";

const random = new Random(22);

/** 1 where the element's random number is at least p: four elements a Philox block. */
function mask(shape: number[], p: number, seed: number, draw: number): Arr {
  const kept = arr(shape);
  for (let i = 0; i < kept.data.length; i++) {
    const words = philox4x32([Math.floor(i / 4), 0, draw, 0], [seed, 0]);
    kept.data[i] = uniform24(words[i % 4]!) >= Math.fround(p) ? 1 : 0;
  }
  return kept;
}

function drawn(shape: number[], p: number, seed: number, draw: number) {
  return { inputs: [random.array(shape), mask(shape, p, seed, draw)], attrs: { p, seed, draw } };
}

// The mask is an input of the reference alone; the gradient is right only if backward draws it again.
check<{ p: number; seed: number; draw: number }>({
  name: "dropout",
  covers: ["dropout"],
  run: ([x], attrs) => apply(op, [x!], attrs),
  reference: dropout,
  cases: [
    ...SHAPES.flatMap((shape) => [0, 0.1, 0.5, 0.9, 1].map((p, i) => drawn(shape, p, 4294967295 - i, 3 * i))),
    drawn([4], 0, 12121362, 0), // the first random number is 0: nothing is dropped all the same
  ],
  indices: [1],
});

test("the share that is dropped is p, and the mean stays", async () => {
  const n = 100_000;
  for (const p of [0.1, 0.5, 0.9]) {
    const y = await apply(op, [ones([n])], { p, seed: 1, draw: 1 }).data();
    const dropped = [...y].filter((value) => value === 0).length / n;
    expect(Math.abs(dropped - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
    expect(Math.max(...y)).toBeCloseTo(1 / (1 - p), 5);
  }
});

test("draws differ, and so do seeds", async () => {
  const draw = async (seed: number, number: number) =>
    [...(await apply(op, [ones([64])], { p: 0.5, seed, draw: number }).data())].join();
  expect(await draw(1, 1)).toBe(await draw(1, 1));
  expect(await draw(1, 1)).not.toBe(await draw(1, 2));
  expect(await draw(1, 1)).not.toBe(await draw(2, 1));
});

test("only a probability is accepted", () => {
  const call = (p: number) => () => apply(op, [tensor([1])], { p, seed: 0, draw: 0 });
  expectRefused(
    [-0.1, 1.5, Number.NaN].map((p) => [call(p), `dropout: p is a probability from 0 to 1, got ${p}`]),
  );
});
