// The frames of an MPEG audio file, layers I to III (ISO 11172-3, 13818-3), without what lies before, between and behind
// them: decoders look for the next frame through no more than a little junk. A header has eleven bits to be known by, so
// that one counts where another follows it, at the place that it says and of the same kind.
import { endOfTags, textAt } from "../../audio/tags.ts";
import type { ByteSource } from "../../audio/wav.ts";

export interface Mp3Frame {
  /** Bytes, header included; null in "free format", where the header does not tell. */
  readonly length: number | null;
  /** What does not change from one frame to the next. */
  readonly kind: string;
}

/** kbit/s by the header's index, for version 1's layers I, II, III, then for later versions' I, and II and III. */
const BITRATES = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const RATES = [44100, 48000, 32000] as const;
const HEADER = 4;

/** The frame whose header these bytes are; null where they are none. */
export function mp3Frame([a = 0, b = 0, c = 0]: Uint8Array): Mp3Frame | null {
  const [version, layerBits, bitrateIndex, rateIndex] = [(b >> 3) & 3, (b >> 1) & 3, c >> 4, (c >> 2) & 3];
  const reserved = version === 1 || layerBits === 0 || bitrateIndex === 15 || rateIndex === 3;
  if (a !== 0xff || b < 0xe0 || reserved) return null;
  const layer = 4 - layerBits;
  const rate = RATES[rateIndex]! / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const kind = `${version} ${layer} ${rate}`;
  if (bitrateIndex === 0) return { length: null, kind };
  const table = version === 3 ? layer - 1 : layer === 1 ? 3 : 4;
  const bitsASecond = 1000 * BITRATES[table]![bitrateIndex - 1]!;
  const padding = (c >> 1) & 1;
  if (layer === 1) return { length: 4 * (Math.floor((12 * bitsASecond) / rate) + padding), kind };
  const samples = layer === 3 && version !== 3 ? 576 : 1152;
  return { length: Math.floor(((samples / 8) * bitsASecond) / rate) + padding, kind };
}

/** Where in a frame at `start` the Xing or Info header is, which tells of the whole file; null where there is none. */
export function infoPlace(source: ByteSource, start: number): number | null {
  const head = source.read(start, Math.min(source.size, start + HEADER));
  if (head.length < HEADER || mp3Frame(head) === null) return null;
  const [mpeg1, mono] = [(head[1]! & 8) !== 0, head[3]! >> 6 === 3];
  const at = start + HEADER + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17); // behind the side information
  return at + 16 <= source.size && /^(Xing|Info)$/.test(textAt(source, at, 4)) ? at : null;
}

/** How many frames must follow one another where nothing else says that these are frames. */
const CERTAIN = 3;

/** Where the first frame is that others follow, from byte `from` up to `to`; −1 where there is none. */
export function findMp3(source: ByteSource, from: number, to: number): number {
  const bytes = new Window(source);
  for (let at = from; at < to; at++) {
    if (bytes.at(at) === 0xff && followers(bytes, at, null) >= CERTAIN) return at;
  }
  return -1;
}

/** How many frames of one kind stand there one after another, up to CERTAIN; two that end with the file are enough. */
function followers(bytes: Window, at: number, kind: string | null): number {
  const { size } = bytes.source;
  for (let count = 0; ; count++) {
    if (count === CERTAIN || (count >= 2 && at === size)) return CERTAIN;
    const frame = mp3Frame(bytes.slice(at, HEADER));
    if (frame === null || frame.length === null || at + frame.length > size) return count;
    if (kind !== null && frame.kind !== kind) return count;
    kind = frame.kind;
    at += frame.length;
  }
}

/** All whole frames, in pieces of about so many bytes, from a frame at byte `start` on. */
export function* mp3Pieces(source: ByteSource, start: number, length: number): Generator<Uint8Array> {
  const bytes = new Window(source);
  let piece: Uint8Array[] = [];
  let size = 0;
  for (const [from, to] of framePlaces(bytes, start)) {
    piece.push(new Uint8Array(bytes.slice(from, to - from)));
    size += to - from;
    if (size < length) continue;
    yield Buffer.concat(piece);
    [piece, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(piece);
}

function* framePlaces(bytes: Window, start: number): Generator<[from: number, to: number]> {
  const { size } = bytes.source;
  let kind: string | null = null;
  for (let at = start; at + HEADER <= size; ) {
    const frame = mp3Frame(bytes.slice(at, HEADER));
    const end = at + (frame?.length ?? size);
    if (frame === null || end > size || (kind !== null && frame.kind !== kind)) {
      at = nextFrame(bytes, at, kind);
      continue;
    }
    kind = frame.kind;
    const next = followers(bytes, end, kind) > 0 ? end : nextFrame(bytes, at + 1, kind);
    if (next >= end) yield [at, end]; // else it is the beginning of one that was cut off
    at = next;
  }
}

/** Where frames go on behind junk, or behind another file's tags; the end where they do not. */
function nextFrame(bytes: Window, at: number, kind: string | null): number {
  const { size } = bytes.source;
  for (; at < size; at++) {
    const byte = bytes.at(at);
    if (byte === 0x49 || byte === 0x41) at = endOfTags(bytes.source, at); // "ID3", "APETAGEX"
    if (at >= size || bytes.at(at) !== 0xff) continue;
    const found = followers(bytes, at, kind);
    if (found >= (kind === null ? CERTAIN : 2) || (found > 0 && kind !== null && endsWith(bytes, at, found)))
      return at;
  }
  return size;
}

/** Whether so many frames from `at` on end with the file. */
function endsWith(bytes: Window, at: number, count: number): boolean {
  for (; count > 0; count--) at += mp3Frame(bytes.slice(at, HEADER))!.length!;
  return at === bytes.source.size;
}

const WINDOW = 2 ** 16;

/** Some of a file's bytes, read ahead. */
class Window {
  private from = 0;
  private bytes = new Uint8Array(0);
  constructor(readonly source: ByteSource) {}

  at(place: number): number {
    return this.bytes[place - this.from] ?? this.slice(place, 1)[0]!;
  }

  /** So many bytes, or as many as there are. */
  slice(from: number, length: number): Uint8Array {
    const to = Math.min(this.source.size, from + length);
    if (from < this.from || to > this.from + this.bytes.length) {
      this.bytes = new Uint8Array(this.source.read(from, Math.min(this.source.size, from + WINDOW)));
      this.from = from;
    }
    return this.bytes.subarray(from - this.from, to - this.from);
  }
}
