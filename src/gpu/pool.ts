// The pool that storages' buffers come from and go back to, the textures that kernels read copies of them from, and the
// bookkeeping behind `memory()`.
import { Attic } from "./attic.ts";
import { formatBytes, MIB } from "./bytes.ts";
import { collectsAtOnce, looks, wantCollection } from "./collector.ts";
import { type Numbered, Storage } from "./storage.ts";
import type { Stream } from "./stream/stream.ts";
import { ROW_BYTES, ROW_GAP, TEXTURE_BYTES, TEXTURE_WIDTH, type Texture } from "./texture.ts";

const GUARD = 64;
/** Of more bytes, poison is copied and not uploaded: the stream sends such uploads by themselves. */
const LARGE = 64 * 1024;
/** Storages of so many bytes at most may go to the attic … */
const SMALL = 64 * 1024;
/** … when so many steps went by without their being used. */
const STEPS_UNUSED = 1;
/** So many that are dead wait for it at most: a program need not have steps. */
const MOST_DEAD = 256;

/** Looking for dead tensors is worth its milliseconds whenever half as much again, or a step's rise, and this are in use. */
const WORTH_A_LOOK = 24 * MIB;
/** Where they can not be looked for: bytes that are worth a hint to the collector, … */
const HINT_STEP = 16 * MIB;
/** … from this height on. */
const FIRST_HINT = 64 * MIB;

/**
 * Bytes that were more than the GPU's memory when it ran out. What is free then did not help, as WebGPU says so only when
 * what was asked for is in use; but the pool of the device that init() opens next gives it back in time.
 */
let tooMany = Number.POSITIVE_INFINITY;
/** The share of that at which it does: the system has it only when the GPU is done with it, and the next array is made before. */
const ROOM = 3 / 4;

export class BufferPool {
  bytesInUse = 0;
  bytesFree = 0;
  peakBytesInUse = 0;
  buffersCreated = 0;
  texturesCreated = 0;
  /** Steps that ended so far: see endStep. */
  age = 0;

  /** By capacity, the highest number first: the lowest is taken, so that the same step finds the same buffers. */
  private readonly free = new Map<number, Numbered[]>();
  /** Small storages that may go to the attic. */
  private readonly small = new Set<Storage>();
  /** Of them, those that nobody can reach any more. */
  private readonly dead: { storage: Storage; release: () => void }[] = [];
  private readonly attic: Attic;
  private readonly textures = new Map<number, Texture>();
  private nextId = 0;
  private lookAbove = WORTH_A_LOOK;
  /** The collector's looks when that was set. */
  private looks = looks;
  /** What was in use when the step began, at most since then, and by how much more at most in the step before. */
  private step = { began: 0, peak: 0, rise: 0 };
  private hintAbove = FIRST_HINT;
  /** See `nans`. */
  private nan: GPUBuffer | undefined;

  constructor(
    readonly stream: Stream,
    private readonly limits: { maxBufferSize: number; maxStorageBufferBindingSize: number },
    readonly poison: boolean,
  ) {
    this.attic = new Attic(stream);
  }

  /** A storage of at least `bytes`. `what` names it in the error where the adapter cannot hold it. */
  take(bytes: number, what: string): Storage {
    const limit = Math.min(this.limits.maxStorageBufferBindingSize, this.limits.maxBufferSize);
    if (bytes > limit) {
      throw new RangeError(
        `${what} needs ${formatBytes(bytes)}, more than the ${formatBytes(limit)} that this adapter binds at once: use smaller batches`,
      );
    }
    const capacity = Math.min(sizeClass(this.poison ? bytes + GUARD : bytes), limit - (limit % 16));
    const storage = new Storage(this.place(capacity, bytes, what), bytes, capacity, this);
    storage.usedAt = this.age;
    this.stream.recorder?.make(storage);
    if (bytes <= SMALL) this.small.add(storage);
    this.bytesInUse += capacity;
    this.peakBytesInUse = Math.max(this.peakBytesInUse, this.bytesInUse);
    this.step.peak = Math.max(this.step.peak, this.bytesInUse);
    this.lookForTheDead();
    return storage;
  }

  /** A buffer that is free, or a new one. */
  private place(capacity: number, bytes: number, what: string): Numbered {
    const recorded = this.stream.recorder?.reuse(capacity);
    if (recorded !== undefined) this.bytesInUse -= capacity; // it counts as in use already
    const reused = recorded ?? this.free.get(capacity)?.pop();
    if (reused !== undefined && recorded === undefined) this.bytesFree -= capacity;
    const place = reused ?? { buffer: this.create(capacity, what), id: this.nextId++ };
    if (this.poison) this.unrecorded(() => this.poisoned(place, bytes, capacity));
    return place;
  }

  /** Fills it with NaN, for what an array has not been given yet, and with the guard behind. */
  private poisoned({ buffer, id }: Numbered, bytes: number, capacity: number): void {
    const end = 16 * Math.ceil(bytes / 16);
    // The device copies to large ones what is NaN already: to upload it takes longer than most kernels of tests.
    const from = end > LARGE ? end : 0;
    if (from > 0) this.stream.copy(this.nans(end), 0, buffer, 0, end);
    const words = new Uint32Array((capacity - from) / 4).fill(guardOf(id));
    words.fill(NAN, 0, (end - from) / 4);
    this.stream.upload(buffer, new Uint8Array(words.buffer), from);
  }

  /** A buffer of so many bytes or more that are all NaN. */
  private nans(bytes: number): GPUBuffer {
    if (this.nan === undefined || this.nan.size < bytes) {
      const words = new Uint32Array(2 ** Math.ceil(Math.log2(bytes)) / 4).fill(NAN);
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.nan = this.stream.createBuffer(4 * words.length, usage, () => "poison");
      this.stream.upload(this.nan, new Uint8Array(words.buffer));
    }
    return this.nan;
  }

  private freePlace(place: Numbered, capacity: number): void {
    this.bytesFree += capacity;
    const list = this.free.get(capacity);
    if (list === undefined) this.free.set(capacity, [place]);
    else list.splice(firstBelow(list, place.id), 0, place);
  }

  giveBack(storage: Storage): void {
    if (this.stream.recorder?.takeBack(storage)) {
      this.small.delete(storage);
      return;
    }
    if (!storage.buried) this.bytesInUse -= storage.capacity;
    this.small.delete(storage);
    if (storage.shelf !== null) this.attic.giveBack(storage.shelf);
    else this.freePlace(storage.place, storage.capacity);
    // A program whose shapes keep changing must not hoard every size it ever used. A training that is evaluated after every
    // epoch goes between two sets of sizes, and would else have the system clear new memory for both.
    if (this.bytesFree > Math.max(256 * MIB, 3 * this.peakBytesInUse)) this.trim();
  }

  /** A step of the program has ended (a backward pass): small storages that were not used for some go to the attic. */
  endStep(): void {
    if (this.stream.recorder !== null) {
      this.stream.recorder.endStep(); // whoever records it ends it behind what is recorded
      return;
    }
    this.age++;
    for (const storage of this.small) {
      if (storage.holders > 0 || storage.usedAt >= this.age - STEPS_UNUSED) continue;
      this.small.delete(storage);
      storage.shelf = this.attic.take(storage.bytes);
      this.stream.copySmall(
        storage.place.buffer,
        0,
        storage.shelf.buffer,
        storage.shelf.offset,
        storage.bytes,
      );
      this.freePlace(storage.place, storage.capacity);
    }
    const dead = this.dead.splice(0);
    for (const each of dead) this.bury(each.storage, each.release);
    const { began, peak } = this.step;
    this.step = { began: this.bytesInUse, peak: this.bytesInUse, rise: peak - began };
  }

  /**
   * Gives back what was found dead. It counts no more, but a small storage's buffer is free only when it would have gone
   * to the attic: the moment at which it was found is the collector's whim, and would give every step other buffers.
   */
  bury(storage: Storage, release: () => void): void {
    if (storage.references > 1 || !this.small.has(storage) || this.age === 0) {
      release();
      return;
    }
    if (this.dead.length >= MOST_DEAD) for (const each of this.dead.splice(0)) each.release();
    if (!storage.buried) this.bytesInUse -= storage.capacity;
    storage.buried = true;
    this.dead.push({ storage, release });
  }

  /** Brings a storage back from the attic, for good: it is one that is used now and then. */
  fetch(storage: Storage): void {
    const { buffer, offset } = storage.shelf!;
    this.unrecorded(() => {
      this.attic.giveBack(storage.shelf!);
      storage.shelf = null;
      storage.place = this.place(
        storage.capacity,
        storage.bytes,
        "a tensor that was not used for some steps",
      );
      this.stream.copySmall(buffer, offset, storage.place.buffer, 0, storage.bytes);
    });
  }

  /** Does what is not done again when what is recorded is. */
  private unrecorded(run: () => void): void {
    const { recorder } = this.stream;
    this.stream.recorder = null;
    run();
    this.stream.recorder = recorder;
  }

  /** Takes over a buffer that is in use, and is not any more. */
  takePlace(place: Numbered, capacity: number): void {
    this.bytesInUse -= capacity;
    this.freePlace(place, capacity);
  }

  /**
   * The texture that a kernel's `slot`-th operand is copied to: one for all kernels, at least as large as any of them
   * has needed, so that what it holds is good until another operand is copied to it.
   */
  texture(slot: number, bytes: number): Texture {
    const texture = this.textureOf(slot, bytes);
    this.stream.recorder?.use(slot, texture);
    return texture;
  }

  /** Whether a kernel's `slot`-th operand would be copied to this one. */
  hasTexture(slot: number, texture: Texture): boolean {
    return this.textures.get(slot) === texture;
  }

  /** What textures hold is not known any more. */
  forgetTextures(): void {
    for (const each of this.textures.values()) each.holds = null;
  }

  private textureOf(slot: number, bytes: number): Texture {
    const known = this.textures.get(slot);
    if (known !== undefined && known.capacity >= bytes) return known;
    if (known !== undefined) this.destroyLater([known.texture]);
    const rows = Math.ceil(Math.min(sizeClass(bytes), TEXTURE_BYTES) / ROW_BYTES);
    const texture = this.stream.createTexture(TEXTURE_WIDTH + ROW_GAP, rows);
    const id = this.texturesCreated++;
    const made: Texture = {
      texture,
      view: texture.createView(),
      id,
      capacity: rows * ROW_BYTES,
      holds: null,
    };
    this.textures.set(slot, made);
    return made;
  }

  /** Bytes that textures hold. */
  get bytesInTextures(): number {
    return [...this.textures.values()].reduce((sum, { capacity }) => sum + capacity, 0);
  }

  /**
   * Destroys every free buffer and the textures, once the GPU is done with what was recorded, and forgets the height
   * once reached.
   */
  trim(): void {
    this.hintAbove = Math.max(FIRST_HINT, this.bytesInUse + HINT_STEP);
    const buffers = [...this.free.values()].flat().map(({ buffer }) => buffer);
    this.destroyLater([...buffers, ...[...this.textures.values()].map(({ texture }) => texture)]);
    this.free.clear();
    this.bytesFree = 0;
    this.textures.clear();
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
    if (this.bytesFree > 0 && this.bytesHeld + capacity > ROOM * tooMany) this.trim();
    this.buffersCreated++;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const [inUse, wanted] = [this.bytesInUse, this.bytesHeld + capacity];
    return this.stream.createBuffer(
      capacity,
      usage,
      () => `${what} wants ${formatBytes(capacity)} with ${formatBytes(inUse)} in use`,
      () => {
        tooMany = Math.min(tooMany, wanted);
      },
    );
  }

  private get bytesHeld(): number {
    return this.bytesInUse + this.bytesFree + this.bytesInTextures;
  }

  /** Where much more is in use than before, tensors may be dead that nobody has told of. */
  private lookForTheDead(): void {
    if (collectsAtOnce()) {
      if (looks !== this.looks) {
        this.looks = looks;
        this.lookAbove = this.bytesInUse + Math.max(this.bytesInUse / 2, this.step.rise) + WORTH_A_LOOK;
      }
      if (this.bytesInUse <= this.lookAbove) return;
      wantCollection();
      this.lookAbove = this.bytesInUse + WORTH_A_LOOK;
    } else if (this.bytesInUse > this.hintAbove) {
      // JavaScript's collector sees a tensor as a few dozen bytes, and has no reason to look. Allocating and dropping as
      // much (untouched, so never backed by real pages) tells it what is at stake.
      try {
        for (let hinted = 0; hinted < this.bytesInUse; hinted += 32 * MIB) new ArrayBuffer(32 * MIB);
      } catch {} // there is no room for as much as that: the collector has had its hint
      this.hintAbove = this.bytesInUse + HINT_STEP;
    }
  }
}

/** Where a list of numbered places, the highest first, has its first one below `id`. */
function firstBelow(list: readonly Numbered[], id: number): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle]!.id > id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Rounds up to an eighth of a power of two: at most 12.5 % are wasted, and similar sizes share buffers. */
export function sizeClass(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.ceil(Math.log2(Math.max(bytes, 1))) - 4));
  return Math.ceil(bytes / step) * step || step;
}

/**
 * What stands in poisoned memory behind the last vec4 of a storage's array: as float32 an odd number from 4096 to 8192,
 * another in every buffer, so that what is read there shows in a result, and what is written there is seen.
 */
export function guardOf(id: number): number {
  return 0x45800000 + ((id * 0x2545f + 0x3039) % 0x800000);
}

const NAN = 0x7fc00000;
