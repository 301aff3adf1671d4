// A sound that is decoded a block at a time, wherever its bytes are: what it is refused for, and what is said of one that is
// damaged and heard all the same.
import { textAt, withoutTags } from "../../audio/tags.ts";
import { type ByteSource, type Flaw, type Flawed, mpegIn, WavError, wavBlocks } from "../../audio/wav.ts";
import { SoundError } from "../terminal/errors.ts";
import type { Waveform } from "./waveform.ts";

const HIGHEST_RATE = 1_000_000;
/** What can be heard begins at 20 Hz, which takes twice as many samples. */
const LOWEST_RATE = 40;

/** Throws SoundError where nothing can be heard at a rate. */
export function checkRate(name: string, rate: number): void {
  if (rate >= LOWEST_RATE && rate <= HIGHEST_RATE) return;
  throw new SoundError(
    name,
    `has a rate of ${rate} Hz; from ${LOWEST_RATE} to ${HIGHEST_RATE} Hz there is sound`,
  );
}

/** What is wrong with a sound of which so many seconds were heard, which is all that can be; null where nothing is. */
export function flawText([first, ...others]: readonly Flaw[], seconds: number): string | null {
  if (first === undefined) return null;
  const { reason, of } = first;
  const heard = seconds.toFixed(2);
  if (of !== undefined && others.length === 0)
    return `ends after ${heard} of ${of.toFixed(2)} s: the rest is missing`;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `${reason}${more}; ${heard} s of it are heard`;
}

/** Decodes a sound from its beginning, and tells what is wrong with it. */
export type Decode = (flawed: Flawed) => Iterable<Waveform> | AsyncIterable<Waveform>;

export class BlockSound {
  /** How long it is, as far as it was heard. */
  seconds = 0;
  /** Samples a second; 0 before anything was heard. */
  sampleRate = 0;
  private readonly flaws: Flaw[] = [];

  constructor(
    /** How it is named to the user. */
    readonly name: string,
    private readonly decode: Decode,
  ) {}

  /**
   * Mono samples from the beginning to the end, anew with each call, at most a few minutes at a time. A damaged sound is
   * played as far as it goes, as ffmpeg does, and `flaw` then says so. Throws SoundError where nothing can be heard.
   */
  async *blocks(): AsyncGenerator<Waveform> {
    let samples = 0;
    this.flaws.length = 0;
    try {
      for await (const block of this.decode((flaw) => this.flaws.push(flaw))) {
        const rate = block.sampleRate;
        this.sampleRate ||= rate;
        if (rate !== this.sampleRate)
          throw new SoundError(this.name, `changes its rate from ${this.sampleRate} to ${rate} Hz`);
        checkRate(this.name, rate);
        samples += block.samples.length;
        this.seconds = Math.max(this.seconds, samples / rate);
        yield block;
      }
    } catch (thrown) {
      const error =
        thrown instanceof WavError ? new SoundError(this.name, thrown.reason, { cause: thrown }) : thrown;
      if (!(error instanceof SoundError) || this.flaws.length === 0) throw error;
      if (samples === 0) throw new SoundError(this.name, this.flaws[0]!.reason, { cause: error });
    }
  }

  /** What is wrong with a sound of which all that can be was heard; null where nothing is. */
  get flaw(): string | null {
    return flawText(this.flaws, this.seconds);
  }
}

/** Whether a file without its tags is a WAV file, or one of its kin. */
export function beginsAsWav(file: ByteSource): boolean {
  return /^(RIF[FX]|RF64|BW64|riff)/.test(textAt(file, 0, 4));
}

/** A WAV file in memory, heard as one on the disk is; null where it is none, or has MPEG audio in it instead of samples. */
export function wavInMemory(bytes: Uint8Array, name: string): BlockSound | null {
  const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
  const file = withoutTags(source);
  if (!beginsAsWav(file) || mpegIn(file, () => {}) !== null) return null;
  return new BlockSound(name, (flawed) => wavBlocks(source, name, undefined, flawed));
}

/** A whole sound. */
export async function joinBlocks(blocks: AsyncIterable<Waveform>): Promise<Waveform> {
  const parts: Float32Array[] = [];
  let sampleRate = 0;
  for await (const block of blocks) {
    parts.push(block.samples);
    sampleRate = block.sampleRate;
  }
  if (parts.length === 1) return { samples: parts[0]!, sampleRate };
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, sampleRate };
}
