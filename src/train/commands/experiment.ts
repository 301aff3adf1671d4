// `bun run experiment FILE`: makes every run that the file asks for, one after the other, each in a process of its own;
// then one table of them all. What is done is left alone, what was begun is gone on with.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { version } from "../../../package.json" with { type: "json" };
import { checkSplit, type Dataset, splitFolds } from "../dataset/dataset.ts";
import { openDataset } from "../dataset/open.ts";
import { endedBy, train } from "../experiment/child.ts";
import { csvTable } from "../experiment/csv.ts";
import { type Experiment, readExperiment } from "../experiment/file.ts";
import { ExperimentLog } from "../experiment/log.ts";
import { type Cell, cellsOf, nameOf, type State, stateOf } from "../experiment/plan.ts";
import { isDone, type Outcome, secondsFor } from "../experiment/results.ts";
import { markdownTable } from "../experiment/table.ts";
import { makeFolder, writeWhole } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { readConfig } from "../runs/config.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { Interrupted, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { duration } from "../terminal/words.ts";
import { type OpeningOptions, openingOf, openingWords } from "./options.ts";

export interface ExperimentOptions extends OpeningOptions {
  /** Instead of the file's. */
  data?: string;
  out?: string;
  /** Make the table only. */
  table?: boolean;
  /** Say what would be done only. */
  dryRun?: boolean;
  cache?: string | false;
}

/** One experiment with the place of its runs. */
interface Work {
  experiment: Experiment;
  options: ExperimentOptions;
  out: string;
  log: ExperimentLog;
  cells: Cell[];
  session: Session;
}

export async function experimentCommand(
  file: string,
  options: ExperimentOptions,
  session: Session,
): Promise<void> {
  const out = options.out ?? join("runs", basename(file, extname(file)));
  if (options.table && !existsSync(out)) throw new UserError(`there is no ${out} to make a table of`);
  let dataset: Dataset | undefined;
  const experiment = readExperiment(file, (named) => {
    const made = options.table ? foldsMade(out) : null; // a table can be made where the sounds are not
    if (made !== null) return made;
    const data = options.data ?? named;
    if (data === null) throw new UserError(`${file}: data is missing; give it there, or with --data`);
    dataset = openDataset(data, openingOf(options));
    return dataset.folds;
  });
  const cells = cellsOf(experiment, out);
  const work = { experiment, options, out, log: new ExperimentLog(out), cells, session };
  if (options.table) {
    return finish(work, outcomesOf(work, null));
  }
  const data = checkData(experiment, dataset!);
  if (options.dryRun) return listRuns(work, outcomesOf(work, data), data);
  makeFolder(out);
  takeLock(join(out, "lock"), `an experiment in ${out} is being run`); // until the process ends
  await makeRuns(work, outcomesOf(work, data), data);
}

/** The dataset's name, when it has clips in the folds that are asked for. */
function checkData({ runs }: Experiment, dataset: Dataset): string {
  for (const { recipe, folds } of runs) {
    for (const fold of folds) checkSplit(dataset, splitFolds(dataset, fold, recipe.validates));
  }
  return dataset.source;
}

/** How many folds the data of the first run in a folder had; null where there is no run. */
function foldsMade(out: string): number | null {
  const made = readdirSync(out, { recursive: true, encoding: "utf8" }).find((name) =>
    /^[^/]+\/fold[^/]+\/config\.json$/.test(name),
  );
  if (made === undefined) return null;
  const { train, validation } = readConfig(new RunFolder(join(out, dirname(made)))).folds;
  return train.length + (validation === null ? 1 : 2);
}

function outcomesOf({ cells, log, experiment }: Work, data: string | null): Outcome[] {
  const history = log.read();
  return cells.map((cell) => outcomeOf(cell, stateOf(cell, experiment.file, data), history(cell)));
}

function outcomeOf(cell: Cell, state: State, history: Outcome["history"]): Outcome {
  const last = state.kind === "done" ? new RunFolder(cell.path).readMetrics()[state.result.epochs - 1] : null;
  return { cell, state, history, validation: last?.validationAccuracy ?? null };
}

/** Makes those that are not done yet; at the end, or when it is stopped, the table. */
async function makeRuns(work: Work, outcomes: Outcome[], data: string): Promise<void> {
  const { session, log, experiment } = work;
  const { progress, stop } = session;
  const doneBefore = outcomes.filter(isDone).length;
  if (doneBefore > 0) progress.note(`${doneBefore} of ${outcomes.length} runs are done already`);
  for (const [i, { cell, state }] of outcomes.entries()) {
    if (state.kind === "done") continue;
    if (stop.signal !== null) break;
    const seconds = secondsFor(outcomes.slice(i), outcomes);
    const left = seconds === null ? "" : `, about ${duration(seconds)} left`;
    progress.say(`\nrun ${i + 1} of ${outcomes.length}: ${nameOf(cell)}${left}`);
    if (state.kind === "new") rmSync(cell.path, { recursive: true, force: true });
    log.write(cell, state.kind === "new" ? "begun" : "resumed");
    const error = await train(argumentsOf(cell, state, data, work.options));
    stop.signal ??= endedBy(error);
    const now = stateOf(cell, experiment.file, data);
    if (now.kind === "done") log.write(cell, "done");
    else if (stop.signal !== null) log.write(cell, "interrupted");
    else {
      log.write(cell, "failed", error?.message ?? "it ended without a result");
      progress.warn(`${nameOf(cell)} failed; the others go on`);
    }
    outcomes[i] = outcomeOf(cell, now, log.read()(cell));
    writeTables(work, outcomes);
  }
  finish(work, outcomes);
}

/** What train is called with. */
function argumentsOf(
  { path, spec, fold, seed }: Cell,
  state: State,
  data: string,
  options: ExperimentOptions,
): string[] {
  const { cache } = options;
  const features = cache === false ? ["--no-cache"] : typeof cache === "string" ? ["--cache", cache] : [];
  if (state.kind === "begun") return ["--resume", path, ...features];
  const settings = spec.set.flatMap((each) => ["--set", each]);
  const numbers = ["--fold", String(fold), "--seed", String(seed)];
  const { without, other } = spec;
  const open = [
    ...(without === undefined ? [] : ["--without", without.join(",")]),
    ...(other?.kind === "threshold" ? ["--other", other.kind, "--keep", String(other.keep)] : []),
  ];
  const from = ["--data", data, ...openingWords(options)];
  const what = ["--recipe", spec.recipe.name, ...numbers, ...settings, ...open];
  return [...from, ...what, "--run", path, ...features];
}

/** Writes the tables, prints the readable one; throws where not everything is done. */
function finish(work: Work, outcomes: readonly Outcome[]): void {
  const { session, options } = work;
  session.print(writeTables(work, outcomes).trimEnd());
  session.progress.note(`table: ${join(work.out, "table.md")}, ${join(work.out, "table.csv")}`);
  const done = outcomes.filter(isDone).length;
  const goOn = commandOf(work);
  if (session.stop.signal !== null)
    throw new Interrupted(
      session.stop.signal,
      `stopped after ${done} of ${outcomes.length} runs; go on with ${goOn}`,
    );
  const failed = outcomes.filter((each) => !isDone(each) && each.history.error !== null).length;
  if (failed > 0 && !options.table)
    throw new UserError(`${failed} of ${outcomes.length} runs failed; to try them again: ${goOn}`);
}

function writeTables(work: Work, outcomes: readonly Outcome[]): string {
  const { experiment, out } = work;
  const command = commandOf(work);
  const markdown = markdownTable(experiment, outcomes, { command, version, now: new Date() });
  writeWhole(join(out, "table.md"), markdown);
  writeWhole(join(out, "table.csv"), csvTable(experiment, outcomes));
  return markdown;
}

/** The command that makes what is missing. */
function commandOf({ experiment, options }: Work): string {
  const { data, out, cache } = options;
  const given = Object.entries({ "--data": data, "--out": out, "--cache": cache || undefined });
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  flags.push(...openingWords(options));
  if (cache === false) flags.push("--no-cache");
  return shell("bun", "run", "experiment", experiment.file, ...flags);
}

/** `--dry-run`: a line a run, and the command that would make it. */
function listRuns({ session, options }: Work, outcomes: readonly Outcome[], data: string): void {
  for (const [i, { cell, state }] of outcomes.entries()) {
    const { epochs } = cell.spec.recipe;
    const how = { done: "done", begun: "begun", new: `${epochs} epochs` }[state.kind];
    const where = state.kind === "begun" ? `${how}, ${state.epochs} of ${epochs} epochs are done` : how;
    session.print(`run ${i + 1} of ${outcomes.length}: ${nameOf(cell)}: ${where}`);
    if (state.kind !== "done")
      session.print(`  ${shell("bun", "run", "train", ...argumentsOf(cell, state, data, options))}`);
  }
}

/** Words as a shell takes them. */
function shell(...words: string[]): string {
  return words
    .map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
