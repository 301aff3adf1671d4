// Memory on the GPU: a buffer that is a pool's, and how many arrays use it.

/** A place in the attic. */
export interface Shelf {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** What a storage asks of its pool. */
interface Pool {
  readonly age: number;
  readonly stream: { read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> };
  fetch(storage: Storage): void;
  bury(storage: Storage, release: () => void): void;
  giveBack(storage: Storage): void;
}

/** A buffer and the number that distinguishes it, in bind-group keys; the number is never given to another. */
export interface Numbered {
  readonly buffer: GPUBuffer;
  readonly id: number;
}

/**
 * Memory on the GPU and how many arrays use it. Given back to the pool when the last of them lets go. A small one that
 * is not used for some steps waits in the attic, from where its next use fetches it.
 */
export class Storage {
  references = 1;
  /** Counts in-place changes, so that backward can tell that a value it needs was overwritten. */
  version = 0;
  /** The pool's age when it was last used. */
  usedAt = 0;
  /** Whether nobody can reach it any more: see BufferPool.bury. */
  buried = false;
  /** Who has it stay where it is. */
  holders = 0;
  /** Where it waits, if it does. */
  shelf: Shelf | null = null;
  /** What is made of it later, or was and is kept: told before it is written, or goes. */
  readonly deferred = new Set<{ beforeWrite(): void }>();

  constructor(
    /** The buffer that it is in, or was in. */
    public place: Numbered,
    readonly bytes: number,
    readonly capacity: number,
    private readonly pool: Pool,
  ) {}

  get buffer(): GPUBuffer {
    this.use();
    return this.place.buffer;
  }

  get id(): number {
    this.use();
    return this.place.id;
  }

  private use(): void {
    this.usedAt = this.pool.age;
    if (this.shelf !== null) this.pool.fetch(this);
  }

  /** Has made what was put off, and dropped what was kept of what it holds. */
  beforeWrite(): void {
    for (const each of this.deferred) each.beforeWrite();
  }

  /** The first `bytes`, after everything recorded so far. */
  read(bytes: number): Promise<ArrayBuffer> {
    return this.pool.stream.read(this.buffer, bytes);
  }

  /** Nobody can reach what it is for: see BufferPool.bury. */
  bury(release: () => void): void {
    this.pool.bury(this, release);
  }

  /** Whether it is a pool's: every device has its own. */
  isIn(pool: Pool): boolean {
    return this.pool === pool;
  }

  retain(): void {
    if (this.references <= 0) throw new Error("internal: retained a storage that was already given back");
    this.references++;
  }

  release(): void {
    if (this.references <= 0) throw new Error("internal: released a storage twice");
    if (--this.references > 0) return;
    this.beforeWrite();
    this.pool.giveBack(this);
  }
}
