// The command stream: everything that is to happen on the GPU, in order. Launches are only recorded here;
// they are encoded and submitted in batches, and nothing but reading back is ever awaited.
//
// A pipeline may still be compiling when its launch is recorded. A batch that holds such a launch waits
// for it, and later batches queue up behind, so shaders compile side by side while the program goes on.

import { formatBytes } from "./bytes.ts";
import { DeviceError } from "./errors.ts";
import type { Profiler, SubmissionTimer, Work } from "./profiler.ts";
import { formatShape, type Shape } from "./shape.ts";
import { TEXTURE_WIDTH } from "./texture.ts";

/** What a launch works on, for the error where the GPU refuses it. */
export interface Described {
  readonly shape: Shape;
  readonly dtype: string;
}

/** "matmul.plain on float32 [2, 3], float32 [3, 4]" */
export function describe(label: string, arrays: readonly Described[]): string {
  return `${label} on ${arrays.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(", ")}`;
}

/** A compute pipeline that may still be compiling. */
export interface PendingPipeline {
  readonly label: string;
  pipeline?: GPUComputePipeline;
  readonly ready: Promise<void>;
}

interface Dispatch {
  kind: "dispatch";
  pipeline: PendingPipeline;
  bindGroup: GPUBindGroup;
  uniformOffset: number;
  groups: readonly [number, number, number];
  arrays: readonly Described[];
  work: Work;
}
interface Upload {
  kind: "upload";
  buffer: GPUBuffer;
  bytes: Uint8Array<ArrayBuffer>;
}
interface Copy {
  kind: "copy";
  from: GPUBuffer;
  fromOffset: number;
  to: GPUBuffer;
  toOffset: number;
  bytes: number;
}
interface TextureCopy {
  kind: "texture";
  from: GPUBuffer;
  to: GPUTexture;
  texels: number;
}
type Command = Dispatch | Upload | Copy | TextureCopy;

interface Batch {
  commands: Command[];
  uniforms: Uint8Array<ArrayBuffer>;
}

/** Bytes that one kernel's uniform struct may take. */
export const UNIFORM_SIZE = 256;
const ARENA_SIZE = 64 * 1024;
/** Enough launches to be worth a submission; few enough that the GPU starts early. */
const BATCH_LAUNCHES = 64;
const BATCH_UPLOADS = 16 * 2 ** 20;

const NO_WORK: Work = { operations: 0, bytes: 0 };

export class Stream {
  /** What the program did on this stream so far; tests and benchmarks read it. */
  readonly counts = { dispatches: 0, submissions: 0, uploads: 0, reads: 0 };
  readonly uniformLayout: GPUBindGroupLayout;
  /** Set to have every launch timed. */
  profiler: Profiler | null = null;

  private commands: Command[] = [];
  private launches = 0;
  private uploaded = 0;
  private readonly arena = new Uint8Array(ARENA_SIZE);
  private arenaUsed = 0;
  private readonly uniformBuffer: GPUBuffer;
  private readonly uniformBindGroup: GPUBindGroup;
  private readonly uniformStep: number;
  /** Settles when all batches flushed so far have been submitted; null when they have been already. */
  private backlog: Promise<void> | null = null;
  private failure: Error | null = null;
  /** Settles when it is known of all that was submitted so far whether the GPU refused it. */
  private checked: Promise<void> = Promise.resolve();
  private readonly stagingPool = new Map<number, GPUBuffer[]>();

  constructor(private readonly gpu: GPUDevice) {
    this.uniformStep = Math.max(UNIFORM_SIZE, gpu.limits.minUniformBufferOffsetAlignment);
    this.uniformLayout = gpu.createBindGroupLayout({
      entries: [
        {
          binding: 0,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: "uniform", hasDynamicOffset: true },
        },
      ],
    });
    this.uniformBuffer = gpu.createBuffer({
      size: ARENA_SIZE,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.uniformBindGroup = gpu.createBindGroup({
      layout: this.uniformLayout,
      entries: [{ binding: 0, resource: { buffer: this.uniformBuffer, size: UNIFORM_SIZE } }],
    });
    gpu.addEventListener("uncapturederror", (event) => {
      this.refused("a command", (event as GPUUncapturedErrorEvent).error);
    });
    gpu.lost.then(({ message }) => {
      this.fail(
        new DeviceError(`the GPU device was lost: ${firstLine(message) || "its driver does not say why"}`),
      );
    });
  }

  /** Runs calls of WebGPU; what it refuses in them fails the stream, with `what` in the message. */
  checkedCall<T>(what: () => string, call: () => T): T {
    this.gpu.pushErrorScope("validation");
    const result = call();
    this.gpu.popErrorScope().then(
      (error) => error !== null && this.refused(what(), error),
      () => {}, // the device is lost, which is told by itself
    );
    return result;
  }

  private refused(what: string, error: GPUError): void {
    this.fail(new DeviceError(`the GPU refused ${what}: ${firstLine(error.message)}`));
  }

  /** Keeps the first error; the next read throws it. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Room for one launch's uniforms: its byte offset, and a view to write them through. */
  uniforms(): { offset: number; view: DataView } {
    if (this.arenaUsed + this.uniformStep > ARENA_SIZE) this.flush();
    const offset = this.arenaUsed;
    this.arenaUsed += this.uniformStep;
    return { offset, view: new DataView(this.arena.buffer, offset, UNIFORM_SIZE) };
  }

  dispatch(
    pipeline: PendingPipeline,
    bindGroup: GPUBindGroup,
    uniformOffset: number,
    groups: readonly [number, number, number],
    arrays: readonly Described[],
    work: Work = NO_WORK,
  ): void {
    this.commands.push({ kind: "dispatch", pipeline, bindGroup, uniformOffset, groups, arrays, work });
    this.counts.dispatches++;
    if (++this.launches >= BATCH_LAUNCHES) this.flush();
  }

  /** A new buffer. Where there is no room for it, the stream fails, with `what` in the message. */
  createBuffer(size: number, usage: number, what: () => string): GPUBuffer {
    return this.checkedCreation(
      what,
      () => `a buffer of ${formatBytes(size)} for ${what()}`,
      () => this.gpu.createBuffer({ size, usage }),
    );
  }

  private checkedCreation<T>(forWhat: () => string, what: () => string, create: () => T): T {
    this.gpu.pushErrorScope("out-of-memory");
    const created = this.checkedCall(what, create);
    this.gpu.popErrorScope().then(
      (error) => error !== null && this.fail(new DeviceError(`out of GPU memory: ${forWhat()}`)),
      () => {},
    );
    return created;
  }

  /** A new texture of vec4s, for copies to it and for kernels to read. */
  createTexture(width: number, height: number): GPUTexture {
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;
    const what = () => `a texture of ${formatBytes(16 * width * height)} for a product`;
    return this.checkedCreation(what, what, () =>
      this.gpu.createTexture({ size: [width, height], format: "rgba32float", usage }),
    );
  }

  /** Copies host bytes (a multiple of 4 long) to the start of a buffer. The bytes are taken now. */
  upload(buffer: GPUBuffer, bytes: Uint8Array): void {
    this.commands.push({ kind: "upload", buffer, bytes: new Uint8Array(bytes) });
    this.counts.uploads++;
    this.uploaded += bytes.length;
    if (this.uploaded >= BATCH_UPLOADS) this.flush();
  }

  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.commands.push({ kind: "copy", from, fromOffset, to, toOffset, bytes });
  }

  /** Copies the first `texels` vec4s of a buffer to a texture (see texture.ts). */
  copyToTexture(from: GPUBuffer, to: GPUTexture, texels: number): void {
    this.commands.push({ kind: "texture", from, to, texels });
  }

  /** Sends what was recorded on its way, without waiting for it. */
  flush(): void {
    if (this.commands.length === 0) return;
    const commands = this.commands;
    const ready = commands.every((c) => c.kind !== "dispatch" || c.pipeline.pipeline !== undefined);
    const uniforms = this.arena.subarray(0, this.arenaUsed);
    if (ready && this.backlog === null) {
      this.submit({ commands, uniforms });
    } else {
      const batch = { commands, uniforms: uniforms.slice() };
      const pending = commands.flatMap((c) =>
        c.kind === "dispatch" && !c.pipeline.pipeline ? [c.pipeline.ready] : [],
      );
      const backlog: Promise<void> = Promise.all([this.backlog, ...pending])
        .then(() => this.submit(batch))
        .catch((error) => this.fail(error))
        .then(() => {
          if (this.backlog === backlog) this.backlog = null;
        });
      this.backlog = backlog;
    }
    this.commands = [];
    this.launches = 0;
    this.uploaded = 0;
    this.arenaUsed = 0;
  }

  private submit({ commands, uniforms }: Batch): void {
    if (this.failure !== null) return;
    const queue = this.gpu.queue;
    if (uniforms.length > 0) queue.writeBuffer(this.uniformBuffer, 0, uniforms);
    let first = 0; // of the commands that are not submitted yet
    commands.forEach((command, i) => {
      if (command.kind !== "upload") return;
      this.encode(commands.slice(first, i)); // queue.writeBuffer overtakes what is only recorded
      queue.writeBuffer(command.buffer, 0, command.bytes);
      first = i + 1;
    });
    this.encode(first === 0 ? commands : commands.slice(first));
  }

  /** Encodes and submits launches and copies; where the GPU refuses them, finds out which. */
  private encode(commands: readonly Command[]): void {
    if (commands.length === 0) return;
    this.gpu.pushErrorScope("validation");
    this.encodeAll(commands);
    const before = this.checked;
    this.checked = this.gpu
      .popErrorScope()
      .then((error) => (error === null ? undefined : this.blame(commands, error)))
      .catch(() => {}) // the device is lost, which is told by itself
      .then(() => before);
  }

  /** Fails the stream with the first command that is refused by itself. */
  private async blame(commands: readonly Command[], error: GPUError): Promise<void> {
    if (this.failure !== null) return;
    for (const command of commands) {
      this.gpu.pushErrorScope("validation");
      this.encodeAll([command]);
      const own = await this.gpu.popErrorScope();
      if (own !== null) return this.refused(describeCommand(command), own);
    }
    this.refused("a batch of commands", error);
  }

  private encodeAll(commands: readonly Command[]): void {
    const encoder = this.gpu.createCommandEncoder();
    const launches = commands.reduce((count, command) => count + (command.kind === "dispatch" ? 1 : 0), 0);
    const timer = this.profiler !== null && launches > 0 ? this.profiler.timer(launches) : null;
    let pass: GPUComputePassEncoder | null = null;
    for (const command of commands) {
      if (command.kind === "dispatch") {
        if (timer !== null) pass?.end();
        if (timer !== null || pass === null) pass = this.beginPass(encoder, command, timer);
        pass.setPipeline(command.pipeline.pipeline!);
        pass.setBindGroup(0, command.bindGroup);
        pass.setBindGroup(1, this.uniformBindGroup, [command.uniformOffset]);
        pass.dispatchWorkgroups(...command.groups);
        continue;
      }
      pass?.end();
      pass = null;
      if (command.kind === "texture") encodeTextureCopy(encoder, command);
      if (command.kind === "copy") {
        encoder.copyBufferToBuffer(
          command.from,
          command.fromOffset,
          command.to,
          command.toOffset,
          command.bytes,
        );
      }
    }
    pass?.end();
    if (timer !== null) this.profiler!.add(timer.resolve(encoder));
    this.gpu.queue.submit([encoder.finish()]);
    this.counts.submissions++;
  }

  private beginPass(
    encoder: GPUCommandEncoder,
    { pipeline, work }: Dispatch,
    timer: SubmissionTimer | null,
  ): GPUComputePassEncoder {
    if (timer === null) return encoder.beginComputePass();
    return encoder.beginComputePass({ timestampWrites: timer.next(pipeline.label, work) });
  }

  /** Waits until everything recorded so far has run. Throws the first error of the stream. */
  async finish(): Promise<void> {
    this.flush();
    await this.backlog;
    await this.gpu.queue.onSubmittedWorkDone();
    await this.checked;
    if (this.failure !== null) throw this.failure;
  }

  /** Reads the first `bytes` (a multiple of 4) of a buffer, after everything recorded so far. */
  async read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
    const staging =
      this.stagingPool.get(size)?.pop() ??
      this.createBuffer(
        size,
        GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
        () => `reading back ${formatBytes(bytes)}`,
      );
    this.copy(buffer, 0, staging, 0, bytes);
    this.counts.reads++;
    this.flush();
    await this.backlog;
    if (this.failure !== null) throw this.failure;
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    } catch (error) {
      throw this.failure ?? error;
    }
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    await this.checked;
    if (this.failure !== null) throw this.failure;
    this.keepStaging(staging, size);
    return data;
  }

  /** One free staging buffer a size, none above 16 MiB: large reads are rare, and memory is not. */
  private keepStaging(staging: GPUBuffer, size: number): void {
    const free = this.stagingPool.get(size) ?? [];
    if (size > 16 * 2 ** 20 || free.length >= 4) staging.destroy();
    else this.stagingPool.set(size, [...free, staging]);
  }
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

function describeCommand(command: Command): string {
  if (command.kind === "dispatch") return describe(command.pipeline.label, command.arrays);
  if (command.kind === "texture") return `a copy of ${16 * command.texels} bytes to a texture`;
  if (command.kind === "copy") return `a copy of ${command.bytes} bytes`;
  return `an upload of ${command.bytes.length} bytes`;
}

/** Dawn's messages go on for lines about where in its own calls something happened. */
function firstLine(message: string): string {
  return message.split("\n")[0]!.trim();
}
