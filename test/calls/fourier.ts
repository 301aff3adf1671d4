// The public calls of the Fourier transform.
import { fft, hannWindow, istft, ones, stft } from "otograd";
import { any, type Entry, grid, LIST, wave } from "./entry.ts";

const bins = () => ones([2, 5, 3, 2]);

const transform = (name: "fft" | "ifft" | "rfft" | "irfft", x: () => ReturnType<typeof ones>): Entry => ({
  valid: () => fft[name](x(), 4, -1, { norm: "ortho" }),
  wrong: [
    [() => fft[name](any([1, 2])), `${name}: the input ${LIST}`],
    [() => fft[name](x(), any("4")), `${name}: n is a number, got "4"`],
    [() => fft[name](x(), null, any("0")), `${name}: the dim is a whole number, got "0"`],
    [
      () => fft[name](x(), null, -1, any("ortho")),
      `${name}: the fourth argument is an object of options: { norm: "ortho" }`,
    ],
    [
      () => fft[name](x(), null, -1, { norm: any("unitary") }),
      `${name}: norm is "backward", "ortho" or "forward", got "unitary"`,
    ],
  ],
  options: [(options) => fft[name](x(), null, -1, options), "norm"],
});

export const FOURIER: Record<string, Entry> = {
  "fft.fft": transform("fft", bins),
  "fft.ifft": transform("ifft", bins),
  "fft.irfft": transform("irfft", bins),
  "fft.rfft": transform("rfft", grid),
  hannWindow: {
    valid: () => hannWindow(4, { periodic: false }),
    wrong: [
      [() => hannWindow(any("4")), 'hannWindow: length is a whole number ≥ 1, got "4"'],
      [
        () => hannWindow(4, any(false)),
        "hannWindow: the second argument is an object of options: { periodic: false }",
      ],
    ],
    options: [(options) => hannWindow(4, options), "periodic"],
  },
  istft: {
    valid: () => istft(bins(), 8, { window: hannWindow(8), length: 12 }),
    wrong: [
      [() => istft(any([1, 2]), 8), `istft: the input ${LIST}`],
      [() => istft(bins(), any("8")), 'istft: nFft is a whole number ≥ 1, got "8"'],
      [
        () => istft(bins(), 8, { window: any([1, 2]) }),
        "istft: window is a tensor [winLength], or null, got [1, 2]",
      ],
    ],
    options: [(options) => istft(bins(), 8, options), "hopLength"],
  },
  stft: {
    valid: () => stft(wave(), 64, { window: hannWindow(64), padMode: "constant" }),
    wrong: [
      [() => stft(any([1, 2]), 8), `stft: the input ${LIST}`],
      [() => stft(wave(), any("8")), 'stft: nFft is a whole number ≥ 1, got "8"'],
      [() => stft(wave(), 8, any(4)), "stft: the third argument is an object of options: { hopLength: 4 }"],
      [
        () => stft(wave(), 8, { padMode: any("circular") }),
        'stft: padMode is "reflect" or "constant", got "circular"',
      ],
    ],
    options: [(options) => stft(wave(), 8, options), "hopLength"],
  },
};
