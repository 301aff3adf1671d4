// The buffers that arrays are read back by.
import { formatBytes, MIB } from "../bytes.ts";

/** Bytes of one that is kept for the next read at most: large reads are rare, and memory is not endless. */
const MOST_KEPT = 16 * MIB;
/** How many are kept of a size. */
const KEPT = 4;

export class Staging {
  private readonly free = new Map<number, GPUBuffer[]>();

  constructor(private readonly create: (size: number, usage: number, what: () => string) => GPUBuffer) {}

  /** One for so many bytes, a multiple of 4. */
  take(bytes: number): GPUBuffer {
    // What is kept has one of few sizes; of a power of two above 1 GiB no adapter need have a buffer.
    const size = bytes > MOST_KEPT ? bytes : 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.free.get(size)?.pop() ?? this.create(size, usage, () => `reading back ${formatBytes(bytes)}`);
  }

  /** Takes one back that is unmapped. */
  giveBack(staging: GPUBuffer): void {
    const free = this.free.get(staging.size) ?? [];
    if (staging.size > MOST_KEPT || free.length >= KEPT) staging.destroy();
    else this.free.set(staging.size, [...free, staging]);
  }
}
