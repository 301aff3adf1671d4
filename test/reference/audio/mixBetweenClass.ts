// What between-class mixing means, in float64 loops, after Y. Tokozume, Y. Ushiku and T. Harada (arXiv 1711.10282) and
// the functions a_weight, compute_gain and mix of their public code.
import type { Arr } from "../reference.ts";
import { spectrogram } from "./spectrogram.ts";

/** The A-weighting of a frequency in Hz, in dB, term by term as their code writes it; no less than -80. */
export function aWeight(hz: number): number {
  const square = hz === 0 ? 1 : hz ** 2;
  const log = Math.log10;
  const weight =
    2 +
    20 *
      (2 * log(12194) +
        2 * log(square) -
        log(square + 12194 ** 2) -
        log(square + 20.6 ** 2) -
        0.5 * log(square + 107.7 ** 2) -
        0.5 * log(square + 737.9 ** 2));
  return Math.max(weight, -80);
}

/** The gain of every waveform of [..., samples], in dB: [...]. `window` samples a window, half of it the stride. */
export function gain(x: Arr, sampleRate: number, window: number): Arr {
  const options = { nFft: window, hopLength: window / 2, power: 2, center: false };
  const powers = spectrogram(x, options);
  const [bins, frames] = powers.shape.slice(-2);
  const lead = x.shape.slice(0, -1);
  const data = new Float64Array(lead.reduce((a, b) => a * b, 1)).fill(Number.NEGATIVE_INFINITY);
  for (let wave = 0; wave < data.length; wave++) {
    for (let t = 0; t < frames; t++) {
      let level = 0;
      for (let k = 0; k < bins; k++) {
        const hz = (Math.floor(sampleRate / 2) * k) / (bins - 1);
        level += powers.data[(wave * bins + k) * frames + t] * 10 ** (aWeight(hz) / 10);
      }
      data[wave] = Math.max(data[wave], 10 * Math.log10(Math.max(level, 10 ** (-80 / 10))));
    }
  }
  return { shape: lead, data };
}

/** Waveforms a and b of the same shape, mixed at `ratios`, one a wave. */
export function mixBetweenClass(
  a: Arr,
  b: Arr,
  ratios: readonly number[],
  sampleRate: number,
  window: number,
): Arr {
  const samples = a.shape[a.shape.length - 1];
  const gainA = gain(a, sampleRate, window);
  const gainB = gain(b, sampleRate, window);
  const data = new Float64Array(a.data.length);
  for (let wave = 0; wave < ratios.length; wave++) {
    const r = ratios[wave];
    const p = 1 / (1 + (10 ** ((gainA.data[wave] - gainB.data[wave]) / 20) * (1 - r)) / r);
    for (let t = wave * samples; t < (wave + 1) * samples; t++)
      data[t] = (p * a.data[t] + (1 - p) * b.data[t]) / Math.sqrt(p ** 2 + (1 - p) ** 2);
  }
  return { shape: [...a.shape], data };
}
