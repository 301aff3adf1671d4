// Host bytes that go to the GPU with the next batch, side by side in one buffer: uniforms, and small uploads.

/** The same bytes as words of each type. */
export interface Words {
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
}

export class Arena {
  readonly buffer: GPUBuffer;
  readonly words: Words;
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private used = 0;

  /** @param step what offsets are a multiple of */
  constructor(
    gpu: GPUDevice,
    size: number,
    usage: number,
    private readonly step: number,
  ) {
    this.buffer = gpu.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST });
    const own = new ArrayBuffer(size);
    this.bytes = new Uint8Array(own);
    this.words = { u32: new Uint32Array(own), i32: new Int32Array(own), f32: new Float32Array(own) };
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= this.bytes.length;
  }

  /** Room for so many bytes: their offset in the buffer, at which they are to be written into `words` or by `put`. */
  take(bytes: number): number {
    const offset = this.used;
    this.used += Math.ceil(bytes / this.step) * this.step;
    return offset;
  }

  /** Takes room for the bytes, and writes them there. */
  put(bytes: Uint8Array): number {
    const offset = this.take(bytes.length);
    this.bytes.set(bytes, offset);
    return offset;
  }

  /** What was written since the last call: valid until more is taken, unless `keep` says to copy it. */
  flush(keep: boolean): Uint8Array<ArrayBuffer> {
    const written = this.bytes.subarray(0, this.used);
    this.used = 0;
    return keep ? written.slice() : written;
  }
}
