// What an operation had the GPU do, kept to be done again: its launches and copies, with their uniforms, on the same memory. The
// operation itself is not run again, and nothing is checked, allocated or looked up, which is most of what a small network costs the host.
import { type DeviceArray, deferredSoFar } from "../array.ts";
import type { Device } from "../device.ts";
import { type RandomState, randomState, setRandomState } from "../random.ts";
import type { Numbered, Storage } from "../storage.ts";
import type { Command } from "../stream/commands.ts";
import type { Recorder } from "../stream/recorder.ts";
import { UNIFORM_SIZE } from "../stream/uniforms.ts";
import type { Texture } from "../texture.ts";
import { type Aside, type Ends, Recording } from "./recording.ts";

const WORDS = UNIFORM_SIZE / 4;

/**
 * Memory that was there before the operation: as long as it is where it was, what was launched is right; and as long as it is what it
 * was, where something is read that was made of it. A forward pass whose weights change is recorded anew in any case: what it finds
 * made of them, folded norms say, need not be made every time.
 */
interface Found {
  readonly storage: Storage;
  readonly id: number;
  readonly version: number;
  /** Whether something is read that was made of it before. */
  read: boolean;
}

/** Where a launch's uniforms have a seed and the number of a draw. */
interface Draws {
  readonly uniforms: number;
  readonly seed: number;
  readonly draw: number;
}

/** Keeps what an operation does, told while it runs by the stream, the pool and kernels. */
export class LaunchRecorder implements Recorder {
  /** Why it cannot be done again without the operation, if so. */
  refused: string | null = null;
  /** Whether it could not be kept this time, but may be the next: textures are as large as it needs by then. */
  mayWork = false;
  /** Backward passes that ended. */
  steps = 0;
  readonly commands: Command[] = [];
  private readonly uniforms: Uint32Array<ArrayBuffer>[] = [];
  private readonly drawn: Draws[] = [];
  private readonly begun: RandomState = randomState();
  private readonly deferredBefore = deferredSoFar();
  private readonly asides: Aside[] = [];
  private paused = false;
  private readonly found = new Map<Storage, Found>();
  /** Of what was found, what launches write. */
  private readonly written = new Set<Storage>();
  private readonly textures = new Map<number, Texture>();
  /** What the operation made and has not given back. */
  private readonly made = new Set<Storage>();
  /** Buffers that it gave back: nobody else may have them, as the launches write there. By capacity. */
  private readonly free = new Map<number, Numbered[]>();

  /** @param isStep whether it is a step of training, which writes what it did not make and draws random numbers */
  constructor(
    private readonly dev: Device,
    private readonly isStep: boolean,
  ) {
    dev.pool.forgetTextures();
  }

  refuse(why: string): void {
    if (!this.paused) this.refused ??= why;
  }

  /** What the host does each time, which refers to what is the user's: kept apart from the recording, that is held until it is released. */
  takeAsides(): Aside[] {
    return this.asides.splice(0);
  }

  /** It cannot be kept this time, but may be the next. */
  private putOff(why: string): void {
    if (this.refused === null) this.mayWork = true;
    this.refuse(why);
  }

  /** Runs now, without being recorded, and instead of what was recorded here whenever that is done again. */
  aside(now: () => void, again: () => void): void {
    const { draw } = randomState();
    this.pause(now);
    if (randomState().draw !== draw) this.refuse("what the host does each time draws random numbers");
    this.asides.push({ at: this.commands.length, run: again }); // behind what was put off, and it has asked for
  }

  /** Runs what is not recorded, or what is, in the middle of something that is not. */
  private pause(run: () => void, paused = true): void {
    const before = this.paused;
    this.paused = paused;
    this.dev.pool.forgetTextures();
    try {
      run();
    } finally {
      this.paused = before;
      this.dev.pool.forgetTextures(); // as it may have copied others to them
    }
  }

  add(command: Command, words: Uint32Array): void {
    if (this.paused) return;
    this.commands.push(command);
    const at = slotOf(command);
    if (at !== null) this.uniforms.push(words.slice(at / 4, at / 4 + WORDS));
  }

  draws(seed: number, draw: number): void {
    if (!this.paused) this.drawn.push({ uniforms: this.uniforms.length, seed, draw });
  }

  bind(arrays: readonly { readonly storage: Storage }[], access: readonly string[]): void {
    if (this.paused) return;
    for (const [i, { storage }] of arrays.entries()) {
      if (access[i] !== "write" || this.made.has(storage)) continue;
      if (!this.isStep) this.refuse("it changes a tensor that it did not make");
      this.written.add(storage);
    }
    for (const { storage } of arrays) this.find(storage);
  }

  depend(
    arrays: readonly { readonly storage: Storage }[],
    made: readonly { readonly storage: Storage }[],
  ): void {
    if (this.paused || made.every(({ storage }) => this.made.has(storage))) return;
    for (const { storage } of arrays) {
      const found = this.find(storage);
      if (found !== undefined) found.read = true;
    }
  }

  /** Whether it made this. */
  hasMade(storage: Storage): boolean {
    return this.made.has(storage);
  }

  /** Whether a launch has had to do with what was there before. */
  hasFound(storage: Storage): boolean {
    return this.found.has(storage);
  }

  private find(storage: Storage): Found | undefined {
    if (this.made.has(storage)) return;
    let found = this.found.get(storage);
    if (found === undefined) {
      storage.retain();
      found = { storage, id: storage.id, version: storage.version, read: false };
      this.found.set(storage, found);
    }
    return found;
  }

  beforeWrite(storage: Storage): void {
    if (this.made.has(storage) || storage.deferred.size === 0) storage.beforeWrite();
    else this.pause(() => storage.beforeWrite()); // it is somebody else's, and done once
  }

  putOffBefore(order: number, make: () => void): void {
    const before = order < this.deferredBefore;
    if (before === this.paused) make();
    else this.pause(make, before);
  }

  endStep(): void {
    if (this.isStep) this.steps++;
    else this.refuse("it has a backward pass");
  }

  use(slot: number, texture: Texture): void {
    if (this.paused) return;
    if ((this.textures.get(slot) ?? texture) !== texture) this.putOff("a texture grew meanwhile");
    this.textures.set(slot, texture);
  }

  make(storage: Storage): void {
    if (!this.paused) this.made.add(storage);
  }

  takeBack(storage: Storage): boolean {
    if (!this.made.delete(storage)) return false;
    this.free.set(storage.capacity, [...(this.free.get(storage.capacity) ?? []), storage.place]);
    return true;
  }

  reuse(capacity: number): Numbered | undefined {
    return this.paused ? undefined : this.free.get(capacity)?.pop();
  }

  /** What is launched, and what it reads from outside beside its inputs: see isAlike. */
  digest(inputs: readonly Storage[]): unknown[] {
    const words = this.uniforms.map((each) => each.slice());
    for (const { uniforms, seed, draw } of this.liveDraws()) {
      words[uniforms]![seed] = 0;
      words[uniforms]![draw] = 0;
    }
    const commands = this.commands.flatMap((command): unknown[] => {
      if (command.kind === "dispatch") return [command.pipeline, ...command.groups];
      if (command.kind === "upload") return [command.to, command.bytes];
      return [command.kind, command.kind === "texture" ? command.texels : command.bytes];
    });
    const found = [...this.found.keys()].filter((each) => !inputs.includes(each));
    return [...commands, ...words, ...this.asides.map(({ at }) => at), ...found];
  }

  /** Draws by the program's own seed, which go on whenever it is done again. */
  private liveDraws(): Draws[] {
    const { seed, draw } = this.begun;
    const count = randomState().draw - draw;
    return this.drawn.filter(({ uniforms, seed: s, draw: d }) => {
      const words = this.uniforms[uniforms]!;
      return words[s] === seed && (words[d]! - draw) >>> 0 < count;
    });
  }

  /** Refuses what cannot be done again as it was. */
  check(): void {
    const now = randomState();
    const drawn = now.draw !== this.begun.draw;
    if (now.seed !== this.begun.seed || (drawn && !this.isStep)) this.refuse("it draws random numbers");
    for (const { storage, version, read } of this.found.values())
      if (read && storage.version !== version)
        this.putOff("it reads what was made of a tensor before it changed that");
  }

  /**
   * The operation is over: what it did, from inputs that it was given to the outputs that it returned.
   * @param shown what it made and others see beside those
   * @param retained arrays that go with it
   */
  finish(ends: Ends, shown: readonly Storage[], retained: readonly DeviceArray[]): Recording {
    for (const each of this.made) each.retain();
    const kept = [...this.made, ...ends.inputs.map(({ storage }) => storage)];
    for (const { storage } of ends.inputs) {
      const found = this.found.get(storage);
      if (found === undefined) continue;
      this.found.delete(storage);
      found.storage.release();
    }
    const live = this.liveDraws();
    const { buffer, words, commands } = this.commandsWithUniforms();
    const { draw } = this.begun;
    const count = randomState().draw - draw;
    const redraw = () => {
      if (count === 0) return;
      const state = randomState();
      setRandomState({ seed: state.seed, draw: state.draw + count });
      if (live.length === 0) return;
      const { step } = this.dev.stream.slots;
      for (const at of live) {
        const slot = (at.uniforms * step) / 4;
        words[slot + at.seed] = state.seed;
        words[slot + at.draw] = this.uniforms[at.uniforms]![at.draw]! - draw + state.draw;
      }
      const bytes = new Uint8Array(words.slice().buffer);
      this.dev.stream.repeat([{ kind: "upload", buffer: buffer!, to: 0, bytes }]);
    };
    return new Recording({
      ...ends,
      dev: this.dev,
      commands,
      retained,
      redraw,
      found: [...this.found.values()].map(({ storage, id, version, read }) => ({
        storage,
        id,
        version: read || !this.isStep ? version : null,
      })),
      kept: kept.map((storage) => ({ storage, id: storage.id })),
      written: [...this.written, ...shown],
      textures: new Map(this.textures),
      giveBack: () => this.giveBack(),
    });
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
  private commandsWithUniforms(): {
    buffer: GPUBuffer | null;
    words: Uint32Array<ArrayBuffer>;
    commands: Command[];
  } {
    const { gpu, stream } = this.dev;
    const { step } = stream.slots;
    const words = new Uint32Array((this.uniforms.length * step) / 4);
    if (this.uniforms.length === 0) return { buffer: null, words, commands: this.commands };
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
    const commands = this.commands.map((command) => {
      if (command.kind === "dispatch") return { ...command, uniforms: group() };
      if (command.kind === "copy" && command.program !== undefined)
        return { ...command, program: { ...command.program, uniforms: group() } };
      return command;
    });
    return { buffer, words, commands };
  }
}

/** Whether two recordings launched the same. */
export function isAlike(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, i) => Object.is(each, b[i]) || areSameNumbers(each, b[i]));
}

function areSameNumbers(a: unknown, b: unknown): boolean {
  if (!(a instanceof Uint32Array || a instanceof Uint8Array) || !ArrayBuffer.isView(b)) return false;
  const other = b as typeof a;
  return a.length === other.length && a.every((word, i) => word === other[i]);
}

/** Where a command's uniforms lie, in bytes; null where it has none. */
function slotOf(command: Command): number | null {
  if (command.kind === "dispatch") return command.uniformOffset;
  return command.kind === "copy" ? (command.program?.uniformOffset ?? null) : null;
}
