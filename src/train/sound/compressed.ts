// OGG (Vorbis, Opus, FLAC), FLAC and MP3 files, decoded a piece at a time by WebAssembly builds of the codecs' own
// libraries, which are loaded when the first such file is. They play a damaged or truncated file as far as it goes and
// say nothing, so that is looked for here: in Ogg's checksums, and in how long FLAC and MP3 files say that they are.
import type { ByteSource } from "../../audio/wav.ts";
import { oneLine, SoundError } from "../terminal/errors.ts";
import { type OggPage, oggPages } from "./ogg.ts";
import type { Waveform } from "./waveform.ts";

/** What a decoder of the wasm-audio-decoders family gives for a piece of a file. */
interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: { message: string }[];
}

interface Decoder {
  readonly ready: Promise<void>;
  decode(piece: Uint8Array): Decoded | Promise<Decoded>;
  /** What was held back in wait of more. */
  flush?(): Promise<Decoded>;
  free(): void;
}

const vorbis = async () => new (await import("@wasm-audio-decoders/ogg-vorbis")).OggVorbisDecoder();
const flac = async () => new (await import("@wasm-audio-decoders/flac")).FLACDecoder();
const opus = async () => new (await import("ogg-opus-decoder")).OggOpusDecoder();
const mpeg = async () => new (await import("mpg123-decoder")).MPEGDecoder();

/** Bytes of a piece. A few can stand for a great many samples (38 for 65,535 of eight silent channels in FLAC). */
const FLAC_PIECE = 2 ** 9;
const MP3_PIECE = 2 ** 14;
const MOST_CHANNELS = 32;

/** The sound in an Ogg file, streams one after another included. */
export async function* oggBlocks(source: ByteSource, name: string): AsyncGenerator<Waveform> {
  const pages = oggPages(source, name);
  let found = false;
  for (let page = pages.next(); !page.done; page = pages.next()) {
    const open = page.value.first ? codecOf(page.value.body) : null;
    if (open === null) continue; // of a stream that is not sound
    found = true;
    yield* decode(open, streamOf(page.value, pages), name);
  }
  if (!found) throw new SoundError(name, "is an Ogg file without Vorbis, Opus or FLAC in it");
}

/** By how a stream's first page begins. */
function codecOf(body: Uint8Array): (() => Promise<Decoder>) | null {
  const begins = String.fromCharCode(...body.subarray(0, 10));
  if (begins.startsWith("\x01vorbis") && body[11]! <= MOST_CHANNELS) return vorbis;
  if (begins.startsWith("OpusHead") && body[9]! <= MOST_CHANNELS) return opus;
  if (begins.startsWith("\x7fFLAC")) return flac;
  return null;
}

/** The pages of the stream that begins with this one. */
function* streamOf(first: OggPage, pages: Generator<OggPage>): Generator<Uint8Array> {
  yield first.bytes;
  for (let last = first.last; !last; ) {
    const page = pages.next();
    if (page.done) return; // one that was recorded live may have no last page
    if (page.value.serial !== first.serial) continue;
    yield page.value.bytes;
    last = page.value.last;
  }
}

/** The sound in a FLAC file that begins at byte `start`. */
export async function* flacBlocks(source: ByteSource, name: string, start: number): AsyncGenerator<Waveform> {
  const announced = flacLength(source, start);
  let length = 0;
  for await (const block of decode(flac, piecesOf(source, start, FLAC_PIECE), name)) {
    length += block.samples.length;
    yield block;
  }
  if (length < announced)
    throw new SoundError(name, `is truncated or damaged: ${announced} samples announced, ${length} there`);
}

/** How many samples a FLAC file's stream info announces; 0 where it does not say. */
function flacLength(source: ByteSource, start: number): number {
  if (start + 26 > source.size) return 0;
  const info = source.read(start, start + 26);
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  return (info[21]! & 15) * 2 ** 32 + view.getUint32(22); // 36 bits
}

/** The sound in an MP3 file (or any MPEG audio layer) whose first frame begins at byte `start`. */
export async function* mp3Blocks(source: ByteSource, name: string, start: number): AsyncGenerator<Waveform> {
  const announced = mp3Bytes(source, start);
  const there = source.size - start;
  if (there < announced)
    throw new SoundError(name, `is truncated: ${announced} bytes announced, ${there} there`);
  yield* decode(mpeg, piecesOf(source, start, MP3_PIECE), name);
}

/** How many bytes of frames an MP3 file's Xing or Info header announces; 0 where it does not say. */
function mp3Bytes(source: ByteSource, start: number): number {
  const head = source.read(start, Math.min(source.size, start + 52));
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const mpeg1 = (head[1]! & 8) !== 0;
  const mono = head[3]! >> 6 === 3;
  const at = 4 + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17); // behind the side information
  if (at + 16 > head.length || !/^(Xing|Info)$/.test(String.fromCharCode(...head.subarray(at, at + 4))))
    return 0;
  const flags = view.getUint32(at + 4);
  return (flags & 2) === 0 ? 0 : view.getUint32(at + 8 + 4 * (flags & 1));
}

function* piecesOf(source: ByteSource, start: number, length: number): Generator<Uint8Array> {
  for (let at = start; at < source.size; at += length)
    yield source.read(at, Math.min(source.size, at + length));
}

/** Decodes pieces one after another. */
async function* decode(
  open: () => Promise<Decoder>,
  pieces: Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Waveform> {
  const decoder = await open();
  let empty = true;
  const toBlock = (decoded: Decoded): Waveform[] => {
    if (decoded.errors.length > 0)
      throw new SoundError(name, `is damaged (${oneLine(decoded.errors[0]!.message)})`);
    if (decoded.samplesDecoded <= 0) return [];
    empty = false;
    return [{ samples: mixDown(decoded, name), sampleRate: decoded.sampleRate }];
  };
  try {
    await decoder.ready;
    for (const piece of pieces) yield* toBlock(await attempt(() => decoder.decode(piece), name));
    if (decoder.flush !== undefined) yield* toBlock(await attempt(() => decoder.flush!(), name));
  } finally {
    await attempt(() => decoder.free(), name).catch(() => {}); // what is left of a decoder that failed
  }
  if (empty) throw new SoundError(name, "is truncated or damaged: no sound could be decoded");
}

/** A decoder's work. What it prints is in the errors that it returns too. */
async function attempt<T>(work: () => T | Promise<T>, name: string): Promise<T> {
  const { error: print } = console;
  console.error = () => {};
  try {
    return await work();
  } catch (error) {
    throw new SoundError(name, `is damaged (${oneLine(error)})`, { cause: error });
  } finally {
    console.error = print;
  }
}

/** The mean of the channels. */
function mixDown({ channelData, samplesDecoded }: Decoded, name: string): Float32Array {
  const samples = new Float32Array(samplesDecoded);
  for (const channel of channelData) {
    for (let i = 0; i < samples.length; i++) {
      if (!Number.isFinite(channel[i]!))
        throw new SoundError(name, "is damaged: a sample is no finite number");
      samples[i]! += channel[i]! / channelData.length;
    }
  }
  return samples;
}
