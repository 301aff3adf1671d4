// The short-time Fourier transform and its inverse, with the gradients of waves, transforms and windows.
import { describe, expect, test } from "bun:test";
import { audio, hannWindow, istft, stft, type Tensor, tensor, zeros } from "otograd";
import { check } from "../../harness.ts";
import * as reference from "../../reference/audio/dft.ts";
import { hannWindow as hann } from "../../reference/audio/spectrogram.ts";
import { Random } from "../../reference/random.ts";
import { arr } from "../../reference/reference.ts";
import { linear, smooth } from "../gradient.ts";

const random = new Random(21);
/** A Hann window that is 0 nowhere, so that its gradient divides by nothing small. */
const window = (length: number) =>
  arr(
    [length],
    hann(length).map((value) => value + 0.25),
  );

type Attrs = reference.ShortTime;
const CASES: [attrs: Attrs, winLength: number, shape: number[]][] = [
  [{ nFft: 8, hop: 3, center: true }, 8, [2, 21]],
  [{ nFft: 16, hop: 4, center: false, normalized: true }, 12, [30]],
  [{ nFft: 6, hop: 2, center: true, padMode: "constant" }, 5, [1, 2, 13]],
  [{ nFft: 5, hop: 5, center: true }, 5, [2, 3]],
  [{ nFft: 4, hop: 7, center: true }, 4, [9]],
];

check<Attrs>({
  name: "stft",
  covers: ["frames.cut", "frames.add"],
  run: ([x, w], { nFft, hop, center, padMode = "reflect", normalized = false }) =>
    stft(x!, nFft, { window: w!, winLength: w!.numel(), hopLength: hop, center, padMode, normalized }),
  reference: linear(([x, w], attrs) => reference.stft(x!, w!, attrs)),
  cases: CASES.map(([attrs, winLength, shape]) => ({
    inputs: [random.array(shape), window(winLength)],
    attrs,
  })),
  terms: ({ attrs: { nFft, hop }, inputs: [x] }) => nFft * Math.ceil(nFft / hop) + x!.shape.at(-1)!,
});

check<Attrs>({
  name: "istft",
  covers: ["frames.cut", "frames.add"],
  run: ([x, w], { nFft, hop, center, normalized = false, length = null }) =>
    istft(x!, nFft, { window: w!, winLength: w!.numel(), hopLength: hop, center, normalized, length }),
  reference: smooth(([x, w], attrs) => reference.istft(x!, w!, attrs)),
  cases: CASES.filter(([{ nFft, hop }]) => hop <= nFft).map(([{ padMode, ...attrs }, winLength], i) => ({
    inputs: [random.array([2, Math.floor(attrs.nFft / 2) + 1, 4, 2]), window(winLength)],
    attrs: i === 0 ? { ...attrs, length: 30 } : attrs,
  })),
  terms: ({ attrs: { nFft } }) => 8 * nFft,
});

describe("stft and istft", () => {
  const wave = random.array([2, 300]);
  const x = tensor(Float32Array.from(wave.data), { shape: wave.shape });

  test("one undoes the other", async () => {
    const options = { window: hannWindow(32), hopLength: 8 };
    const back = istft(stft(x, 32, options), 32, { ...options, length: 300 });
    expect(await back.sub(x).abs().max().item()).toBeLessThan(1e-6);
  });

  test("its power is the spectrogram", async () => {
    const power = stft(x, 32, { window: hannWindow(32), hopLength: 16 })
      .square()
      .sum(-1);
    const spectrogram = new audio.Spectrogram({ nFft: 32 }).forward(x);
    expect(power.shape).toEqual(spectrogram.shape);
    expect(await power.sub(spectrogram).abs().max().item()).toBeLessThan(1e-4);
  });

  test("silence where no window reaches", async () => {
    const spectra = stft(x, 16, { hopLength: 20, center: false });
    const back = await istft(spectra, 16, { hopLength: 20, center: false }).data();
    expect(Array.from(back.slice(16, 20))).toEqual([0, 0, 0, 0]);
    expect(back[20]).toBeCloseTo(wave.data[20]!, 5);
  });

  test("Hann windows, periodic and symmetric", async () => {
    const values = async (w: Tensor) =>
      Array.from((await w.data()) as Float32Array, (v) => Math.round(v * 100) / 100);
    expect(await values(hannWindow(4))).toEqual([0, 0.5, 1, 0.5]);
    expect(await values(hannWindow(5, { periodic: false }))).toEqual([0, 0.5, 1, 0.5, 0]);
    expect(await values(hannWindow(1))).toEqual([1]);
  });

  test("says what is wrong", () => {
    expect(() => stft(zeros([3]), 8)).toThrow(
      "stft: waves of 3 samples are too short to be mirrored by 4 on each side (nFft 8)",
    );
    expect(() => stft(zeros([3]), 8, { center: false })).toThrow(
      "stft: waves of 3 samples are shorter than nFft 8",
    );
    expect(() => stft(zeros([30]), 8, { window: hannWindow(6) })).toThrow(
      "stft: the window is float32 [8], got float32 [6]",
    );
    expect(() => stft(zeros([30]), 8, { winLength: 9 })).toThrow("stft: winLength is at most 8, got 9");
    expect(() => istft(zeros([4, 3, 2]), 8)).toThrow(
      "istft: wants transforms [..., 5, frames, 2] of nFft 8, got [4, 3, 2]",
    );
  });
});
