// When each launch ran on the GPU, by timestamp queries. A profiled stream encodes every launch as a pass of its
// own, which costs a little; results are read back when the profile is taken.

/** What a launch must do at least. */
export interface Work {
  /** Of arithmetic, a multiply-add being two; only products and convolutions say. */
  operations: number;
  /** Of the arrays that it binds, each counted once. */
  bytes: number;
}

/** One launch: when it began and ended, in milliseconds since the first of the profile. */
export interface ProfiledLaunch extends Work {
  /** "kernel.entry". */
  name: string;
  start: number;
  end: number;
}

interface Timestamps extends Work {
  name: string;
  start: bigint;
  end: bigint;
}

/** The timestamps of one submission. */
export class SubmissionTimer {
  private readonly timed: ({ name: string } & Work)[] = [];
  private readonly queries: GPUQuerySet;

  constructor(
    private readonly gpu: GPUDevice,
    private readonly launches: number,
  ) {
    this.queries = gpu.createQuerySet({ type: "timestamp", count: 2 * launches });
  }

  /** Where the pass of the next launch writes its two timestamps. */
  next(name: string, work: Work): GPUComputePassTimestampWrites {
    const first = 2 * this.timed.length;
    this.timed.push({ name, ...work });
    return { querySet: this.queries, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  /** Encodes the resolution; the returned function reads the result once the submission has run. */
  resolve(encoder: GPUCommandEncoder): () => Promise<Timestamps[]> {
    const bytes = 16 * this.launches;
    const resolved = this.gpu.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const staging = this.gpu.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.resolveQuerySet(this.queries, 0, 2 * this.timed.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    return async () => {
      await staging.mapAsync(GPUMapMode.READ);
      const times = new BigUint64Array(staging.getMappedRange().slice(0));
      for (const buffer of [resolved, staging]) buffer.destroy();
      this.queries.destroy();
      return this.timed.map((launch, i) => ({ ...launch, start: times[2 * i]!, end: times[2 * i + 1]! }));
    };
  }
}

/** Collects the timers of a stream's submissions. */
export class Profiler {
  private readonly readers: (() => Promise<Timestamps[]>)[] = [];

  constructor(private readonly gpu: GPUDevice) {
    if (!gpu.features.has("timestamp-query")) {
      throw new Error("profiling needs timestamp queries, which this adapter does not have");
    }
  }

  timer(launches: number): SubmissionTimer {
    return new SubmissionTimer(this.gpu, launches);
  }

  add(reader: () => Promise<Timestamps[]>): void {
    this.readers.push(reader);
  }

  /** All launches so far, in order. Call it after the stream has finished. */
  async launches(): Promise<ProfiledLaunch[]> {
    const raw = (await Promise.all(this.readers.splice(0).map((read) => read()))).flat();
    const origin = raw[0]?.start ?? 0n;
    const ms = (t: bigint) => Number(t - origin) / 1e6;
    return raw.map((launch) => ({ ...launch, start: ms(launch.start), end: ms(launch.end) }));
  }
}
