// Sound files in: a WAV file's bytes become mono samples. Whoever calls brings the bytes.
//
// `wavefile` decodes the samples, but it trusts every count in a header: it reads past the end of a truncated
// file without a word, builds a list as long as a damaged cue chunk claims, and loses its way where a file has
// several LIST chunks. So the few headers that matter are read here, checked, and handed to it alone.
import { WaveFile } from "wavefile";

export interface Wav {
  /** One channel, full scale = ±1 (floating-point files may go beyond). Several channels were averaged. */
  samples: Float32Array;
  /** Samples a second. */
  sampleRate: number;
  /** How the file has them: how many channels, of integers or floats of how many bits. */
  stored: { channels: number; bits: number; floats: boolean };
}

/** Bytes that can be read at any place: of a file, say, that is too long to be read whole. */
export interface ByteSource {
  readonly size: number;
  /** Bytes `from` … `to` − 1, both within the size. */
  read(from: number, to: number): Uint8Array;
}

/** A sound file that cannot be used. The message is one line: the file and what is wrong with it. */
export class WavError extends Error {
  override readonly name = "WavError";

  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${reason}`, options);
  }
}

/**
 * Decodes a WAV file: integers of 8, 16, 24 or 32 bits, or floats of 32 or 64, any number of channels.
 * `file` names it in errors. Throws WavError for anything that is not a whole, sane WAV file.
 */
export function decodeWav(bytes: Uint8Array, file = "WAV data"): Wav {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof Unusable) throw new WavError(file, error.message);
    throw new WavError(file, `cannot be decoded (${(error as Error).message})`, { cause: error });
  }
}

/** The same for a file of any length: its samples in order, about `bytes` of the file at a time. */
export function* wavBlocks(source: ByteSource, file = "WAV data", bytes = 2 ** 20): Generator<Wav> {
  try {
    const layout = readHeaders(source);
    const frame = (layout.format.channels * layout.format.bits) / 8;
    const frames = Math.max(1, Math.floor(bytes / frame));
    const end = layout.start + layout.size;
    for (let at = layout.start, first = 0; at < end; at += frames * frame, first += frames) {
      yield decodeBlock(layout, source.read(at, Math.min(end, at + frames * frame)), first);
    }
  } catch (error) {
    if (error instanceof Unusable) throw new WavError(file, error.message);
    throw error;
  }
}

function decode(bytes: Uint8Array): Wav {
  const source = { size: bytes.length, read: (from: number, to: number) => bytes.subarray(from, to) };
  const layout = readHeaders(source);
  return decodeBlock(layout, source.read(layout.start, layout.start + layout.size), 0);
}

/** Some of the samples, the first of them sample number `first` of its channel. */
function decodeBlock({ littleEndian, format }: Layout, data: Uint8Array, first: number): Wav {
  const interleaved = decodeSamples(format, data, littleEndian);
  const samples = mixDown(interleaved, format.channels, scaleOf(format));
  if (format.code === 3) {
    const bad = samples.findIndex((sample) => !Number.isFinite(sample));
    if (bad >= 0) throw new Unusable(`sample ${first + bad} is not a finite number`);
  }
  const { sampleRate, channels, bits, code } = format;
  return { samples, sampleRate, stored: { channels, bits, floats: code === 3 } };
}

/** Why a file cannot be used, before its name is known. */
class Unusable extends Error {}

interface Format {
  /** 1 = integers, 3 = floats. */
  code: number;
  channels: number;
  sampleRate: number;
  bits: number;
}

/** What the headers say: the samples are `size` bytes from byte `start` on. */
interface Layout {
  littleEndian: boolean;
  format: Format;
  start: number;
  size: number;
}

const UNKNOWN_LENGTH = 0xffffffff; // what a program writes that streams a WAV file to a pipe
const HIGHEST_RATE = 1_000_000;
const EXTENSIBLE = 0xfffe;
const bitsOf: Record<number, readonly number[]> = { 1: [8, 16, 24, 32], 3: [32, 64] };
const codecs: Record<number, string> = {
  2: "ADPCM",
  6: "A-law",
  7: "mu-law",
  17: "IMA ADPCM",
  80: "MPEG",
  85: "MP3",
};

/** Walks the chunks of a RIFF file to its format and its samples. */
function readHeaders(source: ByteSource): Layout {
  const { size: length } = source;
  if (length === 0) throw new Unusable("is empty");
  const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const first = source.read(0, Math.min(12, length));
  const container = text(first.subarray(0, 4));
  if (container === "RF64")
    throw new Unusable("is an RF64 file (made for more than 4 GiB), which is not supported");
  if ((container !== "RIFF" && container !== "RIFX") || text(first.subarray(8)) !== "WAVE") {
    throw new Unusable("is not a WAV file (it does not begin with RIFF … WAVE)");
  }
  const littleEndian = container === "RIFF";
  let format: Format | undefined;
  for (let at = 12; at + 8 <= length; ) {
    const header = source.read(at, at + 8);
    const name = text(header.subarray(0, 4));
    const size = viewOf(header).getUint32(4, littleEndian);
    const start = at + 8;
    if (name === "fmt ") {
      if (size < 16 || start + size > length) throw new Unusable("is truncated inside its format header");
      format = readFormat(viewOf(source.read(start, start + Math.min(size, 26))), littleEndian);
    } else if (name === "data") {
      if (format === undefined) throw new Unusable("has its samples before its format header");
      return { littleEndian, format, start, size: dataSize(length - start, size, format) };
    }
    at = start + size + (size % 2); // chunks begin at even places
  }
  throw new Unusable(format === undefined ? "has no format header" : "is truncated before its samples");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readFormat(view: DataView, littleEndian: boolean): Format {
  const u16 = (offset: number) => view.getUint16(offset, littleEndian);
  const extended = u16(0) === EXTENSIBLE && view.byteLength >= 26;
  const code = extended ? u16(24) : u16(0);
  const channels = u16(2);
  const sampleRate = view.getUint32(4, littleEndian);
  const blockAlign = u16(12);
  const bits = u16(14);
  if (bitsOf[code] === undefined) {
    const codec = codecs[code] === undefined ? `format ${code}` : `format ${code}, ${codecs[code]}`;
    throw new Unusable(`is compressed (${codec}); convert it to plain PCM`);
  }
  if (channels === 0) throw new Unusable("says that it has 0 channels");
  if (sampleRate === 0 || sampleRate > HIGHEST_RATE)
    throw new Unusable(`says that its rate is ${sampleRate} Hz`);
  if (!bitsOf[code].includes(bits)) {
    const kind = code === 3 ? "floats" : "integers";
    throw new Unusable(`has ${kind} of ${bits} bits; ${bitsOf[code].join(", ")} are supported`);
  }
  if (blockAlign !== (channels * bits) / 8) {
    throw new Unusable(`says that ${channels} × ${bits} bits are ${blockAlign} bytes: its header is damaged`);
  }
  return { code, channels, sampleRate, bits };
}

/** How many bytes of samples there are, where `there` follow the header and it announces `size`. */
function dataSize(there: number, size: number, format: Format): number {
  const block = (format.channels * format.bits) / 8;
  if (size === UNKNOWN_LENGTH) size = there - (there % block);
  if (size > there) throw new Unusable(`is truncated: ${size} bytes of samples announced, ${there} there`);
  if (size === 0) throw new Unusable("has no samples");
  if (size % block !== 0)
    throw new Unusable(`ends inside a sample: ${size} bytes are not whole blocks of ${block}`);
  return size;
}

/** The samples of all channels, interleaved, in the file's own units. */
function decodeSamples(format: Format, data: Uint8Array, littleEndian: boolean): ArrayLike<number> {
  // Almost every file there is. A view costs nothing; wavefile takes 4 ms for five seconds.
  if (format.code === 1 && format.bits === 16 && littleEndian) {
    return new Int16Array(new Uint8Array(data).buffer); // a copy is aligned; WebGPU machines are little-endian
  }
  const wave = new WaveFile();
  wave.fromBuffer(minimalFile(format, data, littleEndian));
  const samples = wave.getSamples(true, Float64Array);
  return samples.subarray(0, (data.length * 8) / format.bits); // it takes the pad byte after an odd chunk for a sample
}

/** A WAV file of nothing but this format and these samples. */
function minimalFile(format: Format, data: Uint8Array, littleEndian: boolean): Uint8Array {
  const padded = data.length + (data.length % 2);
  const file = new Uint8Array(44 + padded);
  const view = new DataView(file.buffer);
  const text = (at: number, value: string) => new TextEncoder().encodeInto(value, file.subarray(at));
  const block = (format.channels * format.bits) / 8;
  text(0, littleEndian ? "RIFF" : "RIFX");
  view.setUint32(4, 36 + padded, littleEndian);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, littleEndian);
  view.setUint16(20, format.code, littleEndian);
  view.setUint16(22, format.channels, littleEndian);
  view.setUint32(24, format.sampleRate, littleEndian);
  view.setUint32(28, format.sampleRate * block, littleEndian);
  view.setUint16(32, block, littleEndian);
  view.setUint16(34, format.bits, littleEndian);
  text(36, "data");
  view.setUint32(40, data.length, littleEndian);
  file.set(data, 44);
  return file;
}

/** What maps the file's units to ±1: 8-bit samples are unsigned around 128, the others signed. */
function scaleOf(format: Format): { zero: number; full: number } {
  if (format.code === 3) return { zero: 0, full: 1 };
  return { zero: format.bits === 8 ? 128 : 0, full: 2 ** (format.bits - 1) };
}

function mixDown(
  interleaved: ArrayLike<number>,
  channels: number,
  { zero, full }: { zero: number; full: number },
): Float32Array {
  const samples = new Float32Array(interleaved.length / channels);
  const scale = 1 / (full * channels);
  for (let c = 0; c < channels; c++) {
    for (let i = 0, at = c; i < samples.length; i++, at += channels) {
      samples[i] = samples[i]! + (interleaved[at]! - zero) * scale;
    }
  }
  return samples;
}
