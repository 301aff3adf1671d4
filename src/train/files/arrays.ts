// Named arrays as files have them, and the checksum of their own that the system's files carry: what a page can know of
// them, too. From and to the disk: safetensors.ts.
import { WeightsError } from "../../nn/weights/error.ts";
import type { HostArray } from "../../nn/weights/numbers.ts";
import { encodeSafetensors, type Header, numbersOf, parseHeader } from "../../nn/weights/safetensors.ts";
import { UserError } from "../terminal/errors.ts";

export type { HostArray };

export interface Arrays {
  readonly arrays: Record<string, HostArray>;
  readonly metadata: Record<string, string>;
}

/** A file that is not what it should be: truncated, damaged, or something else altogether. */
export class DamagedFile extends UserError {
  override name = "DamagedFile";
}

/** What the system writes, and what PyTorch counts in (batch norm's num_batches_tracked). */
const TYPES: readonly string[] = ["F32", "U32", "I64"];

/**
 * The metadata's first entry: SHA-256 over the whole file with zeros in its own place. Files without it, as others write
 * them, are read as they are.
 */
const CHECKSUM = "sha256";
const ZEROS = "0".repeat(64);
const entryOf = (checksum: string) => `"${CHECKSUM}":"${checksum}"`;

/** A file's bytes in pieces, the header first, with zeros for the checksum that they will have. */
export function encodeArrays(
  arrays: Record<string, HostArray>,
  metadata: Record<string, string> = {},
): [header: Uint8Array<ArrayBuffer>, ...numbers: Uint8Array[]] {
  const { [CHECKSUM]: _, ...others } = metadata;
  return encodeSafetensors(arrays, { [CHECKSUM]: ZEROS, ...others });
}

/** Puts a checksum where there are zeros for it. */
export function putChecksum(header: Uint8Array, checksum: string): void {
  replace(header, ZEROS, checksum);
}

/**
 * A safetensors file of float32 and uint32 arrays, and of int64 ones, which become uint32. Every declared size is checked
 * against the file before anything is made of it. What is wrong is thrown as DamagedFile, naming the file.
 */
export class ArraysFile {
  /** What the SHA-256 of `bytes` has to be; null where the file does not say. */
  readonly checksum: string | null;
  private readonly header: Header;

  /** @param bytes the file's; zeros are put in the checksum's place */
  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly path: string,
  ) {
    this.header = this.reading((fail) => parseHeader(bytes, fail));
    const { entries, metadata, start } = this.header;
    const other = entries.find(({ dtype }) => !TYPES.includes(dtype));
    if (other !== undefined)
      throw this.damaged(`'${other.name}' is of type ${other.dtype}, not ${TYPES.join(", ")}`);
    this.checksum = metadata[CHECKSUM] ?? null;
    if (this.checksum !== null) replace(bytes.subarray(0, start), this.checksum, ZEROS);
  }

  /** The file's arrays. @param hash the SHA-256 of `bytes`, where there is a checksum */
  read(hash: string | null): Arrays {
    const { bytes, header } = this;
    if (hash !== this.checksum) throw this.damaged("its checksum does not match its contents");
    const arrays = this.reading((fail) => numbersOf(bytes, header, fail));
    for (const { name, dtype } of header.entries)
      if (dtype === "I64") arrays[name] = this.counts(arrays[name]!, `'${name}'`);
    return { arrays, metadata: header.metadata };
  }

  damaged(what: string): DamagedFile {
    return new DamagedFile(`${this.path} is not a usable safetensors file: ${what}`);
  }

  private reading<T>(read: (fail: (what: string) => WeightsError) => T): T {
    try {
      return read((what) => new WeightsError(what));
    } catch (error) {
      throw error instanceof WeightsError ? this.damaged(error.message) : error;
    }
  }

  /** Whole numbers as uint32. */
  private counts({ shape, data }: HostArray, name: string): HostArray {
    const wrong = data.find((value) => value < 0);
    if (wrong !== undefined) throw this.damaged(`${name} holds ${wrong}, which is no uint32`);
    return { shape, data: Uint32Array.from(data) };
  }
}

function replace(header: Uint8Array, from: string, to: string): void {
  const at = new TextDecoder("latin1").decode(header).indexOf(entryOf(from));
  if (at >= 0) header.set(new TextEncoder().encode(entryOf(to)), at);
}
