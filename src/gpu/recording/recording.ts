// A recording: launches and copies that are done again on the same memory, and what the host does between them.
import type { DeviceArray } from "../array.ts";
import type { Device } from "../device.ts";
import type { Storage } from "../storage.ts";
import type { Command } from "../stream/commands.ts";
import type { Texture } from "../texture.ts";

/** An operation's inputs and outputs. */
export interface Ends {
  readonly inputs: readonly DeviceArray[];
  readonly outputs: readonly DeviceArray[];
}

/** What the host does itself every time, between so many commands and the next. */
export interface Aside {
  readonly at: number;
  readonly run: () => void;
}

/** Memory that a recording works on: where it must still be. */
interface Place {
  readonly storage: Storage;
  readonly id: number;
}

/** What was recorded, and the memory that it works on. */
export interface Recorded extends Ends {
  readonly dev: Device;
  readonly commands: readonly Command[];
  readonly retained: readonly DeviceArray[];
  /** Draws the random numbers that come next. */
  readonly redraw: () => void;
  /** What was there before, with the version that it must still have; null where launches read whatever is there. */
  readonly found: readonly (Place & { readonly version: number | null })[];
  readonly kept: readonly Place[];
  /** What others see that it writes. */
  readonly written: readonly Storage[];
  /** By their slots. */
  readonly textures: ReadonlyMap<number, Texture>;
  readonly giveBack: () => void;
}

/** What can be done again. */
export class Recording {
  constructor(private readonly what: Recorded) {
    for (const { storage } of this.places) storage.holders++;
  }

  private get places(): Place[] {
    return [...this.what.found, ...this.what.kept];
  }

  get inputs(): readonly DeviceArray[] {
    return this.what.inputs;
  }

  get outputs(): readonly DeviceArray[] {
    return this.what.outputs;
  }

  /** Whether all that it reads is where it was and as it was. */
  isGood(now: Device): boolean {
    const { dev, found, kept, textures } = this.what;
    return (
      now === dev &&
      found.every(({ storage, version }) => version === null || storage.version === version) &&
      [found, kept].every((places) => places.every(({ storage, id }) => storage.id === id)) &&
      [...textures].every(([slot, texture]) => dev.pool.hasTexture(slot, texture))
    );
  }

  /** Does it again with other inputs, of the same shapes, and what the host does between; the outputs are written anew. */
  run(given: readonly DeviceArray[], asides: readonly Aside[]): void {
    const { dev, commands, redraw, written, inputs } = this.what;
    for (const storage of written) {
      storage.beforeWrite();
      storage.version++;
    }
    given.forEach((each, i) => {
      copyTo(dev, each, inputs[i]!);
    });
    redraw();
    let from = 0;
    for (const { at, run } of asides) {
      this.repeat(from, at);
      from = at;
      run();
    }
    this.repeat(from, commands.length);
  }

  private repeat(from: number, to: number): void {
    const { dev, commands } = this.what;
    dev.pool.forgetTextures();
    dev.stream.repeat(from === 0 && to === commands.length ? commands : commands.slice(from, to));
    dev.pool.forgetTextures();
  }

  release(): void {
    const { inputs, outputs, retained, kept, giveBack } = this.what;
    for (const { storage } of this.places) storage.holders--;
    for (const each of [...inputs, ...outputs, ...retained]) each.release();
    const own = new Set(inputs.map(({ storage }) => storage));
    for (const { storage } of kept) if (!own.has(storage)) storage.release();
    giveBack();
  }
}

/** Copies an array's elements to another's memory. */
export function copyTo({ stream }: Device, from: DeviceArray, to: DeviceArray): void {
  stream.copy(from.storage.buffer, 0, to.storage.buffer, 0, 4 * from.size);
}
