// A WAV file, or samples without a header, that come piece by piece while they are recorded: nobody knows where they end.
import { endOfTags, part } from "../tags.ts";
import { decodeBlock, WavError } from "../wav.ts";
import {
  CODES,
  type Flaw,
  type Flawed,
  type Format,
  isAdpcm,
  type Layout,
  readHeaders,
  truncated,
  Unusable,
} from "./headers.ts";

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
  /** Bytes of samples that the header announces; what follows them are other chunks. */
  private size = Infinity;
  /** Those of them that are decoded. */
  private done = 0;
  private decoded = 0;
  private readonly headerFlaws: Flaw[] = [];

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

  /** Of samples that have come out. */
  get seconds(): number {
    return this.decoded === 0 ? 0 : this.decoded / this.sampleRate;
  }

  /** The samples that are whole with these bytes, mono; none before the header has come. Throws WavError. */
  push(bytes: Uint8Array): Float32Array {
    this.held = this.held.length === 0 ? bytes : joined(this.held, bytes);
    if (this.layout === null && !this.readHeader(Infinity)) return new Float32Array(0);
    return this.decode(false);
  }

  /**
   * To be called when no more comes: the samples that still waited, and what is wrong with all of it, as with a file that ends
   * there. Throws WavError where there was no sound at all.
   */
  end(): { samples: Float32Array; flaws: readonly Flaw[] } {
    if (this.layout === null) this.readHeader(this.held.length);
    const { format } = this.layout!;
    const there = this.done + this.held.length;
    const samples = this.decode(isAdpcm(format));
    const missing = Number.isFinite(this.size) && this.done < this.size;
    const flaws = [...this.headerFlaws, ...(missing ? [truncated(this.size, there, format)] : [])];
    if (this.decoded === 0) throw new WavError(this.name, flaws[0]?.reason ?? "has no samples");
    return { samples, flaws };
  }

  /** Decodes the bytes that are held, as far as they are whole blocks, or all of them. */
  private decode(all: boolean): Float32Array {
    const { block } = this.layout!.format;
    const left = this.size - this.done;
    const there = Math.min(this.held.length, left);
    const whole = all || there === left ? there : there - (there % block); // ADPCM's last block may be a part of one
    const data = this.held.subarray(0, whole);
    this.done += whole;
    this.held = this.done === this.size ? new Uint8Array(0) : this.held.slice(whole);
    if (whole === 0) return new Float32Array(0);
    const { samples } = decodeBlock(this.layout!, data, this.decoded, this.flawed);
    this.decoded += samples.length;
    return samples;
  }

  /** @param length bytes in all; Infinity where more may come, and it then returns whether what is there was enough */
  private readHeader(length: number): boolean {
    const { held } = this;
    const source = {
      size: length,
      read(from: number, to: number) {
        if (to > held.length) throw new Short();
        return held.subarray(from, to);
      },
    };
    try {
      const begin = endOfTags(source, 0);
      const { littleEndian, format, start, size } = readHeaders(part(source, begin, length), (flaw) =>
        this.headerFlaws.push(flaw),
      );
      this.layout = { littleEndian, format };
      this.size = size;
      this.held = held.subarray(begin + start);
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
