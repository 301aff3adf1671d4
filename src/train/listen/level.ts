// How loud it is: a meter's numbers, and what makes a sound that comes live as loud as the clips of a dataset are.

/** Level and peak of some samples, in decibels below full scale; −Infinity where all are 0. */
export interface Level {
  rms: number;
  peak: number;
}

export function levelOf(samples: Float32Array): Level {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { rms: 10 * Math.log10(sum / Math.max(1, samples.length)), peak: 20 * Math.log10(peak) };
}

/** Samples that are looked at together: 23 ms at 44.1 kHz. */
const BLOCK = 1024;
/** How fast what was loud is forgotten. */
const DB_A_SECOND = 2;
/** What is quieter is not made louder than this would be: a room's own noise is no sound. */
const LEAST = 0.01;

/**
 * Divides a sound by its loudest moment so far, where a recipe divides each clip by its peak. What was loud is forgotten
 * at 2 dB a second, so that a door that slams does not make the rest of the day quiet.
 */
export class Leveller {
  private peak = LEAST;
  private rest = new Float32Array(0);

  /** The samples in whole blocks; what is left of them comes with the next. */
  push(samples: Float32Array, sampleRate: number): Float32Array {
    const all = new Float32Array(this.rest.length + samples.length);
    all.set(this.rest);
    all.set(samples, this.rest.length);
    const whole = all.length - (all.length % BLOCK);
    const kept = 10 ** ((-DB_A_SECOND * BLOCK) / sampleRate / 20);
    for (let at = 0; at < whole; at += BLOCK) {
      const block = all.subarray(at, at + BLOCK);
      this.peak = Math.max(LEAST, this.peak * kept);
      for (const sample of block) this.peak = Math.max(this.peak, Math.abs(sample));
      for (let i = 0; i < BLOCK; i++) block[i]! /= this.peak;
    }
    this.rest = all.slice(whole);
    return all.subarray(0, whole);
  }
}
