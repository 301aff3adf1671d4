// Draws from probabilities: with replacement, exactly the reference's where sums are whole; without, each once and as often
// first as it should be.
import { expect, test } from "bun:test";
import { manualSeed } from "../../../src/gpu/random.ts";
import { tensor } from "../../../src/tensor/creation.ts";
import { arrayOf } from "../../../src/tensor/handle.ts";
import { compare, proof, report, toTensor } from "../../harness.ts";
import { philox4x32, uniform24 } from "../../reference/philox.ts";
import { Random } from "../../reference/random.ts";
import { type Arr, arr } from "../../reference/reference.ts";

const spec = { name: "multinomial", covers: ["multinomial"] };

/** The first i whose sum so far exceeds u · total; four draws of a row to a Philox block. */
function plain(p: Arr, samples: number, seed: number, draw: number): Arr {
  const [rows, n] = p.shape as [number, number];
  const quads = Math.ceil(samples / 4);
  const out = arr([rows, samples]);
  for (let row = 0; row < rows; row++) {
    const weights = p.data.slice(row * n, (row + 1) * n);
    const sums = [...weights.keys()].map((i) => weights.slice(0, i + 1).reduce((a, b) => a + b, 0));
    const total = sums.at(-1)!;
    for (let s = 0; s < samples; s++) {
      const words = philox4x32([row * quads + Math.floor(s / 4), 0, draw, 0], [seed, 0]);
      const wanted = Math.fround(uniform24(words[s % 4]!) * total);
      out.data[row * samples + s] = sums.findIndex((sum) => sum > wanted);
    }
  }
  return out;
}

proof("multinomial with replacement: the reference's draws", spec, async () => {
  const random = new Random(71);
  const sizes = [
    [1, 1, 1],
    [1, 5, 9],
    [3, 7, 4],
    [5, 300, 33],
    [2, 1000, 130],
  ] as const;
  manualSeed(5);
  for (const [draw, [rows, n, samples]] of sizes.entries()) {
    const p = random.integers([rows, n], 0, 6);
    for (let row = 0; row < rows; row++) p.data[row * n + random.int(0, n - 1)] = 7; // not all of them 0
    const drawn = toTensor(p).multinomial(samples, { replacement: true });
    expect(drawn.dtype).toBe("int32");
    await compare(arrayOf(drawn), plain(p, samples, 5, draw), `multinomial [${rows}, ${n}]`, 0);
  }
  report("multinomial", sizes.length, { forward: 0, allowed: 0 }, false);
});

test("what has no probability is never drawn, and one row is a list", async () => {
  manualSeed(6);
  const p = tensor([0, 1, 0, 3, 0]);
  const drawn = [...(await p.multinomial(4000, { replacement: true }).data())];
  expect(new Set(drawn)).toEqual(new Set([1, 3]));
  expect(Math.abs(drawn.filter((i) => i === 3).length / 4000 - 0.75)).toBeLessThan(0.03); // four deviations
  expect(p.multinomial(2).shape).toEqual([2]);
  expect([...(await p.multinomial(2).data())].sort()).toEqual([1, 3]);
});

test("without replacement each comes once, and first as often as its probability says", async () => {
  manualSeed(7);
  const rows = 2000;
  const p = tensor([0.1, 0.2, 0.7]).expand([rows, 3]);
  const drawn = await p.multinomial(3).data();
  const first = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const three = [...drawn.slice(3 * row, 3 * row + 3)];
    expect([...three].sort()).toEqual([0, 1, 2]);
    first[three[0]!]!++;
  }
  for (const [i, share] of [0.1, 0.2, 0.7].entries())
    expect(Math.abs(first[i]! / rows - share)).toBeLessThan(0.045);
});

test("bernoulli: shares, types, in place", async () => {
  manualSeed(8);
  const share = async (x: { data(): Promise<ArrayLike<number>> }) => {
    const values = Array.from(await x.data());
    expect(values.every((v) => v === 0 || v === 1)).toBe(true);
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const p = tensor([0.25]).expand([4000]);
  expect(Math.abs((await share(p.bernoulli())) - 0.25)).toBeLessThan(0.03);
  expect(await share(p.bernoulli(1))).toBe(1);
  expect(await share(p.bernoulli(0))).toBe(0);
  const whole = tensor(new Int32Array(4000));
  expect(Math.abs((await share(whole.bernoulli_(0.5))) - 0.5)).toBeLessThan(0.035);
  expect(whole.dtype).toBe("int32");
  const broken = tensor([Number.NaN, 1, 0]);
  expect(await broken.bernoulli().tolist()).toEqual([Number.NaN, 1, 0]);
  expect(await tensor([5, 5, 5]).bernoulli_(broken).tolist()).toEqual([Number.NaN, 1, 0]);
});
