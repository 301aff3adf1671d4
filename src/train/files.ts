// Writing files so that a reader never sees half of one, and saying plainly why one cannot be written.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { hasCode, oneLine, UserError } from "./errors.ts";
import { fileSize } from "./progress.ts";

/** Writes a file whole: under a temporary name beside it, flushed to the disk, then renamed. */
export function writeWhole(path: string, ...parts: (string | Uint8Array)[]): void {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, "w");
    try {
      for (const part of parts) writeAll(file, typeof part === "string" ? Buffer.from(part) : part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {} // the first error is the one to tell
    throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
}

/** Writes all of it at the file's position: write(2) may take less (on Linux never more than 2 GiB at once). */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at, bytes.byteLength - at);
}

/** Refuses, before it is begun, to put `bytes` where there is no room for them. */
export function checkRoom(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bytes <= bavail * bsize) return;
  throw new UserError(
    `no space is left on the disk: ${what} takes ${fileSize(bytes)} more in ${folder}, ${fileSize(bavail * bsize)} are free`,
  );
}

/** Why a file could not be read or written, in words. */
export function reason(error: unknown): string {
  if (hasCode(error, "ENOENT")) return "there is no such file or folder";
  if (hasCode(error, "EACCES", "EPERM")) return "permission denied";
  if (hasCode(error, "EROFS")) return "the disk is read-only";
  if (hasCode(error, "ENOSPC", "EDQUOT")) return "no space is left on the disk";
  if (hasCode(error, "ENOTDIR", "EEXIST")) return "a file is in the way of a folder";
  if (hasCode(error, "EISDIR")) return "it is a folder";
  return oneLine(error);
}
