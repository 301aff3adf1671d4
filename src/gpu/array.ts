// DeviceArray: a shape, a type and a place on the GPU. This is what kernels see; it knows nothing of
// gradients. It holds one reference to its storage, which its owner gives back with release().
import { device } from "./device.ts";
import type { Storage } from "./pool.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "./shape.ts";

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

/** A shape and a type on the GPU: what a kernel reads and writes, and what a tensor holds. */
export class DeviceArray {
  readonly shape: Shape;
  readonly size: number;
  private released = false;

  /** Takes over one reference to `storage`. */
  constructor(
    shape: Shape,
    readonly dtype: DType,
    readonly storage: Storage,
  ) {
    // Whoever is given it reads it. Views have the frozen one of another array as a rule.
    this.shape = Object.isFrozen(shape) ? shape : Object.freeze([...shape]);
    this.size = sizeOf(shape);
    ledger?.add(this);
  }

  /** Another array over the same storage, with a reference of its own. */
  retain(): DeviceArray {
    return this.view(this.shape);
  }

  /** The same elements under another shape of equal size, with a reference of its own. */
  view(shape: Shape): DeviceArray {
    this.storage.retain();
    return new DeviceArray(shape, this.dtype, this.storage);
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
    this.storage.release();
  }
}

/** An array whose elements nobody has written yet. `what` names it in errors. */
export function empty(shape: Shape, dtype: DType = "float32", what = "a tensor"): DeviceArray {
  checkShape(shape, what);
  const storage = device().pool.take(sizeOf(shape) * 4, `${what} ${formatShape(shape)}`);
  return new DeviceArray([...shape], dtype, storage);
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
