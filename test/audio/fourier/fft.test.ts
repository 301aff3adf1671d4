// The Fourier transform of any length, along any dimension, with its gradients, against the plain sums.
import { describe, expect, test } from "bun:test";
import { fft, tensor, zeros } from "otograd";
import { check } from "../../harness.ts";
import { dft, irfft, rfft } from "../../reference/audio/dft.ts";
import { Random } from "../../reference/random.ts";
import type { Arr } from "../../reference/reference.ts";
import { linear } from "../gradient.ts";

const random = new Random(12);
const LENGTHS = [1, 2, 3, 4, 5, 8, 12, 16, 30, 31];

type Attrs = { n: number; sign: 1 | -1 };
const terms = ({ attrs: { n } }: { attrs: { n: number } }) => n;

check<Attrs>({
  name: "fft.fft, fft.ifft",
  covers: ["dft"],
  run: ([x], { sign }) => (sign === -1 ? fft.fft(x!) : fft.ifft(x!)),
  reference: linear(([x], { sign, n }) => dft(x!, sign, sign === 1 ? 1 / n : 1)),
  cases: LENGTHS.flatMap((n) =>
    ([-1, 1] as const).map((sign) => ({ inputs: [random.array([2, n, 2])], attrs: { n, sign } })),
  ),
  terms,
});

check<{ n: number }>({
  name: "fft.rfft",
  covers: ["dft"],
  run: ([x], { n }) => fft.rfft(x!, n),
  reference: linear(([x], { n }) => rfft(x!, n)),
  cases: LENGTHS.flatMap((n) =>
    [n, n < 5 ? n + 2 : n - 3].map((has) => ({ inputs: [random.array([2, has])], attrs: { n } })),
  ),
  terms,
});

check<{ n: number }>({
  name: "fft.irfft",
  covers: ["dft"],
  run: ([x], { n }) => fft.irfft(x!, n),
  reference: linear(([x], { n }) => irfft(x!, n)),
  cases: LENGTHS.flatMap((n) =>
    [0, n % 2 === 0 ? -1 : 2].map((more) => ({
      inputs: [random.array([2, Math.max(1, Math.floor(n / 2) + 1 + more), 2])],
      attrs: { n },
    })),
  ),
  terms,
});

describe("fft", () => {
  const values = random.array([3, 4, 5]);
  const x = () => tensor(Float32Array.from(values.data), { shape: values.shape });
  /** The same with the dimension in question last. */
  const moved = (dim: number) => x().transpose(dim, -1);

  test("dimensions are counted without that of (re, im)", async () => {
    for (const dim of [0, 1, 2, -1, -2, -3]) {
      const here = fft.rfft(x(), null, dim);
      const there = fft.rfft(moved(dim));
      expect(here.shape).toEqual(there.transpose(dim < 0 ? dim - 1 : dim, -2).shape);
      expect(await here.data()).toEqual(await there.transpose(dim < 0 ? dim - 1 : dim, -2).data());
      const back = fft.irfft(here, values.shape.at(dim), dim);
      const off = await back.sub(x()).abs().sum().item();
      expect(off).toBeLessThan(1e-5);
      const complex = fft.ifft(fft.fft(here, undefined, dim), undefined, dim);
      expect(await complex.sub(here).abs().sum().item()).toBeLessThan(1e-4);
    }
  });

  test("norm: what is divided by n, or by √n on both ways", async () => {
    const sum = async (norm: "backward" | "ortho" | "forward") => [
      (await fft.rfft(tensor([1, 2, 3, 4]), null, -1, { norm }).data())[0],
      (await fft.irfft(tensor([[8, 0], [0, 0], [0, 0]]), 4, -1, { norm }).data())[1],
    ]; // biome-ignore format: bins
    expect(await sum("backward")).toEqual([10, 2]);
    expect(await sum("ortho")).toEqual([5, 4]);
    expect(await sum("forward")).toEqual([2.5, 8]);
  });

  test("an impulse is 1 everywhere, and a cosine one bin", async () => {
    const bins = (data: ArrayLike<number>) => Array.from(data, (value) => Math.round(value * 1e5) / 1e5 + 0);
    expect(bins(await fft.rfft(tensor([1, 0, 0, 0, 0, 0])).data())).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    const cosine = Float32Array.from({ length: 6 }, (_, t) => Math.cos((2 * Math.PI * 2 * t) / 6));
    expect(bins(await fft.rfft(tensor(cosine)).data())).toEqual([0, 0, 0, 0, 3, 0, 0, 0]);
  });

  test("a long prime, and a large power of two", async () => {
    for (const n of [1021, 2 ** 16]) {
      const wave = tensor(Float32Array.from({ length: n }, (_, t) => Math.sin(0.3 * t)));
      const off = await fft.irfft(fft.rfft(wave), n).sub(wave).abs().max().item();
      console.log(`  fft.rfft and back, ${n} samples: off by at most ${off.toExponential(1)}`);
      expect(off).toBeLessThan(1e-5);
    }
  });

  test("says what is wrong", () => {
    expect(() => fft.fft(zeros([4]))).toThrow(
      "fft: wants complex numbers [..., n, 2], the last dimension being (re, im), got [4]",
    );
    expect(() => fft.ifft(zeros([4, 3]))).toThrow("ifft: wants complex numbers");
    expect(() => fft.irfft(zeros([1, 2]))).toThrow("irfft: n is a whole number ≥ 1, got 0");
    expect(() => fft.rfft(zeros([4]), 0)).toThrow("rfft: n is a whole number ≥ 1, got 0");
    expect(() => fft.rfft(zeros([4]), 4, 1)).toThrow("rfft: dim 1 is out of range: there are -1 … 0");
    expect(() => fft.rfft(tensor([1], { dtype: "uint32" }))).toThrow(
      "rfft: wants float32 numbers, got uint32",
    );
  });
});

/** Kept so that a reference cannot change unseen: the transform of 0, 1, 2 by hand. */
test("the reference itself", () => {
  const x: Arr = { shape: [3], data: Float64Array.of(0, 1, 2) };
  const { shape, data } = rfft(x, 3);
  expect(shape).toEqual([2, 2]);
  for (const [i, value] of [3, 0, -1.5, Math.sqrt(3) / 2].entries()) expect(data[i]).toBeCloseTo(value, 12);
});
