// The uniforms of launches: a slot each in a buffer that every submission fills from its beginning, bound by a group of the
// slot's own. One group with dynamic offsets would do for all; but of each binding of such a one lavapipe makes a descriptor
// set, which is a mapping of memory: 30 to 40 µs a launch, more than all else that a small launch costs.
import { Arena } from "./arena.ts";

/** Bytes that one kernel's uniform struct may take. */
export const UNIFORM_SIZE = 256;
const SLOTS = 1024;

export class Uniforms {
  readonly layout: GPUBindGroupLayout;
  readonly arena: Arena;
  /** By slot; made when first bound. */
  private readonly groups: GPUBindGroup[] = [];
  /** Bytes from one slot to the next. */
  readonly step: number;

  constructor(private readonly gpu: GPUDevice) {
    this.step = Math.max(UNIFORM_SIZE, gpu.limits.minUniformBufferOffsetAlignment);
    this.layout = gpu.createBindGroupLayout({
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } }],
    });
    this.arena = new Arena(gpu, SLOTS * this.step, GPUBufferUsage.UNIFORM, this.step);
  }

  get hasRoom(): boolean {
    return this.arena.hasRoomFor(UNIFORM_SIZE);
  }

  /** A slot: its offset in bytes. `cleared`, there is nothing in it. */
  take(cleared = false): number {
    const offset = this.arena.take(UNIFORM_SIZE);
    if (cleared) this.arena.words.u32.fill(0, offset / 4, (offset + UNIFORM_SIZE) / 4);
    return offset;
  }

  /** What binds the slot at so many bytes. */
  groupAt(offset: number): GPUBindGroup {
    const slot = offset / this.step;
    this.groups[slot] ??= this.bind(this.arena.buffer, offset);
    return this.groups[slot];
  }

  /** Binds uniforms in any buffer, at so many bytes. */
  bind(buffer: GPUBuffer, offset: number): GPUBindGroup {
    return this.gpu.createBindGroup({
      layout: this.layout,
      entries: [{ binding: 0, resource: { buffer, offset, size: UNIFORM_SIZE } }],
    });
  }
}
