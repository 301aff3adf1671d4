// OGG (Vorbis, Opus, FLAC), FLAC and MP3 files, decoded a piece at a time; all but FLAC by WebAssembly builds of the
// codecs' own libraries, which are loaded when the first such file is. They play a damaged or truncated file as far as it goes and
// say nothing, so that is looked for here: in Ogg's checksums, and in how long FLAC and MP3 files say that they are; it is
// played all the same, and said. And they lose their way among other things than frames, so that frames are found here.
import type { ByteSource, Flawed } from "../../audio/wav.ts";
import { oneLine, SoundError } from "../terminal/errors.ts";
import { decodeFrame, flacFrames, flacHeader, frameHeader, streamInfo } from "./flac-frames.ts";
import { infoPlace, mp3Frame, mp3Pieces } from "./mp3-frames.ts";
import { type OggPage, oggPages, packetsOf } from "./ogg.ts";
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
const opus = async () => new (await import("ogg-opus-decoder")).OggOpusDecoder();
const mpeg = async () => new (await import("mpg123-decoder")).MPEGDecoder();

const NOTHING = "is truncated or damaged: no sound could be decoded";
/** Bytes of a piece. */
const MP3_PIECE = 2 ** 14;
const MOST_CHANNELS = 32;

/** The sound in an Ogg file, streams one after another included. */
export async function* oggBlocks(source: ByteSource, name: string, flawed: Flawed): AsyncGenerator<Waveform> {
  const pages = oggPages(source, flawed);
  let found = false;
  for (let page = pages.next(); !page.done; page = pages.next()) {
    const open = page.value.first ? codecOf(page.value.body) : null;
    if (open === null) continue; // of a stream that is not sound
    found = true;
    if (open === "flac") yield* flacStream(page.value, pages, name, flawed);
    else if (open === opus) yield* opusStream(page.value, pages, name, flawed);
    else yield* decode(open, streamOf(page.value, pages), name, flawed);
  }
  if (!found) throw new SoundError(name, "is an Ogg file without Vorbis, Opus or FLAC in it");
}

/** By how a stream's first page begins. */
function codecOf(body: Uint8Array): (() => Promise<Decoder>) | "flac" | null {
  const begins = String.fromCharCode(...body.subarray(0, 10));
  if (begins.startsWith("\x01vorbis") && body[11]! <= MOST_CHANNELS) return vorbis;
  if (begins.startsWith("OpusHead") && body[9]! <= MOST_CHANNELS) return opus;
  if (begins.startsWith("\x7fFLAC") && body.length >= 51) return "flac";
  return null;
}

/** A packet of Opus is no longer: 120 ms at 48 kHz. */
const LONGEST_PACKET = 5760;

/** What Opus's header and last page say, and the decoder does not do: the output gain, and where the sound ends (RFC 7845). */
async function* opusStream(
  first: OggPage,
  pages: Generator<OggPage>,
  name: string,
  flawed: Flawed,
): AsyncGenerator<Waveform> {
  const header = new DataView(first.body.buffer, first.body.byteOffset, first.body.length);
  if (header.byteLength < 19) throw new SoundError(name, "is damaged: its Opus header is cut off");
  const [preSkip, decibels] = [header.getUint16(10, true), header.getInt16(16, true) / 256];
  let end = 0;
  const stream = function* () {
    for (const page of streamOf(first, pages)) {
      end = Number(new DataView(page.buffer, page.byteOffset).getBigInt64(6, true)) - preSkip;
      yield page;
    }
  };
  let held: Waveform | undefined;
  let length = 0;
  for await (const block of decode(opus, stream(), name, flawed, 10 ** (decibels / 20))) {
    if (held !== undefined) yield held;
    held = block;
    length += block.samples.length;
  }
  if (held === undefined) return;
  const beyond = length - end; // what only fills up the last packet
  const cut = beyond > 0 && beyond < LONGEST_PACKET ? beyond : 0;
  yield { ...held, samples: held.samples.subarray(0, Math.max(0, held.samples.length - cut)) };
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

/** The sound in a FLAC file, whatever lies behind its frames. */
export async function* flacBlocks(
  source: ByteSource,
  name: string,
  flawed: Flawed,
): AsyncGenerator<Waveform> {
  const file = flacHeader(source);
  let [length, rate, damaged] = [0, 0, false];
  const noting: Flawed = (flaw) => {
    damaged = true;
    flawed(flaw);
  };
  for (const frame of file === null ? [] : flacFrames(source, file, noting)) {
    length += frame.samplesDecoded;
    rate = frame.sampleRate;
    yield { samples: mixDown(frame, flawed, 1), sampleRate: rate };
  }
  if (length === 0) throw new SoundError(name, NOTHING);
  const announced = file?.announced ?? 0;
  if (length < announced && !damaged)
    flawed({
      reason: `is truncated or damaged: ${announced} samples announced, ${length} there`,
      of: announced / rate,
    });
}

/** Where STREAMINFO is in the first page of FLAC in Ogg. */
const OGG_STREAMINFO = 17;

/** FLAC in Ogg's pages: a frame a packet. */
async function* flacStream(
  first: OggPage,
  pages: Generator<OggPage>,
  name: string,
  flawed: Flawed,
): AsyncGenerator<Waveform> {
  const info = streamInfo(first.body.subarray(OGG_STREAMINFO, OGG_STREAMINFO + 34));
  let length = 0;
  for (const packet of packetsOf(streamOf(first, pages))) {
    if (packet[0] !== 0xff) continue; // a block of metadata
    const header = frameHeader(packet);
    const frame = header === null ? null : decodeFrame(packet, header, info);
    if (frame?.whole !== true)
      flawed({ reason: `is truncated or damaged: no whole frame follows sample ${length}` });
    if (frame === null || frame.end > packet.length) continue;
    length += frame.samplesDecoded;
    yield { samples: mixDown(frame, flawed, 1), sampleRate: frame.sampleRate };
  }
  if (length === 0) throw new SoundError(name, NOTHING);
}

/** The sound in an MP3 file (or any MPEG audio layer) whose first frame begins at byte `start`. */
export async function* mp3Blocks(
  source: ByteSource,
  name: string,
  flawed: Flawed,
  start: number,
): AsyncGenerator<Waveform> {
  const announced = mp3Bytes(source, start);
  const there = source.size - start;
  if (there < announced) flawed({ reason: `is truncated: ${announced} bytes announced, ${there} there` });
  const free = mp3Frame(source.read(start, Math.min(source.size, start + 4)))?.length === null;
  const frames = free ? piecesOf(source, start, MP3_PIECE) : mp3Pieces(source, start, MP3_PIECE);
  yield* decode(mpeg, frames, name, flawed);
}

/** How many bytes of frames an MP3 file's Xing or Info header announces; 0 where it does not say. */
function mp3Bytes(source: ByteSource, start: number): number {
  const at = infoPlace(source, start);
  if (at === null) return 0;
  const fields = source.read(at, at + 16);
  const view = new DataView(fields.buffer, fields.byteOffset, fields.length);
  const flags = view.getUint32(4);
  return (flags & 2) === 0 ? 0 : view.getUint32(8 + 4 * (flags & 1));
}

function* piecesOf(source: ByteSource, start: number, length: number): Generator<Uint8Array> {
  for (let at = start; at < source.size; at += length)
    yield source.read(at, Math.min(source.size, at + length));
}

/** Decodes pieces one after another, as far as the decoder goes. */
async function* decode(
  open: () => Promise<Decoder>,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  name: string,
  flawed: Flawed,
  gain = 1,
): AsyncGenerator<Waveform> {
  const decoder = await open();
  let empty = true;
  const toBlock = (decoded: Decoded): Waveform[] => {
    for (const { message } of decoded.errors) flawed({ reason: `is damaged (${oneLine(message)})` });
    if (decoded.samplesDecoded <= 0) return [];
    empty = false;
    return [{ samples: mixDown(decoded, flawed, gain), sampleRate: decoded.sampleRate }];
  };
  try {
    await decoder.ready;
    for await (const piece of pieces) yield* toBlock(await attempt(() => decoder.decode(piece), name));
    if (decoder.flush !== undefined) yield* toBlock(await attempt(() => decoder.flush!(), name));
  } catch (error) {
    if (empty || !(error instanceof SoundError)) throw error;
    flawed(error); // what was heard before is sound
  } finally {
    await attempt(() => decoder.free(), name).catch(() => {}); // what is left of a decoder that failed
  }
  if (empty) throw new SoundError(name, NOTHING);
}

/** How many decoders are at work now, and what prints when none is: several sounds may be decoded at the same time. */
let atWork = 0;
let print = console.error;

/** A decoder's work. What it prints is in the errors that it returns too. */
async function attempt<T>(work: () => T | Promise<T>, name: string): Promise<T> {
  if (atWork++ === 0) {
    print = console.error;
    console.error = () => {};
  }
  try {
    return await work();
  } catch (error) {
    throw new SoundError(name, `is damaged (${oneLine(error)})`, { cause: error });
  } finally {
    if (--atWork === 0) console.error = print;
  }
}

/** The mean of the channels, louder by a gain. */
function mixDown(
  { channelData, samplesDecoded }: Pick<Decoded, "channelData" | "samplesDecoded">,
  flawed: Flawed,
  gain: number,
): Float32Array {
  const samples = new Float32Array(samplesDecoded);
  for (const channel of channelData)
    for (let i = 0; i < samples.length; i++) samples[i]! += (channel[i]! * gain) / channelData.length;
  const bad = samples.findIndex((sample) => !Number.isFinite(sample));
  if (bad < 0) return samples;
  flawed({ reason: "is damaged: a sample is no finite number" });
  return samples.map((sample) => (Number.isFinite(sample) ? sample : 0));
}
