// How a system that is timed talks to the benchmark: a process of its own, JSON a line on stdin and stdout. It first
// says { "ready": "its name and version" }; then each request has one answer:
//
//   { "run": "step", "batch": 32, "times": 3 }      so many training steps of Piczak's CNN, one after the other
//   { "run": "matmul", "size": 1024, "times": 5 }   so many products of two square matrices
//   → { "milliseconds": 210.5 } for all of them, until the last result exists; of steps also the last one's loss,
//     { "milliseconds": 210.5, "loss": 3.91 }; or { "error": "why not" }
//
// PyTorch knows a third request, { "run": "frontend", "folder": "…" }: that dataset's WAV files to network input.
//   → { "milliseconds": 7100, "clips": 400 }
//
// The first request for a batch or a size does its work once more, beforehand, and does not count it.
import { createInterface } from "node:readline";

export type Request =
  | { run: "step"; batch: number; times: number }
  | { run: "matmul"; size: number; times: number }
  | { run: "frontend"; folder: string };
export type Ready = { ready: string };
export type Answer = { milliseconds: number; loss?: number; clips?: number } | { error: string };

/** Does its work so many times, and waits until the last of it is done. Training resolves to the last step's loss. */
export type Work = (times: number) => Promise<number | undefined>;

export interface Competitor {
  name: string;
  step(batch: number): Promise<Work>;
  matmul(size: number): Promise<Work>;
}

/** Opens a system and answers requests until stdin ends. */
export async function serve(open: () => Promise<Competitor>): Promise<never> {
  // Whatever a library prints would be taken for an answer.
  console.log = console.info = console.debug = console.error;
  const say = (message: Ready | Answer) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const competitor = await open();
  say({ ready: competitor.name });
  let current = null as { key: string; work: Work } | null;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const request = JSON.parse(line) as Request;
      if (request.run === "frontend") throw new Error("it has no front end");
      const [kind, size] =
        request.run === "step" ? (["step", request.batch] as const) : (["matmul", request.size] as const);
      const key = `${kind} ${size}`;
      if (current?.key !== key) {
        current = { key, work: await competitor[kind](size) };
        await current.work(1);
      }
      const start = performance.now();
      const loss = await current.work(request.times);
      say({ milliseconds: performance.now() - start, loss });
    } catch (error) {
      say({ error: String(error instanceof Error ? error.message : error) });
    }
  }
  process.exit(0);
}
