// The command stream: everything that is to happen on the GPU, in order. Launches are only recorded here;
// they are encoded and submitted in batches, and nothing but reading back is ever awaited.
//
// A pipeline may still be compiling when its launch is recorded. A batch that holds such a launch waits
// for it, and later batches queue up behind, so shaders compile side by side while the program goes on. Where so many
// wait that the program seems not to let the event loop turn, they are compiled at once.

import { formatBytes, MIB } from "../bytes.ts";
import { DeviceError, firstLine } from "../errors.ts";
import type { Profiler, Work } from "../profiler.ts";
import { Turns } from "../turns.ts";
import { Arena } from "./arena.ts";
import { type Command, type Described, describeCommand, encode, type PendingPipeline } from "./commands.ts";
import { Copies, type Copy } from "./copies.ts";
import type { Recorder } from "./recorder.ts";
import { Staging } from "./staging.ts";
import { Uniforms } from "./uniforms.ts";
import { Waits } from "./waits.ts";

interface Batch {
  commands: Command[];
  uniforms: Uint8Array<ArrayBuffer>;
  uploads: Uint8Array<ArrayBuffer>;
}

const UPLOADS = MIB;
/** Larger uploads go by themselves … */
const LARGE_UPLOAD = 64 * 1024;
/** … and these at once, behind what was recorded before: to keep a copy of the bytes takes longer than a submission. */
const DIRECT_UPLOAD = MIB;
/** Enough launches to be worth a submission; few enough that the GPU starts early. */
const BATCH_LAUNCHES = 64;
const BATCH_UPLOADS = 16 * MIB;
/** Batches, or bytes of uploads, that wait for pipelines at most. */
const MOST_WAITING = 32;
const MOST_BYTES_WAITING = 128 * MIB;
/**
 * Without a turn of the event loop: after so many submissions, whose objects in the driver only a turn lets go, fewer and
 * longer ones are made …
 */
const FEW_SUBMISSIONS = 32;
const LONG_BATCH = 1024;
/** … and after so many more each, the GPU is waited for, so that what it has to do does not pile up without end. */
const WAIT_EVERY = 4;

/** Commands that are kept, beside the last submission's, for the case that the GPU turns out to have refused one. */
const MOST_SUSPECTS = 1024;

const NO_WORK: Work = { operations: 0, bytes: 0 };

export class Stream {
  /** What the program did on this stream so far; tests and benchmarks read it. */
  readonly counts = { dispatches: 0, submissions: 0, uploads: 0, reads: 0 };
  /** Set to have every launch timed. */
  profiler: Profiler | null = null;
  /** Set while what is recorded is also kept to be done again. */
  recorder: Recorder | null = null;

  private commands: Command[] = [];
  private launches = 0;
  private uploaded = 0;
  readonly slots: Uniforms;
  private readonly uploadArena: Arena;
  /** Batches that wait for their pipelines, in order. */
  private waiting: Batch[] = [];
  private bytesWaiting = 0;
  /** Settles when all batches flushed so far have been submitted; null when they have been already. */
  private backlog: Promise<void> | null = null;
  private failure: Error | null = null;
  /** Settles when it is known of all that was submitted so far whether the GPU refused it. */
  private checked: Promise<void> = Promise.resolve();
  private readonly suspects: { commands: readonly Command[] }[] = [];
  private readonly staging = new Staging((...args) => this.createBuffer(...args));
  private readonly turns = new Turns();
  private readonly waits: Waits;
  private readonly copies: Copies;
  private lastLaunch = "nothing was launched yet";

  constructor(private readonly gpu: GPUDevice) {
    this.slots = new Uniforms(gpu);
    this.uploadArena = new Arena(gpu, UPLOADS, GPUBufferUsage.COPY_SRC | GPUBufferUsage.STORAGE, 4);
    this.copies = new Copies(gpu, this.slots);
    this.waits = new Waits(gpu);
    gpu.addEventListener("uncapturederror", (event) => {
      this.refused("what was asked of it outside of any launch", (event as GPUUncapturedErrorEvent).error);
    });
    gpu.lost.then(({ message }) => {
      const why = firstLine(message) || "its driver does not say why";
      this.fail(
        new DeviceError(
          `the GPU device was lost: ${why} (last launched: ${this.lastLaunch}); init() opens a new one`,
        ),
      );
    });
  }

  /** Whether the program seems never to let the event loop turn: what only a turn lets go is to be saved then. */
  get withoutTurn(): boolean {
    return this.turns.sinceTurn >= FEW_SUBMISSIONS;
  }

  /** Bind groups that were made for small copies. */
  get bindGroups(): number {
    return this.copies.bindGroups;
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

  /** Whether something was refused, or the device is gone: nothing can be read of it any more. */
  get failed(): boolean {
    return this.failure !== null;
  }

  /** Keeps the first error; the next read throws it. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Room for one launch's uniforms: its offset in bytes, at which they are to be written into the words of `slots`. */
  uniforms(): number {
    if (!this.slots.hasRoom) this.flush();
    return this.slots.take(this.recorder !== null); // what is recorded is compared
  }

  dispatch(
    pipeline: PendingPipeline,
    bindGroup: GPUBindGroup,
    uniformOffset: number,
    groups: readonly [number, number, number],
    arrays: readonly Described[],
    work: Work = NO_WORK,
  ): void {
    this.add({ kind: "dispatch", pipeline, bindGroup, uniformOffset, groups, arrays, work });
    this.countLaunch();
  }

  private add(command: Command): void {
    this.commands.push(command);
    this.recorder?.add(command, this.slots.arena.words.u32);
  }

  private countLaunch(): void {
    this.counts.dispatches++;
    if (++this.launches >= (this.withoutTurn ? LONG_BATCH : BATCH_LAUNCHES)) this.flush();
  }

  /** What was recorded before, once more: launches that have their uniforms, copies and uploads. */
  repeat(commands: readonly Command[]): void {
    for (const command of commands) {
      this.commands.push(command);
      if (command.kind === "dispatch") this.countLaunch();
    }
  }

  /** A new buffer. Where there is no room for it, the stream fails, with `what` in the message, and `full` is told. */
  createBuffer(size: number, usage: number, what: () => string, full?: () => void): GPUBuffer {
    return this.checkedCreation(
      what,
      () => `a buffer of ${formatBytes(size)} for ${what()}`,
      () => this.gpu.createBuffer({ size, usage }),
      full,
    );
  }

  private checkedCreation<T>(
    forWhat: () => string,
    what: () => string,
    create: () => T,
    full?: () => void,
  ): T {
    this.gpu.pushErrorScope("out-of-memory");
    const created = this.checkedCall(what, create);
    this.gpu.popErrorScope().then(
      (error) => {
        if (error === null) return;
        full?.();
        this.fail(new DeviceError(`out of GPU memory: ${forWhat()}`));
      },
      () => {},
    );
    return created;
  }

  /** A new texture of vec4s, for copies to it and for kernels to read. */
  createTexture(width: number, height: number): GPUTexture {
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;
    const what = () => `a texture of ${formatBytes(16 * width * height)} for copies of arrays`;
    return this.checkedCreation(what, what, () =>
      this.gpu.createTexture({ size: [width, height], format: "rgba32float", usage }),
    );
  }

  /** Copies host bytes (a multiple of 4 long) to a buffer, from byte `to` on. The bytes are taken now. */
  upload(buffer: GPUBuffer, bytes: Uint8Array, to = 0): void {
    if (bytes.length === 0) return;
    this.counts.uploads++;
    const recorded = this.recorder !== null; // what is done again must not lie where the next uploads do
    if (!recorded && bytes.length >= DIRECT_UPLOAD && this.sendAll()) {
      this.gpu.queue.writeBuffer(buffer, to, bytes as Uint8Array<ArrayBuffer>);
      this.noteSubmission();
      return;
    }
    if (recorded || bytes.length > LARGE_UPLOAD) {
      this.add({ kind: "upload", buffer, to, bytes: new Uint8Array(bytes) });
      this.uploaded += bytes.length;
      if (this.uploaded >= BATCH_UPLOADS) this.flush();
      return;
    }
    if (!this.uploadArena.hasRoomFor(bytes.length) || !this.slots.hasRoom) this.flush();
    this.copySmall(this.uploadArena.buffer, this.uploadArena.put(bytes), buffer, to, bytes.length);
  }

  /** A copy between buffers of any kind. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.add({ kind: "copy", from, fromOffset, to, toOffset, bytes });
  }

  /** A copy between storage buffers that are not the same, of a multiple of 4 bytes: it leaves launches in one pass. */
  copySmall(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    if (bytes === 0) return;
    const copy: Copy = { kind: "copy", from, fromOffset, to, toOffset, bytes };
    const offset = this.uniforms(); // which may send the commands so far
    this.add(this.copies.prepare(copy, offset));
  }

  /** Copies the first `texels` vec4s of a buffer to a texture (see texture.ts). */
  copyToTexture(from: GPUBuffer, to: GPUTexture, texels: number): void {
    this.add({ kind: "texture", from, to, texels });
  }

  /** Sets the first bytes of a buffer to 0. */
  clear(buffer: GPUBuffer, bytes: number): void {
    this.add({ kind: "clear", buffer, bytes });
  }

  /** Sends what was recorded on its way, without waiting for it. */
  flush(): void {
    if (this.commands.length === 0) return;
    const commands = this.commands;
    const pending = commands.flatMap((c) =>
      c.kind === "dispatch" && !c.pipeline.pipeline ? [c.pipeline.ready] : [],
    );
    const waits = pending.length > 0 || this.waiting.length > 0;
    const batch: Batch = {
      commands,
      uniforms: this.slots.arena.flush(waits),
      uploads: this.uploadArena.flush(waits),
    };
    this.bytesWaiting += this.uploaded;
    this.commands = [];
    this.launches = 0;
    this.uploaded = 0;
    if (waits) {
      this.waiting.push(batch);
      if (this.waiting.length > MOST_WAITING || this.bytesWaiting > MOST_BYTES_WAITING) this.compileWaiting();
      else this.backlog = this.submitWhenReady(pending);
    } else {
      this.bytesWaiting = 0;
      this.submit(batch);
    }
  }

  /** Submits what was recorded; whether nothing of it has to wait. */
  private sendAll(): boolean {
    this.flush();
    return this.waiting.length === 0 && this.failure === null;
  }

  /** Submits the batches that wait by now, when their pipelines are there: the last one's, and those before it. */
  private submitWhenReady(pending: readonly Promise<void>[]): Promise<void> {
    const last = this.waiting.at(-1)!;
    const backlog: Promise<void> = Promise.all([this.backlog, ...pending])
      .then(() => {
        while (this.waiting.includes(last)) this.submit(this.waiting.shift()!);
      })
      .catch((error) => this.fail(error))
      .then(() => {
        if (this.backlog !== backlog) return;
        this.backlog = null;
        this.bytesWaiting = 0;
      });
    return backlog;
  }

  /** Compiles what the waiting batches wait for, and submits them. */
  private compileWaiting(): void {
    for (const batch of this.waiting.splice(0)) {
      for (const command of batch.commands)
        if (command.kind === "dispatch" && command.pipeline.pipeline === undefined)
          command.pipeline.compileNow();
      this.submit(batch);
    }
    this.bytesWaiting = 0;
  }

  private submit({ commands, uniforms, uploads }: Batch): void {
    if (this.failure !== null) return;
    const queue = this.gpu.queue;
    if (uniforms.length > 0) queue.writeBuffer(this.slots.arena.buffer, 0, uniforms);
    if (uploads.length > 0) queue.writeBuffer(this.uploadArena.buffer, 0, uploads);
    let first = 0; // of the commands that are not submitted yet
    commands.forEach((command, i) => {
      if (command.kind === "dispatch") this.lastLaunch = command.pipeline.label;
      if (command.kind !== "upload") return;
      this.encode(commands.slice(first, i)); // queue.writeBuffer overtakes what is only recorded
      queue.writeBuffer(command.buffer, command.to, command.bytes);
      first = i + 1;
    });
    this.encode(first === 0 ? commands : commands.slice(first));
    this.noteSubmission();
  }

  private noteSubmission(): void {
    const submissions = this.turns.note();
    if (submissions > FEW_SUBMISSIONS && submissions % WAIT_EVERY === 0) this.waits.keepUp();
  }

  /** Encodes and submits launches and copies; where the GPU refuses them, finds out which. */
  private encode(commands: readonly Command[]): void {
    if (commands.length === 0) return;
    this.gpu.pushErrorScope("validation");
    this.encodeAll(commands);
    const suspects = { commands };
    while (this.suspects.reduce((count, each) => count + each.commands.length, 0) > MOST_SUSPECTS)
      this.suspects.shift()!.commands = [];
    this.suspects.push(suspects);
    const before = this.checked;
    this.checked = this.gpu
      .popErrorScope()
      .then((error) => (error === null ? undefined : this.blame(suspects.commands, error)))
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
    this.refused("something that was asked of it long ago", error);
  }

  private encodeAll(commands: readonly Command[]): void {
    this.gpu.queue.submit([encode(this.gpu, commands, this.slots, this.copies, this.profiler)]);
    this.counts.submissions++;
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
    this.recorder?.refuse("it reads a tensor");
    const staging = this.staging.take(bytes);
    this.copy(buffer, 0, staging, 0, bytes);
    this.counts.reads++;
    this.flush();
    await this.backlog;
    if (this.failure !== null) throw this.failure;
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    } catch (error) {
      // Some browsers reject the reads of a device that is lost before they say that it is.
      await Promise.race([this.gpu.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
      throw this.failure ?? error;
    }
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    await this.checked;
    if (this.failure !== null) throw this.failure;
    this.staging.giveBack(staging);
    return data;
  }
}
