// The last samples of a sound that goes on.
export class Last {
  private readonly kept: Float32Array;

  constructor(length: number) {
    this.kept = new Float32Array(length);
  }

  push(samples: Float32Array): void {
    const { length } = this.kept;
    const some = samples.subarray(Math.max(0, samples.length - length));
    this.kept.copyWithin(0, some.length);
    this.kept.set(some, length - some.length);
  }

  clear(): void {
    this.kept.fill(0);
  }

  /** Those that were pushed last, silence before them. */
  samples(): Float32Array {
    return this.kept.slice();
  }
}
