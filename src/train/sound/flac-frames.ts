// The frames of a FLAC file (RFC 9639), without what lies behind the last: the decoder looks for a frame's end at the next
// frame, or at the end of the file, and loses the last one where there is more. Nor does it give what is left of a frame
// that is damaged, which ffmpeg plays.
import type { ByteSource } from "../../audio/wav.ts";

export interface FlacFrame {
  /**
   * The frame as it may be by its checksum: one, but of the last, with other things behind it, there may be more by
   * chance. Of a damaged one, all up to the next, with a checksum that is right.
   */
  readonly ends: Uint8Array[];
  /** Samples of each channel. */
  readonly samples: number;
  /** Whether it is not what its checksum says, or something that is no frame lies between it and the next. */
  readonly damaged: boolean;
}

/** Metadata, and then frames from byte `start` on. */
export interface FlacFile {
  start: number;
  /** Samples of each channel; 0 where that was not known. */
  announced: number;
}

/** What stands before the frames of a file that begins with "fLaC". Null where it is cut off. */
export function flacHeader(source: ByteSource): FlacFile | null {
  if (source.size < 42) return null;
  const info = source.read(8, 42);
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  const announced = (info[13]! & 15) * 2 ** 32 + view.getUint32(14); // 36 bits
  for (let at = 4; at + 4 <= source.size; ) {
    const [type, a, b, c] = source.read(at, at + 4) as unknown as [number, number, number, number];
    at += 4 + a * 65536 + b * 256 + c;
    if (type >= 128) return { start: at, announced };
  }
  return null;
}

/** A whole frame is smaller: 65,535 samples of eight channels of 32 bits, stored as they are, and a header. */
const LARGEST_FRAME = 2 ** 21 + 64;
const WINDOW = 2 ** 18;
/** Bytes that a header may take. */
const AHEAD = 32;

/** All frames from byte `at` on, as far as they follow one another. */
export function* flacFrames(source: ByteSource, at: number): Generator<FlacFrame> {
  const { size } = source;
  let window: Uint8Array = new Uint8Array(0);
  let from = at;
  /** The bytes from `at` on, so many of them if there are so many. */
  const bytesAhead = (length: number) => {
    if (at - from + length > window.length && from + window.length < size) {
      window = new Uint8Array(source.read(at, Math.min(size, at + Math.max(length, WINDOW))));
      from = at;
    }
    return window.subarray(at - from);
  };
  while (at < size) {
    let bytes = bytesAhead(AHEAD);
    const header = frameHeader(bytes);
    if (header === null) return;
    const { samples } = header;
    const ends: Uint8Array[] = [];
    let next = 0;
    let sum = 0;
    for (let i = 0; next === 0 && i < LARGEST_FRAME && at + i < size; i++) {
      if (i + AHEAD > bytes.length)
        bytes = bytesAhead(i + AHEAD < WINDOW ? i + AHEAD : LARGEST_FRAME + AHEAD);
      sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ bytes[i]!]!;
      if (sum !== 0 || i < header.length) continue;
      if (at + i + 1 < size && frameHeader(bytes.subarray(i + 1)) !== null) next = i + 1;
      ends.push(bytes.subarray(0, i + 1));
    }
    if (next > 0) {
      yield { ends: ends.slice(-1), samples, damaged: false };
      at += next;
      continue;
    }
    const later = laterFrame(bytes, header);
    const possible = ends.filter(({ length }) => length <= (later ?? size));
    const damaged = later !== null || possible.length === 0;
    yield {
      ends: possible.length > 0 ? possible : [mended(bytes.slice(0, later ?? undefined))],
      samples,
      damaged,
    };
    if (later === null) return;
    at += later;
  }
}

/** Where a frame begins that comes later in the same stream than the one that the bytes begin with. */
function laterFrame(bytes: Uint8Array, { length, kind, number }: Header): number | null {
  for (let at = bytes.indexOf(0xff, length); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const header = frameHeader(bytes.subarray(at));
    if (header !== null && header.kind === kind && header.number > number) return at;
  }
  return null;
}

/** A frame with the checksum that it should have: the decoder gives silence for others. */
function mended(frame: Uint8Array): Uint8Array {
  const end = Math.max(0, frame.length - 2);
  let sum = 0;
  for (let i = 0; i < end; i++) sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ frame[i]!]!;
  frame.set([sum >> 8, sum & 255].slice(0, frame.length), end);
  return frame;
}

interface Header {
  /** Bytes. */
  readonly length: number;
  /** Samples of each channel. */
  readonly samples: number;
  /** Of the frame, or of its first sample: it rises from frame to frame. */
  readonly number: number;
  /** What does not change from one frame to the next. */
  readonly kind: number;
}

/** A frame's header: its bytes, and the frame's samples. Null where there is none, by its own checksum. */
function frameHeader(bytes: Uint8Array): Header | null {
  const [a = 0, b = 0, c = 0, d = 0, first = 0] = bytes;
  const [block, rate] = [c >> 4, c & 15];
  if (a !== 0xff || (b & 0xfe) !== 0xf8 || block === 0 || rate === 15 || d >> 4 > 10 || (d & 1) === 1)
    return null;
  const more = first < 128 ? 0 : Math.clz32(~(first << 24)) - 1; // a number as UTF-8 has it
  let at = 5 + more;
  let samples = block === 1 ? 192 : block < 6 ? 144 << block : 1 << block;
  if (block === 6) samples = bytes[at++]! + 1;
  if (block === 7) {
    samples = bytes[at]! * 256 + bytes[at + 1]! + 1;
    at += 2;
  }
  at += rate === 12 ? 1 : rate > 12 ? 2 : 0;
  if (at >= bytes.length) return null;
  let sum = 0;
  for (let i = 0; i <= at; i++) sum = CRC8[sum ^ bytes[i]!]!;
  if (sum !== 0) return null;
  let number = more === 0 ? first : first & (0x3f >> more);
  for (let i = 5; i < 5 + more; i++) number = number * 64 + (bytes[i]! & 0x3f);
  return { length: at + 1, samples, number, kind: (b << 8) | (rate << 4) | (d & 15) };
}

/** The remainders of all bytes by a polynomial of so many bits. */
function remainders(polynomial: number, bits: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let sum = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ ((sum >> (bits - 1)) & 1 ? polynomial : 0);
    return sum & (2 ** bits - 1);
  });
}

const CRC8 = remainders(0x07, 8);
const CRC16 = remainders(0x8005, 16);
