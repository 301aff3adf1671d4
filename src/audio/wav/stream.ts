// A WAV file, or samples without a header, that come piece by piece while they are recorded: nobody knows where they end.
import { decodeBlock, WavError } from "../wav.ts";
import { CODES, type Flawed, type Format, type Layout, readHeaders, Unusable } from "./headers.ts";

/** Names of samples without a header, as ffmpeg has them: the code of their format, and bits. */
export const RAW_FORMATS = {
  u8: [CODES.integers, 8],
  s16le: [CODES.integers, 16],
  s24le: [CODES.integers, 24],
  s32le: [CODES.integers, 32],
  f32le: [CODES.floats, 32],
} as const;

export type RawFormat = keyof typeof RAW_FORMATS;

/** What samples without a header are. */
export function rawFormat(name: RawFormat, sampleRate: number, channels: number): Format {
  const [code, bits] = RAW_FORMATS[name];
  return { code, channels, sampleRate, bits, block: (channels * bits) / 8 };
}

/** A header is found in so many bytes, or there is none. */
const LONGEST_HEADER = 2 ** 24;

/** Why a header cannot be read yet. */
class Short extends Error {}

export class WavStream {
  private layout: Pick<Layout, "littleEndian" | "format"> | null;
  /** Bytes that are not decoded yet. */
  private held: Uint8Array = new Uint8Array(0);
  /** Bytes of samples still to come; what follows them are other chunks. */
  private left = Infinity;
  private decoded = 0;

  /**
   * @param name for errors
   * @param raw what the samples are, where they come without a header
   * @param flawed is told of samples that are no numbers
   */
  constructor(
    private readonly name: string,
    raw: Format | null,
    private readonly flawed: Flawed,
  ) {
    this.layout = raw === null ? null : { littleEndian: true, format: raw };
  }

  /** Hz; 0 before the header has come. */
  get sampleRate(): number {
    return this.layout?.format.sampleRate ?? 0;
  }

  /** The samples that are whole with these bytes, mono; none before the header has come. Throws WavError. */
  push(bytes: Uint8Array): Float32Array {
    this.held = this.held.length === 0 ? bytes : joined(this.held, bytes);
    if (this.layout === null && !this.readHeader()) return new Float32Array(0);
    const { block } = this.layout!.format;
    const there = Math.min(this.held.length, this.left);
    const whole = there - (there % block);
    const data = this.held.subarray(0, whole);
    this.left -= whole;
    this.held = this.left < block ? new Uint8Array(0) : this.held.slice(whole);
    if (whole === 0) return new Float32Array(0);
    const { samples } = decodeBlock(this.layout!, data, this.decoded, this.flawed);
    this.decoded += samples.length;
    return samples;
  }

  /** To be called when no more comes. Throws WavError where there was no sound at all. */
  end(): void {
    if (this.layout !== null && this.decoded > 0) return;
    if (this.layout === null && this.held.length > 0)
      throw new WavError(this.name, "ends inside its header, before any sample");
    throw new WavError(this.name, this.layout === null ? "is empty" : "has no samples");
  }

  private readHeader(): boolean {
    const { held } = this;
    try {
      const { littleEndian, format, start, size } = readHeaders({
        size: Infinity,
        read(from, to) {
          if (to > held.length) throw new Short();
          return held.subarray(from, to);
        },
      });
      this.layout = { littleEndian, format };
      this.left = size;
      this.held = held.subarray(start);
      return true;
    } catch (error) {
      if (error instanceof Short && held.length < LONGEST_HEADER) return false;
      const reason = error instanceof Unusable ? error.message : "has no samples in its first 16 MiB";
      throw new WavError(this.name, reason, { cause: error });
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
