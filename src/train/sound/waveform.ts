// A sound as numbers.

export interface Waveform {
  /** One channel, full scale ±1. */
  readonly samples: Float32Array;
  /** Hz */
  readonly sampleRate: number;
}
