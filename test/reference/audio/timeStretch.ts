// What time stretching and pitch shifting mean, in float64 loops: librosa (0.10) core.stft, phase_vocoder, istft,
// effects.time_stretch and effects.pitch_shift, the Fourier transforms being plain sums.
// Complex arrays are [..., bins, frames, 2], the last dimension being (re, im).
import type { Arr } from "../reference.ts";
import { resample } from "./resample.ts";
import { hannWindow } from "./spectrogram.ts";

/** cos and sin of 2 pi i / n for i < n. */
function circle(n: number): { cos: Float64Array; sin: Float64Array } {
  return {
    cos: Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n)),
    sin: Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * i) / n)),
  };
}

/** Waveforms [..., samples] with `amount` zeros on each side. */
export function padZeros(x: Arr, amount: number): Arr {
  const n = x.shape[x.shape.length - 1];
  const clips = x.data.length / n;
  const data = new Float64Array(clips * (n + 2 * amount));
  for (let clip = 0; clip < clips; clip++)
    data.set(x.data.subarray(clip * n, (clip + 1) * n), clip * (n + 2 * amount) + amount);
  return { shape: [...x.shape.slice(0, -1), n + 2 * amount], data };
}

/** X[k, t] = sum_n w[n] x[t hop + n] exp(-2 pi i k n / nFft): [..., samples] → [..., nFft/2 + 1, frames, 2]. */
export function stft(x: Arr, nFft: number, hop: number): Arr {
  const n = x.shape[x.shape.length - 1];
  const clips = x.data.length / n;
  const bins = nFft / 2 + 1;
  const frames = 1 + Math.floor((n - nFft) / hop);
  const window = hannWindow(nFft);
  const { cos, sin } = circle(nFft);
  const data = new Float64Array(clips * bins * frames * 2);
  for (let clip = 0; clip < clips; clip++) {
    for (let t = 0; t < frames; t++) {
      const windowed = window.map((w, i) => w * x.data[clip * n + t * hop + i]);
      for (let k = 0; k < bins; k++) {
        let re = 0;
        let im = 0;
        for (let i = 0; i < nFft; i++) {
          re += windowed[i] * cos[(k * i) % nFft];
          im -= windowed[i] * sin[(k * i) % nFft];
        }
        data.set([re, im], 2 * ((clip * bins + k) * frames + t));
      }
    }
  }
  return { shape: [...x.shape.slice(0, -1), bins, frames, 2], data };
}

/** librosa.phase_vocoder, line by line: [..., bins, frames, 2] → [..., bins, ceil(frames / rate), 2]. */
export function phaseVocoder(X: Arr, rate: number, hop: number): Arr {
  const [bins, frames] = X.shape.slice(-3);
  const nFft = 2 * (bins - 1);
  const rows = X.data.length / (2 * frames);
  const outFrames = Math.ceil(frames / rate);
  const data = new Float64Array(rows * outFrames * 2);
  for (let row = 0; row < rows; row++) {
    const column = (i: number): [number, number] => {
      if (i >= frames) return [0, 0]; // padded with zeros, whose angle is 0
      const [re, im] = X.data.subarray(2 * (row * frames + i));
      return [Math.hypot(re, im), Math.atan2(im, re)];
    };
    const advance = (hop * 2 * Math.PI * (row % bins)) / nFft;
    let phase = column(0)[1];
    for (let t = 0; t < outFrames; t++) {
      const step = t * rate;
      const alpha = step % 1;
      const [magnitude0, angle0] = column(Math.floor(step));
      const [magnitude1, angle1] = column(Math.floor(step) + 1);
      const magnitude = (1 - alpha) * magnitude0 + alpha * magnitude1;
      data[2 * (row * outFrames + t)] = magnitude * Math.cos(phase);
      data[2 * (row * outFrames + t) + 1] = magnitude * Math.sin(phase);
      let change = angle1 - angle0 - advance;
      change -= 2 * Math.PI * Math.round(change / (2 * Math.PI));
      phase += advance + change;
    }
  }
  return { shape: [...X.shape.slice(0, -2), outFrames, 2], data };
}

/**
 * Overlap-add of the frames' inverse transforms under the window, divided by the sum of the squared windows where
 * that is not 0: [..., nFft/2 + 1, frames, 2] → [..., length], the first `trim` samples dropped.
 */
export function istft(X: Arr, hop: number, trim: number, length: number): Arr {
  const [bins, frames] = X.shape.slice(-3);
  const nFft = 2 * (bins - 1);
  const clips = X.data.length / (2 * bins * frames);
  const window = hannWindow(nFft);
  const { cos, sin } = circle(nFft);
  const data = new Float64Array(clips * length);
  for (let clip = 0; clip < clips; clip++) {
    const sum = new Float64Array(nFft + hop * (frames - 1));
    const squares = new Float64Array(sum.length);
    for (let t = 0; t < frames; t++) {
      for (let i = 0; i < nFft; i++) {
        // The real signal with these bins: those above nFft / 2 are conjugates, those at 0 and nFft / 2 are real.
        let value = 0;
        for (let k = 0; k < bins; k++) {
          const at = 2 * ((clip * bins + k) * frames + t);
          const twice = k === 0 || k === bins - 1 ? 1 : 2;
          value += twice * (X.data[at] * cos[(k * i) % nFft] - X.data[at + 1] * sin[(k * i) % nFft]);
        }
        sum[t * hop + i] += (window[i] * value) / nFft;
        squares[t * hop + i] += window[i] ** 2;
      }
    }
    for (let t = 0; t < length && t + trim < sum.length; t++) {
      const norm = squares[t + trim];
      data[clip * length + t] = norm > 1e-38 ? sum[t + trim] / norm : sum[t + trim];
    }
  }
  return { shape: [...X.shape.slice(0, -3), length], data };
}

/** Python's round(). */
function round(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** [..., samples] → [..., round(samples / rate)]. */
export function timeStretch(x: Arr, rate: number, nFft = 2048, hop = nFft / 4): Arr {
  const samples = x.shape[x.shape.length - 1];
  const spectra = stft(padZeros(x, nFft / 2), nFft, hop);
  return istft(phaseVocoder(spectra, rate, hop), hop, nFft / 2, round(samples / rate));
}

/** [..., samples] at another pitch. The resampler is torchaudio's, and sampleRate / rate is rounded for it. */
export function pitchShift(x: Arr, sampleRate: number, semitones: number, nFft = 2048, hop = nFft / 4): Arr {
  const samples = x.shape[x.shape.length - 1];
  const rate = 2 ** (-semitones / 12);
  const stretched = timeStretch(x, rate, nFft, hop);
  const from = Math.round(sampleRate / rate);
  const shifted = from === sampleRate ? stretched : resample(stretched, from, sampleRate);
  const length = shifted.shape[shifted.shape.length - 1];
  const clips = x.data.length / samples;
  const data = new Float64Array(x.data.length);
  for (let clip = 0; clip < clips; clip++)
    for (let t = 0; t < Math.min(samples, length); t++)
      data[clip * samples + t] = shifted.data[clip * length + t];
  return { shape: [...x.shape], data };
}
