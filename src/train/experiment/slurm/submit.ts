// An experiment's runs as job arrays of Slurm, a task a run. OUT/slurm/ID.runs lists an array's runs, a line a task, and the
// job is called otograd-ID: squeue alone tells what is queued, whatever became of the process that submitted it.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { writeWhole } from "../../files/files.ts";
import { LOG, TALK } from "../../runs/run-folder.ts";
import { UserError } from "../../terminal/errors.ts";
import { counted, shell } from "../../terminal/words.ts";
import { writeLog } from "../log.ts";
import type { Cell } from "../plan.ts";
import { isDone, type Outcome } from "../results.ts";
import type { Work } from "../work.ts";
import { largestArray, secondsOf, slurm, type Task, tasksNamed } from "./cluster.ts";

/** What is asked of the cluster. */
export interface Asked {
  readonly partition?: string;
  readonly gres?: string;
  readonly cpus?: number;
  readonly time?: string;
  /** More of sbatch's options. */
  readonly sbatch?: string;
  readonly maxRunning?: number;
  /** A line of the shell before each run. */
  readonly setup?: string;
  /** What the command is put behind, to run in a container. */
  readonly container?: string;
}

/** Seconds before a job's time is up at which it is told to save, or a quarter of its time where that is less. */
const WARNING_S = 120;
const FEATURES = "-features";

/** The runs in the queue or at work, and where each of them stands. */
export function queued(work: Work): Map<Cell, Task> {
  const lists = listsIn(work.out);
  const byRun = new Map(work.cells.map((cell) => [runName(cell, work), cell]));
  const tasks = tasksNamed(new Set(lists.map(jobName)));
  return new Map(
    tasks.flatMap((task) => {
      const cell = byRun.get(runsOf(work.out, task.name.replace(/^otograd-/, ""))[task.index ?? -1] ?? "");
      return cell === undefined ? [] : [[cell, task] as const];
    }),
  );
}

/** Submits those that are neither done nor queued; returns how many. */
export function submit(work: Work, outcomes: readonly Outcome[], asked: Asked): number {
  const there = queued(work);
  const missing = outcomes.filter((each) => !isDone(each) && !there.has(each.cell)).map(({ cell }) => cell);
  if (missing.length === 0) return 0;
  const most = largestArray();
  let before = missing.length > 1 && work.features[0] !== "--no-cache" ? submitFeatures(work, asked) : [];
  for (let at = 0; at < missing.length; at += most) {
    const id = newId();
    const list = listPath(work.out, id);
    const runs = missing.slice(at, at + most).map((cell) => runName(cell, work));
    writeWhole(list, `${runs.join("\n")}\n`);
    const limit = asked.maxRunning === undefined ? "" : `%${asked.maxRunning}`;
    try {
      const job = sbatch(work, id, [`--array=0-${runs.length - 1}${limit}`, ...after(before)], asked, list);
      if (asked.maxRunning !== undefined) before = [job]; // one array at a time, or there would be more
    } catch (error) {
      if (!(error instanceof UserError) || at === 0) throw error;
      throw new UserError(
        `${error.message}; ${counted(at, "run")} of ${missing.length} were submitted before`,
        {
          cause: error,
        },
      );
    }
  }
  return missing.length;
}

/** One job computes the features that all runs read. Where it fails, they compute them themselves. */
function submitFeatures(work: Work, asked: Asked): string[] {
  const id = `${newId()}${FEATURES}`;
  const list = listPath(work.out, id);
  writeWhole(list, "");
  return [sbatch(work, id, [], asked, list)];
}

function after(jobs: readonly string[]): string[] {
  return jobs.length === 0 ? [] : [`--dependency=afterany:${jobs.join(":")}`];
}

function sbatch(work: Work, id: string, more: readonly string[], asked: Asked, list: string): string {
  const { partition, gres, cpus, time, sbatch: own = "" } = asked;
  const script = join(work.out, "slurm", `${id}.sh`);
  writeWhole(script, scriptOf(work, asked, list));
  const given = { partition, gres, "cpus-per-task": cpus, time };
  const words = [
    "--parsable",
    `--job-name=otograd-${id}`,
    `--output=${join(work.out, "slurm", `${id}.log`)}`,
    "--open-mode=append",
    "--requeue",
    `--signal=B:TERM@${Math.min(WARNING_S, Math.floor((secondsOf(time) ?? Number.POSITIVE_INFINITY) / 4))}`,
    ...more,
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...(own.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, "")),
    script,
  ];
  try {
    return slurm("sbatch", ...words)
      .trim()
      .split(";")[0]!;
  } catch (error) {
    for (const file of [list, script]) rmSync(file, { force: true });
    throw error;
  }
}

/** What a node runs. A run that was told to stop, but not by scancel, has saved, and goes back into the queue. */
function scriptOf({ base, out }: Work, { setup, container }: Asked, list: string): string {
  const bun = container === undefined ? shell(process.execPath) : `${container} bun`;
  const main = join(import.meta.dir, "../../main.ts");
  const command = `${bun} ${shell(main, "experiment", ...base, "--task", list)}`;
  const top = `#!/bin/bash
# What ${list} lists, a task a line; made by \`bun run experiment --slurm\`, which docs/experiments.md describes.
cd ${shell(process.cwd())} || exit 1
[ -e ${shell(list)} ] || exit 0 # cancelled
`;
  if (list.includes(FEATURES)) return `${top}${setup ?? ""}\nexec ${command}\n`;
  return `${top}
run=${shell(out)}/$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${shell(list)})
mkdir -p "$run"
exec >>"$run"/${TALK} 2>&1
echo "--- $(date -Is) on $(hostname), job $SLURM_JOB_ID"

${setup ?? ""}
${command} &
child=$!
trap 'kill -TERM "$child"' TERM
while wait "$child"; status=$?; kill -0 "$child" 2>/dev/null; do :; done
case "$status" in
  126 | 127) echo '{"event":"failed","error":"the job could not start its command: see ${TALK} in its folder"}' >>"$run"/${LOG} ;;
  143) [ "$(squeue --noheader --job "$SLURM_JOB_ID" --format %T)" = RUNNING ] && scontrol requeue "$SLURM_JOB_ID" ;;
esac
exit "$status"
`;
}

/** Ends all of an experiment's jobs; returns how many tasks that were. Those that run save first. */
export function cancel({ out }: Work): number {
  const lists = listsIn(out);
  const tasks = tasksNamed(new Set(lists.map(jobName)));
  for (const id of lists) renameSync(listPath(out, id), `${listPath(out, id)}.cancelled`);
  const jobs = [...new Set(tasks.map(({ job }) => job))];
  if (jobs.length > 0) slurm("scancel", ...jobs);
  return tasks.filter(({ name }) => !name.endsWith(FEATURES)).length;
}

/** The run that a task is to make; null for the one that computes features. */
export function cellOfTask(work: Work, list: string): Cell | null {
  const name = nameOfTask(list);
  if (name === null) return null;
  const cell = work.cells.find((each) => runName(each, work) === name);
  if (cell === undefined)
    throw new UserError(
      `${work.experiment.file} has no run '${name}', which ${list} lists: it was changed since`,
    );
  return cell;
}

/** Notes in a run's folder that its task could not even begin, as where the node does not have the data. */
export function noteFailure(out: string, list: string, error: string): void {
  const name = nameOfTask(list);
  const [, run, fold, seed] = /^(.*)\/fold(\d+)-seed(\d+)$/.exec(name ?? "") ?? [];
  if (run === undefined) return;
  const path = join(out, name!);
  writeLog({ spec: { name: run }, fold: Number(fold), seed: Number(seed), path }, "failed", error);
}

/** The line of the list that this process was started for. */
function nameOfTask(list: string): string | null {
  if (list.includes(FEATURES)) return null;
  return readFileSync(list, "utf8").split("\n")[Number(process.env.SLURM_ARRAY_TASK_ID)] ?? "";
}

/** Whether all that was submitted was cancelled. */
export function wasCancelled({ out }: Work): boolean {
  return listsIn(out).length === 0;
}

function newId(): string {
  return `${Date.now().toString(36)}${crypto.randomUUID().slice(0, 4)}`;
}

const jobName = (id: string) => `otograd-${id}`;
const listPath = (out: string, id: string) => join(out, "slurm", `${id}.runs`);
const runName = ({ path }: Cell, { out }: Work) => relative(resolve(out), resolve(path));

function listsIn(out: string): string[] {
  const folder = join(out, "slurm");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => /^(.*)\.runs$/.exec(name)?.[1] ?? []);
}

function runsOf(out: string, id: string): string[] {
  return readFileSync(listPath(out, id), "utf8").split("\n");
}
