// What is recorded for the GPU: launches and copies, how they are encoded, and how each is named where it is refused.
import type { Profiler, SubmissionTimer, Work } from "../profiler.ts";
import { formatShape, type Shape } from "../shape.ts";
import { TEXTURE_WIDTH } from "../texture.ts";
import type { Copies, Copy } from "./copies.ts";
import type { Uniforms } from "./uniforms.ts";

/** What a launch works on, for the error where the GPU refuses it. */
export interface Described {
  readonly shape: Shape;
  readonly dtype: string;
}

/** A compute pipeline that may still be compiling. */
export interface PendingPipeline {
  readonly label: string;
  pipeline?: GPUComputePipeline;
  readonly ready: Promise<void>;
  /** Compiles it here and now, for a program that never lets the event loop turn. */
  compileNow(): void;
}

export interface Dispatch {
  kind: "dispatch";
  pipeline: PendingPipeline;
  bindGroup: GPUBindGroup;
  /** Where its uniforms lie among those that are sent with it, … */
  uniformOffset: number;
  /** … unless it has its own. */
  uniforms?: GPUBindGroup;
  groups: readonly [number, number, number];
  arrays: readonly Described[];
  work: Work;
}
/** Bytes that are too many for the upload arena: they go by themselves, between submissions. */
export interface Upload {
  kind: "upload";
  buffer: GPUBuffer;
  to: number;
  bytes: Uint8Array<ArrayBuffer>;
}
/** The first `texels` vec4s of a buffer, to a texture (see texture.ts). */
export interface TextureCopy {
  kind: "texture";
  from: GPUBuffer;
  to: GPUTexture;
  texels: number;
}
/** The first bytes of a buffer, to zeros. */
export interface Clear {
  kind: "clear";
  buffer: GPUBuffer;
  bytes: number;
}
export type Command = Dispatch | Upload | Copy | TextureCopy | Clear;

/** "matmul.plain on float32 [2, 3], float32 [3, 4]" */
export function describe(label: string, arrays: readonly Described[]): string {
  return `${label} on ${arrays.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(", ")}`;
}

export function describeCommand(command: Command): string {
  if (command.kind === "dispatch") return describe(command.pipeline.label, command.arrays);
  if (command.kind === "texture") return `a copy of ${16 * command.texels} bytes to a texture`;
  if (command.kind === "clear") return `zeros for ${command.bytes} bytes`;
  if (command.kind === "copy") return `a copy of ${command.bytes} bytes`;
  return `an upload of ${command.bytes.length} bytes`;
}

/**
 * Encodes launches and copies. Launches and the small copies between them are one pass; a profiled launch has a pass of
 * its own.
 */
export function encode(
  gpu: GPUDevice,
  commands: readonly Command[],
  uniforms: Uniforms,
  copies: Copies,
  profiler: Profiler | null,
): GPUCommandBuffer {
  const encoder = gpu.createCommandEncoder();
  const launches = commands.reduce((count, command) => count + (command.kind === "dispatch" ? 1 : 0), 0);
  const timer = profiler !== null && launches > 0 ? profiler.timer(launches) : null;
  let pass: GPUComputePassEncoder | null = null;
  for (const command of commands) {
    if (command.kind === "dispatch") {
      if (timer !== null) pass?.end();
      if (timer !== null || pass === null) pass = beginPass(encoder, command, timer);
      pass.setPipeline(command.pipeline.pipeline!);
      pass.setBindGroup(0, command.bindGroup);
      pass.setBindGroup(1, command.uniforms ?? uniforms.groupAt(command.uniformOffset));
      pass.dispatchWorkgroups(command.groups[0], command.groups[1], command.groups[2]);
      continue;
    }
    if (command.kind === "copy" && command.program !== undefined && pass !== null && timer === null) {
      copies.encode(pass, command);
      continue;
    }
    pass?.end();
    pass = null;
    if (command.kind === "texture") encodeTextureCopy(encoder, command);
    if (command.kind === "clear") encoder.clearBuffer(command.buffer, 0, command.bytes);
    if (command.kind === "copy") {
      const { from, fromOffset, to, toOffset, bytes } = command;
      encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
    }
  }
  pass?.end();
  if (timer !== null) profiler!.add(timer.resolve(encoder));
  return encoder.finish();
}

function beginPass(
  encoder: GPUCommandEncoder,
  { pipeline, work }: Dispatch,
  timer: SubmissionTimer | null,
): GPUComputePassEncoder {
  if (timer === null) return encoder.beginComputePass();
  return encoder.beginComputePass({ timestampWrites: timer.next(pipeline.label, work) });
}

/** All whole rows at once, and what is left of one. */
function encodeTextureCopy(encoder: GPUCommandEncoder, { from, to, texels }: TextureCopy): void {
  const [rows, rest] = [Math.floor(texels / TEXTURE_WIDTH), texels % TEXTURE_WIDTH];
  const bytesPerRow = 16 * TEXTURE_WIDTH;
  const copy = (row: number, width: number, height: number) =>
    encoder.copyBufferToTexture(
      { buffer: from, offset: row * bytesPerRow, bytesPerRow },
      { texture: to, origin: [0, row] },
      [width, height],
    );
  if (rows > 0) copy(0, TEXTURE_WIDTH, rows);
  if (rest > 0) copy(rows, rest, 1);
}
