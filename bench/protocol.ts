// How a system that is timed talks to the benchmark: a process of its own for each workload, told by its last argument the
// file that children/given.ts left; JSON a line on stdin and stdout. It first says { "ready": "its name and version" };
// then each request has one answer. Work goes on with the check's training where that has no dropout to leave out:
// another one would be compiled anew.
//
//   { "run": "check", "times": 3 }   the first losses of a training from the given weights, without dropout; or a sample of
//                                    what inference gives
//   → { "values": [2.31, 2.28, 2.25] }
//   { "run": "work", "times": 5 }    so many steps, or batches inferred and read, one after the other
//   → { "milliseconds": 210.5 } for all of them, until the last result exists
//
// or { "error": "why not" }. PyTorch knows { "run": "frontend", "folder": "…" } besides: that dataset's WAV files to network
// input, and with "values": "FILE" the float32 values of all segments, in dB, into that file.
//   → { "milliseconds": 7100, "clips": 400 }
// and { "run": "tag", "file": "…", "weights": "…", "times": 20 }: the published network on a WAV file, so many times after a first.
//   → { "milliseconds": 900, "values": [0.02, …] }, the classes' probabilities
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Workload } from "./workloads/list.ts";

export type Request =
  | { run: "check" | "work"; times: number }
  | { run: "frontend"; folder: string; values?: string }
  | { run: "tag"; file: string; weights: string; times: number };
export type Ready = { ready: string };
export type Answer = { milliseconds?: number; clips?: number; values?: number[] } | { error: string };

export interface Numbers {
  shape: readonly number[];
  data: Float32Array | Uint32Array;
}

export interface Given {
  /** The file, without its ending. */
  path: string;
  workload: Workload;
  weights: Record<string, Numbers>;
  x: Numbers;
  y: Numbers;
}

/** One workload, from the given weights on. Works so many times; resolves when all is done, to the losses or outputs. */
export type Work = (times: number) => Promise<Iterable<number>>;

export interface Competitor {
  name: string;
  /** With dropout, or without, which makes all systems compute the same. */
  begin(given: Given, dropout: boolean): Promise<Work>;
}

/** Opens a system and answers requests until stdin ends. */
export async function serve(open: () => Promise<Competitor>): Promise<never> {
  // Whatever a library prints would be taken for an answer.
  console.log = console.info = console.debug = console.error;
  const say = (message: Ready | Answer) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const given = readGiven(process.argv.at(-1)!);
  const competitor = await open();
  say({ ready: competitor.name });
  let working: Work | null = null;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const request = JSON.parse(line) as Request;
      if (request.run === "frontend" || request.run === "tag") throw new Error("it has no front end");
      if (request.run === "check") {
        const work = await competitor.begin(given, false);
        say({ values: sample([...(await work(request.times))]) });
        if (!given.workload.dropout) working = work;
      } else {
        working ??= await competitor.begin(given, true);
        const start = performance.now();
        await working(request.times);
        say({ milliseconds: performance.now() - start });
      }
    } catch (error) {
      say({ error: String(error instanceof Error ? error.message : error) });
    }
  }
  process.exit(0);
}

/** At most 64 of the values, evenly. */
function sample(values: number[]): number[] {
  const every = Math.ceil(values.length / 64);
  return values.filter((_, i) => i % every === 0);
}

/** The arrays of a safetensors file, and the workload among its metadata. */
function readGiven(file: string): Given {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString("utf8", 8, start));
  const arrays: Record<string, Numbers> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries<Entry>(entries)) {
    const [from, to] = data_offsets.map((offset) => bytes.byteOffset + start + offset) as [number, number];
    const numbers = bytes.buffer.slice(from, to);
    arrays[name] = { shape, data: dtype === "F32" ? new Float32Array(numbers) : new Uint32Array(numbers) };
  }
  const { "given.x": x, "given.y": y, ...weights } = arrays;
  const path = file.replace(/\.safetensors$/, "");
  return { path, workload: JSON.parse(__metadata__.workload), weights, x: x!, y: y! };
}

interface Entry {
  dtype: "F32" | "U32";
  shape: number[];
  data_offsets: [number, number];
}
