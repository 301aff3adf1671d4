// A folder that one process at a time may work in: a lock file with the number of the process that has it.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hasCode, UserError } from "./errors.ts";
import { reason } from "./files.ts";

/**
 * Takes the lock, also from a process that has ended without giving it back; returns what gives it back. Throws
 * UserError, which begins with `what`, where another process is at work.
 */
export function takeLock(path: string, what: string): () => void {
  for (let stale = false; ; stale = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!hasCode(error, "EEXIST"))
        throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
      const holder = holderOf(path);
      if (stale || holder === null || alive(holder)) {
        const process = holder === null ? "another process" : `process ${holder}`;
        throw new UserError(`${what} by ${process} (if that is not so, remove ${path})`);
      }
      rmSync(path, { force: true });
    }
  }
}

/** The process that has the lock; null where it has not yet said so. */
function holderOf(path: string): number | null {
  try {
    const text = readFileSync(path, "utf8");
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM"); // there, and somebody else's
  }
}
