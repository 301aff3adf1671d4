// safetensors: named arrays in one file, as PyTorch and others read them. Eight bytes give the length of a JSON
// header, {"name": {"dtype", "shape", "data_offsets"}, …, "__metadata__": {…}}; the numbers follow, little-endian.
// https://github.com/huggingface/safetensors#format
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { hasCode, UserError } from "../terminal/errors.ts";
import { reason, writeWhole } from "./files.ts";

export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint32Array;
}

export interface Arrays {
  readonly arrays: Record<string, HostArray>;
  readonly metadata: Record<string, string>;
}

/** A file that is not what it should be: truncated, damaged, or something else altogether. */
export class DamagedFile extends UserError {
  override name = "DamagedFile";
}

/** Bytes of one number, for each type that is read. I64 is what PyTorch counts in (batch norm's num_batches_tracked). */
const SIZES = { F32: 4, U32: 4, I64: 8 } as const;
const MAX_HEADER = 100_000_000;

/**
 * The metadata's first entry: SHA-256 over the whole file with zeros in its own place. Files without it, as others write
 * them, are read as they are.
 */
const CHECKSUM = "sha256";
const ZEROS = "0".repeat(64);
const placeOf = (checksum: string) => `"${CHECKSUM}":"${checksum}"`;

/** Writes arrays whole (never half a file), with a checksum of it all among the metadata. */
export function writeArrays(
  path: string,
  arrays: Record<string, HostArray>,
  metadata: Record<string, string> = {},
): void {
  const entries = Object.entries(arrays);
  const bytes = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const { [CHECKSUM]: _, ...others } = metadata;
  const header: Record<string, unknown> = { __metadata__: { [CHECKSUM]: ZEROS, ...others } };
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    const dtype = data instanceof Float32Array ? "F32" : "U32";
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, " "); // the numbers begin at a multiple of 8
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const checksum = hashOf([length, padded, ...bytes]);
  padded.write(placeOf(checksum), padded.indexOf(placeOf(ZEROS)));
  writeWhole(path, length, padded, ...bytes);
}

/**
 * Reads a safetensors file of float32 and uint32 arrays, and of int64 ones, which become uint32. Every declared size is
 * checked against the file before anything is allocated. Throws DamagedFile naming the file and what is wrong with it.
 * @param own whether it must be one that writeArrays wrote: without a checksum it is damaged
 */
export function readArrays(path: string, { own = false } = {}): Arrays {
  const file = open(path);
  try {
    const damaged = (what: string) => new DamagedFile(`${path} is not a usable safetensors file: ${what}`);
    const size = fstatSync(file).size;
    if (size < 8) throw damaged(`it is ${size} bytes long`);
    const declared = read(file, 0, 8).readBigUInt64LE();
    if (declared > BigInt(Math.min(size - 8, MAX_HEADER)))
      throw damaged("its header is longer than the file");
    const length = Number(declared);
    const header = read(file, 8, length);
    const { entries, metadata } = parseHeader(header.toString("utf8"), size - 8 - length, damaged);
    const body = read(file, 8 + length, size - 8 - length);
    if (metadata[CHECKSUM] === undefined && own) throw damaged("it has no checksum");
    if (metadata[CHECKSUM] !== undefined) {
      const at = header.indexOf(placeOf(metadata[CHECKSUM]));
      if (at >= 0) header.write(placeOf(ZEROS), at);
      if (hashOf([read(file, 0, 8), header, body]) !== metadata[CHECKSUM])
        throw damaged("its checksum does not match its contents");
    }
    const arrays = entries.map((entry): [string, HostArray] => [
      entry.name,
      { shape: entry.shape, data: numbers(entry, body, damaged) },
    ]);
    return { arrays: Object.fromEntries(arrays), metadata };
  } catch (error) {
    if (error instanceof DamagedFile) throw error;
    throw new DamagedFile(`cannot read ${path}: ${reason(error)}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function numbers(
  { name, dtype, begin, end }: Entry,
  body: Buffer<ArrayBuffer>,
  damaged: (what: string) => Error,
) {
  const count = (end - begin) / SIZES[dtype];
  if (dtype === "F32") return new Float32Array(body.buffer, body.byteOffset + begin, count);
  if (dtype === "U32") return new Uint32Array(body.buffer, body.byteOffset + begin, count);
  return Uint32Array.from({ length: count }, (_, i) => {
    const value = body.readBigInt64LE(begin + 8 * i);
    if (value >= 0n && value < 2n ** 32n) return Number(value);
    throw damaged(`'${name}' holds ${value}, which is no uint32`);
  });
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw new UserError(`there is no ${path}`, { cause: error });
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

function read(file: number, position: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(length)); // its own memory, so that views of it are aligned
  for (let at = 0; at < length; ) {
    const got = readSync(file, bytes, at, length - at, position + at);
    if (got === 0) throw new Error("the file became shorter while it was read");
    at += got;
  }
  return bytes;
}

interface Entry {
  name: string;
  dtype: keyof typeof SIZES;
  shape: number[];
  begin: number;
  end: number;
}

function parseHeader(text: string, bodySize: number, damaged: (what: string) => Error) {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw damaged("its header is not JSON");
  }
  if (!isRecord(header)) throw damaged("its header is not an object");
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw damaged("its metadata is not a table of strings");
  }
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, damaged));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) throw damaged(`'${name}' does not follow on the array before it`);
    at = end;
  }
  if (at !== bodySize) throw damaged(`its arrays take ${at} bytes, and ${bodySize} are there`);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, value: unknown, damaged: (what: string) => Error): Entry {
  if (!isRecord(value)) throw damaged(`'${name}' is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (dtype !== "F32" && dtype !== "U32" && dtype !== "I64")
    throw damaged(`'${name}' is of type ${String(dtype)}, not F32, U32 or I64`);
  if (!isSizes(shape)) throw damaged(`the shape of '${name}' is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw damaged(`the place of '${name}' is not a pair of offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, n) => product * n, SIZES[dtype]);
  if (end - begin !== bytes)
    throw damaged(`'${name}' [${shape.join(", ")}] wants ${bytes} bytes, not ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** SHA-256 over all the bytes, as if they stood in one piece. */
function hashOf(parts: Uint8Array[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
