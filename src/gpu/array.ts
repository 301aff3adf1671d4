// DeviceArray: a shape, a type and a place on the GPU. This is what kernels see; it knows nothing of
// gradients. It holds one reference to its storage, which its owner gives back with release().
import { device } from "./device.ts";
import { checkShape, formatShape, type Shape, sizeOf, stridesOf, viewStrides } from "./shape.ts";
import type { Storage } from "./storage.ts";

/** Types of elements, each four bytes on the GPU: a bool is 0 or 1, as a uint32. */
export const DTYPES = ["float32", "int32", "uint32", "bool"] as const;
/** What a tensor's elements are. */
export type DType = (typeof DTYPES)[number];

/** The elements on the host: a bool is a byte, 0 or 1. */
export type Elements = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The type of a typed array's elements, as `fromHost` and `readArray` take it. */
export function dtypeOf(data: Elements): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Uint32Array ? "uint32" : "bool";
}

/** Arrays that the running operation made and has not released; null while none runs. */
let ledger: Set<DeviceArray> | null = null;

/** Runs an operation; where it throws, releases all that it had made. */
export function allOrNothing<T>(operation: () => T): T {
  const outer = ledger;
  const mine = new Set<DeviceArray>();
  ledger = mine;
  try {
    return operation();
  } catch (error) {
    for (const array of mine) array.release();
    throw error;
  } finally {
    ledger = outer;
  }
}

/** Somebody owns the array from now on: an operation that throws no longer releases it. */
export function settle(array: DeviceArray): void {
  ledger?.delete(array);
}

/** What is put off may keep an array alive that is so many times its size. */
export const WORTH_HOLDING = 4;

let deferred = 0;

/** How many results were put off so far. */
export function deferredSoFar(): number {
  return deferred;
}

/**
 * A result that is computed when somebody needs it: until then it holds on to the arrays that it is of. Before one of those is
 * written, it is computed. Arrays of any shape may share one: they are the same elements in the same order.
 */
export class Deferred {
  private readonly order = deferred++;
  references = 1;
  /** Where it is, once it is made. */
  protected made: Storage | null = null;
  /** The version of that at the time. */
  protected madeAt = 0;
  protected readonly inputs: readonly DeviceArray[];

  /**
   * @param inputs what it is made of, which it retains
   * @param compute makes it
   */
  constructor(
    inputs: readonly DeviceArray[],
    private readonly compute: (self: Deferred) => DeviceArray,
  ) {
    this.inputs = inputs.map((each) => each.retain());
    for (const each of this.inputs) {
      settle(each);
      each.storage.deferred.add(this);
    }
  }

  /** Whether nobody has needed it so far. */
  get pending(): boolean {
    return this.made === null;
  }

  get storage(): Storage {
    if (this.made === null) this.makeNow();
    return this.made!;
  }

  protected makeNow(): void {
    const { recorder } = device().stream;
    if (recorder === null) this.make();
    else recorder.putOffBefore(this.order, () => this.make());
  }

  /** How often it was written since it was made. */
  get version(): number {
    return this.made === null ? 0 : this.made.version - this.madeAt;
  }

  /** Whether nobody else has its elements. */
  get isAlone(): boolean {
    return this.references === 1 && (this.made === null || this.made.references === 1);
  }

  /** Whether it is computed as soon as nothing that runs takes it further: what it is of would take much more memory than its `size` elements, say. */
  arrives(_size: number): boolean {
    return false;
  }

  /** Something that it is of is about to be written. */
  beforeWrite(): void {
    if (this.made === null) this.makeNow();
  }

  release(): void {
    if (--this.references > 0) return;
    if (this.made === null) this.letGo();
    else this.made.release();
  }

  protected make(): void {
    const array = this.compute(this);
    settle(array);
    this.made = array.storage;
    this.madeAt = this.made.version;
    this.letGo();
  }

  /** It is made, or nobody wants it any more. */
  protected letGo(): void {
    for (const each of this.inputs) {
      each.storage.deferred.delete(this);
      each.release();
    }
  }
}

/** A copy of parts of an array, or all of it as it lies, of which none is made until the other is written. */
export class DeferredCopy extends Deferred {
  private shared = false;
  /** Whether it must not be shared. */
  private apart = false;

  /**
   * @param of whose elements it is made of
   * @param lie where they are; null where they are not all there
   */
  constructor(
    of: DeviceArray,
    readonly lie: Lie | null,
    copy: (of: DeviceArray) => DeviceArray,
  ) {
    super([of], () => copy(this.of));
  }

  get of(): DeviceArray {
    return this.inputs[0]!;
  }

  override beforeWrite(): void {
    this.part();
  }

  private get mayShare(): boolean {
    return this.shared || this.made === null;
  }

  /** Sees to it that it shares nothing with what it is a copy of. */
  part(): void {
    if (this.mayShare) this.makeApart();
  }

  private makeApart(): void {
    this.apart = true;
    this.shared = false;
    this.made = null;
    this.makeNow();
  }

  override release(): void {
    if (this.references === 1 && this.shared) this.made = null; // it is the other's
    super.release();
  }

  override get storage(): Storage {
    // What is recorded reads it when another from outside may have been written.
    const { recorder } = device().stream;
    if (recorder !== null && this.mayShare && !recorder.hasMade(this.of.storage)) this.makeApart();
    return super.storage;
  }

  protected override make(): void {
    this.shared = this.whole && !this.apart;
    if (!this.shared) {
      super.make();
      return;
    }
    this.made = this.of.storage;
    this.madeAt = this.made.version;
  }

  /** Whether it is all of the array, as it lies. */
  protected get whole(): boolean {
    if (this.lie === null) return false;
    const { shape, strides, offset } = this.lie;
    const own = stridesOf(shape);
    return (
      offset === 0 &&
      sizeOf(shape) === this.of.size &&
      strides.every((stride, d) => stride === own[d] || shape[d] === 1)
    );
  }
}

/** Where elements are: that at an index of `shape` is number offset + index · strides. */
export interface Lie {
  shape: Shape;
  strides: readonly number[];
  offset: number;
}

/** A shape and a type on the GPU: what a kernel reads and writes, and what a tensor holds. */
export class DeviceArray {
  readonly shape: Shape;
  readonly size: number;
  private released = false;

  /** Takes over one reference to `place`. */
  constructor(
    shape: Shape,
    readonly dtype: DType,
    private readonly place: Storage | Deferred,
  ) {
    this.shape = [...shape]; // not frozen: JavaScriptCore reads frozen lists five times as slowly
    this.size = sizeOf(shape);
    ledger?.add(this);
  }

  /** Where its elements are; what was put off is computed. */
  get storage(): Storage {
    return this.place instanceof Deferred ? this.place.storage : this.place;
  }

  /** What it is put off as, if nobody has needed it so far. */
  get deferred(): Deferred | null {
    return this.place instanceof Deferred && this.place.pending ? this.place : null;
  }

  /** It is computed, and shares its elements with no array that it is a copy of. */
  part(): void {
    if (this.place instanceof DeferredCopy) this.place.part();
    void this.storage;
  }

  /** Nothing that runs takes it further: computes it now, where that is not to wait until it is read. */
  arrive(): void {
    if (this.deferred?.arrives(this.size)) void this.storage;
  }

  /** Changes with every write. */
  get version(): number {
    return this.place.version;
  }

  /** Whether no other array has its elements. */
  get isAlone(): boolean {
    return this.place instanceof Deferred ? this.place.isAlone : this.place.references === 1;
  }

  /** Its elements are about to be written. */
  noteWrite(): void {
    const { storage } = this;
    const { recorder } = device().stream;
    if (recorder === null) storage.beforeWrite();
    else recorder.beforeWrite(storage);
    this.storage.version++; // maybe another one: it may have been somebody's deferred copy itself
  }

  /** Gives a reference back that nobody can reach: see BufferPool.bury. */
  bury(release: () => void): void {
    if (!(this.place instanceof Deferred)) this.place.bury(release);
    else if (this.place.references > 1 || this.place.pending) release();
    else this.place.storage.bury(release);
  }

  /** Another array over the same storage, with a reference of its own. */
  retain(): DeviceArray {
    return this.view(this.shape);
  }

  /** The same elements under another shape of equal size, with a reference of its own. */
  view(shape: Shape): DeviceArray {
    if (this.place instanceof Deferred) this.place.references++;
    else this.place.retain();
    return new DeviceArray(shape, this.dtype, this.place);
  }

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `DeviceArray(${formatShape(this.shape)}, ${this.dtype})`;
  }

  /** Gives the reference back. The array must not be used afterwards. */
  release(): void {
    if (this.released) throw new Error("internal: released an array twice");
    this.released = true;
    ledger?.delete(this);
    this.place.release();
  }
}

/** What an array's elements lie in: itself, or the array that it is a deferred copy of; null where its shape does not tell. */
export function lieOf(array: DeviceArray): { of: DeviceArray; lie: Lie } | null {
  const { deferred, shape } = array;
  if (!(deferred instanceof DeferredCopy))
    return { of: array, lie: { shape, strides: stridesOf(shape), offset: 0 } };
  if (deferred.lie === null) return null;
  const strides = viewStrides(deferred.lie.shape, deferred.lie.strides, shape);
  return strides && { of: deferred.of, lie: { shape, strides, offset: deferred.lie.offset } };
}

/** An array whose elements nobody has written yet. `what` names it in errors. */
export function empty(shape: Shape, dtype: DType = "float32", what = "a tensor"): DeviceArray {
  checkShape(shape, what);
  const storage = device().pool.take(sizeOf(shape) * 4, `${what} ${formatShape(shape)}`);
  return new DeviceArray(shape, dtype, storage);
}

/** Host numbers, row-major, on the GPU. Copies them at once. Bytes are bools, true where they are not 0. */
export function fromHost(data: Elements, shape: Shape): DeviceArray {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`${data.length} numbers do not fill a tensor of shape ${formatShape(shape)}`);
  }
  const array = empty(shape, dtypeOf(data));
  const words = data instanceof Uint8Array ? Uint32Array.from(data, (byte) => (byte === 0 ? 0 : 1)) : data;
  if (words.length > 0) {
    device().stream.upload(
      array.storage.buffer,
      new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
    );
  }
  return array;
}

/** The elements, on the host. Waits for all that was recorded before. */
export async function readArray(array: DeviceArray): Promise<Elements> {
  const held = array.retain(); // the owner may let go while we wait
  try {
    const bytes = array.size === 0 ? new ArrayBuffer(0) : await held.storage.read(array.size * 4);
    return elementsOf(bytes, array.dtype);
  } finally {
    held.release();
  }
}

/** An array's words as its elements. */
export function elementsOf(words: ArrayBuffer, dtype: DType): Elements {
  if (dtype === "float32") return new Float32Array(words);
  if (dtype === "int32") return new Int32Array(words);
  return dtype === "uint32" ? new Uint32Array(words) : Uint8Array.from(new Uint32Array(words));
}
