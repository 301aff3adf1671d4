// Sound files in: a WAV file's bytes become mono samples. Whoever calls brings the bytes.
//
// `wavefile` decodes most samples, but it trusts every count in a header: it reads past the end of a truncated
// file without a word, builds a list as long as a damaged cue chunk claims, and loses its way where a file has
// several LIST chunks. So the few headers that matter are read in wav/headers.ts, checked, and handed to it alone.
import { WaveFile } from "wavefile";
import { withoutTags } from "./tags.ts";
import { decodeAdpcm } from "./wav/adpcm.ts";
import {
  type ByteSource,
  CODES,
  type Flawed,
  type Format,
  isAdpcm,
  type Layout,
  readHeaders,
  tell,
  Unusable,
} from "./wav/headers.ts";

export { type ByteSource, type Flaw, type Flawed, mpegIn } from "./wav/headers.ts";

export interface Wav {
  /** One channel, full scale = ±1 (floating-point files may go beyond). Several channels were averaged. */
  samples: Float32Array;
  /** Samples a second. */
  sampleRate: number;
  /** How the file has them: how many channels, of integers or floats of how many bits. */
  stored: { channels: number; bits: number; floats: boolean };
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
 * Decodes a WAV file: integers of 8, 16, 24, 32 or 64 bits, or narrower ones in so many; floats of 32 or 64; A-law, mu-law,
 * IMA's and Microsoft's ADPCM; any number of channels. `file` names it in errors. Throws WavError for anything that is
 * not a whole, sane WAV file.
 */
export function decodeWav(bytes: Uint8Array, file = "WAV data"): Wav {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof Unusable) throw new WavError(file, error.message);
    throw new WavError(file, `cannot be decoded (${(error as Error).message})`, { cause: error });
  }
}

/**
 * The same for a file of any length: its samples in order, about `bytes` of the file at a time. Of one that is not whole,
 * or has samples that are no numbers, `flawed` is told, if it is given, and what there is is decoded.
 */
export function* wavBlocks(
  source: ByteSource,
  file = "WAV data",
  bytes = 2 ** 20,
  flawed?: Flawed,
): Generator<Wav> {
  try {
    const file = withoutTags(source);
    const layout = readHeaders(file, flawed);
    const step = layout.format.block * Math.max(1, Math.floor(bytes / layout.format.block));
    const end = layout.start + layout.size;
    for (let at = layout.start, first = 0; at < end; at += step) {
      const wav = decodeBlock(layout, file.read(at, Math.min(end, at + step)), first, flawed);
      first += wav.samples.length;
      yield wav;
    }
  } catch (error) {
    if (error instanceof Unusable) throw new WavError(file, error.message);
    throw error;
  }
}

function decode(bytes: Uint8Array): Wav {
  const source = withoutTags({ size: bytes.length, read: (from, to) => bytes.subarray(from, to) });
  const layout = readHeaders(source);
  return decodeBlock(layout, source.read(layout.start, layout.start + layout.size), 0);
}

/** Some of the samples, the first of them sample number `first` of its channel. */
export function decodeBlock(
  { littleEndian, format }: Pick<Layout, "littleEndian" | "format">,
  data: Uint8Array,
  first: number,
  flawed?: Flawed,
): Wav {
  const { code, sampleRate, channels, bits } = format;
  const floats = code === CODES.floats;
  const samples = mixDown(decodeSamples(format, data, littleEndian), channels, scaleOf(format));
  if (floats) {
    const bad = samples.findIndex((sample) => !isSound(sample));
    if (bad >= 0) {
      const what = Number.isFinite(samples[bad])
        ? `${samples[bad]!.toExponential(1)}, louder than any sound`
        : "not a finite number";
      tell(flawed, { reason: `sample ${first + bad} is ${what}` });
      samples.forEach((sample, i) => {
        if (!isSound(sample)) samples[i] = 0;
      });
    }
  }
  return { samples, sampleRate, stored: { channels, bits, floats } };
}

/**
 * Floats go beyond ±1, and some programs write integers of 32 bits as floats; but not other bytes that were taken for floats,
 * of which one has a whole spectrum overflow to NaN. (False for NaN, too.)
 */
const isSound = (sample: number) => Math.abs(sample) <= 2 ** 32;

/** The samples of all channels, interleaved, in the file's own units. */
function decodeSamples(format: Format, data: Uint8Array, littleEndian: boolean): ArrayLike<number> {
  const { code, bits } = format;
  // Almost every file there is. A view costs nothing; wavefile takes 4 ms for five seconds.
  if (code === CODES.integers && bits === 16 && littleEndian) {
    const aligned = data.byteOffset % 2 === 0 ? data : new Uint8Array(data); // WebGPU machines are little-endian
    return new Int16Array(aligned.buffer, aligned.byteOffset, data.length / 2);
  }
  if (isAdpcm(format)) return decodeAdpcm(format, data);
  if (code === CODES.integers && bits === 64) return longIntegers(data, littleEndian);
  const wave = new WaveFile();
  wave.fromBuffer(minimalFile(format, data, littleEndian));
  if (code === CODES.aLaw) wave.fromALaw();
  if (code === CODES.muLaw) wave.fromMuLaw();
  const samples = wave.getSamples(true, Float64Array);
  return samples.subarray(0, (data.length * 8) / bits); // it takes the pad byte after an odd chunk for a sample
}

/** Integers of 64 bits, as far as a number of JavaScript's has them. */
function longIntegers(data: Uint8Array, littleEndian: boolean): Float64Array {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [high, low] = littleEndian ? [4, 0] : [0, 4];
  return Float64Array.from({ length: data.length / 8 }, (_, i) => {
    const upper = view.getInt32(8 * i + high, littleEndian);
    return upper * 2 ** 32 + view.getUint32(8 * i + low, littleEndian);
  });
}

/** A WAV file of nothing but this format and these samples. */
function minimalFile(format: Format, data: Uint8Array, littleEndian: boolean): Uint8Array {
  const padded = data.length + (data.length % 2);
  const file = new Uint8Array(44 + padded);
  const view = new DataView(file.buffer);
  const text = (at: number, value: string) => new TextEncoder().encodeInto(value, file.subarray(at));
  const { block } = format;
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

/** What maps a format's units to ±1: 8-bit samples are unsigned around 128, the others signed. */
function scaleOf({ code, bits }: Format): { zero: number; full: number } {
  if (code === CODES.floats) return { zero: 0, full: 1 };
  if (code !== CODES.integers) return { zero: 0, full: 2 ** 15 }; // decoded to 16 bits
  return { zero: bits === 8 ? 128 : 0, full: 2 ** (bits - 1) };
}

function mixDown(
  interleaved: ArrayLike<number>,
  channels: number,
  { zero, full }: { zero: number; full: number },
): Float32Array {
  const samples = new Float32Array(interleaved.length / channels);
  const scale = 1 / (full * channels);
  if (channels === 1) {
    for (let i = 0; i < samples.length; i++) samples[i] = (interleaved[i]! - zero) * scale;
    return samples;
  }
  for (let c = 0; c < channels; c++) {
    for (let i = 0, at = c; i < samples.length; i++, at += channels) {
      samples[i] = samples[i]! + (interleaved[at]! - zero) * scale;
    }
  }
  return samples;
}
