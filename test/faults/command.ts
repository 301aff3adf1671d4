// The command line as a process of its own, for tests that kill it, starve it or take its reader away.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Arrays } from "../../src/train/files/arrays.ts";
import { readArrays } from "../../src/train/files/safetensors.ts";
import type { EpochMetrics, RunResult } from "../../src/train/runs/metrics.ts";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { shared } from "../shared.ts";
import { turn } from "../train/commands/turns.ts";

const MAIN = join(import.meta.dir, "../../src/train/main.ts");

/** The command that runs otograd with these arguments. */
export function otograd(...args: string[]): string[] {
  return [process.execPath, MAIN, ...args];
}

/**
 * A training with everything in it that a resumed one must bring back, small enough to be repeated many times. Mixing two
 * sounds, for which the front end is compiled again, is a third of it: where others show that it is brought back, `null`.
 */
export function training(
  run: string,
  cache: string,
  epochs: number,
  mixing: "power" | null = "power",
  others: Record<string, unknown> = {},
): string[] {
  const settings = {
    "network.hidden": [32],
    "network.filters": 16,
    "frontEnd.segmentStep": 20991, // no overlap: a quarter of the segments
    masks: { mels: 10, frames: 10 }, // drawn on the GPU; the recipe brings mixing, dropout, batch norm and a cosine schedule
    batchSize: 64,
    mixing,
    epochs,
    ...others,
  };
  const set = Object.entries(settings).flatMap(([path, value]) => [
    "--set",
    `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  ]);
  const data = ["--data", "synthetic", "--fold", "5", "--recipe", "blog-mixed"];
  return otograd("train", ...data, ...set, "--run", run, "--cache", cache);
}

export const EPOCHS = 4;
let undisturbed: Promise<string> | undefined;

/** The run folder of such a training that nothing disturbed. */
export function undisturbedRun(): Promise<string> {
  undisturbed ??= (async () => {
    const run = shared("undisturbed");
    const { exitCode, stderr } = await finish(training(run, shared("cache"), EPOCHS));
    if (exitCode !== 0) throw new Error(`the training failed that nothing disturbed:\n${stderr}`);
    return run;
  })();
  return undisturbed;
}

export interface Ended {
  exitCode: number | null;
  signal: string | number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end. */
export async function finish(command: string[], env: Record<string, string> = {}): Promise<Ended> {
  return ended(Bun.spawn(command, { stdout: "pipe", stderr: "pipe", env: { ...process.env, ...env } }));
}

/** The same of a command of otograd's to which nothing is to happen: in the process that runs all such ones. */
export const finishInTurn = ([, , ...args]: string[]) => turn(args, { cwd: process.cwd() });

export async function ended(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<Ended> {
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, signal: child.signalCode, stdout, stderr };
}

type Happened = "seconds" | "samplesPerSecond" | "residentBytes" | "gpuBytes";

/** All that a run leaves that does not come from a clock, or from what the process happened to take. */
export interface Traces {
  /** The whole file. */
  model: Buffer;
  metrics: Omit<EpochMetrics, Happened>[];
  result: Omit<RunResult, "seconds"> | null;
  /** Weights and what the optimizer remembers, of the last epoch. */
  checkpoint: Arrays["arrays"];
}

export function tracesOf(path: string): Traces {
  const run = new RunFolder(path);
  const { seconds: _, ...result } = run.readResult() ?? { seconds: 0 };
  return {
    model: readFileSync(join(path, "model.safetensors")),
    metrics: run.readMetrics().map((line) => {
      const { seconds: _, samplesPerSecond: __, residentBytes: ___, gpuBytes: ____, ...rest } = line;
      return rest;
    }),
    result: existsSync(join(path, "result.json")) ? (result as Traces["result"]) : null,
    checkpoint: readArrays(run.checkpointPath(run.checkpoints()[0]!)).arrays,
  };
}

/** What of two runs' traces is not the same, bit for bit. */
export function differences(a: Traces, b: Traces): string[] {
  const bytes = ({ checkpoint }: Traces) =>
    Object.entries(checkpoint).map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
    ]);
  return [
    ...(a.model.equals(b.model) ? [] : ["model.safetensors"]),
    ...(Bun.deepEquals(a.metrics, b.metrics) ? [] : ["metrics.jsonl"]),
    ...(Bun.deepEquals(a.result, b.result) ? [] : ["result.json"]),
    ...(Bun.deepEquals(bytes(a), bytes(b)) ? [] : ["checkpoint"]),
  ];
}
