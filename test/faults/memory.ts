// A long training's memory: what the process takes (a software driver's GPU memory included) is looked at every few
// seconds, from outside, and must be in the end what it was when the training had warmed up.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { training } from "./command.ts";

/** Of the time; shaders are compiled, pools filled and the collector's habits formed in it. */
const WARM_UP = 0.25;
const SAMPLES = 60;
/**
 * What the last quarter may take more than the first one after the warm-up. Pools still grow a little where the
 * collector comes late; bind groups that were kept for ever took 3 MiB a second.
 */
const MOST_GROWTH = 64 * 2 ** 20;

export interface MemoryFlat {
  minutes: number;
  epochs: number;
  /** Bytes: means of the first quarter after the warm-up, and of the last. */
  early: number;
  late: number;
  flat: boolean;
}

export async function memoryFlat(minutes: number, say: (line: string) => void): Promise<MemoryFlat> {
  const root = mkdtempSync(join(tmpdir(), "otograd-memory-"));
  try {
    const run = join(root, "run");
    const child = Bun.spawn(training(run, join(root, "cache"), 1_000_000), {
      stdout: "ignore",
      stderr: "pipe",
    });
    const talk = new Response(child.stderr).text();
    const sizes: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      await Promise.race([Bun.sleep((60_000 * minutes) / SAMPLES), child.exited]);
      if (child.exitCode !== null || child.signalCode !== null) break;
      sizes.push(residentBytes(child.pid));
      if (i % 6 === 5) say(`${((minutes * (i + 1)) / SAMPLES).toFixed(1)} min: ${mib(sizes.at(-1)!)}`);
    }
    child.kill("SIGTERM");
    if ((await child.exited) !== 143 || sizes.length < SAMPLES) {
      const last = (await talk).trimEnd().split("\n").slice(-3).join("\n");
      throw new Error(`the training ended by itself, with ${child.signalCode ?? child.exitCode}:\n${last}`);
    }
    const warm = sizes.slice(Math.floor(SAMPLES * WARM_UP));
    const quarter = Math.floor(warm.length / 4);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [early, late] = [mean(warm.slice(0, quarter)), mean(warm.slice(-quarter))];
    const epochs = new RunFolder(run).readMetrics().length;
    return { minutes, epochs, early, late, flat: late - early < MOST_GROWTH };
  } finally {
    rmSync(root, { recursive: true });
  }
}

export const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function residentBytes(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}
