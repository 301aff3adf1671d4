// What all ways of making an experiment share: the runs with what became of them, what `train` is called with for one,
// and the tables.
import { join } from "node:path";
import { version } from "../../../package.json" with { type: "json" };
import { writeWhole } from "../files/files.ts";
import type { History } from "../runs/history.ts";
import { isAt } from "../runs/places.ts";
import { RunFolder } from "../runs/run-folder.ts";
import type { Session } from "../terminal/session.ts";
import { shell } from "../terminal/words.ts";
import { csvTable } from "./csv.ts";
import type { Data } from "./data.ts";
import type { Experiment } from "./file.ts";
import { readLogs } from "./log.ts";
import { type Cell, type State, stateOf } from "./plan.ts";
import type { Outcome } from "./results.ts";
import { markdownTable } from "./table.ts";

/** One experiment with the place of its runs. */
export interface Work {
  readonly experiment: Experiment;
  /** Where everything goes. */
  readonly out: string;
  readonly cells: readonly Cell[];
  /** What the runs are of; null where only a table is wanted. */
  readonly data: Data | null;
  /** How the dataset is read, and where features are kept, as words of `train`'s command line. */
  readonly opening: readonly string[];
  readonly features: readonly string[];
  /** The words of the command, after `experiment`: what it is about … */
  readonly base: readonly string[];
  /** … and how the runs are to be made. */
  readonly how: readonly string[];
  readonly session: Session;
}

export function outcomesOf({ cells, experiment, data, out }: Work): Outcome[] {
  const history = readLogs(out);
  return cells.map((cell) => outcomeFrom(cell, stateOf(cell, experiment.file, data), history(cell)));
}

/** The same of one run, now. */
export function outcomeOf(cell: Cell, { experiment, data, out }: Work): Outcome {
  return outcomeFrom(cell, stateOf(cell, experiment.file, data), readLogs(out)(cell));
}

function outcomeFrom(cell: Cell, state: State, history: History): Outcome {
  const last = state.kind === "done" ? new RunFolder(cell.path).readMetrics()[state.result.epochs - 1] : null;
  return { cell, state, history, validation: last?.validationAccuracy ?? null };
}

/** What train is called with. */
export function argumentsOf(
  { path, spec, fold, seed }: Cell,
  state: State,
  { data, opening, features }: Work,
): string[] {
  if (state.kind === "begun") {
    const moved = isAt(state.config, data!.source) ? [] : ["--data", data!.source];
    return ["--resume", path, ...moved, ...features];
  }
  const settings = spec.set.flatMap((each) => ["--set", each]);
  const numbers = ["--fold", String(fold), "--seed", String(seed)];
  const { without, other } = spec;
  const open = [
    ...(without ?? []).flatMap((name) => ["--without", name]),
    ...(other?.kind === "threshold" ? ["--other", other.kind, "--keep", String(other.keep)] : []),
  ];
  const what = ["--recipe", spec.recipe.name, ...numbers, ...settings, ...open];
  return ["--data", data!.source, ...opening, ...what, "--run", path, ...features];
}

/** Beside the runs' folders. */
export const TABLES = ["table.md", "table.csv"] as const;

/** Writes OUT/table.md and OUT/table.csv; the text of the first. */
export function writeTables(work: Work, outcomes: readonly Outcome[]): string {
  const { experiment, out } = work;
  const command = commandOf(work);
  const markdown = markdownTable(experiment, outcomes, { command, version, now: new Date() });
  const [readable, lines] = TABLES;
  writeWhole(join(out, readable), markdown);
  writeWhole(join(out, lines), csvTable(experiment, outcomes));
  return markdown;
}

/** The command that makes what is missing. */
export function commandOf({ base, how }: Work, ...more: readonly string[]): string {
  return shell("bun", "run", "experiment", ...base, ...how, ...more);
}
