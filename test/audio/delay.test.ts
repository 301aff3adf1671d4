// Delays: none, all of a wave and more, one for all waves and one for each.
import { expect, test } from "bun:test";
import { delay } from "../../src/audio/delay.ts";
import { toTensor } from "../harness.ts";
import { delay as reference } from "../reference/audio/delay.ts";
import { Random } from "../reference/random.ts";
import { expectRefused } from "../refuses.ts";
import { prove } from "./prove.ts";

const random = new Random(31);

prove<{ delays: number[] }>({
  name: "delay",
  covers: ["delay.forward"],
  cases: [[1], [100], [1, 64], [3, 1000], [2, 3, 65], [40, 22_050]].map((shape) => {
    const samples = shape.at(-1)!;
    const waves = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const delays = Array.from({ length: waves }, (_, i) => (i === 1 ? samples : random.int(0, samples + 9)));
    return { input: random.array(shape), attrs: { delays } };
  }),
  run: (x, { delays }) => delay(x, delays),
  reference: (x, { delays }) => reference(x, delays),
  against: "one",
  allowed: () => 0,
});

test("one delay is for all waves", async () => {
  const x = toTensor({ shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
  expect([...(await delay(x, 1).data())]).toEqual([0, 1, 2, 0, 4, 5]);
  expect([...(await delay(x, 0).data())]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("delay says what is wrong with its arguments", () => {
  const x = toTensor(random.array([2, 10]));
  expectRefused([
    [() => delay(x, -1), "delay: samples is a whole number ≥ 0, got -1"],
    [() => delay(x, [0, 1.5]), "delay: samples is a whole number ≥ 0, got 1.5"],
    [() => delay(x, [1, 2, 3]), "delay: 3 delays do not fit 2 waves: one for each, or a number for all"],
  ]);
});
