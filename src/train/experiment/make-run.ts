// Makes one run of an experiment, or goes on with it, and keeps a record in its folder. A lock there sees to it that one
// process at a time is at a run, on whatever machine.
import { appendFileSync, closeSync, openSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { makeFolder, reason } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { LOCK, MAKING, RunFolder, TALK } from "../runs/run-folder.ts";
import { type Signal, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { endedBy, train } from "./child.ts";
import { writeLog } from "./log.ts";
import { type Cell, nameOf, stateOf } from "./plan.ts";
import { argumentsOf, type Work } from "./work.ts";

/** How it ended: well, not, or by a signal; "busy" where another process is at it, which is left to it. */
export type Made = "done" | "failed" | "busy" | Signal;

/** How long a training may take to save what it has learned and end, whose experiment was killed. */
const PATIENCE_S = 60;

export interface How {
  /** Whether what the training says goes into its folder, and not to this terminal. */
  quiet: boolean;
  adapter?: string | null;
  /** Is told that it begins. */
  begins?(): void;
}

export async function makeRun(cell: Cell, work: Work, { quiet, adapter, begins }: How): Promise<Made> {
  const { session, experiment, data } = work;
  const { path } = cell;
  makeFolder(path);
  let release = () => {};
  try {
    release = takeLock(join(path, MAKING), `${nameOf(cell)} is being made`);
    await untilFree(join(path, LOCK), path, session);
  } catch (error) {
    release();
    if (!(error instanceof UserError)) throw error;
    session.progress.warn(error.message);
    return "busy";
  }
  try {
    const before = stateOf(cell, experiment.file, data);
    if (before.kind === "done") return "done";
    if (before.kind === "new") new RunFolder(path).clear();
    writeLog(cell, before.kind === "new" ? "begun" : "resumed");
    begins?.();
    const output = quiet ? openTalk(path) : undefined;
    const ending = await train(argumentsOf(cell, before, work), { output, adapter });
    if (output !== undefined) closeSync(output);
    const signal = endedBy(ending) ?? (ending === null ? null : session.stop.signal);
    const now = stateOf(cell, experiment.file, data);
    const made = now.kind === "done" ? "done" : (signal ?? "failed");
    if (made === "done" || made === "failed")
      writeLog(cell, made, made === "done" ? undefined : (ending?.message ?? "it ended without a result"));
    else writeLog(cell, "interrupted");
    return made;
  } finally {
    release();
  }
}

/** Waits for a training in that folder that nobody waits for any more: it is saving. */
async function untilFree(lock: string, path: string, { stop }: Session): Promise<void> {
  for (let waited = 0; ; waited++) {
    try {
      return takeLock(lock, `${path} is being written`)();
    } catch (error) {
      if (!(error instanceof UserError) || waited >= PATIENCE_S || stop.signal !== null) throw error;
      await Bun.sleep(1000);
    }
  }
}

/** The file in a run's folder that takes what its trainings say, with a line on top of each. */
function openTalk(path: string): number {
  const file = join(path, TALK);
  const job = process.env.SLURM_JOB_ID;
  try {
    appendFileSync(
      file,
      `--- ${new Date().toISOString()} on ${hostname()}${job === undefined ? "" : `, job ${job}`}\n`,
    );
    return openSync(file, "a");
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${reason(error)}`, { cause: error });
  }
}
