// What the mel scale means, in float64 loops: torchaudio.functional.melscale_fbanks (which follows librosa's
// filters.mel) and the product with it.
import type { Arr } from "../reference.ts";

export interface MelOptions {
  sampleRate: number;
  nMels: number;
  fMin?: number;
  fMax?: number;
  norm?: "slaney" | null;
  melScale?: "htk" | "slaney" | "kaldi";
}

// Slaney's scale (Auditory Toolbox): 200/3 Hz a mel up to 1 kHz, logarithmic above, 27 mels for a factor of 6.4.
const linearStep = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / linearStep;
const logStep = Math.log(6.4) / 27;

export function hzToMel(hz: number, scale: "htk" | "slaney"): number {
  if (scale === "htk") return 2595 * Math.log10(1 + hz / 700);
  return hz < breakHz ? hz / linearStep : breakMel + Math.log(hz / breakHz) / logStep;
}

export function melToHz(mel: number, scale: "htk" | "slaney"): number {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  return mel < breakMel ? mel * linearStep : breakHz * Math.exp(logStep * (mel - breakMel));
}

/**
 * torchaudio.compliance.kaldi.get_mel_banks with the last bin put at 0, as its fbank does: triangles whose corners are equally
 * spaced in mel = 1127 ln(1 + f / 700), and whose sides are straight there.
 */
function kaldiFilterBank(bins: number, options: MelOptions): Arr {
  const { sampleRate, nMels } = options;
  const nyquist = Math.floor(sampleRate / 2);
  const melOf = (hz: number) => 1127 * Math.log(1 + hz / 700);
  const low = melOf(options.fMin ?? 0);
  const step = (melOf(options.fMax ?? nyquist) - low) / (nMels + 1);
  const data = new Float64Array(bins * nMels);
  for (let f = 0; f < bins - 1; f++) {
    const mel = melOf((nyquist * f) / (bins - 1));
    for (let m = 0; m < nMels; m++) {
      const left = low + m * step;
      data[f * nMels + m] = Math.max(0, Math.min((mel - left) / step, (left + 2 * step - mel) / step));
    }
  }
  return { shape: [bins, nMels], data };
}

/** Triangles whose corners are equally spaced in mel; bins are equally spaced from 0 to half the rate: [bins, nMels]. */
export function melFilterBank(bins: number, options: MelOptions): Arr {
  const { sampleRate, nMels, norm = null, melScale = "htk" } = options;
  if (melScale === "kaldi") return kaldiFilterBank(bins, options);
  const nyquist = Math.floor(sampleRate / 2);
  const low = hzToMel(options.fMin ?? 0, melScale);
  const high = hzToMel(options.fMax ?? nyquist, melScale);
  const corner: number[] = [];
  for (let i = 0; i < nMels + 2; i++) corner.push(melToHz(low + ((high - low) * i) / (nMels + 1), melScale));
  const data = new Float64Array(bins * nMels);
  for (let f = 0; f < bins; f++) {
    const hz = (nyquist * f) / (bins - 1);
    for (let m = 0; m < nMels; m++) {
      const rising = (hz - corner[m]) / (corner[m + 1] - corner[m]);
      const falling = (corner[m + 2] - hz) / (corner[m + 2] - corner[m + 1]);
      const height = norm === "slaney" ? 2 / (corner[m + 2] - corner[m]) : 1; // every triangle's area alike
      data[f * nMels + m] = height * Math.max(0, Math.min(rising, falling));
    }
  }
  return { shape: [bins, nMels], data };
}

/** [..., bins, frames] → [..., nMels, frames]: the spectrogram times the filter bank. */
export function melScale(spectrogram: Arr, options: MelOptions): Arr {
  const [bins, count] = spectrogram.shape.slice(-2);
  const { nMels } = options;
  const bank = melFilterBank(bins, options).data;
  const clips = spectrogram.data.length / (bins * count);
  const data = new Float64Array(clips * nMels * count);
  for (let clip = 0; clip < clips; clip++) {
    for (let m = 0; m < nMels; m++) {
      for (let frame = 0; frame < count; frame++) {
        let sum = 0;
        for (let f = 0; f < bins; f++)
          sum += bank[f * nMels + m] * spectrogram.data[(clip * bins + f) * count + frame];
        data[(clip * nMels + m) * count + frame] = sum;
      }
    }
  }
  return { shape: [...spectrogram.shape.slice(0, -2), nMels, count], data };
}
