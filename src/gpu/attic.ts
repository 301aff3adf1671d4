// Where small storages wait that nobody has used for some steps: packed one behind the other, so that the buffers they
// were in come back. A loop that keeps its losses, or drops them without a turn of the event loop, then finds the same
// buffers free at every step, and what it binds are the same sets of them.
import type { Shelf } from "./storage.ts";
import type { Stream } from "./stream/stream.ts";

const STEP = 16;
const FIRST_SLAB = 512 * 1024;
const LARGEST_SLAB = 4 * 2 ** 20;

export class Attic {
  private slab: GPUBuffer | null = null;
  private used = 0;
  /** Shelves that are free again, by their size. */
  private readonly free = new Map<number, Shelf[]>();

  constructor(private readonly stream: Stream) {}

  /** A free place of at least `bytes`, at most LARGEST_SLAB. */
  take(bytes: number): Shelf {
    const size = Math.ceil(bytes / STEP) * STEP;
    const known = this.free.get(size)?.pop();
    if (known !== undefined) return known;
    if (this.slab === null || this.used + size > this.slab.size) {
      const next = Math.min(2 * (this.slab?.size ?? FIRST_SLAB / 2), LARGEST_SLAB);
      this.slab = this.stream.createBuffer(
        Math.max(next, size),
        GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
        () => "small tensors that nobody has used for some steps",
      );
      this.used = 0;
    }
    const shelf = { buffer: this.slab, offset: this.used, bytes: size };
    this.used += size;
    return shelf;
  }

  giveBack(shelf: Shelf): void {
    const list = this.free.get(shelf.bytes);
    if (list === undefined) this.free.set(shelf.bytes, [shelf]);
    else list.push(shelf);
  }
}
