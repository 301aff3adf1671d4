// A run's folder: all that is left of a run, in files that other tools can read (see docs; the names are fixed).
//   config.json        every setting in force
//   metrics.jsonl      a line an epoch
//   model.safetensors  the weights
//   checkpoint/        what --resume needs besides
//   result.json        how it ended
//   tensorboard/       event files, if asked for: see tensorboard.ts
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "./errors.ts";
import { reason, writeWhole } from "./files.ts";
import { type Arrays, type HostArray, readArrays, writeArrays } from "./safetensors.ts";

/** One line of metrics.jsonl. */
export interface EpochMetrics {
  epoch: number;
  /** Mean training loss over the epoch. */
  loss: number;
  /** The share of test segments told right. */
  segmentAccuracy: number;
  /** Clip accuracy on the test fold by probability voting, 0 … 1. */
  accuracy: number;
  /** The same by majority voting. */
  accuracyMajority: number;
  /** Clip accuracy on the validation fold, in recipes that hold one out. */
  validationAccuracy?: number;
  /** The epoch's duration, evaluation included. */
  seconds: number;
  /** Training segments a second, evaluation not counted. */
  samplesPerSecond: number;
}

/** result.json */
export interface RunResult {
  fold: number;
  accuracy: number;
  accuracyMajority: number;
  /** Test clips; every one is counted. */
  clips: number;
  /** Epochs completed. */
  epochs: number;
  /** Rows are true classes, columns predicted ones, in the order of config.json's classes. */
  confusion: number[][];
  seconds: number;
  /** Set where the run was stopped before its last epoch: "SIGINT", "SIGTERM", or why. */
  interrupted?: string;
}

/** result.json of a cross-validation. */
export interface FoldsResult {
  folds: RunResult[];
  /** Mean over the folds, and sample standard deviation, by probability voting … */
  accuracy: number;
  accuracyDeviation: number;
  /** … and by majority voting. */
  accuracyMajority: number;
  accuracyMajorityDeviation: number;
  /** The sum of the folds'. */
  confusion: number[][];
}

export class RunFolder {
  constructor(readonly path: string) {}

  private at(...name: string[]): string {
    return join(this.path, ...name);
  }

  /** Refuses a folder that has something in it. Makes nothing yet: the first file written does. */
  static fresh(path: string): RunFolder {
    const found = existsSync(path) ? statSync(path) : undefined;
    if (found !== undefined && !found.isDirectory()) throw new UserError(`the run folder ${path} is a file`);
    if (found !== undefined && readdirSync(path).length > 0) {
      throw new UserError(
        `the run folder ${path} is not empty: name another with --run, or go on with it by --resume`,
      );
    }
    checkWritable(path);
    return new RunFolder(path);
  }

  /** Opens the folder of an earlier run. */
  static existing(path: string): RunFolder {
    if (!existsSync(path)) throw new UserError(`there is no run folder ${path}`);
    if (!existsSync(join(path, "config.json")))
      throw new UserError(`${path} is not a run folder: it has no config.json`);
    return new RunFolder(path);
  }

  writeConfig(config: object): void {
    writeWhole(this.at("config.json"), readable(config));
  }

  /** config.json, parsed but not checked. */
  readConfig(): unknown {
    return readJson(this.at("config.json"));
  }

  /** result.json, parsed but not checked; null while there is none. */
  readResult(): unknown {
    const path = this.at("result.json");
    return existsSync(path) ? readJson(path) : null;
  }

  appendMetrics(metrics: EpochMetrics): void {
    const path = this.at("metrics.jsonl");
    try {
      appendFileSync(path, `${JSON.stringify(metrics)}\n`);
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${reason(error)}`, { cause: error });
    }
  }

  /** The metrics of epochs 1 … `epochs`; fewer where the file has fewer whole lines. */
  readMetrics(epochs: number): EpochMetrics[] {
    const path = this.at("metrics.jsonl");
    if (!existsSync(path)) return [];
    const lines: EpochMetrics[] = [];
    for (const line of readFileSync(path, "utf8").split("\n")) {
      try {
        if (lines.length < epochs) lines.push(JSON.parse(line) as EpochMetrics);
      } catch {
        break; // the line that was being written when the run was killed
      }
    }
    return lines;
  }

  /** Replaces metrics.jsonl, when a resumed run drops what came after its checkpoint. */
  writeMetrics(lines: EpochMetrics[]): void {
    writeWhole(this.at("metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  writeResult(result: RunResult): void {
    writeWhole(this.at("result.json"), readable(result));
  }

  /** result.json of a cross-validation, whose folds have folders of their own. */
  writeSummary(summary: FoldsResult): void {
    writeWhole(this.at("result.json"), readable(summary));
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

  readModel(): Arrays {
    return readArrays(this.at("model.safetensors"));
  }

  writeCheckpoint(arrays: Record<string, HostArray>, metadata: Record<string, string>): void {
    writeArrays(this.at("checkpoint", "state.safetensors"), arrays, metadata);
  }

  hasCheckpoint(): boolean {
    return existsSync(this.at("checkpoint", "state.safetensors"));
  }

  readCheckpoint(): Arrays {
    return readArrays(this.at("checkpoint", "state.safetensors"));
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
    throw new UserError(`cannot make the run folder ${path}: ${reason(error)}`, { cause: error });
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : reason(error);
    throw new UserError(`cannot read ${path}: ${why}`, { cause: error });
  }
}

/** Indented JSON, but a list of plain values on one line. */
function readable(value: object): string {
  const text = JSON.stringify(value, null, 2);
  const onOneLine = (_: string, items: string) => `[${items.replace(/,\n\s+/g, ", ")}]`;
  return `${text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, onOneLine)}\n`;
}

/** The default name: runs/2026-01-31-153012-blog-bn-fold5. */
export function defaultRunPath(recipe: string, fold: number | "all", now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join("runs", `${day}-${time}-${recipe}-${fold === "all" ? "folds-all" : `fold${fold}`}`);
}
