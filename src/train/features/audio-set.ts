// What networks trained on AudioSet hear (EfficientAT's front end, src/nn/models/mn.ts): log-mel pictures of whole waves, where
// features.ts cuts segments in decibels.
import { audio, noGrad, type Tensor } from "../../index.ts";

/** How a wave becomes a picture. */
export interface PictureSettings {
  readonly sampleRate: number;
  /** Share of the sample before that is taken off each. */
  readonly preemphasis: number;
  readonly nFft: number;
  readonly winLength: number;
  readonly hopLength: number;
  readonly nMels: number;
  readonly fMax: number;
}

/** Those of all of EfficientAT's published networks: a hundred frames a second. */
export const AUDIO_SET: PictureSettings = {
  sampleRate: 32000,
  preemphasis: 0.97,
  nFft: 1024,
  winLength: 800,
  hopLength: 320,
  nMels: 128,
  fMax: 15000,
};

/**
 * Seconds of the shortest sound that is named: silence stands behind shorter ones. Of half a second of 134 clips of ESC-10 .22 have
 * their name among the first five as they are, .37 with silence up to 1 s, .46 to 2 s and .48 to 5 s.
 */
export const LEAST_SECONDS = 2;

/** Waves [n, samples] at the settings' rate → pictures [n, 1, nMels, frames]: (ln(mel power + 1e-5) + 4.5) / 5. */
export function pictures(waves: Tensor, settings: PictureSettings = AUDIO_SET): Tensor {
  const { preemphasis, ...mel } = settings;
  const spectrogram = new audio.MelSpectrogram({ ...mel, melScale: "kaldi", periodic: false });
  return noGrad(() => {
    const lifted = audio.preemphasis(waves, preemphasis);
    const powers = spectrogram.forward(lifted.narrow(1, 1, lifted.shape[1]! - 1)); // the first has none before it
    const logarithms = powers.add(1e-5).log();
    return logarithms.add(4.5).mul(0.2).unsqueeze(1); // for the network, products are compiled anyway
  });
}
