// What is told to whoever keeps an operation's launches to do them again: recording/launches.ts.
import type { Numbered, Storage } from "../storage.ts";
import type { Texture } from "../texture.ts";
import type { Command } from "./commands.ts";

export interface Recorder {
  /** It cannot be done again without the operation. */
  refuse(why: string): void;
  /** Something was recorded; `words` are all uniforms that wait to be sent. */
  add(command: Command, words: Uint32Array): void;
  /** Whether a storage was made since it records. */
  hasMade(storage: Storage): boolean;
  /** A launch binds these, and how. */
  bind(arrays: readonly { readonly storage: Storage }[], access: readonly string[]): void;
  /** The uniforms of the command that is added next have a seed and the number of a draw, as these words of theirs. */
  draws(seed: number, draw: number): void;
  /** What is launched is right while these are as they are: something is read that was made of them before. */
  depend(
    arrays: readonly { readonly storage: Storage }[],
    made: readonly { readonly storage: Storage }[],
  ): void;
  /** A texture that was the `slot`-th of the pool's when it was used. */
  use(slot: number, texture: Texture): void;
  /** A storage is about to be written: does what was put off until then. */
  beforeWrite(storage: Storage): void;
  /** What was put off as the `order`-th is computed: that from before is somebody else's, and done once. */
  putOffBefore(order: number, make: () => void): void;
  /** A backward pass has ended. */
  endStep(): void;
  /** A storage was made. */
  make(storage: Storage): void;
  /** A storage was given back: whether its buffer is not to be anybody else's. */
  takeBack(storage: Storage): boolean;
  /** One of those buffers, if there is one of this capacity. */
  reuse(capacity: number): Numbered | undefined;
}
