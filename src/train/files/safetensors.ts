// safetensors files on disk: written whole and with a checksum, read by the engine's reader (nn/weights/safetensors.ts),
// which says what they are.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { WeightsError } from "../../nn/weights/error.ts";
import { numbersOf, parseHeader } from "../../nn/weights/safetensors.ts";
import { hasCode, UserError } from "../terminal/errors.ts";
import {
  type Arrays,
  CHECKSUM,
  DamagedFile,
  encodeArrays,
  type HostArray,
  putChecksum,
  takeChecksum,
} from "./arrays.ts";
import { reason, writeWhole } from "./files.ts";

/** What the system writes, and what PyTorch counts in (batch norm's num_batches_tracked). */
const TYPES: readonly string[] = ["F32", "U32", "I64"];

/** Writes arrays whole (never half a file), with a checksum of it all among the metadata. */
export function writeArrays(
  path: string,
  arrays: Record<string, HostArray>,
  metadata: Record<string, string> = {},
): void {
  const [header, ...numbers] = encodeArrays(arrays, metadata);
  putChecksum(header, hashOf([header, ...numbers]));
  writeWhole(path, header, ...numbers);
}

/**
 * Reads a safetensors file of float32 and uint32 arrays, and of int64 ones, which become uint32. Every declared size is
 * checked against the file before anything is made of it. Throws DamagedFile naming the file and what is wrong with it.
 * @param own whether it must be one that writeArrays wrote: without a checksum it is damaged
 */
export function readArrays(path: string, { own = false } = {}): Arrays {
  const damaged = (what: string) => new DamagedFile(`${path} is not a usable safetensors file: ${what}`);
  const fail = (what: string) => new WeightsError(what);
  try {
    const file = readFile(path);
    const header = parseHeader(file, fail);
    const { entries, metadata, start } = header;
    const other = entries.find(({ dtype }) => !TYPES.includes(dtype));
    if (other !== undefined)
      throw damaged(`'${other.name}' is of type ${other.dtype}, not ${TYPES.join(", ")}`);
    const checksum = metadata[CHECKSUM];
    if (checksum === undefined && own) throw damaged("it has no checksum");
    if (checksum !== undefined) {
      takeChecksum(file.subarray(0, start), checksum);
      if (hashOf([file]) !== checksum) throw damaged("its checksum does not match its contents");
    }
    const arrays = numbersOf(file, header, fail);
    for (const { name, dtype } of entries)
      if (dtype === "I64") arrays[name] = counts(arrays[name]!, `'${name}'`, damaged);
    return { arrays, metadata };
  } catch (error) {
    if (error instanceof WeightsError) throw damaged(error.message);
    throw error;
  }
}

/** Whole numbers as uint32. */
function counts({ shape, data }: HostArray, name: string, damaged: (what: string) => Error): HostArray {
  const wrong = data.find((value) => value < 0);
  if (wrong !== undefined) throw damaged(`${name} holds ${wrong}, which is no uint32`);
  return { shape, data: Uint32Array.from(data) };
}

/** A file's bytes, in memory of their own so that views of them are aligned. */
function readFile(path: string): Buffer<ArrayBuffer> {
  const file = open(path);
  try {
    const bytes = Buffer.from(new ArrayBuffer(fstatSync(file).size));
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(file, bytes, at, bytes.length - at, at);
      if (got === 0) throw new Error("the file became shorter while it was read");
      at += got;
    }
    return bytes;
  } catch (error) {
    throw new DamagedFile(`cannot read ${path}: ${reason(error)}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw new UserError(`there is no ${path}`, { cause: error });
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

/** SHA-256 over all the bytes, as if they stood in one piece. */
function hashOf(parts: Uint8Array[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
