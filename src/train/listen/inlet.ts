// Between whoever records and whoever listens: samples that wait. A recording that is read from a file waits for the
// listener. Sound that is made as it comes cannot: what the listener is too slow for is dropped, and counted.

export interface Taken {
  /** All that waited, one channel. */
  samples: Float32Array;
  /** Hz */
  sampleRate: number;
  /** Samples that were dropped before them. */
  dropped: number;
  /** When the last samples came: how many had come before each moment, of these, in milliseconds of `performance.now()`. */
  arrivals: Arrival[];
}

export interface Arrival {
  /** Behind the last sample that had come, counted in the whole sound. */
  end: number;
  at: number;
}

/** Seconds of sound that may wait. */
const FILE_SECONDS = 30;
export const LIVE_SECONDS = 5;
/** A pipe holds so many bytes before anybody reads. */
const PIPE_BYTES = 2 ** 16;
/** So many seconds more sound than time has passed, beyond a full pipe, is no sound that is made as it comes. */
const AHEAD_SECONDS = 2;
/** What a sound card's clock may be wrong by, and much more than that. */
const DRIFT = 0.01;

export class Inlet {
  private parts: Float32Array[] = [];
  private arrivals: Arrival[] = [];
  private waiting = 0;
  private dropped = 0;
  private sampleRate = 0;
  /** Samples that have come, in all. */
  private came = 0;
  private ended = false;
  private failure: unknown = null;
  /** Seconds of sound that have come beyond the time that has passed. */
  private ahead = 0;
  private lastAt = 0;
  private wake = () => {};
  private makeRoom = () => {};
  /** Whether samples come as they are made; of a pipe, until it has brought more than that. */
  live: boolean;

  /** @param kind "file": never live. "recorder": always. "pipe": as it turns out. */
  constructor(
    private readonly kind: "file" | "pipe" | "recorder",
    private readonly now = () => performance.now(),
  ) {
    this.live = kind !== "file";
  }

  /** Takes samples that came as so many bytes. Resolves when more may be read. */
  async push(samples: Float32Array, sampleRate: number, bytes: number): Promise<void> {
    if (samples.length === 0) return;
    const at = this.now();
    this.sampleRate = sampleRate;
    this.came += samples.length;
    this.parts.push(samples);
    this.waiting += samples.length;
    this.arrivals.push({ end: this.came, at });
    if (this.kind === "pipe" && this.live) this.judge(samples.length / sampleRate, bytes, at);
    if (this.live) this.drop();
    this.wake();
    while (!this.live && this.waiting > FILE_SECONDS * sampleRate && !this.ended)
      await new Promise<void>((resolve) => {
        this.makeRoom = resolve;
      });
  }

  /** No more samples come; `failure` is thrown to whoever takes, behind the last of them. */
  end(failure: unknown = null): void {
    this.ended = true;
    this.failure = failure;
    this.wake();
    this.makeRoom();
  }

  /** All samples that wait; undefined where none came within so many milliseconds, null where no more will. */
  async take(milliseconds: number): Promise<Taken | undefined | null> {
    if (this.waiting === 0 && !this.ended) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(resolve, milliseconds);
      });
      clearTimeout(timer);
    }
    if (this.waiting === 0) {
      if (!this.ended) return undefined;
      if (this.failure !== null) throw this.failure;
      return null;
    }
    const samples = new Float32Array(this.waiting);
    let place = 0;
    for (const part of this.parts) {
      samples.set(part, place);
      place += part.length;
    }
    const { sampleRate, dropped, arrivals } = this;
    this.parts = [];
    this.arrivals = [];
    this.waiting = 0;
    this.dropped = 0;
    this.makeRoom();
    return { samples, sampleRate, dropped, arrivals };
  }

  /** Whether a pipe brings more than could have been recorded by now: a file is at its other end. */
  private judge(seconds: number, bytes: number, at: number): void {
    const passed = this.lastAt === 0 ? 0 : (at - this.lastAt) / 1000;
    this.lastAt = at;
    this.ahead += seconds - (1 + DRIFT) * passed;
    if (this.ahead > AHEAD_SECONDS + (PIPE_BYTES / bytes) * seconds) this.live = false;
  }

  /** Drops the oldest where too many wait. */
  private drop(): void {
    const most = LIVE_SECONDS * this.sampleRate;
    if (this.waiting <= most + Math.max(0, this.ahead) * this.sampleRate) return;
    while (this.parts.length > 1 && this.waiting > most / 2) {
      const part = this.parts.shift()!;
      this.arrivals.shift();
      this.waiting -= part.length;
      this.dropped += part.length;
    }
  }
}
