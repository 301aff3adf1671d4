// The Fourier transform's functions, and gradients through the front end, against torch and torchaudio in float64.
// signals.py made the fixture, and says what each case is.
import { expect, test } from "bun:test";
import { audio, cat, fft, hannWindow, istft, stft, type Tensor, tensor } from "../../src/index.ts";
import { Draw } from "./draw.ts";
import { type Compared, Fixture, relativeError, summarize } from "./parity.ts";

const ALLOWED = 1e-5;
const fixture = new Fixture("signals");

const melSpectrogram = new audio.MelSpectrogram({
  sampleRate: 22050,
  nFft: 512,
  hopLength: 256,
  nMels: 20,
  normalized: true,
  melScale: "slaney",
  norm: "slaney",
});

function melChain(wave: Tensor): Tensor {
  const decibels = audio.amplitudeToDb(melSpectrogram.forward(wave), { topDb: 18 });
  return cat([decibels, audio.computeDeltas(decibels, { winLength: 5 })], -2);
}

type Case = [shapes: number[][], compute: (...inputs: Tensor[]) => Tensor];

const CASES: Record<string, Case> = {
  "mel, decibels, deltas": [[[2, 3000]], melChain],
  magnitudes: [[[2, 700]], (x) => new audio.Spectrogram({ nFft: 100, winLength: 80, power: 1 }).forward(x)],
  "resample 441:160": [[[2, 1500]], (x) => audio.resample(x, 44100, 16000)],
  "resample 1:2": [[[1, 300]], (x) => audio.resample(x, 8000, 16000)],
  "time stretch": [[[2, 500]], (x) => audio.timeStretch(x, 1.3, { nFft: 64, hopLength: 16 })],
  fft: [[[3, 60, 2]], (x) => fft.fft(x)],
  "fft of 31 along 0": [[[40, 3, 2]], (x) => fft.fft(x, 31, 0, { norm: "forward" })],
  ifft: [[[2, 48, 2]], (x) => fft.ifft(x, null, -1, { norm: "ortho" })],
  rfft: [[[2, 100]], (x) => fft.rfft(x)],
  "rfft of 64 along 1": [[[2, 50, 3]], (x) => fft.rfft(x, 64, 1, { norm: "ortho" })],
  irfft: [[[2, 33, 2]], (x) => fft.irfft(x)],
  "irfft of 45": [[[2, 33, 2]], (x) => fft.irfft(x, 45, -1, { norm: "forward" })],
  stft: [
    [[2, 300], [32]],
    (x, window) => stft(x!, 40, { hopLength: 12, winLength: 32, window: window!, normalized: true }),
  ],
  "stft, zeros around": [[[150]], (x) => stft(x, 32, { window: hannWindow(32), padMode: "constant" })],
  istft: [
    [[2, 17, 9, 2], [32]],
    (x, window) => istft(x, 32, { hopLength: 8, window: window.add(2), length: 70 }),
  ],
}; // biome-ignore format: a table

test("the fixture's cases are these", () => {
  expect(Object.keys(fixture.metadata).filter((name) => name.endsWith("/digest"))).toEqual(
    Object.keys(CASES).map((name) => `${name}/digest`),
  );
});

for (const [name, [shapes, compute]] of Object.entries(CASES)) {
  test(name, async () => {
    const draw = new Draw();
    const inputs = shapes.map((shape, i) =>
      tensor(draw.uniform(`${name}/${i}`, shape), { shape, requiresGrad: true }),
    );
    const result = compute(...inputs);
    const above = tensor(draw.uniform(`${name}/above`, result.shape), { shape: result.shape });
    expect(draw.digest()).toBe(fixture.metadata[`${name}/digest`]!);
    result.mul(above).sum().backward();
    const compared: Compared[] = [
      ["result", relativeError(await result.data(), fixture.get(`${name}/result`)), ALLOWED],
    ];
    for (const [i, input] of inputs.entries()) {
      const error = relativeError(await input.grad!.data(), fixture.get(`${name}/gradient ${i}`));
      compared.push([i === 0 ? "gradient" : "of the window", error, ALLOWED]);
    }
    summarize(name, compared);
  });
}
