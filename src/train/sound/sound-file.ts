// A sound file of any kind and length: which kind, told by its first bytes, and its samples, a block at a time.
import { createReadStream, statSync } from "node:fs";
import { WavError, wavBlocks } from "../../audio/wav.ts";
import { FileBytes, MemoryBytes, type Readable } from "../files/file-bytes.ts";
import { reason } from "../files/files.ts";
import { SoundError } from "../terminal/errors.ts";
import { flacBlocks, mp3Blocks, oggBlocks } from "./compressed.ts";
import type { Waveform } from "./waveform.ts";

/** What names standard input on the command line. */
export const STDIN = "-";

const HIGHEST_RATE = 1_000_000;
/** The most that is read from what is no regular file: its end may never come. */
const MOST_STREAMED = 2 ** 30;

/** An open sound file. */
export class Sound implements Disposable {
  /** How long it is, as far as it was heard. */
  seconds = 0;
  /** Samples a second; 0 before anything was heard. */
  sampleRate = 0;

  private constructor(
    /** How it is named to the user. */
    readonly name: string,
    readonly bytes: Readable,
  ) {}

  /** Opens a file or standard input. Throws SoundError. */
  static async open(path: string): Promise<Sound> {
    const name = path === STDIN ? "standard input" : path;
    return new Sound(name, await open(path, name));
  }

  /** Mono samples from the beginning to the end, anew with each call, at most a few minutes at a time. Throws SoundError. */
  async *blocks(): AsyncGenerator<Waveform> {
    let samples = 0;
    for await (const block of decode(this.bytes, this.name)) {
      const rate = block.sampleRate;
      this.sampleRate ||= rate;
      if (rate !== this.sampleRate)
        throw new SoundError(this.name, `changes its rate from ${this.sampleRate} to ${rate} Hz`);
      if (!(rate >= 1 && rate <= HIGHEST_RATE)) throw new SoundError(this.name, `has a rate of ${rate} Hz`);
      samples += block.samples.length;
      this.seconds = Math.max(this.seconds, samples / rate);
      yield block;
    }
  }

  [Symbol.dispose](): void {
    this.bytes[Symbol.dispose]();
  }
}

async function open(path: string, name: string): Promise<Readable> {
  try {
    if (path === STDIN) {
      if (process.stdin.isTTY) throw new SoundError(name, "is the terminal; send a sound file into it");
      return new MemoryBytes(await readAll(process.stdin, name));
    }
    const stats = statSync(path);
    if (stats.isDirectory()) throw new SoundError(name, "is a folder");
    return stats.isFile()
      ? new FileBytes(path)
      : new MemoryBytes(await readAll(createReadStream(path), name));
  } catch (error) {
    if (error instanceof SoundError) throw error;
    throw new SoundError(name, `cannot be read: ${reason(error)}`, { cause: error });
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.length;
    if (size > MOST_STREAMED) throw new SoundError(name, "gives more than 1 GiB; write it to a file first");
  }
  return new Uint8Array(Buffer.concat(parts));
}

const decoders = {
  wav: (bytes: Readable, name: string) => wavBlocks(bytes, name),
  ogg: oggBlocks,
  flac: flacBlocks,
  mp3: mp3Blocks,
};

async function* decode(bytes: Readable, name: string): AsyncGenerator<Waveform> {
  const { format, start } = kindOf(bytes, name);
  try {
    yield* decoders[format](bytes, name, start);
  } catch (error) {
    if (error instanceof WavError) throw new SoundError(name, error.reason, { cause: error });
    throw error;
  }
}

interface Kind {
  format: keyof typeof decoders;
  /** Where it begins: behind an ID3 tag, if there is one. */
  start: number;
}

function kindOf(bytes: Readable, name: string): Kind {
  if (bytes.size === 0) throw new SoundError(name, "is empty");
  const start = endOfTags(bytes);
  const head = bytes.read(start, Math.min(bytes.size, start + 16));
  const text = String.fromCharCode(...head);
  if (/^(RIFF|RIFX|RF64)/.test(text)) return { format: "wav", start };
  if (text.startsWith("OggS")) return { format: "ogg", start };
  if (text.startsWith("fLaC")) return { format: "flac", start };
  if (isMpegFrame(head)) return { format: "mp3", start };
  const other = OTHERS.find(([at, begins]) => text.startsWith(begins, at))?.[2];
  const what = other === undefined ? "is no sound file that is known here" : `is ${other}`;
  throw new SoundError(name, `${what}; WAV, OGG, FLAC and MP3 are (ffmpeg -i FILE x.wav converts others)`);
}

/** Where in a file which text tells what else it is. */
const OTHERS: [at: number, text: string, what: string][] = [
  [4, "ftyp", "an MP4 file"],
  [0, "\xff\xf1", "an AAC file"],
  [0, "\xff\xf9", "an AAC file"],
  [0, "\x1a\x45\xdf\xa3", "a WebM or Matroska file"],
  [8, "AIF", "an AIFF file"],
  [0, "\x30\x26\xb2\x75", "a WMA file"],
];

/** Behind the ID3v2 tags at the beginning, which may stand before any kind of file. */
function endOfTags(bytes: Readable): number {
  let at = 0;
  while (at + 10 <= bytes.size) {
    const header = bytes.read(at, at + 10);
    if (String.fromCharCode(...header.subarray(0, 3)) !== "ID3") break;
    const size = header.subarray(6).reduce((sum, byte) => 128 * sum + (byte & 127), 0);
    at += 10 + size;
  }
  return Math.min(at, bytes.size);
}

/** Whether an MPEG audio frame's header stands here: a sync word, and no field with a value that is reserved. */
function isMpegFrame([a = 0, b = 0, c = 0]: Uint8Array): boolean {
  const [version, layer, bitrate, rate] = [(b >> 3) & 3, (b >> 1) & 3, c >> 4, (c >> 2) & 3];
  return a === 0xff && b >= 0xe0 && version !== 1 && layer !== 0 && bitrate !== 15 && rate !== 3;
}
