// Storage on the GPU: buffers that are taken from a pool and given back by reference count, the textures that kernels
// read copies of them from, the bookkeeping behind `memory()`, and the hint that makes JavaScript collect tensors
// nobody can reach.
import { formatBytes, MIB } from "./bytes.ts";
import type { Stream } from "./stream.ts";
import { ROW_BYTES, ROW_GAP, TEXTURE_BYTES, TEXTURE_WIDTH, type Texture } from "./texture.ts";

/** One GPU buffer and how many arrays use it. Given back to the pool when the last of them lets go. */
export class Storage {
  references = 1;
  /** Counts in-place changes, so that backward can tell that a value it needs was overwritten. */
  version = 0;

  constructor(
    readonly buffer: GPUBuffer,
    /** Distinguishes buffers, in bind-group keys. */
    readonly id: number,
    readonly capacity: number,
    private readonly pool: BufferPool,
  ) {}

  retain(): void {
    if (this.references <= 0) throw new Error("internal: retained a storage that was already given back");
    this.references++;
  }

  release(): void {
    if (this.references <= 0) throw new Error("internal: released a storage twice");
    if (--this.references === 0) this.pool.giveBack(this);
  }
}

const GUARD = 64;
/** Bytes that are worth a hint to the collector. */
const HINT_STEP = 16 * MIB;
/** … from this height on. */
const FIRST_HINT = 64 * MIB;

export class BufferPool {
  bytesInUse = 0;
  bytesFree = 0;
  peakBytesInUse = 0;
  buffersCreated = 0;
  texturesCreated = 0;

  private readonly free = new Map<number, Storage[]>();
  private textures: Texture[] = [];
  private nextId = 0;
  private hintAbove = FIRST_HINT;
  private reclaimed = 0;

  constructor(
    private readonly stream: Stream,
    private readonly limits: { maxBufferSize: number; maxStorageBufferBindingSize: number },
    readonly poison: boolean,
  ) {}

  /** A storage of at least `bytes`. `what` names it in the error where the adapter cannot hold it. */
  take(bytes: number, what: string): Storage {
    const limit = Math.min(this.limits.maxStorageBufferBindingSize, this.limits.maxBufferSize);
    if (bytes > limit) {
      throw new RangeError(
        `${what} needs ${formatBytes(bytes)}, more than the ${formatBytes(limit)} that this adapter binds at once: use smaller batches`,
      );
    }
    const capacity = Math.min(sizeClass(this.poison ? bytes + GUARD : bytes), limit - (limit % 16));
    const reused = this.free.get(capacity)?.pop();
    if (reused !== undefined) this.bytesFree -= capacity;
    const storage = new Storage(
      reused?.buffer ?? this.create(capacity, what),
      reused?.id ?? this.nextId++,
      capacity,
      this,
    );
    this.bytesInUse += capacity;
    this.peakBytesInUse = Math.max(this.peakBytesInUse, this.bytesInUse);
    this.hintCollector();
    if (this.poison) this.stream.upload(storage.buffer, nanBytes(capacity));
    return storage;
  }

  giveBack(storage: Storage): void {
    this.bytesInUse -= storage.capacity;
    this.bytesFree += storage.capacity;
    const list = this.free.get(storage.capacity);
    if (list === undefined) this.free.set(storage.capacity, [storage]);
    else list.push(storage);
    // A program whose shapes keep changing must not hoard every size it ever used.
    if (this.bytesFree > Math.max(256 * MIB, 2 * this.peakBytesInUse)) this.trim();
  }

  /**
   * The texture that a kernel's `slot`-th operand is copied to: one for all kernels, at least as large as any of them
   * has needed, so that what it holds is good for the next launch only.
   */
  texture(slot: number, bytes: number): Texture {
    const known = this.textures[slot];
    if (known !== undefined && known.capacity >= bytes) return known;
    if (known !== undefined) this.destroyLater([known.texture]);
    const rows = Math.ceil(Math.min(sizeClass(bytes), TEXTURE_BYTES) / ROW_BYTES);
    const texture = this.stream.createTexture(TEXTURE_WIDTH + ROW_GAP, rows);
    const id = this.texturesCreated++;
    this.textures[slot] = { texture, view: texture.createView(), id, capacity: rows * ROW_BYTES };
    return this.textures[slot];
  }

  /** Bytes that textures hold. */
  get bytesInTextures(): number {
    return this.textures.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  /**
   * Destroys every free buffer and the textures, once the GPU is done with what was recorded, and forgets the height
   * once reached.
   */
  trim(): void {
    this.hintAbove = Math.max(FIRST_HINT, this.bytesInUse + HINT_STEP);
    const buffers = [...this.free.values()].flat().map((storage) => storage.buffer);
    this.destroyLater([...buffers, ...this.textures.map(({ texture }) => texture)]);
    this.free.clear();
    this.bytesFree = 0;
    this.textures = [];
  }

  private destroyLater(doomed: readonly { destroy(): void }[]): void {
    this.stream.flush();
    // A batch that waits for a pipeline has not been submitted yet, and may still name these.
    this.stream.finish().then(
      () => {
        for (const each of doomed) each.destroy();
      },
      () => {},
    );
  }

  private create(capacity: number, what: string): GPUBuffer {
    this.buffersCreated++;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const inUse = this.bytesInUse;
    return this.stream.createBuffer(
      capacity,
      usage,
      () => `${what} wants ${formatBytes(capacity)} with ${formatBytes(inUse)} in use`,
    );
  }

  /**
   * JavaScript's collector sees a tensor as a few dozen bytes, and has no reason to look for dead ones.
   * Whenever the memory in use reaches a new height, allocating and dropping as much (untouched, so never
   * backed by real pages) tells it what is at stake; the tensors it finds come back through finalizers.
   */
  private hintCollector(): void {
    if (this.bytesInUse <= this.hintAbove) return;
    for (let hinted = 0; hinted < this.bytesInUse; hinted += 32 * MIB) new ArrayBuffer(32 * MIB);
    this.hintAbove = this.bytesInUse + HINT_STEP;
  }

  /**
   * For finalizers: `release` gives back what the collector found. Where that is much, tensors die unseen, and the next
   * hint comes at the height that is left then; a loop whose memory goes by itself keeps the height it has
   * reached, without hints.
   */
  reclaim(release: () => void): void {
    const before = this.bytesInUse;
    release();
    this.reclaimed += before - this.bytesInUse;
    if (this.reclaimed < HINT_STEP) return;
    this.reclaimed = 0;
    this.hintAbove = this.bytesInUse + 2 * HINT_STEP;
  }
}

/** Rounds up to an eighth of a power of two: at most 12.5 % are wasted, and similar sizes share buffers. */
export function sizeClass(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.ceil(Math.log2(Math.max(bytes, 1))) - 4));
  return Math.ceil(bytes / step) * step || step;
}

let nans = new Uint8Array(0);
function nanBytes(bytes: number): Uint8Array {
  if (nans.length < bytes)
    nans = new Uint8Array(new Float32Array(Math.ceil(bytes / 4)).fill(Number.NaN).buffer);
  return nans.subarray(0, bytes);
}
