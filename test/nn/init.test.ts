// Initial weights by the rest of torch.nn.init's names: what is promised of their numbers.
import { expect, test } from "bun:test";
import { conv2d } from "../../src/nn/functional/index.ts";
import * as init from "../../src/nn/init.ts";
import { manualSeed, rand, zeros } from "../../src/tensor/index.ts";

const near = (values: ArrayLike<number>, wanted: number, by: number) =>
  Array.from(values).every((value) => Math.abs(value - wanted) < by);

test("orthogonal: rows or columns of length gain, at right angles", async () => {
  manualSeed(3);
  for (const [shape, gain] of [
    [[20, 50], 1],
    [[50, 20], 2],
    [[33, 33], 0.5],
    [[6, 2, 3], 1],
  ] as const) {
    const weight = init.orthogonal_(zeros(shape), gain).reshape([shape[0], -1]);
    const [rows, columns] = weight.shape as [number, number];
    const small = rows <= columns ? weight : weight.transpose(0, 1);
    const gram = Array.from(await small.matmul(small.transpose(0, 1)).data());
    const n = Math.min(rows, columns);
    const off = gram.map((value, i) => value - (Math.floor(i / n) === i % n ? gain ** 2 : 0));
    const worst = off.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect([shape, worst < 4e-6]).toEqual([shape, true]);
  }
});

test("truncated normal numbers stay within, and are as spread as they should be", async () => {
  manualSeed(5);
  const values = await init.truncNormal_(zeros([20_000])).data();
  const moments = (all: Float32Array) => {
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    return [mean, Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length)];
  };
  const [mean, deviation] = moments(values as Float32Array);
  expect(values.every((value) => value >= -2 && value <= 2)).toBe(true);
  expect(near([mean!], 0, 0.02)).toBe(true);
  expect(near([deviation!], 0.8796, 0.02)).toBe(true); // of a standard normal cut off at ±2
  const narrow = await init.truncNormal_(zeros([5_000]), 1, 2, 4, 4.5).data();
  expect(narrow.every((value) => value >= 4 && value <= 4.5)).toBe(true);
  expect(near([moments(narrow as Float32Array)[0]!], 4.239, 0.02)).toBe(true);
  const wide = await init.truncNormal_(zeros([20_000]), 3, 0.5, -100, 100).data();
  expect(near(moments(wide as Float32Array), 3, 4)).toBe(true);
  expect(near([moments(wide as Float32Array)[1]!], 0.5, 0.01)).toBe(true);
});

test("eye, dirac, ones and zeros pass what goes in, or are what they say", async () => {
  expect(await init.eye_(rand([2, 3])).tolist()).toEqual([[1, 0, 0], [0, 1, 0]]); // biome-ignore format: as it looks
  expect(await init.ones_(rand([2])).tolist()).toEqual([1, 1]);
  expect(await init.zeros_(rand([2])).tolist()).toEqual([0, 0]);
  const x = rand([1, 3, 5, 4]);
  const weight = init.dirac_(rand([3, 3, 3, 3]));
  expect(await conv2d(x, weight, null, { padding: 1 }).tolist()).toEqual(await x.tolist());
  const grouped = await init.dirac_(rand([4, 1, 3]), 4).tolist();
  expect(grouped).toEqual(Array(4).fill([[0, 1, 0]]));
});

test("sparse: so many of each column's rows are 0; Xavier's normal has its deviation", async () => {
  manualSeed(9);
  const values = (await init.sparse_(zeros([10, 4]), 0.25).tolist()) as number[][];
  for (let column = 0; column < 4; column++)
    expect(values.filter((row) => row[column] === 0)).toHaveLength(3);
  const xavier = Array.from(await init.xavierNormal_(zeros([100, 300]), 2).data());
  const spread = Math.sqrt(xavier.reduce((sum, value) => sum + value * value, 0) / xavier.length);
  expect(near([spread], 2 * Math.sqrt(2 / 400), 0.003)).toBe(true);
});

test("shapes that make no sense are refused", () => {
  expect(() => init.eye_(zeros([3]))).toThrow("eye_: wants a matrix, got [3]");
  expect(() => init.dirac_(zeros([3, 3]))).toThrow("dirac_: wants the weights of a convolution");
  expect(() => init.orthogonal_(zeros([3]))).toThrow("orthogonal_: wants two dimensions or more, got [3]");
  expect(() => init.truncNormal_(zeros([3]), 0, 1, 2, 2)).toThrow("truncNormal_: a is below b, got 2 and 2");
  expect(() => init.sparse_(zeros([3]), 0.5)).toThrow("sparse_: wants a matrix, got [3]");
});
