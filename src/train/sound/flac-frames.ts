// The frames of a FLAC file (RFC 9639), decoded, whatever lies before, between and behind them. One that is damaged is
// played where it decodes, as ffmpeg does.
import type { ByteSource, Flawed } from "../../audio/wav.ts";
import { BadFrame, decodeChannels } from "./flac-decode.ts";

/** What stands before the frames. */
export interface FlacFile {
  /** Where the frames begin. */
  start: number;
  /** Samples of each channel; 0 where that was not known. */
  announced: number;
  sampleRate: number;
  /** Of a sample. */
  bits: number;
}

/** What stands before the frames of a file that begins with "fLaC". Null where it is cut off. */
export function flacHeader(source: ByteSource): FlacFile | null {
  if (source.size < 42) return null;
  const info = streamInfo(source.read(8, 42));
  for (let at = 4; at + 4 <= source.size; ) {
    const [type, a, b, c] = source.read(at, at + 4) as unknown as [number, number, number, number];
    at += 4 + a * 65536 + b * 256 + c;
    if (type >= 128) return { start: at, ...info };
  }
  return null;
}

/** The 34 bytes of a STREAMINFO block. */
export function streamInfo(info: Uint8Array): Omit<FlacFile, "start"> {
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  return {
    announced: (info[13]! & 15) * 2 ** 32 + view.getUint32(14), // 36 bits
    sampleRate: view.getUint32(10) >>> 12,
    bits: ((view.getUint16(12) >> 4) & 31) + 1,
  };
}

export interface FlacFrame {
  readonly channelData: Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
}

/** A whole frame is smaller: 65,535 samples of eight channels of 32 bits, stored as they are, and a header. */
const LARGEST_FRAME = 2 ** 21 + 64;
/** Most are smaller than this. */
const USUAL_FRAME = 2 ** 16;
const WINDOW = 2 ** 18;

/** All frames from where they begin on. Between them `flawed` is told of what is none, or is not what its checksum says. */
export function* flacFrames(source: ByteSource, file: FlacFile, flawed: Flawed): Generator<FlacFrame> {
  const { size } = source;
  let [at, samples] = [file.start, 0];
  let window: Uint8Array = new Uint8Array(0);
  let from = at;
  /** The bytes from `at` on, so many of them if there are so many. */
  const bytesAhead = (length: number) => {
    if (at - from + length > window.length && from + window.length < size) {
      window = new Uint8Array(source.read(at, Math.min(size, at + Math.max(2 * length, WINDOW))));
      from = at;
    }
    return window.subarray(at - from);
  };
  while (at < size) {
    let bytes = bytesAhead(USUAL_FRAME);
    const header = frameHeader(bytes);
    if (header === null) return; // what lies behind is no part of it
    let frame = decodeFrame(bytes, header, file);
    if (frame?.whole !== true) frame = decodeFrame(bytesAhead(LARGEST_FRAME), header, file);
    bytes = bytesAhead(frame?.whole === true ? frame.end + USUAL_FRAME : LARGEST_FRAME);
    const follows = frame?.whole === true && frameHeader(bytes.subarray(frame.end)) !== null;
    if (!follows) bytes = bytesAhead(LARGEST_FRAME);
    const next = follows ? frame!.end : laterFrame(bytes, header);
    if (frame === null || !frame.whole || (next ?? frame.end) > frame.end)
      flawed({ reason: `is truncated or damaged: no whole frame follows sample ${samples}` });
    if (frame !== null && frame.end <= (next ?? bytes.length)) {
      yield frame;
      samples += frame.samplesDecoded;
    }
    if (next === null) return;
    at += next;
  }
}

interface Decoded extends FlacFrame {
  /** Bytes, checksum included. */
  readonly end: number;
  /** Whether it is what its checksum says. */
  readonly whole: boolean;
}

/** The frame that the bytes begin with. Null where it does not decode. */
export function decodeFrame(
  bytes: Uint8Array,
  header: Header,
  file: Pick<FlacFile, "sampleRate" | "bits">,
): Decoded | null {
  const { samples, channels } = header;
  try {
    const bits = header.bits || file.bits;
    const { channelData, end } = decodeChannels(bytes, header.length, { samples, channels, bits });
    let sum = 0;
    for (let i = 0; i < end + 2; i++) sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ bytes[i]!]!;
    const whole = end + 2 <= bytes.length && sum === 0;
    return {
      channelData,
      samplesDecoded: samples,
      sampleRate: header.sampleRate || file.sampleRate,
      end: end + 2,
      whole,
    };
  } catch (error) {
    if (error instanceof BadFrame) return null;
    throw error;
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

export interface Header {
  /** Bytes. */
  readonly length: number;
  /** Samples of each channel. */
  readonly samples: number;
  /** See decodeChannels. */
  readonly channels: number;
  /** Of the frame, or of its first sample: it rises from frame to frame. */
  readonly number: number;
  /** 0 where the file's header says it. */
  readonly sampleRate: number;
  readonly bits: number;
  /** What does not change from one frame to the next. */
  readonly kind: number;
}

/** By the numbers that stand for them. */
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const BITS = [0, 8, 12, -1, 16, 20, 24, 32];

/** A frame's header. Null where there is none, by its own checksum. */
export function frameHeader(bytes: Uint8Array): Header | null {
  const [a = 0, b = 0, c = 0, d = 0, first = 0] = bytes;
  const [block, rate, channels, bits] = [c >> 4, c & 15, d >> 4, BITS[(d >> 1) & 7]!];
  if (a !== 0xff || (b & 0xfe) !== 0xf8 || block === 0 || rate === 15) return null;
  if (channels > 10 || bits < 0 || (d & 1) === 1) return null;
  const more = first < 128 ? 0 : Math.clz32(~(first << 24)) - 1; // a number as UTF-8 has it
  let at = 5 + more;
  let samples = block === 1 ? 192 : block < 6 ? 144 << block : 1 << block;
  if (block === 6) samples = bytes[at++]! + 1;
  if (block === 7) {
    samples = bytes[at]! * 256 + bytes[at + 1]! + 1;
    at += 2;
  }
  let sampleRate = RATES[rate]!;
  if (rate === 12) sampleRate = 1000 * bytes[at++]!;
  if (rate > 12) {
    sampleRate = (bytes[at]! * 256 + bytes[at + 1]!) * (rate === 13 ? 1 : 10);
    at += 2;
  }
  if (at >= bytes.length) return null;
  let sum = 0;
  for (let i = 0; i <= at; i++) sum = CRC8[sum ^ bytes[i]!]!;
  if (sum !== 0) return null;
  let number = more === 0 ? first : first & (0x3f >> more);
  for (let i = 5; i < 5 + more; i++) number = number * 64 + (bytes[i]! & 0x3f);
  const kind = (b << 8) | (rate << 4) | (d & 15);
  return { length: at + 1, samples, channels, number, sampleRate, bits, kind };
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
