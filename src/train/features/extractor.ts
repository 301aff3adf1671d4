// From segments of sound to a network's examples: what a recipe's front end means.
import { audio, type nn, type Tensor } from "../../index.ts";
import { type FrontEnd, framesOf } from "../recipes/recipe.ts";
import { AUDIO_SET, pictures } from "./audio-set.ts";

export interface FeatureExtractor {
  readonly frontEnd: FrontEnd;
  /** Of one example. */
  readonly shape: readonly number[];
  /** Segments `[n, segmentSamples]` → examples `[n, …shape]`. */
  extract(segments: Tensor): Tensor;
  /** Those of a network that makes the examples: part of the cache's key. */
  weights?(): nn.StateDict;
}

/** The extractor of a front end alone. */
export function extractorOf(frontEnd: FrontEnd): FeatureExtractor {
  if (frontEnd.kind === "waveform")
    return { frontEnd, shape: [frontEnd.segmentSamples], extract: (segments) => segments };
  if (frontEnd.kind === "audio-set") {
    const shape = [1, AUDIO_SET.nMels, audioSetFrames(frontEnd.segmentSamples)];
    return { frontEnd, shape, extract: (segments) => pictures(segments) };
  }
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

/** Frames of a picture: one before each hop. The first sample has none before it, and is no part of it. */
function audioSetFrames(samples: number): number {
  return 1 + Math.floor((samples - 1) / AUDIO_SET.hopLength);
}

/** How many numbers one example is. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
