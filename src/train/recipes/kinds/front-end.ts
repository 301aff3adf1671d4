// The front ends that there are, by kind: how a sound's samples become a network's examples. All cut it into segments.
import { z } from "zod";
import { count, upTo } from "./numbers.ts";

/** What all kinds have. */
const segments = {
  /** Hz. */
  sampleRate: upTo(1_000_000),
  /** Resample clips of another rate. Else their samples are taken for samples at `sampleRate`, whatever they are. */
  resamples: z.boolean(),
  /** Divide each clip by its own largest absolute value first. */
  peakNormalized: z.boolean(),
  /** Samples in a segment, and from one segment's start to the next's; what is left at a clip's end is dropped. */
  segmentSamples: upTo(2 ** 24),
  segmentStep: count,
};

/** Log-mel segments `[segments, nMels, frames]`. */
const logMel = z.strictObject({
  kind: z.literal("log-mel"),
  ...segments,
  /** The mel power spectrogram, in torchaudio's terms (librosa's mel scale and norm are "slaney" twice). */
  nFft: upTo(2 ** 15),
  winLength: upTo(2 ** 15),
  hopLength: count,
  nMels: upTo(1024),
  /** Divide each spectrum by the window's norm. */
  normalized: z.boolean(),
  melScale: z.enum(["htk", "slaney"]),
  norm: z.enum(["slaney"]).nullable(),
  /** Decibels below a segment's loudest value at which the rest is cut off. */
  topDb: z.number().min(0),
  /** A segment is silent if its mean is below this, in dB … */
  silenceDb: z.number(),
  /** … or also if it is just that. */
  silenceIncludesEqual: z.boolean(),
});

/** Segments `[segments, segmentSamples]` as they are. */
const waveform = z.strictObject({
  kind: z.literal("waveform"),
  ...segments,
  /** A segment is silent if its mean power is below this, in dB of full scale. */
  silenceDb: z.number(),
});

/** Log-mel pictures `[segments, 1, bands, frames]` as networks trained on AudioSet hear: see features/audio-set.ts. */
const audioSet = z.strictObject({
  kind: z.literal("audio-set"),
  ...segments,
  /** A segment is silent if its mean power is below this, in dB of full scale. */
  silenceDb: z.number(),
});

export const frontEnd = z.discriminatedUnion("kind", [logMel, waveform, audioSet]);

/** From a clip's samples to examples. The feature cache's key is made of it. */
export type FrontEnd = z.infer<typeof frontEnd>;
export type LogMel = z.infer<typeof logMel>;

/** A log-mel front end that hears the same segments as one of another kind: for pictures. */
export function asLogMel(frontEnd: FrontEnd): LogMel {
  if (frontEnd.kind === "log-mel") return frontEnd;
  const { sampleRate, resamples, peakNormalized, segmentSamples, segmentStep } = frontEnd;
  const segments = { sampleRate, resamples, peakNormalized, segmentSamples, segmentStep };
  const spectrum = { nFft: 1024, winLength: 1024, hopLength: 512, nMels: 60, normalized: true } as const;
  const decibels = { topDb: 80, silenceDb: -70, silenceIncludesEqual: false };
  return { kind: "log-mel", ...segments, ...spectrum, melScale: "htk", norm: null, ...decibels };
}

/** Frames of the spectrogram of a segment: one at each end, and every hop between. */
export function framesOf(frontEnd: LogMel): number {
  return 1 + Math.floor(frontEnd.segmentSamples / frontEnd.hopLength);
}

/** Numbers in a segment: far more than is of use. */
const MOST_VALUES = 2 ** 20;
/** Hz: what those networks were trained on. */
const AUDIO_SET_RATE = 32000;
/** Segments that one sample may be in. */
const MOST_OVERLAP = 64;

/** What makes no sense in a front end whose settings are each of the right kind; null if nothing does. */
export function nonsenseInFrontEnd(frontEnd: FrontEnd): string | null {
  if (frontEnd.segmentSamples > MOST_OVERLAP * frontEnd.segmentStep)
    return `a segment of ${frontEnd.segmentSamples} samples every ${frontEnd.segmentStep} is too many: more than ${MOST_OVERLAP} would overlap`;
  if (frontEnd.kind === "audio-set") {
    if (frontEnd.sampleRate !== AUDIO_SET_RATE)
      return `frontEnd.kind=audio-set wants frontEnd.sampleRate=${AUDIO_SET_RATE}, not ${frontEnd.sampleRate}`;
    if (frontEnd.segmentSamples < AUDIO_SET_RATE / 2)
      return `segments of ${frontEnd.segmentSamples} samples are too short: half a second is the least`;
  }
  if (frontEnd.kind !== "log-mel") {
    return frontEnd.segmentSamples > MOST_VALUES
      ? `segments of ${frontEnd.segmentSamples} samples are too large: ${MOST_VALUES} are the most`
      : null;
  }
  const frames = framesOf(frontEnd);
  if (frames * frontEnd.nMels > MOST_VALUES)
    return `segments of ${frames} frames and ${frontEnd.nMels} bands are too large: ${MOST_VALUES} numbers are the most`;
  if (2 * frontEnd.segmentSamples <= frontEnd.nFft)
    return `segments of ${frontEnd.segmentSamples} samples are too short for nFft = ${frontEnd.nFft}`;
  if (frontEnd.winLength > frontEnd.nFft)
    return `a window of ${frontEnd.winLength} samples is longer than nFft = ${frontEnd.nFft}`;
  return null;
}
