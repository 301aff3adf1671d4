// OUT/log.jsonl: a line whenever a run of an experiment begins or ends, with the code and the processor that it ran
// on. The table takes from it what a run's own folder does not say.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { reason } from "../files/files.ts";
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
  /** Why it failed. */
  error?: string;
}

/** What is known of one run. */
export interface History {
  /** Those that it ran on, from its last beginning on: one, or more where it was gone on with elsewhere. */
  commits: string[];
  cpus: string[];
  /** Why it failed, if that was the last that happened. */
  error: string | null;
}

export class ExperimentLog {
  private readonly path: string;

  constructor(out: string) {
    this.path = join(out, "log.jsonl");
  }

  write({ spec, fold, seed }: Cell, event: Event, error?: string): void {
    const at = new Date().toISOString();
    // Asked anew each time: a run is a process of its own, and takes the code as it is then.
    const here = event === "begun" || event === "resumed" ? { commit: commit(), cpu: cpu() } : {};
    const line: Line = { run: spec.name, fold, seed, event, at, ...here, error };
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw new UserError(`cannot write ${this.path}: ${reason(cause)}`, { cause });
    }
  }

  /** Reads the log; what it knows of each run. A line that was cut short is left out. */
  read(): (cell: Cell) => History {
    const text = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
    const lines = text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
    return ({ spec, fold, seed }) =>
      historyOf(lines.filter((line) => line.run === spec.name && line.fold === fold && line.seed === seed));
  }
}

function historyOf(lines: Line[]): History {
  const begun = lines.findLastIndex(({ event }) => event === "begun");
  const since = lines.slice(Math.max(0, begun));
  const all = (key: "commit" | "cpu") => [...new Set(since.flatMap((line) => line[key] ?? []))];
  const last = since.at(-1);
  const error = last?.event === "failed" ? (last.error ?? "for an unknown reason") : null;
  return { commits: all("commit"), cpus: all("cpu"), error };
}

function cpu(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? "an unknown processor"}, ${all.length} cores`;
}

/** The checkout's commit; OTOGRAD_COMMIT says it where the code was copied without its history. */
function commit(): string {
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
