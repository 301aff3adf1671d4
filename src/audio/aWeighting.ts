// How loud a sound is to the ear: power under the A-weighting curve (IEC 61672) in short windows, as Y. Tokozume,
// Y. Ushiku and T. Harada measure it to mix sounds ("Learning from Between-class Examples for Deep Sound Recognition",
// ICLR 2018, arXiv 1711.10282).
import { empty } from "../gpu/array.ts";
import { wantNoMore, wantWhole } from "../tensor/check.ts";
import { scope } from "../tensor/scope.ts";
import { apply, Tensor } from "../tensor/tensor.ts";
import { amplitudeToDb } from "./amplitudeToDb.ts";
import { needsGradient } from "./differentiable.ts";
import { spectrogram } from "./fourier/spectrogram.ts";
import { bandsOf, type Summing, sumBands, summed } from "./melScale.ts";
import { chunks, frame, resolveSpectrogram, transform } from "./stft.ts";

/** Nothing weighs less, and no sound is quieter, in dB. */
const FLOOR_DB = -80;

/** Samples of a window: the power of two nearest to a tenth of a second (2048 at 22,050 Hz, 4096 at 44,100). */
export function aWeightingWindow(sampleRate: number): number {
  return 2 ** Math.max(2, Math.round(Math.log2(sampleRate / 10)));
}

/** The A-weighting of a frequency in Hz, in dB, no less than -80: 0 at 1 kHz, below it and far above it negative. */
export function aWeighting(hz: number): number {
  const f2 = Math.max(hz, 1) ** 2; // the formula has no value at 0 Hz
  const power =
    (12194 ** 4 * f2 ** 4) /
    ((f2 + 12194 ** 2) ** 2 * (f2 + 20.6 ** 2) ** 2 * (f2 + 107.7 ** 2) * (f2 + 737.9 ** 2));
  return Math.max(2 + 10 * Math.log10(power), FLOOR_DB);
}

/** All bins of a spectrogram as one band, under the curve; and each bin as its share of that band. */
function aWeightedBand(sampleRate: number): Summing {
  const weight = (bin: number, bins: number) =>
    10 ** (aWeighting((Math.floor(sampleRate / 2) * bin) / (bins - 1)) / 10);
  return {
    bands: (bins) => bandsOf(`A-weighted ${bins} ${sampleRate}`, 1, bins, () => (bin) => weight(bin, bins)),
    transposed: (bins) =>
      bandsOf(`bins A-weighted ${bins} ${sampleRate}`, bins, 1, () => (_, bin) => weight(bin, bins)),
  };
}

/**
 * The gain of each waveform of [..., samples] in dB: the A-weighted level of its loudest window, at least -80: [...].
 * A window is a tenth of a second (see `aWeightingWindow`) under a Hann window, half of it overlapping the next one;
 * its level is 10 log10 of the sum over bins of |X|² · 10^(A / 10).
 * @shape [..., samples] → [...]
 * @example audio.aWeightedGain(ones([2, 8000]), 16000).shape; // → [2]
 */
export function aWeightedGain(waves: Tensor, sampleRate: number, ...more: never[]): Tensor {
  wantNoMore("aWeightedGain", more);
  return gainOf(waves, sampleRate, "aWeightedGain");
}

/** The same, for a function of another name. */
export function gainOf(waves: Tensor, sampleRate: number, who: string): Tensor {
  wantWhole(who, { sampleRate }, 1);
  const nFft = aWeightingWindow(sampleRate);
  const { options, bins } = resolveSpectrogram({ nFft, hopLength: nFft / 2, center: false }, who);
  const framing = frame(waves, options, who);
  const { lead, clips, frames } = framing;
  const summing = aWeightedBand(sampleRate);
  const loudest = (levels: Tensor) =>
    amplitudeToDb(levels, { amin: 10 ** (FLOOR_DB / 10) })
      .amax(1)
      .reshape(lead);
  if (needsGradient(waves))
    return scope(() => {
      const band = apply(summed, [apply(spectrogram, [waves], options)], summing);
      return loudest(band.reshape([clips, frames]));
    }, who);
  const band = summing.bands(bins);
  const levels = empty([clips, frames], "float32", who);
  for (const { first, batch } of chunks(clips * frames, options)) {
    const powers = empty([bins, batch], "float32", who);
    transform(framing, options, { first, batch, out: powers, outFirst: 0, outFrames: batch });
    const stretch = { batch, inFirst: 0, inFrames: batch, outFirst: first, outFrames: frames };
    sumBands(powers, levels, bins, band, stretch);
    powers.release();
  }
  return scope(() => loudest(new Tensor(levels, who)), who);
}
