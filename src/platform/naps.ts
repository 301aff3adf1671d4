// How long to sleep between looks at what is awaited of a GPU that has to be polled. A look takes a turn of the event loop, .1 ms
// of a core that a CPU adapter's kernels could use; but a sleep that is too long is waited for. Loops wait for about as long every
// time: most of what the shortest of the last few waits took is slept through with few looks.

/** Milliseconds: looked at every turn of the event loop for so long, … */
const EAGER = 0.2;
/** … then as often as this, … */
const SHORT = 1;
/** … and as seldom as this while a wait is not expected to be over: what else is awaited may come. */
const LONG = 16;
/** Part of the expected wait that passes for certain, or nearly. */
const CERTAIN = 0.75;
const RECENT = 4;

export class Naps {
  private began: number | null = null;
  private looked = 0;
  /** How long waits are known to have taken: until the last look at which they were not over. */
  private readonly recent: number[] = [];

  /** Milliseconds to sleep before the next look, 0 for none; the first call since a wait was over begins another. */
  next(now: number): number {
    this.began ??= now;
    this.looked = now;
    const waited = now - this.began;
    if (waited < EAGER) return 0;
    const expected = this.recent.length < RECENT ? 0 : Math.min(...this.recent);
    return Math.min(LONG, Math.max(SHORT, CERTAIN * expected - waited));
  }

  /** Nothing is awaited any more. */
  over(): void {
    this.recent.push(this.began === null ? 0 : this.looked - this.began);
    if (this.recent.length > RECENT) this.recent.shift();
    this.began = null;
  }
}
