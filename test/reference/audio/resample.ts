// What resampling means, in float64 loops: band-limited interpolation with a Hann-windowed sinc, as
// torchaudio.functional.resample defines it (after J. O. Smith, "Digital Audio Resampling").
import type { Arr } from "../reference.ts";

/**
 * Output sample j is the input, seen as a continuous signal, at the time j / to:
 *
 *   y[j] = sum_i x[i] h(i / from - j / to),
 *   h(t) = (b / from) sinc(b t) cos²(pi b t / 2W) for |b t| < W, else 0,   b = rolloff · min(from, to)
 *
 * with x zero outside of the clip and W zero crossings on each side. `from` and `to` are divided by their
 * greatest common divisor first, which changes nothing but keeps numbers small.
 */
export function resample(x: Arr, from: number, to: number, lowpassFilterWidth = 6, rolloff = 0.99): Arr {
  const n = x.shape[x.shape.length - 1];
  const clips = x.data.length / n;
  const divisor = gcd(from, to);
  const orig = from / divisor;
  const next = to / divisor;
  const length = Math.ceil((next * n) / orig);
  const b = Math.min(orig, next) * rolloff;
  const reach = (lowpassFilterWidth * orig) / b; // in input samples
  const out = new Float64Array(clips * length);
  for (let clip = 0; clip < clips; clip++) {
    for (let j = 0; j < length; j++) {
      const centre = (j * orig) / next;
      let sum = 0;
      for (
        let i = Math.max(0, Math.floor(centre - reach));
        i <= Math.min(n - 1, Math.ceil(centre + reach));
        i++
      ) {
        const t = (i / orig - j / next) * b;
        if (Math.abs(t) >= lowpassFilterWidth) continue;
        const window = Math.cos((Math.PI * t) / lowpassFilterWidth / 2) ** 2;
        const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
        sum += x.data[clip * n + i] * ((b / orig) * sinc * window);
      }
      out[clip * length + j] = sum;
    }
  }
  return { shape: [...x.shape.slice(0, -1), length], data: out };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
