// safetensors files on disk: written whole and with a checksum, read with it checked (arrays.ts).
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { hasCode, UserError } from "../terminal/errors.ts";
import { type Arrays, ArraysFile, DamagedFile, encodeArrays, type HostArray, putChecksum } from "./arrays.ts";
import { reason, writeWhole } from "./files.ts";

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
 * Reads a file of arrays. Throws DamagedFile naming the file and what is wrong with it.
 * @param own whether it must be one that writeArrays wrote: without a checksum it is damaged
 */
export function readArrays(path: string, { own = false } = {}): Arrays {
  const file = new ArraysFile(readFile(path), path);
  if (file.checksum === null && own) throw file.damaged("it has no checksum");
  return file.read(file.checksum === null ? null : hashOf([file.bytes]));
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
