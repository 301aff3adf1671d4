// What the discrete Fourier transform and its short-time form mean, by the plain sums, in float64. Complex arrays are
// [..., 2], (re, im).
import { type Arr, arr } from "../reference.ts";
import { reflect } from "./spectrogram.ts";

/** X[k] = scale · Σₜ x[t] e^(sign 2πi kt/n) along the last complex dimension of [..., n, 2]. */
export function dft(x: Arr, sign: number, scale = 1): Arr {
  const n = x.shape[x.shape.length - 2];
  const out = arr(x.shape);
  const cos = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({ length: n }, (_, i) => sign * Math.sin((2 * Math.PI * i) / n));
  for (let row = 0; row < x.data.length; row += 2 * n) {
    for (let k = 0; k < n; k++) {
      for (let t = 0; t < n; t++) {
        const c = cos[(k * t) % n];
        const s = sin[(k * t) % n];
        const re = x.data[row + 2 * t];
        const im = x.data[row + 2 * t + 1];
        out.data[row + 2 * k] += scale * (re * c - im * s);
        out.data[row + 2 * k + 1] += scale * (re * s + im * c);
      }
    }
  }
  return out;
}

/** The first `count` of the last dimension but `behind`, zeros where there are fewer. */
function fitted(x: Arr, count: number, behind: number): Arr {
  const lead = x.shape.slice(0, x.shape.length - 1 - behind);
  const tail = x.shape.slice(x.shape.length - behind);
  const [has, item] = [x.shape[lead.length], tail.reduce((a, b) => a * b, 1)];
  const out = arr([...lead, count, ...tail]);
  const rows = lead.reduce((a, b) => a * b, 1);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < Math.min(has, count) * item; i++)
      out.data[row * count * item + i] = x.data[row * has * item + i];
  return out;
}

/** The first ⌊n/2⌋ + 1 bins of real rows. */
export function rfft(x: Arr, n: number, scale = 1): Arr {
  const rows = fitted(x, n, 0);
  const complex = arr([...rows.shape, 2]);
  rows.data.forEach((value, i) => {
    complex.data[2 * i] = value;
  });
  return fitted(dft(complex, -1, scale), Math.floor(n / 2) + 1, 1);
}

/** n real numbers of their bins [..., bins, 2]: the conjugates are filled in, and the imaginary parts that cannot be are not. */
export function irfft(x: Arr, n: number, scale = 1 / n): Arr {
  const half = fitted(x, Math.floor(n / 2) + 1, 1);
  const bins = half.shape[half.shape.length - 2];
  const full = arr([...half.shape.slice(0, -2), n, 2]);
  for (let row = 0; row < full.data.length / (2 * n); row++) {
    for (let k = 0; k < n; k++) {
      const from = k < bins ? k : n - k;
      const real = k === 0 || 2 * k === n;
      full.data[2 * (row * n + k)] = half.data[2 * (row * bins + from)];
      full.data[2 * (row * n + k) + 1] = real
        ? 0
        : (k < bins ? 1 : -1) * half.data[2 * (row * bins + from) + 1];
    }
  }
  const sums = dft(full, 1, scale);
  return arr(
    sums.shape.slice(0, -1),
    sums.data.filter((_, i) => i % 2 === 0),
  );
}

export interface ShortTime {
  nFft: number;
  hop: number;
  center: boolean;
  padMode?: "reflect" | "constant";
  normalized?: boolean;
  length?: number;
}

/** The window in the middle of nFft samples. */
function centred(window: Arr, nFft: number): Float64Array {
  const out = new Float64Array(nFft);
  out.set(window.data, Math.floor((nFft - window.data.length) / 2));
  return out;
}

/** torch.stft: [..., samples] → [..., bins, frames, 2]. */
export function stft(
  x: Arr,
  window: Arr,
  { nFft, hop, center, padMode = "reflect", normalized }: ShortTime,
): Arr {
  const samples = x.shape[x.shape.length - 1];
  const pad = center ? Math.floor(nFft / 2) : 0;
  const count = 1 + Math.floor((samples + 2 * pad - nFft) / hop);
  const rows = x.data.length / samples;
  const weights = centred(window, nFft);
  const frames = arr([rows, count, nFft]);
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (let f = 0; f < count; f++)
      for (let n = 0; n < nFft; n++) {
        const t = f * hop + n - pad;
        const outside = padMode === "constant" && (t < 0 || t >= samples);
        frames.data[at++] = outside ? 0 : weights[n] * x.data[row * samples + reflect(t, samples)];
      }
  const bins = rfft(frames, nFft, normalized ? 1 / Math.sqrt(nFft) : 1);
  return swapped(bins, x.shape.slice(0, -1));
}

/** [rows, a, b, 2] → [...lead, b, a, 2]. */
function swapped(x: Arr, lead: number[]): Arr {
  const [rows, a, b] = x.shape;
  const out = arr([...lead, b, a, 2]);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++)
        for (let part = 0; part < 2; part++)
          out.data[2 * ((row * b + j) * a + i) + part] = x.data[2 * ((row * a + i) * b + j) + part];
  return out;
}

/** torch.istft: [..., bins, frames, 2] → [..., length]. */
export function istft(x: Arr, window: Arr, { nFft, hop, center, normalized, length }: ShortTime): Arr {
  const [bins, count] = x.shape.slice(-3);
  const lead = x.shape.slice(0, -3);
  const rows = lead.reduce((a, b) => a * b, 1);
  const frames = irfft(
    swapped(arr([rows, bins, count, 2], x.data), [rows]),
    nFft,
    normalized ? 1 / Math.sqrt(nFft) : 1 / nFft,
  );
  const start = center ? Math.floor(nFft / 2) : 0;
  const total = nFft + (count - 1) * hop;
  const given = length ?? total - 2 * start;
  const weights = centred(window, nFft);
  const out = arr([...lead, given]);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < given; i++) {
      let [sum, squares] = [0, 0];
      for (let f = 0; f < count; f++) {
        const n = i + start - f * hop;
        if (n < 0 || n >= nFft) continue;
        sum += weights[n] * frames.data[(row * count + f) * nFft + n];
        squares += weights[n] ** 2;
      }
      out.data[row * given + i] = squares > 1e-30 ? sum / squares : 0;
    }
  }
  return out;
}
