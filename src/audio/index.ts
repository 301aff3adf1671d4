// The audio front end: from waveforms to what a network sees, on the GPU, by torchaudio's names and numbers; and the
// augmentation of waveforms and spectrograms.
// Gradients flow through all of it, and cost nothing where none will be asked for. Files are read by wav.ts, which is not exported from here: this half runs in a browser too.
export { type AmplitudeToDbOptions, amplitudeToDb } from "./amplitudeToDb.ts";
export { aWeightedGain } from "./aWeighting.ts";
export { computeDeltas } from "./computeDeltas.ts";
export { delay } from "./delay.ts";
export { Spectrogram } from "./fourier/spectrogram.ts";
export { type FreqTimeMaskOptions, freqTimeMask } from "./freqTimeMask.ts";
export {
  MelScale,
  type MelScaleOptions,
  MelSpectrogram,
  type MelSpectrogramOptions,
  melFilterBank,
} from "./melScale.ts";
export { mixBetweenClass } from "./mixBetweenClass.ts";
export { preemphasis } from "./preemphasis.ts";
export { type ResampleOptions, resample } from "./resample.ts";
export { peakNormalize, segments } from "./segments.ts";
export type { SpectrogramOptions } from "./stft.ts";
export { pitchShift, type TimeStretchOptions, timeStretch } from "./timeStretch.ts";
