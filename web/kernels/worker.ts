// Runs tests, or times kernels, in a worker, so that the page stays awake and every run begins anew: a kernel's WGSL is what
// the page says that it is.
import { load } from "load:tests.js";
import { inFile } from "../../test/everywhere/bun-test.ts";
import { start } from "../../test/everywhere/start.ts";
import { boundLoops } from "./loops.ts";
import type { Timed } from "./measure.ts";

export interface Order {
  /** Test files to run … */
  tests: readonly string[];
  /** … or, where this is a list, kernels to time. */
  kernels: readonly string[] | null;
  /** WGSL in the place of files' own. */
  edits: Readonly<Record<string, string>>;
}

/** What timing tells; tests tell what they do by lines. */
export type Told =
  | { kind: "adapter"; adapter: string; count: number }
  | { kind: "timed"; timed: Timed; line: string; rate: string }
  | { kind: "end"; error: string | null };

declare global {
  var otogradEdits: Readonly<Record<string, string>> | undefined;
}

console.log = (...words: unknown[]) => postMessage(words.join(" "));

addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  const edits = Object.entries(data.edits).map(([file, text]) => [file, boundLoops(text).text]);
  globalThis.otogradEdits = Object.fromEntries(edits);
  if (data.kernels !== null) await time(data.kernels);
  else
    await start(async () => {
      for (const file of data.tests) await inFile(file, load[file]!);
    });
});

async function time(kernels: readonly string[]): Promise<void> {
  const tell = (told: Told) => postMessage(told);
  try {
    // After the edits: programs are read when a module is.
    const { lineOf, openHere, rateOf, speedsHere, timeKernel } = await import("./measure.ts");
    const adapter = await openHere();
    const speeds = speedsHere(kernels);
    tell({ kind: "adapter", adapter, count: speeds.length });
    for (const speed of speeds) {
      const timed = await timeKernel(speed);
      tell({ kind: "timed", timed, line: lineOf(timed), rate: rateOf(timed) });
    }
    tell({ kind: "end", error: null });
  } catch (error) {
    tell({ kind: "end", error: error instanceof Error ? error.message : String(error) });
  }
}
