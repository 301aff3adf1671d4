// `bun run experiment FILE`: makes every run that the file asks for, each in a process of its own, one after the other or
// several at a time; then one table of them all. What is done is left alone, what was begun is gone on with.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { checkSplit, type Dataset, splitFolds } from "../dataset/dataset.ts";
import { openDataset } from "../dataset/open.ts";
import { Board, progressOf, type Row } from "../experiment/board.ts";
import { type Experiment, readExperiment } from "../experiment/file.ts";
import { cellsOf, nameOf } from "../experiment/plan.ts";
import { makeRuns, type Pool, type Watcher } from "../experiment/pool.ts";
import { isDone, type Outcome, secondsFor } from "../experiment/results.ts";
import { argumentsOf, commandOf, outcomesOf, shell, type Work, writeTables } from "../experiment/work.ts";
import { makeFolder } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { readConfig } from "../runs/config.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { Interrupted, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration } from "../terminal/words.ts";
import { type OpeningOptions, openingOf, openingWords } from "./options.ts";

export interface ExperimentOptions extends OpeningOptions {
  /** Instead of the file's. */
  data?: string;
  out?: string;
  /** Make the table only. */
  table?: boolean;
  /** Say what would be done only. */
  dryRun?: boolean;
  /** Runs at a time; one, which speaks here, if it is not said. */
  jobs?: number;
  cache?: string | false;
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
  const work: Work = {
    experiment,
    out,
    cells: cellsOf(experiment, out),
    data: options.table ? null : checkData(experiment, dataset!),
    opening: openingWords(options),
    features: featureWords(options),
    words: wordsOf(file, options),
    session,
  };
  if (options.table) return finish(work, outcomesOf(work), true);
  if (options.dryRun) return listRuns(work, outcomesOf(work));
  makeFolder(out);
  takeLock(join(out, "lock"), `an experiment in ${out} is being run`); // until the process ends
  const outcomes = outcomesOf(work);
  const doneBefore = outcomes.filter(isDone).length;
  if (doneBefore > 0) session.progress.note(`${doneBefore} of ${outcomes.length} runs are done already`);
  if (options.jobs === undefined) await makeRuns(work, outcomes, ONE_BY_ONE, talker(work, outcomes));
  else await makeTogether(work, outcomes, options.jobs);
  finish(work, outcomes);
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

const ONE_BY_ONE: Pool = { jobs: 1, adapters: [null], quiet: false };

/** Says which run is to speak now. */
function talker({ session }: Work, outcomes: readonly Outcome[]): Watcher {
  const { progress } = session;
  return {
    begins(i) {
      const seconds = secondsFor(outcomes.slice(i), outcomes);
      const left = seconds === null ? "" : `, about ${duration(seconds)} left`;
      progress.say(`\nrun ${i + 1} of ${outcomes.length}: ${nameOf(outcomes[i]!.cell)}${left}`);
    },
    ended(i, made) {
      if (made === "failed") progress.warn(`${nameOf(outcomes[i]!.cell)} failed; the others go on`);
    },
    tick() {},
  };
}

/** Several at a time, with a table of how they are. */
async function makeTogether(work: Work, outcomes: Outcome[], jobs: number): Promise<void> {
  const { session } = work;
  // A list of adapters is dealt out; a training takes one name.
  const adapters = process.env.OTOGRAD_ADAPTER?.split(",").map((name) => name.trim()) ?? [null];
  const pool: Pool = { jobs, adapters: adapters.slice(0, jobs), quiet: true };
  const atWork = new Map<number, string | null>();
  const stopped = new Set<number>();
  const rowOf = (outcome: Outcome, i: number): Row => {
    const { cell, state, history } = outcome;
    if (atWork.has(i))
      return { cell, phase: "running", ...progressOf(cell), note: atWork.get(i) ?? undefined };
    if (state.kind === "done")
      return { cell, phase: "done", epochs: state.result.epochs, accuracy: state.result.accuracy };
    if (history.error !== null && ended.has(i)) return { cell, phase: "failed", note: history.error };
    return { cell, phase: stopped.has(i) ? "stopped" : "to do" };
  };
  const ended = new Set<number>();
  const board = new Board(session);
  const show = () => {
    const seconds = secondsFor(outcomes, outcomes);
    board.show(
      outcomes.map(rowOf),
      seconds === null ? null : seconds / Math.max(1, Math.min(jobs, atWork.size)),
    );
  };
  session.stop.onFirst = "the runs at work finish their batch and save";
  show();
  try {
    await makeRuns(work, outcomes, pool, {
      begins(i, adapter) {
        atWork.set(i, adapter);
        show();
      },
      ended(i, made) {
        atWork.delete(i);
        if (made === "failed") ended.add(i);
        if (made === "SIGINT" || made === "SIGTERM") stopped.add(i);
        show();
      },
      tick: show,
    });
  } finally {
    board.close();
  }
}

/** Writes the tables, prints the readable one; throws where not everything is done. */
function finish(work: Work, outcomes: readonly Outcome[], tableOnly = false): void {
  const { session } = work;
  session.print(writeTables(work, outcomes).trimEnd());
  session.progress.note(`table: ${join(work.out, "table.md")}, ${join(work.out, "table.csv")}`);
  const done = outcomes.filter(isDone).length;
  const goOn = commandOf(work);
  if (session.stop.signal !== null)
    throw new Interrupted(
      session.stop.signal,
      `stopped after ${done} of ${outcomes.length} runs; go on with ${goOn}`,
    );
  if (tableOnly) return;
  const failed = outcomes.filter((each) => !isDone(each) && each.history.error !== null).length;
  if (failed > 0)
    throw new UserError(`${failed} of ${outcomes.length} runs failed; to try them again: ${goOn}`);
  if (done < outcomes.length)
    throw new UserError(
      `${counted(outcomes.length - done, "run")} of ${outcomes.length} left to other processes; once more when they have ended: ${goOn}`,
    );
}

/** Where features are kept, as words of a command line. */
function featureWords({ cache }: ExperimentOptions): string[] {
  if (cache === false) return ["--no-cache"];
  return cache === undefined ? [] : ["--cache", cache];
}

/** What the command was given, as it is to be given again. */
function wordsOf(file: string, options: ExperimentOptions): string[] {
  const { data, out, cache, jobs } = options;
  const given = Object.entries({
    "--data": data,
    "--out": out,
    "--cache": cache || undefined,
    "--jobs": jobs,
  });
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  return [file, ...flags, ...openingWords(options), ...(cache === false ? ["--no-cache"] : [])];
}

/** `--dry-run`: a line a run, and the command that would make it. */
function listRuns(work: Work, outcomes: readonly Outcome[]): void {
  const { session } = work;
  for (const [i, { cell, state }] of outcomes.entries()) {
    const { epochs } = cell.spec.recipe;
    const how = { done: "done", begun: "begun", new: `${epochs} epochs` }[state.kind];
    const where = state.kind === "begun" ? `${how}, ${state.epochs} of ${epochs} epochs are done` : how;
    session.print(`run ${i + 1} of ${outcomes.length}: ${nameOf(cell)}: ${where}`);
    if (state.kind !== "done")
      session.print(`  ${shell("bun", "run", "train", ...argumentsOf(cell, state, work))}`);
  }
}
