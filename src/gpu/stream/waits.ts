// Waiting for the GPU although the event loop does not turn: a small copy is mapped, and looked for until it is there.

/** Has the platform sleep for so many milliseconds, then look after what its promises wait for. */
export type Poll = (sleep: number) => void;

let poll: Poll | null = null;
/** How the platform looks without a turn of the event loop; null where it cannot. */
export function pollBy(platform: Poll | null): void {
  poll = platform;
}

/** Milliseconds. What a look leaves behind, only a turn lets go: they must not be many. */
const LONGEST_SLEEP = 16;

export class Waits {
  private marker: { from: GPUBuffer; to: GPUBuffer } | null = null;

  constructor(private readonly gpu: GPUDevice) {}

  /**
   * Waits until all is done that was submitted before the call before this one: the GPU still has what came since, and
   * does not stand still.
   */
  keepUp(): void {
    if (poll === null) return;
    this.marker ??= {
      from: this.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_SRC }),
      to: this.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
    };
    const { from, to } = this.marker;
    const state = (): GPUBufferMapState => to.mapState;
    for (let sleep = 0; state() === "pending"; sleep = Math.min(2 * sleep + 1, LONGEST_SLEEP)) poll(sleep);
    if (state() === "mapped") to.unmap();
    const encoder = this.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, 4);
    this.gpu.queue.submit([encoder.finish()]);
    to.mapAsync(GPUMapMode.READ).catch(() => {}); // the device is lost, which is told by itself
  }
}
