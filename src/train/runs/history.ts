// What is known of how a run was made that it does not say itself: log.jsonl in its folder, where an experiment writes a line
// whenever it begins the run or that ends, with the code, the machine and the processor that it runs on.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LOG } from "./run-folder.ts";

export type Event = "begun" | "resumed" | "done" | "interrupted" | "failed";

export interface Line {
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

/** The history of the run in a folder; an empty one where no experiment made it. */
export function readHistory(path: string): History {
  return historyOf(readLines(join(path, LOG)));
}

/** A line that was cut short is left out. */
export function readLines(file: string): Line[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

/** What lines of one run come to. */
export function historyOf(lines: Line[]): History {
  const begun = lines.findLastIndex(({ event }) => event === "begun");
  const since = lines.slice(Math.max(0, begun));
  const all = (key: "commit" | "cpu" | "node") => [...new Set(since.flatMap((line) => line[key] ?? []))];
  const last = since.at(-1);
  const error = last?.event === "failed" ? (last.error ?? "for an unknown reason") : null;
  return { commits: all("commit"), cpus: all("cpu"), nodes: all("node"), error, last: last?.event ?? null };
}
