// `bun run experiment FILE`: makes every run that the file asks for, each in a process of its own, one after the other or
// several at a time; then one table of them all. What is done is left alone, what was begun is gone on with.
import { existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { ALWAYS_TRAINS, type Dataset, foldsWithClips, noFolds, splitFolds } from "../dataset/dataset.ts";
import { openDataset } from "../dataset/open.ts";
import { refuseUnused } from "../dataset/opening.ts";
import { Board, progressOf, type Row } from "../experiment/board.ts";
import { anyBegun, contentsOf, type Data, datasetsOf } from "../experiment/data.ts";
import { type Experiment, forRun, readExperiment } from "../experiment/file.ts";
import { makeRun } from "../experiment/make-run.ts";
import { type Cell, cellsOf, nameOf } from "../experiment/plan.ts";
import { makeRuns, type Pool, type Watcher } from "../experiment/pool.ts";
import { isDone, type Outcome, secondsFor } from "../experiment/results.ts";
import { type Asked, cancel, cellOfTask, noteFailure, submit } from "../experiment/slurm/submit.ts";
import { wait } from "../experiment/slurm/wait.ts";
import { argumentsOf, commandOf, outcomesOf, TABLES, type Work, writeTables } from "../experiment/work.ts";
import { cacheFolder } from "../files/cache-folder.ts";
import { makeFolder } from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { heldOutFolds } from "../learning/openset/learn.ts";
import { prepare } from "../learning/prepare.ts";
import { readConfig } from "../runs/config.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { Interrupted, isSignal, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { counted, duration, shell } from "../terminal/words.ts";
import { type OpeningOptions, openingOf, openingWords } from "./options.ts";
import { refuseLoss } from "./output.ts";

export interface ExperimentOptions extends OpeningOptions, Asked {
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
  /** Have a cluster make them, as job arrays. */
  slurm?: boolean;
  /** … and watch them to their end, or end them. */
  wait?: boolean;
  cancel?: boolean;
  /** On a node: the list that names what is to be made. */
  task?: string;
}

export async function experimentCommand(
  file: string,
  options: ExperimentOptions,
  session: Session,
): Promise<void> {
  const out = options.out ?? join("runs", basename(file, extname(file)));
  if (options.table && !existsSync(out)) throw new UserError(`there is no ${out} to make a table of`);
  refuseStray(options);
  if (!options.dryRun && options.task === undefined)
    for (const table of TABLES) refuseLoss(join(out, table), "an experiment's table");
  if (options.task !== undefined) return makeTask(file, out, options.task, options, session);
  const { work } = await plan(file, out, options, session);
  if (options.table) return finish(work, outcomesOf(work), true);
  if (options.dryRun) return listRuns(work, outcomesOf(work));
  if (options.slurm) return onCluster(work, options);
  makeFolder(out);
  takeLock(join(out, "lock"), `an experiment in ${out} is being run`); // until the process ends
  const outcomes = outcomesOf(work);
  const doneBefore = outcomes.filter(isDone).length;
  if (doneBefore > 0) session.progress.note(`${doneBefore} of ${outcomes.length} runs are done already`);
  if (options.jobs === undefined) await makeRuns(work, outcomes, ONE_BY_ONE, talker(work, outcomes));
  else await makeTogether(work, outcomes, options.jobs);
  finish(work, outcomes);
}

/** What the file asks for; the dataset but where only a table is wanted, which can be made where the sounds are not. */
async function plan(
  file: string,
  out: string,
  options: ExperimentOptions,
  session: Session,
): Promise<{ work: Work; dataset?: Dataset }> {
  let dataset: Dataset | undefined;
  const opening = openingOf(options);
  const experiment = readExperiment(file, (named) => {
    const made = options.table ? foldsMade(out) : null;
    if (made !== null) return made;
    const data = options.data ?? named;
    if (data === null) throw new UserError(`${file}: data is missing; give it there, or with --data`);
    dataset = openDataset(data, opening);
    refuseUnused(dataset, opening);
    if (dataset.folds === 0) throw new UserError(noFolds(dataset));
    return foldsWithClips(dataset);
  });
  const cells = cellsOf(experiment, out);
  const work: Work = {
    experiment,
    out,
    cells,
    data: options.table ? null : await checkData(experiment, cells, dataset!, options, session),
    opening: openingWords(options),
    features: featureWords(options),
    base: baseWords(file, options),
    how: howWords(options),
    session,
  };
  return { work, dataset };
}

/** What the runs are of, when it has what is asked for. Where runs are there already, its sounds are compared with theirs. */
async function checkData(
  experiment: Experiment,
  cells: readonly Cell[],
  dataset: Dataset,
  { cache, task }: ExperimentOptions,
  session: Session,
): Promise<Data> {
  const { source, opening } = dataset;
  const datasets = datasetsOf(experiment, dataset);
  for (const [{ name, other, folds, recipe }, own] of datasets)
    if (other?.kind === "threshold")
      forRun(experiment.file, name, () => {
        for (const fold of folds) heldOutFolds(splitFolds(own, fold, recipe.validates)); // refuses those that will not do
      });
  // Not on every node: whoever submitted has compared.
  const compared = task === undefined && anyBegun(cells);
  const content = compared ? await contentsOf(datasets, dataset, cacheFolder(cache), session) : new Map();
  return { source, opening, content };
}

/** The folds that the data of the first run in a folder had; null where there is no run. */
function foldsMade(out: string): number[] | null {
  const made = readdirSync(out, { recursive: true, encoding: "utf8" }).find((name) =>
    /^[^/]+\/fold[^/]+\/config\.json$/.test(name),
  );
  if (made === undefined) return null;
  const { train, validation, test } = readConfig(new RunFolder(join(out, dirname(made)))).folds;
  return [...train, validation, test]
    .filter((fold): fold is number => fold !== null && fold !== ALWAYS_TRAINS)
    .sort((a, b) => a - b);
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
        if (isSignal(made)) stopped.add(i);
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
    throw new UserError(`${failed} of ${counted(outcomes.length, "run")} failed; to try them again: ${goOn}`);
  if (done < outcomes.length)
    throw new UserError(
      `${outcomes.length - done} of ${outcomes.length} runs were left to other processes, stopped or lost${
        existsSync(join(work.out, "slurm")) ? ` (${join(work.out, "slurm")} has what Slurm said)` : ""
      }; to go on: ${goOn}`,
    );
}

/** Where features are kept, as words of a command line. */
function featureWords({ cache }: ExperimentOptions): string[] {
  if (cache === false) return ["--no-cache"];
  return cache === undefined ? [] : ["--cache", cache];
}

/** What the command was given, as it is to be given again. */
function baseWords(file: string, options: ExperimentOptions): string[] {
  const { data, out, cache } = options;
  const flags = given({ "--data": data, "--out": out, "--cache": cache || undefined });
  return [file, ...flags, ...openingWords(options), ...(cache === false ? ["--no-cache"] : [])];
}

function howWords(options: ExperimentOptions): string[] {
  return [
    ...given({ "--jobs": options.jobs }),
    ...(options.slurm ? ["--slurm", ...askedWords(options)] : []),
  ];
}

function askedWords({ partition, gres, cpus, time, sbatch, maxRunning, setup, container }: Asked): string[] {
  return given({
    "--partition": partition,
    "--gres": gres,
    "--cpus": cpus,
    "--time": time,
    "--sbatch": sbatch,
    "--max-running": maxRunning,
    "--setup": setup,
    "--container": container,
  });
}

function given(flags: Record<string, string | number | undefined>): string[] {
  return Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
}

/** Options that would say nothing here are not passed over. */
function refuseStray({ slurm, jobs, wait, cancel, table, dryRun, ...asked }: ExperimentOptions): void {
  const beside = dryRun ? "--dry-run" : slurm ? "--slurm" : jobs === undefined ? undefined : "--jobs";
  if (table && beside !== undefined)
    throw new UserError(`--table makes the tables only, of the runs that there are: give it or ${beside}`);
  const [stray] = [...(wait ? ["--wait"] : []), ...(cancel ? ["--cancel"] : []), ...askedWords(asked)];
  if (!slurm && stray !== undefined) throw new UserError(`${stray} is for --slurm`);
  if (slurm && jobs !== undefined)
    throw new UserError(
      "--jobs is for this machine and --slurm for a cluster, where --max-running limits: give one",
    );
  if (wait && cancel) throw new UserError("--wait watches the jobs and --cancel ends them: give one of them");
}

/** `--slurm`: submits what is missing, and watches it if asked to. */
async function onCluster(work: Work, options: ExperimentOptions): Promise<void> {
  const { session, out } = work;
  if (options.cancel) {
    const tasks = cancel(work);
    return session.progress.say(`${counted(tasks, "run")} cancelled; those at work save first`);
  }
  makeFolder(out);
  const release = takeLock(join(out, "lock"), `an experiment in ${out} is being run or submitted`);
  const outcomes = outcomesOf(work);
  const submitted = submit(work, outcomes, options);
  release();
  const done = outcomes.filter(isDone).length;
  const there = outcomes.length - done - submitted;
  session.progress.say(
    `${done} of ${counted(outcomes.length, "run")} done, ${there} queued or at work before, ${submitted} submitted`,
  );
  if (!options.wait && submitted + there > 0) {
    session.progress.say(`to watch them: ${commandOf(work, "--wait")}`);
    session.progress.say(`to end them:   ${commandOf(work, "--cancel")}`);
    session.progress.say(`the table:     ${shell("bun", "run", "experiment", ...work.base, "--table")}`);
    return;
  }
  await wait(work, outcomes, options);
  if (session.stop.signal !== null)
    throw new Interrupted(
      session.stop.signal,
      `the jobs go on; to watch them again: ${commandOf(work, "--wait")}; to end them: ${commandOf(work, "--cancel")}`,
    );
  finish(work, outcomes);
}

/** On a node of the cluster: one run, or the features of all. */
async function makeTask(
  file: string,
  out: string,
  list: string,
  options: ExperimentOptions,
  session: Session,
): Promise<void> {
  let task: { cell: Cell | null; work: Work; dataset?: Dataset };
  try {
    const planned = await plan(file, out, options, session);
    task = { ...planned, cell: cellOfTask(planned.work, list) };
  } catch (error) {
    if (error instanceof UserError) noteFailure(out, list, `${error.message} (on ${hostname()})`);
    throw error;
  }
  const { cell, work, dataset } = task;
  if (cell === null) {
    const kinds = new Map(
      work.experiment.runs.map(({ recipe }) => [JSON.stringify(recipe.frontEnd), recipe]),
    );
    for (const recipe of kinds.values()) await prepare(dataset!, recipe, options.cache, session);
    return;
  }
  const made = await makeRun(cell, work, { quiet: false });
  if (isSignal(made)) throw new Interrupted(made, `stopped: ${nameOf(cell)}`);
  if (made !== "done") throw new UserError(`${nameOf(cell)}: ${made}`);
}

/** `--dry-run`: a line a run, and the command that would make it. */
function listRuns(work: Work, outcomes: readonly Outcome[]): void {
  const { session } = work;
  for (const [i, { cell, state }] of outcomes.entries()) {
    const { epochs } = cell.spec.recipe;
    const how = { done: "done", begun: "begun", new: counted(epochs, "epoch") }[state.kind];
    const where =
      state.kind === "begun" ? `${how}, ${state.epochs} of ${counted(epochs, "epoch")} done` : how;
    session.print(`run ${i + 1} of ${outcomes.length}: ${nameOf(cell)}: ${where}`);
    if (state.kind !== "done")
      session.print(`  ${shell("bun", "run", "train", ...argumentsOf(cell, state, work))}`);
  }
}
