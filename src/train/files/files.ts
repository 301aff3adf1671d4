// Writing files so that a reader never sees half of one, and saying plainly why one cannot be written.
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { formatBytes } from "../../gpu/bytes.ts";
import { hasCode, oneLine, UserError } from "../terminal/errors.ts";

/**
 * Writes a file whole: under a temporary name beside it, flushed to the disk, then renamed, and the folder flushed, so
 * that after a crash or a power failure there is the file as it was before or the new one, and nothing between. Where a link
 * is, what it leads to is written; a device, which a file would take the place of, is left alone.
 */
export function writeWhole(name: string, ...parts: (string | Uint8Array)[]): void {
  const path = fileBehind(name);
  // No other process's, nor that of one on another machine with the same disk.
  const temporary = `${path}.tmp-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  try {
    const made = mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, "w");
    try {
      for (const part of parts) writeAll(file, typeof part === "string" ? Buffer.from(part) : part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    flushNames(dirname(path), made === undefined ? dirname(path) : dirname(made));
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {} // the first error is the one to tell
    throw new UserError(`cannot write ${name}: ${reason(error)}`, { cause: error });
  }
}

/** What is written by this name: the file that a link leads to. Throws UserError where no file can be. */
function fileBehind(name: string): string {
  const there = statsThere(name);
  if (there === null) return name;
  if (there.isDirectory()) throw new UserError(`cannot write ${name}: it is a folder`);
  if (!there.isFile()) throw new UserError(`cannot write ${name}: it is a device or a pipe; name a file`);
  return realpathSync(name);
}

/** Refuses a name of a file that cannot be written, before long work is done for what is to be in it. Throws UserError. */
export function checkWritable(name: string): void {
  const path = fileBehind(name);
  let folder = dirname(resolve(path));
  while (statsThere(folder) === null) folder = dirname(folder);
  try {
    accessSync(`${folder}/.`, constants.W_OK); // of a file: ENOTDIR
  } catch (error) {
    throw new UserError(`cannot write ${name}: ${reason(error)}`, { cause: error });
  }
}

/** What lies there, links followed; null where nothing does. Throws UserError where one may not look. */
export function statsThere(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return null;
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

/** What lies in a folder. Throws UserError where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new UserError(`cannot read ${folder}: ${reason(error)}`, { cause: error });
  }
}

/** Bytes that are written in one call: writeSync refuses 2 GiB. */
const MOST_AT_ONCE = 2 ** 30;

/** Writes all of it at the file's position, however much it is: write(2) may take less than it is given. */
export function writeAll(file: number, bytes: Uint8Array): void {
  const { byteLength } = bytes;
  for (let at = 0; at < byteLength; )
    at += writeSync(file, bytes, at, Math.min(byteLength - at, MOST_AT_ONCE));
}

/** Refuses, before it is begun, to put `bytes` where there is no room for them. */
export function checkRoom(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bytes <= bavail * bsize) return;
  throw new UserError(
    `no space is left on the disk: ${what} takes ${formatBytes(bytes)} more in ${folder}, ${formatBytes(bavail * bsize)} are free`,
  );
}

/** Flushes what files are called in a folder, and in those above it up to `top`. */
function flushNames(folder: string, top: string): void {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const descriptor = openSync(at, "r");
    try {
      fsyncSync(descriptor);
    } catch (error) {
      if (!hasCode(error, "EINVAL", "ENOTSUP")) throw error; // some file systems flush files only
    } finally {
      closeSync(descriptor);
    }
    if (at === resolve(top) || at === dirname(at)) return;
  }
}

/** Makes a folder and those above it, where there is none. Throws UserError. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UserError(`cannot make ${path}: ${reason(error)}`, { cause: error });
  }
}

/** Whether a file has the name of one that is being written, or was when its process was killed. */
export function isTemporary(name: string): boolean {
  return /\.tmp-\d+(-[0-9a-f]{8})?$/.test(name);
}

/** Removes from a folder what killed processes left in it, if that is older than so many seconds. */
export function removeTemporaries(folder: string, seconds = 0): void {
  try {
    for (const name of readdirSync(folder).filter(isTemporary)) {
      const path = join(folder, name);
      if (Date.now() - statSync(path).mtimeMs >= 1000 * seconds) rmSync(path, { force: true });
    }
  } catch {} // no folder, or not ours to change: nothing that is needed is lost
}

/** Why a file that was seen in a folder is not found: names are read as UTF-8, which turns others into what there is not. */
export function misread(path = ""): string | null {
  return path.includes("\ufffd") ? "its name is not in UTF-8: give it another" : null;
}

/** Why a file could not be read or written, in words. */
export function reason(error: unknown): string {
  if (hasCode(error, "ENOENT"))
    return misread((error as NodeJS.ErrnoException).path) ?? "there is no such file or folder";
  if (hasCode(error, "EACCES", "EPERM")) return "permission denied";
  if (hasCode(error, "EROFS")) return "the disk is read-only";
  if (hasCode(error, "ENOSPC", "EDQUOT")) return "no space is left on the disk";
  if (hasCode(error, "ENOTDIR", "EEXIST")) return "a file is in the way of a folder";
  if (hasCode(error, "EISDIR")) return "it is a folder";
  if (hasCode(error, "EIO")) return "the disk reports an error";
  if (hasCode(error, "ELOOP")) return "a link leads back to itself";
  if (hasCode(error, "ENAMETOOLONG")) return "the name is too long";
  return oneLine(error);
}
