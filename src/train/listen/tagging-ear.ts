// The ear of a network that knows sounds of several names at once: AudioSet's 527.
import { audio, type nn, noGrad } from "../../index.ts";
import { type PictureSettings, pictures } from "../features/audio-set.ts";
import { resampled } from "../features/features.ts";
import type { Ear } from "./ear.ts";

/**
 * Seconds of a window, and from one to the next. Of 40 clips of ESC-10, 5 s each, 25 make an event of their own name; with
 * windows of 1 s (silence behind them, to 2 s) 16, of 4 s 26, at twice the work and twice as long behind.
 */
const WINDOW = 2;
const STEP = 0.5;

/** The probability of an event, by default: few of so many names are as certain as one of ten is. */
const THRESHOLD = 0.3;

export function taggingEar(network: nn.MN, settings: PictureSettings, classes: readonly string[]): Ear {
  const { sampleRate } = settings;
  const cutting = { sampleRate, segmentSamples: WINDOW * sampleRate, segmentStep: STEP * sampleRate };
  return {
    classes,
    threshold: THRESHOLD,
    ignored: new Set([classes.indexOf("Silence")]),
    cutting,
    resamples: true,
    levelled: false,
    async hear(stretch) {
      const probabilities = noGrad(() => {
        const wave = resampled([stretch], { ...cutting, resamples: true });
        const windows = audio.segments(wave.narrow(1, stretch.skip, stretch.length), {
          length: cutting.segmentSamples,
          hop: cutting.segmentStep,
        });
        return network.forward(pictures(windows, settings)).sigmoid();
      });
      const rows = (await probabilities.data()) as Float32Array;
      return Array.from({ length: rows.length / classes.length }, (_, i) => ({
        probabilities: rows.slice(i * classes.length, (i + 1) * classes.length),
        silent: false, // silence has a name among the classes
        known: true,
      }));
    },
  };
}
