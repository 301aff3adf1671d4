// A sound file of any kind and length: which kind, told by its first bytes, and its samples, a block at a time.
import { createReadStream, statSync } from "node:fs";
import { textAt, withoutTags } from "../../audio/tags.ts";
import { type ByteSource, type Flawed, mpegIn, wavBlocks } from "../../audio/wav.ts";
import { FileBytes, MemoryBytes, type Readable } from "../files/file-bytes.ts";
import { reason } from "../files/files.ts";
import { SoundError } from "../terminal/errors.ts";
import { flacBlocks, mp3Blocks, oggBlocks } from "./compressed.ts";
import { findMp3, infoPlace, mp3Frame } from "./mp3-frames.ts";
import { BlockSound, beginsAsWav } from "./sound.ts";
import type { Waveform } from "./waveform.ts";

/** What names standard input on the command line. */
export const STDIN = "-";

/** The most that is read from what is no regular file: its end may never come. */
const MOST_STREAMED = 2 ** 30;

/** An open sound file. */
export class Sound extends BlockSound implements Disposable {
  private constructor(
    name: string,
    readonly bytes: Readable,
  ) {
    super(name, (flawed) => decode(bytes, name, flawed));
  }

  /** Opens a file or standard input. Throws SoundError. */
  static async open(path: string): Promise<Sound> {
    const name = path === STDIN ? "standard input" : path;
    return new Sound(name, await open(path, name));
  }

  [Symbol.dispose](): void {
    this.bytes[Symbol.dispose]();
  }
}

/** A file's blocks; where it is damaged, `flawed` is told at the end. Throws SoundError. */
export async function* soundBlocks(path: string, flawed?: (flaw: string) => void): AsyncGenerator<Waveform> {
  using sound = await Sound.open(path);
  yield* sound.blocks();
  if (sound.flaw !== null) flawed?.(sound.flaw);
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
  wav: (bytes: ByteSource, name: string, flawed: Flawed) => wavBlocks(bytes, name, undefined, flawed),
  ogg: oggBlocks,
  flac: flacBlocks,
  mp3: mp3Blocks,
};

async function* decode(bytes: Readable, name: string, flawed: Flawed): AsyncGenerator<Waveform> {
  if (bytes.size === 0) throw new SoundError(name, "is empty");
  const file = withoutTags(bytes);
  const { format, start } = kindOf(file, name);
  const mpeg = format === "wav" ? mpegIn(file, flawed) : null;
  if (mpeg !== null) yield* mp3Blocks(mpeg, name, flawed, Math.max(0, firstFrame(mpeg)));
  else yield* decoders[format](file, name, flawed, start);
}

interface Kind {
  format: keyof typeof decoders;
  /** Where it begins: MP3 may have junk before its first frame. */
  start: number;
}

/** How much junk may come before an MP3 file's first frame. */
const MOST_JUNK = 2 ** 18;

/** Where MPEG audio begins; −1 where it does not. */
function firstFrame(file: ByteSource): number {
  return infoPlace(file, 0) !== null ? 0 : findMp3(file, 0, Math.min(file.size, MOST_JUNK));
}

function kindOf(file: ByteSource, name: string): Kind {
  const text = textAt(file, 0, 16);
  if (beginsAsWav(file)) return { format: "wav", start: 0 };
  if (text.startsWith("OggS")) return { format: "ogg", start: 0 };
  if (text.startsWith("fLaC")) return { format: "flac", start: 0 };
  const other = OTHERS.find(([at, begins]) => text.startsWith(begins, at))?.[2];
  if (other === undefined) {
    const found = firstFrame(file);
    if (found >= 0) return { format: "mp3", start: found };
    if (mp3Frame(file.read(0, Math.min(file.size, 4))) !== null) return { format: "mp3", start: 0 };
  }
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
