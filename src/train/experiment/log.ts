// Writes log.jsonl in a run's folder (runs/history.ts): a line whenever an experiment begins the run or it ends. It lies in
// the run's folder, so that many machines may write at once and no two of them into one file.
import { appendFileSync } from "node:fs";
import { cpus, hostname } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder, reason } from "../files/files.ts";
import { type Event, type History, historyOf, type Line, readLines } from "../runs/history.ts";
import { LOG } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import type { Cell } from "./plan.ts";

/** A run, as far as its log names it. */
export type Logged = Pick<Cell, "fold" | "seed" | "path"> & { readonly spec: Pick<Cell["spec"], "name"> };

export function writeLog({ spec, fold, seed, path }: Logged, event: Event, error?: string): void {
  const at = new Date().toISOString();
  // Asked anew each time: a run is a process of its own, and takes the code as it is then.
  const here =
    event === "begun" || event === "resumed"
      ? { commit: commit(), cpu: cpu(), node: hostname(), job: process.env.SLURM_JOB_ID }
      : {};
  const line: Line = { run: spec.name, fold, seed, event, at, ...here, error };
  const file = join(path, LOG);
  makeFolder(path);
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch (cause) {
    throw new UserError(`cannot write ${file}: ${reason(cause)}`, { cause });
  }
}

/**
 * Reads the logs of an experiment's runs; what they know of each. Experiments begun before each run had a log of its own
 * have one of all, OUT/log.jsonl.
 */
export function readLogs(out: string): (cell: Cell) => History {
  const shared = readLines(join(out, LOG));
  return ({ spec, fold, seed, path }) => {
    const old = shared.filter((line) => line.run === spec.name && line.fold === fold && line.seed === seed);
    return historyOf([...old, ...readLines(join(path, LOG))]);
  };
}

function cpu(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? "an unknown processor"}, ${all.length} cores`;
}

/** The checkout's commit; OTOGRAD_COMMIT says it where the code was copied without its history. */
export function commit(): string {
  if (process.env.OTOGRAD_COMMIT) return process.env.OTOGRAD_COMMIT;
  const root = resolve(import.meta.dir, "../../..");
  const top = git(root, "rev-parse", "--show-toplevel");
  const hash = git(root, "rev-parse", "--short=7", "HEAD");
  if (hash === null || top === null || resolve(top) !== root) return "unknown";
  return git(root, "status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash} with changes`;
}

/** What git says, or null where it says nothing. */
function git(folder: string, ...args: string[]): string | null {
  try {
    const { success, stdout } = Bun.spawnSync(["git", "-C", folder, ...args], { stderr: "ignore" });
    return success ? stdout.toString().trim() : null;
  } catch {
    return null; // no git here
  }
}
