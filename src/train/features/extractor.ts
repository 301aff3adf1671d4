// From segments of sound to a network's examples: what a recipe's front end means.
import { audio, type Tensor } from "../../index.ts";
import { type FrontEnd, framesOf } from "../recipes/recipe.ts";

export interface FeatureExtractor {
  readonly frontEnd: FrontEnd;
  /** Of one example. */
  readonly shape: readonly number[];
  /** Segments `[n, segmentSamples]` → examples `[n, …shape]`. */
  extract(segments: Tensor): Tensor;
}

/** The extractor of a front end alone. */
export function extractorOf(frontEnd: FrontEnd): FeatureExtractor {
  if (frontEnd.kind === "waveform")
    return { frontEnd, shape: [frontEnd.segmentSamples], extract: (segments) => segments };
  const { sampleRate, nFft, winLength, hopLength, nMels, normalized, melScale, norm, topDb } = frontEnd;
  const mel = { sampleRate, nFft, winLength, hopLength, nMels, normalized, melScale, norm };
  return {
    frontEnd,
    shape: [nMels, framesOf(frontEnd)],
    // In dB. Each segment has its own loudest value, and floor below it.
    extract: (segments) =>
      audio.amplitudeToDb(new audio.MelSpectrogram(mel).forward(segments), { topDb, floorDims: 2 }),
  };
}

/** How many numbers one example is. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
