// Results, on stdout. They are written at once and whole: what `process.stdout` holds back for a slow reader is lost when
// the process ends, all but the 64 KiB that a pipe takes.
import { writeSync } from "node:fs";
import { hasCode } from "./errors.ts";

/** How long to wait for a reader whose pipe does not make us wait by itself. */
const PATIENCE_MS = 5;

let closed = false;
let failure: unknown = null;

/** Writes a text, or nothing any more where an earlier one could not be written. */
export function writeOut(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length && !closed; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (hasCode(error, "EAGAIN")) Bun.sleepSync(PATIENCE_MS);
      else close(error);
    }
  }
}

/** How large the terminal is that results go to: some that a container or a script makes have 0 columns, and are not told. */
export function terminalSize(): { columns: number; rows: number } {
  return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

/** Whoever read has had enough (`| head`, a terminal that is gone), or there is no room: a training goes on all the same. */
function close(error: unknown): void {
  closed = true;
  if (!hasCode(error, "EPIPE", "EIO")) failure = error;
}

/** Whether nothing can be written any more. */
export function stdoutClosed(): boolean {
  return closed;
}

/** Why results were lost that somebody wanted; null if none were. */
export function stdoutFailure(): unknown {
  return failure;
}
