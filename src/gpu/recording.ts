// What an operation had the GPU do, kept to be done again: its launches and copies, with their uniforms, on the same memory. The
// operation itself is not run again, and nothing is checked, allocated or looked up, which is most of what a small network costs the host.
import type { DeviceArray } from "./array.ts";
import type { Device } from "./device.ts";
import type { Numbered, Storage } from "./storage.ts";
import type { Command } from "./stream/commands.ts";
import type { Recorder } from "./stream/recorder.ts";
import { UNIFORM_SIZE } from "./stream/uniforms.ts";
import type { Texture } from "./texture.ts";

const WORDS = UNIFORM_SIZE / 4;

/** Memory that was there before the operation: as long as it is where and what it was, what was launched is right. */
interface Found {
  readonly storage: Storage;
  readonly id: number;
  readonly version: number;
}

/** An operation's inputs and outputs. */
interface Ends {
  readonly inputs: readonly DeviceArray[];
  readonly outputs: readonly DeviceArray[];
}

/** Keeps what an operation does, told while it runs by the stream, the pool and kernels. */
export class LaunchRecorder implements Recorder {
  /** Why it cannot be done again without the operation, if so. */
  refused: string | null = null;
  /** Whether it could not be kept this time, but may be the next: textures are as large as it needs by then. */
  mayWork = false;
  readonly commands: Command[] = [];
  private readonly uniforms: Uint32Array<ArrayBuffer>[] = [];
  private readonly found = new Map<Storage, Found>();
  private readonly textures = new Map<number, Texture>();
  /** What the operation made and has not given back. */
  private readonly made = new Set<Storage>();
  /** Buffers that it gave back: nobody else may have them, as the launches write there. By capacity. */
  private readonly free = new Map<number, Numbered[]>();

  constructor(private readonly dev: Device) {
    dev.pool.forgetTextures();
  }

  refuse(why: string): void {
    this.refused ??= why;
  }

  add(command: Command, words: Uint32Array): void {
    this.commands.push(command);
    const at = slotOf(command);
    if (at !== null) this.uniforms.push(words.slice(at / 4, at / 4 + WORDS));
  }

  bind(arrays: readonly { readonly storage: Storage }[], access: readonly string[]): void {
    if (arrays.some(({ storage }, i) => access[i] === "write" && !this.made.has(storage)))
      this.refuse("it changes a tensor that it did not make");
    this.depend(arrays);
  }

  depend(arrays: readonly { readonly storage: Storage }[]): void {
    for (const { storage } of arrays) {
      if (this.made.has(storage) || this.found.has(storage)) continue;
      storage.retain();
      this.found.set(storage, { storage, id: storage.id, version: storage.version });
    }
  }

  use(slot: number, texture: Texture): void {
    if ((this.textures.get(slot) ?? texture) !== texture) {
      if (this.refused === null) this.mayWork = true;
      this.refuse("a texture grew meanwhile");
    }
    this.textures.set(slot, texture);
  }

  make(storage: Storage): void {
    this.made.add(storage);
  }

  takeBack(storage: Storage): boolean {
    if (!this.made.delete(storage)) return false;
    this.free.set(storage.capacity, [...(this.free.get(storage.capacity) ?? []), storage.place]);
    return true;
  }

  reuse(capacity: number): Numbered | undefined {
    return this.free.get(capacity)?.pop();
  }

  /** The operation is over: what it did, from inputs that it was given to the outputs that it returned. */
  finish(ends: Ends, single: boolean): Recording {
    for (const each of this.made) each.retain();
    const kept = [...this.made, ...ends.inputs.map(({ storage }) => storage)];
    for (const { storage } of ends.inputs) {
      const found = this.found.get(storage);
      if (found === undefined) continue;
      this.found.delete(storage);
      found.storage.release();
    }
    return new Recording(
      this.dev,
      this.commandsWithUniforms(),
      ends,
      single,
      [...this.found.values()],
      kept.map((storage) => ({ storage, id: storage.id })),
      new Map(this.textures),
      () => this.giveBack(),
    );
  }

  /** Gives all back that was kept for a recording, or while the operation ran. */
  giveBack(): void {
    for (const { storage } of this.found.values()) storage.release();
    for (const [capacity, places] of this.free)
      for (const each of places) this.dev.pool.takePlace(each, capacity);
    this.found.clear();
    this.free.clear();
  }

  /** The commands, with uniforms in a buffer that is theirs. */
  private commandsWithUniforms(): Command[] {
    const { gpu, stream } = this.dev;
    const { step } = stream.slots;
    if (this.uniforms.length === 0) return this.commands;
    const words = new Uint32Array((this.uniforms.length * step) / 4);
    for (const [i, each] of this.uniforms.entries()) words.set(each, (i * step) / 4);
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = stream.createBuffer(
      words.byteLength,
      usage,
      () => "the uniforms of what compile recorded",
    );
    gpu.queue.writeBuffer(buffer, 0, words);
    let next = 0;
    const group = () => stream.slots.bind(buffer, step * next++);
    return this.commands.map((command) => {
      if (command.kind === "dispatch") return { ...command, uniforms: group() };
      if (command.kind === "copy" && command.program !== undefined)
        return { ...command, program: { ...command.program, uniforms: group() } };
      return command;
    });
  }
}

/** Where a command's uniforms lie, in bytes; null where it has none. */
function slotOf(command: Command): number | null {
  if (command.kind === "dispatch") return command.uniformOffset;
  return command.kind === "copy" ? (command.program?.uniformOffset ?? null) : null;
}

/** What was recorded, and the memory that it works on. */
export class Recording {
  constructor(
    private readonly dev: Device,
    private readonly commands: readonly Command[],
    readonly ends: Ends,
    /** Whether it returned one array, and no list. */
    readonly single: boolean,
    private readonly found: readonly Found[],
    private readonly kept: readonly { readonly storage: Storage; readonly id: number }[],
    private readonly textures: ReadonlyMap<number, Texture>,
    private readonly giveBack: () => void,
  ) {}

  /** Whether all that it reads is where it was and as it was. */
  isGood(dev: Device): boolean {
    return (
      dev === this.dev &&
      this.found.every(({ storage, id, version }) => storage.version === version && storage.id === id) &&
      this.kept.every(({ storage, id }) => storage.id === id) &&
      [...this.textures].every(([slot, texture]) => dev.pool.hasTexture(slot, texture))
    );
  }

  /** Does it again with other inputs, of the same shapes; the outputs are written anew. */
  run(inputs: readonly DeviceArray[]): void {
    const { stream, pool } = this.dev;
    inputs.forEach((each, i) => {
      copyTo(this.dev, each, this.ends.inputs[i]!);
    });
    pool.forgetTextures();
    stream.repeat(this.commands);
    pool.forgetTextures();
  }

  release(): void {
    for (const each of [...this.ends.inputs, ...this.ends.outputs]) each.release();
    const inputs = new Set(this.ends.inputs.map(({ storage }) => storage));
    for (const { storage } of this.kept) if (!inputs.has(storage)) storage.release();
    this.giveBack();
  }
}

/** Copies an array's elements to another's memory. */
export function copyTo({ stream }: Device, from: DeviceArray, to: DeviceArray): void {
  stream.copy(from.storage.buffer, 0, to.storage.buffer, 0, 4 * from.size);
}
