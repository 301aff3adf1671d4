// A file's bytes at any place, through a window that moves along with whoever reads from front to back.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../../audio/wav.ts";
import { SoundError } from "../terminal/errors.ts";
import { reason } from "./files.ts";

export interface Readable extends ByteSource, Disposable {
  /** The furthest byte that was read: where a progress bar stands. */
  readonly reached: number;
}

/** Bytes in memory. */
export class MemoryBytes implements Readable {
  reached = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  read(from: number, to: number): Uint8Array {
    this.reached = Math.max(this.reached, to);
    return this.bytes.subarray(from, to);
  }

  [Symbol.dispose](): void {}
}

const WINDOW = 2 ** 16;

/** An open regular file. */
export class FileBytes implements Readable {
  readonly size: number;
  reached = 0;
  private readonly descriptor: number;
  private window: Uint8Array = new Uint8Array(0);
  private windowAt = 0;

  /** Throws the file system's error where it cannot be opened. */
  constructor(readonly path: string) {
    this.descriptor = openSync(path, "r");
    this.size = fstatSync(this.descriptor).size;
  }

  /** Throws SoundError where it cannot be read. */
  read(from: number, to: number): Uint8Array {
    this.reached = Math.max(this.reached, to);
    if (from < this.windowAt || to > this.windowAt + this.window.length) {
      this.window = this.load(from, Math.max(to, Math.min(this.size, from + WINDOW)));
      this.windowAt = from;
    }
    return this.window.subarray(from - this.windowAt, to - this.windowAt);
  }

  private load(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    for (let at = 0; at < bytes.length; ) {
      const count = this.readSome(bytes.subarray(at), from + at);
      if (count === 0) throw new SoundError(this.path, "became shorter while it was read");
      at += count;
    }
    return bytes;
  }

  private readSome(into: Uint8Array, from: number): number {
    try {
      return readSync(this.descriptor, into, 0, into.length, from);
    } catch (error) {
      throw new SoundError(this.path, `cannot be read: ${reason(error)}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}
