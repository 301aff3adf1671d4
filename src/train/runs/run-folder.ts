// A run's folder: all that is left of a run, in files that other tools can read (see docs; the names are fixed).
//   config.json        every setting in force
//   metrics.jsonl      a line an epoch
//   model.safetensors  the weights
//   checkpoint/        what --resume needs besides: epoch-N.safetensors, of the last two epochs that were saved
//   result.json        how it ended
//   other.json, other.safetensors    when it says "none of these", if asked for: see learning/openset/file.ts
//   held-out/foldN     for that, a run a fold that it was not tested on
//   tensorboard/       event files, if asked for: see tensorboard.ts
//   lock               while a training writes here: its process
//   train.log, log.jsonl, experiment.lock    of a run that an experiment makes: see experiment/make-run.ts
import { accessSync, appendFileSync, constants, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Arrays, HostArray } from "../files/arrays.ts";
import {
  isTemporary,
  makeFolder,
  namesIn,
  reason,
  removeTemporaries,
  statsThere,
  writeWhole,
} from "../files/files.ts";
import { takeLock } from "../files/lock.ts";
import { readArrays, writeArrays } from "../files/safetensors.ts";
import { UserError } from "../terminal/errors.ts";
import { shell } from "../terminal/words.ts";
import { type EpochMetrics, type FoldsResult, parseMetrics, type RunResult, runResult } from "./metrics.ts";
import { CHECKPOINTS_KEPT, type Run, type RunFiles } from "./run.ts";

/** Held by the training that writes in a run's folder. */
export const LOCK = "lock";
/** What an experiment keeps of a run beside what the run itself leaves: what the training said, when it began and ended … */
export const TALK = "train.log";
export const LOG = "log.jsonl";
/** … and, while it is at the run, a lock. */
export const MAKING = "experiment.lock";

export class RunFolder implements Run, RunFiles {
  constructor(readonly path: string) {}

  private at(...name: string[]): string {
    return join(this.path, ...name);
  }

  /** Refuses a folder that has a run or anything else in it. Makes nothing yet: the first file written does. */
  static fresh(path: string): RunFolder {
    const found = statsThere(path);
    if (found !== null && !found.isDirectory()) throw new UserError(`the run folder ${path} is a file`);
    if (found !== null && !namesIn(path).every(isLeftover)) {
      throw new UserError(
        `the run folder ${path} is not empty: name another with --run, or go on with it by --resume`,
      );
    }
    checkWritable(path);
    return new RunFolder(path);
  }

  /** Opens the folder of an earlier run. */
  static existing(path: string): RunFolder {
    if (statsThere(path) === null) throw new UserError(`there is no run folder ${path}`);
    if (statsThere(join(path, "config.json")) !== null) return new RunFolder(path);
    const [run] = runsBelow(path);
    if (run !== undefined)
      throw new UserError(`${path} is not a run folder, but has runs in it: name one of them, as ${run}`);
    const around = dirname(path);
    throw new UserError(
      statsThere(join(around, "config.json")) === null
        ? `${path} is not a run folder: it has no config.json`
        : `${path} is in a run's folder: name that, ${around}`,
    );
  }

  /** Refuses a folder that cannot be written in. Throws UserError. */
  refuseReadOnly(): void {
    checkWritable(this.path);
  }

  /** Does something while no other process may write here. Throws UserError where one does. */
  async whileLocked<T>(action: () => Promise<T>): Promise<T> {
    makeFolder(this.path);
    const release = takeLock(this.at(LOCK), `${this.path} is being written`);
    try {
      for (const folder of [this.path, this.at("checkpoint")]) removeTemporaries(folder);
      return await action();
    } finally {
      release();
    }
  }

  /** Removes a run that is to begin anew, but not what the experiment keeps beside it. */
  clear(): void {
    const names = existsSync(this.path) ? namesIn(this.path) : [];
    for (const name of names.filter((each) => !isLeftover(each)))
      rmSync(this.at(name), { recursive: true, force: true });
  }

  hasConfig(): boolean {
    return existsSync(this.at("config.json"));
  }

  writeConfig(config: object): void {
    writeWhole(this.at("config.json"), readable(config));
  }

  /** config.json, parsed but not checked. */
  readConfig(): unknown {
    return readJson(this.at("config.json"));
  }

  /** A run's result.json, null while there is none. Throws UserError where it is damaged. */
  readResult(): RunResult | null {
    const path = this.at("result.json");
    if (!existsSync(path)) return null;
    const { data, error } = runResult.safeParse(readJson(path));
    if (data !== undefined) return data;
    throw new UserError(`${path} is damaged: ${error.issues[0]!.path.join(".")} ${error.issues[0]!.message}`);
  }

  /** Adds an epoch's line, with the memory that this process takes. */
  appendMetrics(metrics: EpochMetrics): void {
    const path = this.at("metrics.jsonl");
    try {
      const line = { ...metrics, residentBytes: process.memoryUsage.rss() };
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
    }
  }

  /** The metrics of epochs 1, 2, …, as far as whole lines go. Throws UserError naming a line that is damaged. */
  readMetrics(): EpochMetrics[] {
    const path = this.at("metrics.jsonl");
    if (!existsSync(path)) return [];
    const lines = readText(path).split("\n").slice(0, -1); // what follows the last newline was never finished
    return lines.map((line, i) => {
      const metrics = parseMetrics(line, i + 1);
      if (metrics !== null) return metrics;
      throw new UserError(`${path} is damaged: line ${i + 1} is not of epoch ${i + 1}`);
    });
  }

  writeMetrics(lines: EpochMetrics[]): void {
    writeWhole(this.at("metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  removeResult(): void {
    rmSync(this.at("result.json"), { force: true });
  }

  writeResult(result: RunResult): void {
    writeWhole(this.at("result.json"), readable(result));
  }

  /** result.json of a cross-validation, whose folds have folders of their own. */
  writeSummary(summary: FoldsResult): void {
    writeWhole(this.at("result.json"), readable(summary));
  }

  /** Whether its settings want a threshold found. */
  wantsOther(): boolean {
    return (
      this.hasConfig() &&
      (this.readConfig() as { other?: { kind?: unknown } } | null)?.other?.kind === "threshold"
    );
  }

  hasOther(): boolean {
    return existsSync(this.at("other.json"));
  }

  /** other.json, parsed but not checked, and what lies beside it. */
  readOther(): { json: unknown; arrays: Arrays } {
    return { json: readJson(this.at("other.json")), arrays: readArrays(this.at("other.safetensors")) };
  }

  writeOther(json: object, arrays: Record<string, HostArray>): void {
    writeArrays(this.at("other.safetensors"), arrays, {});
    writeWhole(this.at("other.json"), readable(json));
  }

  removeOther(): void {
    rmSync(this.at("other.json"), { force: true });
  }

  /** The run that does without one more fold, which tells how its network takes known sounds that it has not learned from. */
  heldOut(fold: number): RunFolder {
    return new RunFolder(this.at("held-out", `fold${fold}`));
  }

  writeProfile(json: string): void {
    writeWhole(this.at("profile.json"), json);
  }

  writeModel(arrays: Record<string, HostArray>, metadata: Record<string, string>): void {
    writeArrays(this.at("model.safetensors"), arrays, metadata);
  }

  hasModel(): boolean {
    return existsSync(this.at("model.safetensors"));
  }

  /** Throws UserError where there is none, or it is damaged. */
  readModel(): Arrays {
    if (!this.hasModel())
      throw new UserError(
        `${this.path} has no model.safetensors: ${shell("bun", "run", "train", "--resume", this.path)} makes one of its checkpoint`,
      );
    return readArrays(this.at("model.safetensors"));
  }

  checkpointPath(epoch: number): string {
    return this.at("checkpoint", `epoch-${epoch}.safetensors`);
  }

  writeCheckpoint(epoch: number, arrays: Record<string, HostArray>, metadata: Record<string, string>): void {
    writeArrays(this.checkpointPath(epoch), arrays, metadata);
    for (const old of this.checkpoints().slice(CHECKPOINTS_KEPT)) this.removeCheckpoint(old);
  }

  checkpoints(): number[] {
    const folder = this.at("checkpoint");
    if (!existsSync(folder)) return [];
    const epochs = namesIn(folder).map((name) => /^epoch-(\d{1,9})\.safetensors$/.exec(name)?.[1]);
    return epochs.flatMap((epoch) => (epoch === undefined ? [] : [Number(epoch)])).sort((a, b) => b - a);
  }

  readCheckpoint(epoch: number): Arrays {
    return readArrays(this.checkpointPath(epoch), { own: true });
  }

  removeCheckpoint(epoch: number): void {
    rmSync(this.checkpointPath(epoch), { force: true, recursive: true });
  }
}

/** Refuses a place where nothing can be written, before hours are spent on what is to be written there. */
function checkWritable(path: string): void {
  let there = resolve(path);
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK);
    if (!statSync(there).isDirectory()) throw new UserError(`${there} is a file`);
  } catch (error) {
    const what = there === resolve(path) ? "write in" : "make";
    throw new UserError(`cannot ${what} the run folder ${path}: ${reason(error)}`, { cause: error });
  }
}

/** Whether a file in a run's folder is there before a run begins: an experiment's, or what a killed run left. */
export function isLeftover(name: string): boolean {
  return [LOCK, TALK, LOG, MAKING].includes(name) || isTemporary(name);
}

/** The runs in a folder that is none, so many folders down: in an experiment's they lie by name, fold and seed. */
function runsBelow(path: string, depth = 2): string[] {
  if (depth === 0 || !statsThere(path)?.isDirectory()) return [];
  return namesIn(path)
    .sort()
    .map((name) => join(path, name))
    .flatMap((each) =>
      statsThere(join(each, "config.json")) !== null ? [each] : runsBelow(each, depth - 1),
    );
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`cannot read ${path}: it is not JSON`, { cause: error });
  }
}

/** Indented JSON, but a list of plain values on one line. */
function readable(value: object): string {
  const text = JSON.stringify(value, null, 2);
  const onOneLine = (_: string, items: string) => `[${items.replace(/,\n\s+/g, ", ")}]`;
  return `${text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, onOneLine)}\n`;
}

/** The default name: runs/2026-01-31-153012-blog-bn-fold5. */
export function defaultRunPath(recipe: string, fold: number | "all" | null, now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const tested = fold === "all" ? "folds-all" : fold === null ? "all-train" : `fold${fold}`;
  return join("runs", `${day}-${time}-${recipe}-${tested}`);
}
