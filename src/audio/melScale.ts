// The mel scale: triangular bands that are equally wide to the ear. torchaudio's melscale_fbanks, MelScale and
// MelSpectrogram.

import { type DeviceArray, empty, fromHost } from "../gpu/array.ts";
import { copiesToTextures } from "../gpu/bindings.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { formatShape, sizeOf } from "../gpu/shape.ts";
import texel from "../kernels/shared/texel.wgsl" with { type: "text" };
import { wantAtMost, wantWhole } from "../tensor/check.ts";
import { type Kind, NUMBER, orNull, takes, WORD } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import { apply, Tensor } from "../tensor/tensor.ts";
import { wantTensor } from "./check.ts";
import { linear, needsGradient } from "./differentiable.ts";
import { spectrogram } from "./fourier/spectrogram.ts";
import source from "./melScale.wgsl" with { type: "text" };
import {
  chunks,
  frame,
  resolveSpectrogram,
  SPECTROGRAM,
  type SpectrogramOptions,
  transform,
} from "./stft.ts";
import { table } from "./tables.ts";

const kernel = defineKernel({
  name: "melScale",
  code: [source, texel],
  entries: {
    forward: ["read", "read", "read", "write"],
    fours: ["passingTexture", "texture", "read", "write"],
  },
});

const WORKGROUP = 64;
/** Frames of one launch at most: a dimension of it holds 65,535 workgroups. */
const STRETCH = 2 ** 20;

type Scale = "htk" | "slaney" | "kaldi";

/** Which bands melScale makes. */
export interface MelScaleOptions {
  /** Samples a second of the waveform. Default 16000. */
  sampleRate?: number;
  /** Bands. Default 128. */
  nMels?: number;
  /** Lowest and highest frequency, in Hz. Default 0 and half the sample rate. */
  fMin?: number;
  fMax?: number;
  /** "slaney" gives every triangle the same area, null the same height. Default null. */
  norm?: "slaney" | null;
  /**
   * "htk": 2595 log10(1 + f / 700). "slaney": linear up to 1 kHz, logarithmic above. "kaldi": 1127 ln(1 + f / 700), the
   * triangles straight in mel, not in Hz, and the last bin in none, as Kaldi's filter banks are. Default "htk".
   */
  melScale?: Scale;
}

/** What MelSpectrogram takes: how spectra are made, and how bands. */
export type MelSpectrogramOptions = SpectrogramOptions & MelScaleOptions;

const MEL: Record<string, Kind> = {
  sampleRate: NUMBER,
  nMels: NUMBER,
  fMin: NUMBER,
  fMax: NUMBER,
  norm: orNull(WORD),
  melScale: WORD,
};
const bankOptions = takes("melFilterBank", 2, MEL);
const melScaleOptions = takes("MelScale", 1, MEL, ["nMels", "sampleRate", "fMin", "fMax"]);
const melSpectrogramOptions = takes("MelSpectrogram", 1, { ...SPECTROGRAM, ...MEL }, [
  "sampleRate",
  "nFft",
  "winLength",
  "hopLength",
]);

function resolve(options: MelScaleOptions, who: string): Required<MelScaleOptions> {
  const { sampleRate = 16000, nMels = 128, fMin = 0, norm = null, melScale = "htk" } = options;
  const fMax = options.fMax ?? Math.floor(sampleRate / 2);
  wantWhole(who, { sampleRate, nMels }, 1);
  wantAtMost(who, { nMels }, 65535);
  if (!(fMin >= 0 && fMin < fMax && Number.isFinite(fMax))) {
    throw new RangeError(`${who}: wants 0 ≤ fMin < fMax in Hz, got fMin ${fMin} and fMax ${fMax}`);
  }
  if (norm !== null && norm !== "slaney")
    throw new RangeError(`${who}: norm is "slaney" or null, not "${norm}"`);
  if (!["htk", "slaney", "kaldi"].includes(melScale))
    throw new RangeError(`${who}: melScale is "htk", "slaney" or "kaldi", not "${melScale}"`);
  if (melScale === "kaldi" && norm !== null)
    throw new RangeError(`${who}: Kaldi's triangles are straight in mel and of one height: norm is null`);
  return { sampleRate, nMels, fMin, fMax, norm, melScale };
}

// Slaney's scale (Auditory Toolbox, 1998): 200/3 Hz a mel up to 1 kHz, above it 27 mels for a factor of 6.4.
const LINEAR_STEP = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_STEP;
const LOG_STEP = Math.log(6.4) / 27;

/** A frequency in Hz on a mel scale. */
export function hzToMel(hz: number, scale: Scale): number {
  if (scale === "kaldi") return 1127 * Math.log(1 + hz / 700);
  if (scale === "htk") return 2595 * Math.log10(1 + hz / 700);
  return hz < BREAK_HZ ? hz / LINEAR_STEP : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

function melToHz(mel: number, scale: Exclude<Scale, "kaldi">): number {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  return mel < BREAK_MEL ? mel * LINEAR_STEP : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}

/**
 * The filter bank [bins, nMels], row-major, computed in float64: triangles whose corners are equally spaced in mel,
 * over `bins` frequencies equally spaced from 0 to half the sample rate.
 * @example audio.melFilterBank(201, { nMels: 40, sampleRate: 16000 }).length; // → 8040
 */
export function melFilterBank(bins: number, options: MelScaleOptions = {}, ...more: never[]): Float64Array {
  bankOptions(options, more);
  wantWhole("melFilterBank", { bins }, 2);
  const { sampleRate, nMels, fMin, fMax, norm, melScale } = resolve(options, "melFilterBank");
  const low = hzToMel(fMin, melScale);
  const high = hzToMel(fMax, melScale);
  const kaldi = melScale === "kaldi";
  // Where a triangle's sides are straight: in mel or in Hz.
  const corners = Array.from({ length: nMels + 2 }, (_, i) => {
    const mel = low + ((high - low) * i) / (nMels + 1);
    return melScale === "kaldi" ? mel : melToHz(mel, melScale);
  });
  const bank = new Float64Array(bins * nMels);
  for (let m = 0; m < nMels; m++) {
    const [left, peak, right] = corners.slice(m, m + 3) as [number, number, number];
    const height = norm === "slaney" ? 2 / (right - left) : 1;
    for (let f = 0; f < (kaldi ? bins - 1 : bins); f++) {
      const hz = (Math.floor(sampleRate / 2) * f) / (bins - 1);
      const x = kaldi ? hzToMel(hz, melScale) : hz;
      const slope = Math.min((x - left) / (peak - left), (right - x) / (right - peak));
      bank[f * nMels + m] = height * Math.max(0, slope);
    }
  }
  return bank;
}

/** Bands of a spectrogram, each a weighted sum of neighbouring bins. */
export interface Bands {
  count: number;
  /**
   * The weights of each band packed, zeros behind them up to a multiple of four, and (start, count, offset, 0) for each band.
   * Borrowed from the cache of tables.
   */
  tables: [weights: DeviceArray, bands: DeviceArray];
}

/** The bands of a matrix of weights [bins, count] of which `key` is the name; of each only the stretch that is not 0. */
export function bandsOf(
  key: string,
  count: number,
  bins: number,
  weight: () => (bin: number, band: number) => number,
): Bands {
  const tables = table(key, () => {
    const at = weight();
    const weights: number[] = [];
    const bands = new Uint32Array(4 * count);
    for (let band = 0; band < count; band++) {
      const column = Array.from({ length: bins }, (_, bin) => at(bin, band));
      const start = Math.max(
        0,
        column.findIndex((each) => each > 0),
      ); // a band between two bins has none
      const length = column.findLastIndex((each) => each > 0) + 1 - start;
      bands.set([start, Math.max(0, length), weights.length, 0], 4 * band);
      weights.push(...column.slice(start, start + length));
      while (weights.length % 4 > 0) weights.push(0);
    }
    return [fromHost(Float32Array.from(weights), [weights.length]), fromHost(bands, [count, 4])];
  }) as [DeviceArray, DeviceArray];
  return { count, tables };
}

/** Mel bands of bins. */
function melBands(bins: number, options: Required<MelScaleOptions>): Bands {
  const { nMels } = options;
  return bandsOf(`mel ${bins} ${JSON.stringify(options)}`, nMels, bins, () => {
    const bank = melFilterBank(bins, options);
    return (bin, mel) => bank[bin * nMels + mel]!;
  });
}

/** The other way round, each bin as a sum of the mel bands that it is in: what gradients go through. */
function binsOfMels(bins: number, options: Required<MelScaleOptions>): Bands {
  const { nMels } = options;
  return bandsOf(`bins ${bins} ${JSON.stringify(options)}`, bins, nMels, () => {
    const bank = melFilterBank(bins, options);
    return (mel, bin) => bank[bin * nMels + mel]!;
  });
}

/** How an operation sums up bins, and the same transposed. */
export interface Summing {
  readonly bands: (bins: number) => Bands;
  readonly transposed: (bins: number) => Bands;
}

/** Bands of [..., bins, frames]: [..., bands, frames]. */
export const summed = linear<Summing>({
  name: "MelScale",
  there: (x, { bands }) => allSummed(x, bands(x.shape.at(-2)!)),
  back: (dy, { transposed }, shape) => allSummed(dy, transposed(shape.at(-2)!)),
});

function allSummed(x: DeviceArray, bands: Bands): DeviceArray {
  const [bins, frames] = x.shape.slice(-2) as [number, number];
  const lead = x.shape.slice(0, -2);
  const out = empty([...lead, bands.count, frames], "float32", "MelScale");
  const total = sizeOf(lead) * frames;
  for (let first = 0; first < total; first += STRETCH) {
    const batch = Math.min(STRETCH, total - first);
    sumBands(x, out, bins, bands, {
      batch,
      inFirst: first,
      inFrames: frames,
      outFirst: first,
      outFrames: frames,
    });
  }
  return out;
}

/**
 * A spectrogram [..., bins, frames] in mel bands: [..., nMels, frames].
 * @shape [..., bins, frames] → [..., nMels, frames]
 * @example new audio.MelScale({ nMels: 60, sampleRate: 16000 }).forward(ones([201, 10])).shape; // → [60, 10]
 */
export class MelScale {
  readonly options: Required<MelScaleOptions>;

  constructor(options: MelScaleOptions = {}, ...more: never[]) {
    melScaleOptions(options, more);
    this.options = resolve(options, "MelScale");
  }

  forward(spectrogram: Tensor): Tensor {
    wantTensor("MelScale", spectrogram, 2, "a spectrogram [..., bins, frames]");
    if (spectrogram.shape.at(-2)! < 2)
      throw new RangeError(`MelScale: wants at least 2 bins, got ${formatShape(spectrogram.shape)}`);
    return apply(summed, [spectrogram], melSumming(this.options));
  }
}

const melSumming = (options: Required<MelScaleOptions>): Summing => ({
  bands: (bins) => melBands(bins, options),
  transposed: (bins) => binsOfMels(bins, options),
});

/** Frames of one launch: frame 0 is frame `inFirst` of x [.., bins, inFrames], and goes to frame `outFirst` of out. */
interface Stretch {
  batch: number;
  inFirst: number;
  inFrames: number;
  outFirst: number;
  outFrames: number;
}

/** Sums x [clips, bins, inFrames] up into out [clips, bands, outFrames]. */
export function sumBands(x: DeviceArray, out: DeviceArray, bins: number, bands: Bands, at: Stretch): void {
  const fours =
    copiesToTextures(4 * x.size) && at.inFirst === 0 && at.batch <= at.inFrames && at.inFrames % 4 === 0;
  kernel.launch(fours ? "fours" : "forward", {
    arrays: [x, ...bands.tables, out],
    params: { ...at, bins, mels: bands.count },
    groups: [Math.ceil(at.batch / (fours ? 4 * WORKGROUP : WORKGROUP)), bands.count, 1],
  });
}

/**
 * Mel spectrograms of waveforms [..., samples] at `sampleRate`: [..., nMels, frames], as torchaudio's MelSpectrogram
 * computes them. Spectrograms of many clips never exist all at once: they are made and summed in stretches.
 * @shape [..., samples] → [..., nMels, frames]
 * @example
 * const mel = new audio.MelSpectrogram({ sampleRate: 22050, nFft: 1024, hopLength: 512, nMels: 60 });
 * mel.forward(zeros([2, 22050])).shape; // → [2, 60, 44]
 */
export class MelSpectrogram {
  readonly spectrogram: Required<SpectrogramOptions>;
  readonly mel: Required<MelScaleOptions>;
  private readonly bins: number;

  constructor(options: MelSpectrogramOptions = {}, ...more: never[]) {
    melSpectrogramOptions(options, more);
    const { options: spectrogram, bins } = resolveSpectrogram(options, "MelSpectrogram");
    if (bins < 2) throw new RangeError("MelSpectrogram: nFft is at least 2");
    this.spectrogram = spectrogram;
    this.mel = resolve(options, "MelSpectrogram");
    this.bins = bins;
  }

  forward(wave: Tensor): Tensor {
    const framing = frame(wave, this.spectrogram, "MelSpectrogram");
    if (needsGradient(wave))
      return scope(() => {
        const power = apply(spectrogram, [wave], this.spectrogram);
        return apply(summed, [power], melSumming(this.mel));
      }, "MelSpectrogram");
    const { clips, frames, lead } = framing;
    const out = empty([...lead, this.mel.nMels, frames], "float32", "MelSpectrogram");
    for (const { first, batch } of chunks(clips * frames, this.spectrogram)) {
      const width = 4 * Math.ceil(batch / 4); // so that four frames in a row can be loaded
      const bins = empty([this.bins, width], "float32", "a stretch of a spectrogram");
      transform(framing, this.spectrogram, { first, batch, out: bins, outFirst: 0, outFrames: width });
      const stretch = { batch, inFirst: 0, inFrames: width, outFirst: first, outFrames: frames };
      sumBands(bins, out, this.bins, melBands(this.bins, this.mel), stretch);
      bins.release();
    }
    return new Tensor(out, "MelSpectrogram");
  }
}
