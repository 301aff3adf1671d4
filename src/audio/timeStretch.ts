// Sounds that last longer or shorter at the same pitch, and sounds of another pitch that last as long:
// librosa.effects.time_stretch and pitch_shift (librosa 0.10 and later).

import { wantAtMost, wantPositive, wantWhole } from "../tensor/check.ts";
import { cat } from "../tensor/functions.ts";
import { NUMBER, takes } from "../tensor/options.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { eachWave, splitLast } from "./check.ts";
import { needsGradient } from "./differentiable.ts";
import { padded } from "./fourier/pad.ts";
import * as shortTime from "./fourier/shortTime.ts";
import { istft } from "./istft.ts";
import { phaseVocoder } from "./phaseVocoder.ts";
import { resample } from "./resample.ts";
import { stft, wantPowerOfTwo } from "./stft.ts";

/** What timeStretch and pitchShift transform with. */
export interface TimeStretchOptions {
  /** Samples that are transformed at a time, a power of two. Default 2048. */
  nFft?: number;
  /** Samples from one transform to the next. Default nFft / 4. */
  hopLength?: number;
}

const STRETCH = { nFft: NUMBER, hopLength: NUMBER };
const timeStretchOptions = takes("timeStretch", 3, STRETCH);
const pitchShiftOptions = takes("pitchShift", 4, STRETCH);

/** Bytes that the STFTs of waves which are stretched together may take. */
const SCRATCH = 8 * 2 ** 20;

/**
 * Waveforms [..., samples] played `rate` times as fast at the same pitch: [..., round(samples / rate)]. As librosa
 * does it: STFT under a periodic Hann window, frame t centred at sample t · hopLength with silence around the clip;
 * phase vocoder; inverse STFT. Transients are smeared over nFft samples. One rate for all waves, as their lengths
 * depend on it.
 * @shape [..., samples] → [..., round(samples / rate)]
 * @example audio.timeStretch(zeros([1, 8000]), 2).shape; // → [1, 4000]
 */
export function timeStretch(
  waves: Tensor,
  rate: number,
  options: TimeStretchOptions = {},
  ...more: never[]
): Tensor {
  timeStretchOptions(options, more);
  return stretch(waves, rate, options, "timeStretch");
}

function stretch(waves: Tensor, rate: number, options: TimeStretchOptions, who: string): Tensor {
  const { nFft = 2048, hopLength = nFft / 4 } = options;
  const { lead, rows, last: samples } = splitLast(who, waves, "waveforms [..., samples]");
  wantPositive(who, { rate });
  wantPowerOfTwo(who, nFft);
  wantWhole(who, { hopLength }, 1);
  wantAtMost(who, { hopLength }, nFft);
  const length = roundHalfToEven(samples / rate);
  if (length === 0) throw new RangeError(`${who}: at rate ${rate} nothing is left of ${samples} samples`);

  const frames = Math.ceil((1 + Math.floor(samples / hopLength)) * Math.max(1, 1 / rate));
  const together = Math.max(1, Math.floor(SCRATCH / (8 * (nFft / 2 + 1) * frames)));
  const half = nFft / 2;
  const learned = needsGradient(waves);
  return scope(() => {
    const all = waves.reshape([rows, samples]);
    const stretched: Tensor[] = [];
    for (let first = 0; first < rows; first += together) {
      const some = all.narrow(0, first, Math.min(together, rows - first));
      const one = scope(() => {
        const silent = padded(some, half, half);
        if (!learned)
          return istft(phaseVocoder(stft(silent, { nFft, hopLength }), rate), {
            hopLength,
            trim: half,
            length,
          });
        const options = { hopLength, window: shortTime.hannWindow(nFft) };
        const spectra = shortTime.stft(silent, nFft, { ...options, center: false });
        return shortTime.istft(phaseVocoder(spectra, rate), nFft, { ...options, length });
      }, who);
      stretched.push(one);
    }
    return cat(stretched).reshape([...lead, length]);
  }, who);
}

/** Python's round(): a half goes to the even neighbour. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/**
 * Waveforms [..., samples] at `sampleRate`, `semitones` higher (lower where negative; 12 are an octave, fractions
 * will do) and as long: a number for all waves, or a list with one for each. As librosa does it: stretched in time at
 * the rate 2^(-semitones / 12), resampled from sampleRate / rate to sampleRate, and cut, or followed by silence, where
 * that does not give `samples` of them. Resampling is this package's own `resample` (librosa's default is soxr's),
 * which takes whole numbers of Hz: sampleRate / rate is rounded, by less than a tenth of a cent at 22,050 Hz and up to
 * an octave down.
 * @shape [..., samples] → the same
 * @example audio.pitchShift(zeros([1, 8000]), 16000, 2).shape; // → [1, 8000]
 */
export function pitchShift(
  waves: Tensor,
  sampleRate: number,
  semitones: number | readonly number[],
  options: TimeStretchOptions = {},
  ...more: never[]
): Tensor {
  pitchShiftOptions(options, more);
  const { lead, rows, last: samples } = splitLast("pitchShift", waves, "waveforms [..., samples]");
  wantWhole("pitchShift", { sampleRate }, 1);
  const steps = eachWave("pitchShift", "numbers of semitones", semitones, rows);
  const wrong = steps.find((n) => !(Math.abs(n) <= MOST_SEMITONES));
  if (wrong !== undefined)
    throw new RangeError(
      `pitchShift: semitones are from -${MOST_SEMITONES} to ${MOST_SEMITONES}, not ${wrong}`,
    );
  return scope(() => {
    const all = waves.reshape([rows, samples]);
    if (typeof semitones === "number") return shift(all, sampleRate, semitones, options).reshape(waves.shape);
    const shifted = steps.map((n, i) => shift(all.narrow(0, i, 1), sampleRate, n, options));
    return cat(shifted).reshape([...lead, samples]);
  }, "pitchShift");
}

/** Four octaves. */
const MOST_SEMITONES = 48;

/** Waves [rows, samples], all shifted alike. */
function shift(waves: Tensor, sampleRate: number, semitones: number, options: TimeStretchOptions): Tensor {
  const samples = waves.shape[1]!;
  const rate = 2 ** (-semitones / 12);
  return scope(() => {
    const stretched = stretch(waves, rate, options, "pitchShift");
    const wave = resample(stretched, Math.max(1, Math.round(sampleRate / rate)), sampleRate);
    const missing = samples - wave.shape[1]!;
    if (missing <= 0) return wave.narrow(1, 0, samples);
    return padded(wave, 0, missing);
  }, "pitchShift");
}
