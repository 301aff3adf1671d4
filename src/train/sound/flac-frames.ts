// The frames of a FLAC file (RFC 9639), each with its checksums right, without what lies behind the last: the decoder
// looks for a frame's end at the next frame, or at the end of the file, and loses the last one where there is more.
import type { ByteSource } from "../../audio/wav.ts";

export interface FlacFrame {
  /**
   * The frame as it may be by its checksum: one, but of the last, with other things behind it, there may be more by
   * chance; none where it is damaged.
   */
  readonly ends: Uint8Array[];
  /** Samples of each channel. */
  readonly samples: number;
  /** Whether it is not the last, though what follows it is no frame. */
  readonly broken: boolean;
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
    if (next === 0) return yield { ends, samples, broken: framesBehind(bytes, header.length) };
    yield { ends: ends.slice(-1), samples, broken: false };
    at += next;
  }
}

/** Whether any frame begins behind a frame's header. */
function framesBehind(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1))
    if (frameHeader(bytes.subarray(at)) !== null) return true;
  return false;
}

/** A frame's header: its bytes, and the frame's samples. Null where there is none, by its own checksum. */
function frameHeader(bytes: Uint8Array): { length: number; samples: number } | null {
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
  return sum === 0 ? { length: at + 1, samples } : null;
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
