// Small copies between buffers, by a program. WebGPU's own copies end the pass that they stand in, and every pass is an
// object that a program that never awaits cannot let go (decision 20).
import source from "./copyWords.wgsl" with { type: "text" };
import type { Uniforms } from "./uniforms.ts";

export interface Copy {
  kind: "copy";
  from: GPUBuffer;
  fromOffset: number;
  to: GPUBuffer;
  toOffset: number;
  bytes: number;
  /** If the program may do it: what it binds, and where its params lie, unless it has its own. */
  program?: { bindGroup: GPUBindGroup; uniformOffset: number; uniforms?: GPUBindGroup };
}

const WORKGROUP = 64;

export class Copies {
  /** Bind groups that were made: one a pair of buffers. */
  bindGroups = 0;
  private readonly layout: GPUBindGroupLayout;
  private readonly known = new WeakMap<GPUBuffer, WeakMap<GPUBuffer, GPUBindGroup>>();
  private compiled: GPUComputePipeline | null = null;

  constructor(
    private readonly gpu: GPUDevice,
    private readonly uniforms: Uniforms,
  ) {
    const visibility = GPUShaderStage.COMPUTE;
    this.layout = gpu.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: "read-only-storage" } },
        { binding: 1, visibility, buffer: { type: "storage" } },
      ],
    });
  }

  /** Makes it a copy by the program, whose params are written at `uniformOffset` bytes of the uniforms. */
  prepare(copy: Copy, uniformOffset: number): Copy {
    const words = [copy.fromOffset / 4, copy.toOffset / 4, copy.bytes / 4];
    this.uniforms.arena.words.u32.set(words, uniformOffset / 4);
    copy.program = { bindGroup: this.bindGroup(copy), uniformOffset };
    return copy;
  }

  /** Encodes a copy that was prepared. */
  encode(pass: GPUComputePassEncoder, { bytes, program }: Copy): void {
    pass.setPipeline(this.pipeline());
    pass.setBindGroup(0, program!.bindGroup);
    pass.setBindGroup(1, program!.uniforms ?? this.uniforms.groupAt(program!.uniformOffset));
    pass.dispatchWorkgroups(Math.ceil(bytes / 4 / WORKGROUP));
  }

  private pipeline(): GPUComputePipeline {
    this.compiled ??= this.gpu.createComputePipeline({
      label: "copyWords.main",
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout, this.uniforms.layout] }),
      compute: { module: this.gpu.createShaderModule({ code: source, label: "copyWords" }) },
    });
    return this.compiled;
  }

  private bindGroup({ from, to }: Copy): GPUBindGroup {
    let ofFrom = this.known.get(from);
    if (ofFrom === undefined) {
      ofFrom = new WeakMap();
      this.known.set(from, ofFrom);
    }
    let group = ofFrom.get(to);
    if (group === undefined) {
      this.bindGroups++;
      group = this.gpu.createBindGroup({
        layout: this.layout,
        entries: [from, to].map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      ofFrom.set(to, group);
    }
    return group;
  }
}
