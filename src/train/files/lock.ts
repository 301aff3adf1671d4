// A folder that one process at a time may work in. Its lock file names the process, and is held with flock(2), which
// the kernel lets go of when that process ends, however it ends: a lock file that a kill left behind holds nobody up,
// and a process number that was given out again is not taken for the one that had it. On NFS the server keeps it, for all
// machines alike.
import { dlopen } from "bun:ffi";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { UserError } from "../terminal/errors.ts";
import { reason } from "./files.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the lock, also from a process that has ended without giving it back; returns what gives it back. Throws
 * UserError, which begins with `what`, where another process is at work.
 */
export function takeLock(path: string, what: string): () => void {
  const flock = openFlock();
  let file: number;
  for (;;) {
    file = open(path);
    if (flock !== null && flock(file, LOCK_EX | LOCK_NB) !== 0) {
      closeSync(file);
      throw new UserError(`${what} by ${holderOf(path)}: wait until it has ended, or end it`);
    }
    if (isStill(file, path)) break; // else its holder removed it between our opening and our locking it
    closeSync(file);
  }
  try {
    ftruncateSync(file);
    writeSync(file, `${process.pid} ${hostname()}`);
  } catch {} // a full disk: the lock holds without a name in it
  const release = () => {
    process.removeListener("exit", release);
    rmSync(path, { force: true });
    closeSync(file);
  };
  process.once("exit", release); // a second Ctrl-C ends the process where it stands
  return release;
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
}

/** Whether the file that was opened still has its name. */
function isStill(file: number, path: string): boolean {
  try {
    return fstatSync(file).ino === statSync(path).ino;
  } catch {
    return false;
  }
}

/** The process that has the lock, as it is named in it. */
function holderOf(path: string): string {
  try {
    const named = /^([1-9]\d{0,9}) (\S+)$/.exec(readFileSync(path, "utf8"));
    if (named === null) return "another process";
    return `process ${named[1]}${named[2] === hostname() ? "" : ` on ${named[2]}`}`;
  } catch {
    return "another process";
  }
}

/** flock(2); null where the system has none, and nothing is locked. */
function openFlock(): ((descriptor: number, operation: number) => number) | null {
  const libc = { linux: "libc.so.6", darwin: "libSystem.B.dylib" }[process.platform as string];
  if (libc === undefined) return null;
  try {
    return dlopen(libc, { flock: { args: ["int", "int"], returns: "int" } }).symbols.flock;
  } catch {
    return null;
  }
}
