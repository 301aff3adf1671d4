// log.jsonl in a run's folder: a line whenever an experiment begins the run or it ends, with the code, the machine and the
// processor that it ran on. The table takes from it what the run itself does not say. It lies in the run's folder, so that
// many machines may write at once and no two of them into one file.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cpus, hostname } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder, reason } from "../files/files.ts";
import { LOG } from "../runs/run-folder.ts";
import { UserError } from "../terminal/errors.ts";
import type { Cell } from "./plan.ts";

export type Event = "begun" | "resumed" | "done" | "interrupted" | "failed";

interface Line {
  run: string;
  fold: number;
  seed: number;
  event: Event;
  /** ISO 8601 */
  at: string;
  /** What it runs on, said when it begins or goes on. */
  commit?: string;
  cpu?: string;
  node?: string;
  /** Slurm's number of the job. */
  job?: string;
  /** Why it failed. */
  error?: string;
}

/** What is known of one run. */
export interface History {
  /** Those that it ran on, from its last beginning on: one, or more where it was gone on with elsewhere. */
  commits: string[];
  cpus: string[];
  /** The machines, by their names. */
  nodes: string[];
  /** Why it failed, if that was the last that happened. */
  error: string | null;
  /** The last that happened; null where nothing has. */
  last: Event | null;
}

export function writeLog({ spec, fold, seed, path }: Cell, event: Event, error?: string): void {
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

/** A line that was cut short is left out. */
function readLines(file: string): Line[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

function historyOf(lines: Line[]): History {
  const begun = lines.findLastIndex(({ event }) => event === "begun");
  const since = lines.slice(Math.max(0, begun));
  const all = (key: "commit" | "cpu" | "node") => [...new Set(since.flatMap((line) => line[key] ?? []))];
  const last = since.at(-1);
  const error = last?.event === "failed" ? (last.error ?? "for an unknown reason") : null;
  return { commits: all("commit"), cpus: all("cpu"), nodes: all("node"), error, last: last?.event ?? null };
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
