// When in a sound each segment is. Segments overlap: a moment is best told by the segment whose middle is nearest.
import type { FrontEnd } from "../recipes/recipe.ts";

/** What of a front end says when its segments are. */
export type Timing = Pick<FrontEnd, "resamples" | "sampleRate" | "segmentSamples" | "segmentStep">;

/** How long a sound is: seconds, and samples in each of them. */
export interface Extent {
  readonly seconds: number;
  readonly sampleRate: number;
}

export interface Span {
  /** Seconds. */
  start: number;
  end: number;
}

/** The rate, in a sound's own time, of the samples that a front end cuts into segments. */
export function heardRate(
  { resamples, sampleRate }: Pick<Timing, "resamples" | "sampleRate">,
  sound: Extent,
): number {
  return resamples ? sampleRate : sound.sampleRate;
}

/** The whole of segment number `index`, as far as the sound lasts. */
export function segmentSpan(index: number, frontEnd: Timing, sound: Extent): Span {
  const rate = heardRate(frontEnd, sound);
  const start = (index * frontEnd.segmentStep) / rate;
  return { start, end: Math.min(sound.seconds, start + frontEnd.segmentSamples / rate) };
}

/** The part of it that is nearest to its middle, in a sound of `count` segments: these parts do not overlap. */
export function nearestSpan(index: number, count: number, frontEnd: Timing, sound: Extent): Span {
  const { segmentSamples, segmentStep } = frontEnd;
  const { start, end } = segmentSpan(index, frontEnd, sound);
  const rate = heardRate(frontEnd, sound);
  const first = start + (segmentSamples - segmentStep) / 2 / rate;
  return { start: index === 0 ? start : first, end: index === count - 1 ? end : first + segmentStep / rate };
}
