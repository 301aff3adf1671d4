// Random arrays: every bit against the plain Philox, the moments of many, and what a seed promises.

import { expect, test } from "bun:test";
import { manualSeed, randomState, setRandomState } from "../../../src/gpu/random.ts";
import { normal, rand, randn, uniform } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { randint, randperm } from "../../../src/tensor/sampling.ts";
import { compare, proof, report } from "../../harness.ts";
import { boxMuller, philox4x32, uniform24 } from "../../reference/philox.ts";
import { type Arr, arr } from "../../reference/reference.ts";

const spec = { name: "random", covers: ["random"] };
const SIZES = [[1], [3], [4], [5], [2, 0], [7, 9], [255], [257], [3, 5, 17], [4099]];

/** The numbers of draw `draw`: four for each Philox block. */
function plain(shape: number[], seed: number, draw: number, four: (words: number[]) => number[]): Arr {
  const out = arr(shape);
  for (let i = 0; i < out.data.length; i += 4)
    out.data.set(four(philox4x32([i / 4, 0, draw, 0], [seed, 0])).slice(0, out.data.length - i), i);
  return out;
}
const uniforms = (words: number[]) => words.map(uniform24);
const normals = (words: number[]) => {
  const [a, b, c, d] = uniforms(words) as [number, number, number, number];
  return [...boxMuller(a, b), ...boxMuller(c, d)];
};

proof("rand: exactly the reference's numbers", spec, async () => {
  let cases = 0;
  for (const seed of [0, 1, 0xffffffff]) {
    manualSeed(seed);
    for (const [draw, shape] of SIZES.entries()) {
      await compare(
        arrayOf(rand(shape)),
        plain(shape, seed, draw, uniforms),
        `rand [${shape}], seed ${seed}`,
        0,
      );
      cases++;
    }
  }
  report("rand", cases, { forward: 0, allowed: 0 }, false);
});

proof("randn: the reference's numbers, as closely as sine and logarithm are computed", spec, async () => {
  // The angle, up to π, is rounded, and so are radius, cosine and product; WGSL's log is off by up to 3 units.
  const allowed = 16 * 2 ** -24;
  let worst = 0;
  manualSeed(2026);
  for (const [draw, shape] of SIZES.entries()) {
    const expected = plain(shape, 2026, draw, normals);
    worst = Math.max(worst, await compare(arrayOf(randn(shape)), expected, `randn [${shape}]`, allowed));
  }
  report("randn", SIZES.length, { forward: worst, allowed }, false);
});

proof("randint and randperm: the reference's numbers", spec, async () => {
  manualSeed(9);
  const low = -(2 ** 31);
  let draw = 0;
  for (const shape of SIZES) {
    for (const [from, to] of [
      [0, 10],
      [-5, 6],
      [low, 2 ** 31 - 1],
    ] as const) {
      const part = (word: number) => from + Number((BigInt(word) * BigInt(to - from)) >> 32n);
      const expected = plain(shape, 9, draw++, (words) => words.map(part));
      await compare(arrayOf(randint(from, to, shape)), expected, `randint [${shape}]`, 0);
    }
  }
  for (const n of [0, 1, 5, 300]) {
    const words = plain([n], 9, draw++, (four) => four).data;
    const order = arr(
      [n],
      [...words.keys()].sort((a, b) => words[a]! - words[b]!),
    );
    await compare(arrayOf(randperm(n)), order, `randperm ${n}`, 0);
  }
  report("randint, randperm", draw, { forward: 0, allowed: 0 }, false);
});

test("the smallest and the largest uniform number make no infinity, and never reach the open end", async () => {
  manualSeed(39075); // the fourth word of its first block has its upper 24 bits set
  expect((await rand([4]).data())[3]).toBe(1 - 2 ** -24);
  manualSeed(39075);
  expect((await uniform([4], 1, 2).data())[3]).toBeLessThan(2);
  manualSeed(12121362); // and the first word of its first block has none of them
  expect((await rand([4]).data())[0]).toBe(0);
  manualSeed(12121362);
  expect(Math.abs((await randn([4]).data())[0]!)).toBe(0);
});

/** Mean of f over the elements. */
const average = (x: ArrayLike<number>, f: (value: number, i: number) => number) => {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += f(x[i]!, i);
  return total / x.length;
};

test("moments: 200,000 numbers are as uniform, normal and independent as that many can show", async () => {
  manualSeed(7);
  const n = 200_000;
  const u = await uniform([n], -1, 3).data();
  const z = await normal([n], 0, 1).data();
  const shifted = await normal([n], 5, 0.1).data();
  // Each is the mean of n independent terms, in units of its standard deviation: five are one in two million.
  const sigmas = {
    "uniform mean": (average(u, (x) => x) - 1) / Math.sqrt(16 / 12 / n),
    "uniform variance": (average(u, (x) => (x - 1) ** 2) - 16 / 12) / Math.sqrt(256 / 180 / n),
    "normal mean": average(z, (x) => x) / Math.sqrt(1 / n),
    "normal variance": (average(z, (x) => x * x) - 1) / Math.sqrt(2 / n),
    "normal skewness": average(z, (x) => x ** 3) / Math.sqrt(15 / n),
    "normal kurtosis": (average(z, (x) => x ** 4) - 3) / Math.sqrt(96 / n),
    "neighbours' correlation": average(z, (x, i) => x * z[(i + 1) % n]!) / Math.sqrt(1 / n),
    "mean 5, deviation 0.1": (average(shifted, (x) => x) - 5) / (0.1 * Math.sqrt(1 / n)),
  };
  const worst = Math.max(...Object.values(sigmas).map(Math.abs));
  console.log(
    `  moments of 200,000 numbers: eight statistics, the worst ${worst.toFixed(1)} deviations off (5 allowed)`,
  );
  for (const [name, sigma] of Object.entries(sigmas))
    expect([name, Math.abs(sigma) < 5]).toEqual([name, true]);
  expect(u.filter((x) => x < -1 || x >= 3).length).toBe(0);
});

test("a seed repeats the numbers, a draw never does, and a saved state goes on where it was", async () => {
  const draw = async (shape = [9]) => [...(await randn(shape).data())];
  manualSeed(5);
  const [first, second] = [await draw(), await draw()];
  expect(first).not.toEqual(second);
  manualSeed(5);
  expect(await draw()).toEqual(first);
  const saved = randomState();
  expect(await draw()).toEqual(second);
  setRandomState(saved);
  expect(await draw()).toEqual(second);
  manualSeed(6);
  expect(await draw()).not.toEqual(first);
});
