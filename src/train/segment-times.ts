// When in a sound each segment is. Segments overlap: a moment is best told by the segment whose middle is nearest.
import type { FrontEnd } from "./recipe.ts";

export interface Span {
  /** Seconds. */
  start: number;
  end: number;
}

/** The whole of segment number `index`, in a sound of so many seconds. */
export function segmentSpan(index: number, frontEnd: FrontEnd, seconds: number): Span {
  const { segmentSamples, segmentStep, sampleRate } = frontEnd;
  const start = (index * segmentStep) / sampleRate;
  return { start, end: Math.min(seconds, start + segmentSamples / sampleRate) };
}

/** The part of it that is nearest to its middle, in a sound of `count` segments: these parts do not overlap. */
export function nearestSpan(index: number, count: number, frontEnd: FrontEnd, seconds: number): Span {
  const { start, end } = segmentSpan(index, frontEnd, seconds);
  const border = (frontEnd.segmentSamples - frontEnd.segmentStep) / 2 / frontEnd.sampleRate;
  return {
    start: index === 0 ? start : start + border,
    end: index === count - 1 ? end : start + border + frontEnd.segmentStep / frontEnd.sampleRate,
  };
}
