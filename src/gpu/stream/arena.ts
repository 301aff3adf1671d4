// Host bytes that go to the GPU with the next batch, side by side in one buffer: uniforms, and small uploads.

export class Arena {
  readonly buffer: GPUBuffer;
  private bytes: Uint8Array<ArrayBuffer>;
  private used = 0;

  /** @param step what offsets are a multiple of */
  constructor(
    gpu: GPUDevice,
    size: number,
    usage: number,
    private readonly step: number,
  ) {
    this.buffer = gpu.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST });
    this.bytes = new Uint8Array(size);
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= this.bytes.length;
  }

  /** Room for so many bytes: their offset in the buffer, and a view to write them through. */
  take(bytes: number): { offset: number; view: DataView } {
    const offset = this.used;
    this.used += Math.ceil(bytes / this.step) * this.step;
    return { offset, view: new DataView(this.bytes.buffer, offset, bytes) };
  }

  /** What was written since the last call: valid until more is taken, unless `keep` says to copy it. */
  flush(keep: boolean): Uint8Array<ArrayBuffer> {
    const written = this.bytes.subarray(0, this.used);
    this.used = 0;
    return keep ? written.slice() : written;
  }
}
