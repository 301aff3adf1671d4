// What a spectrogram means, in float64 loops: torch.stft and torchaudio.functional.spectrogram, by the
// plain sum of the discrete Fourier transform.
import type { Arr } from "../reference.ts";

export interface SpectrogramOptions {
  nFft: number;
  winLength?: number;
  hopLength?: number;
  power?: number;
  normalized?: boolean;
  center?: boolean;
  periodic?: boolean;
}

/** The periodic Hann window: w[n] = ½ - ½ cos(2 pi n / length). */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/** The symmetric one: N is length - 1, and the last number is the first. */
function symmetricHann(length: number): Float64Array {
  if (length === 1) return Float64Array.of(1);
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)));
}

/** x seen as if mirrored at its first and last sample, neither of which is repeated. */
export function reflect(i: number, length: number): number {
  if (i < 0) return -i;
  if (i >= length) return 2 * (length - 1) - i;
  return i;
}

/** The windowed frames of every clip: [..., samples] → [..., frames, nFft]. */
export function frames(x: Arr, options: SpectrogramOptions): Arr {
  const { nFft } = options;
  const winLength = options.winLength ?? nFft;
  const hop = options.hopLength ?? Math.floor(winLength / 2);
  const pad = (options.center ?? true) ? Math.floor(nFft / 2) : 0;
  const n = x.shape[x.shape.length - 1];
  const clips = x.data.length / n;
  const count = 1 + Math.floor((n + 2 * pad - nFft) / hop);
  const window = new Float64Array(nFft);
  const hann = (options.periodic ?? true) ? hannWindow(winLength) : symmetricHann(winLength);
  window.set(hann, Math.floor((nFft - winLength) / 2)); // a short window sits in the middle
  if (options.normalized) {
    let energy = 0;
    for (const w of window) energy += w * w;
    for (let i = 0; i < nFft; i++) window[i] /= Math.sqrt(energy);
  }
  const data = new Float64Array(clips * count * nFft);
  let at = 0;
  for (let clip = 0; clip < clips; clip++) {
    for (let frame = 0; frame < count; frame++) {
      for (let i = 0; i < nFft; i++) {
        data[at++] = window[i] * x.data[clip * n + reflect(frame * hop + i - pad, n)];
      }
    }
  }
  return { shape: [...x.shape.slice(0, -1), count, nFft], data };
}

/** |X[k]|^power of every frame, X[k] = sum_n x[n] exp(-2 pi i k n / nFft): [..., samples] → [..., nFft/2 + 1, frames]. */
export function spectrogram(x: Arr, options: SpectrogramOptions): Arr {
  const { nFft } = options;
  const power = options.power ?? 2;
  const windowed = frames(x, options);
  const count = windowed.shape[windowed.shape.length - 2];
  const clips = windowed.data.length / (count * nFft);
  const bins = Math.floor(nFft / 2) + 1;
  const cos = Float64Array.from({ length: nFft }, (_, i) => Math.cos((2 * Math.PI * i) / nFft));
  const sin = Float64Array.from({ length: nFft }, (_, i) => Math.sin((2 * Math.PI * i) / nFft));
  const data = new Float64Array(clips * bins * count);
  for (let clip = 0; clip < clips; clip++) {
    for (let frame = 0; frame < count; frame++) {
      const start = (clip * count + frame) * nFft;
      for (let k = 0; k < bins; k++) {
        let re = 0;
        let im = 0;
        for (let n = 0; n < nFft; n++) {
          re += windowed.data[start + n] * cos[(k * n) % nFft];
          im -= windowed.data[start + n] * sin[(k * n) % nFft];
        }
        data[(clip * bins + k) * count + frame] = (re * re + im * im) ** (power / 2);
      }
    }
  }
  return { shape: [...x.shape.slice(0, -1), bins, count], data };
}
