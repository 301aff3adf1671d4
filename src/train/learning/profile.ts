// `bun run train --profile`: where the time of a few training steps goes. Writes RUN/profile.json, a timeline that
// chrome://tracing and ui.perfetto.dev open, and sums it up in a table of the costliest kernels.
import { device } from "../../gpu/device.ts";
import { type ProfiledLaunch, Profiler } from "../../gpu/profiler.ts";
import { ceilings, type Rates } from "../../kernels/ceilings.ts";
import { UserError } from "../terminal/errors.ts";

/** The first steps compile; what comes after them is typical. */
const FIRST_STEP = 4;
const STEPS = 10;
const ROWS = 10;

/** Throws UserError where the adapter, which is open, cannot tell the time. */
export function checkTimestamps(): void {
  if (!device().adapter.features.includes("timestamp-query"))
    throw new UserError("--profile needs an adapter with timestamp queries, which this one does not have");
}

/** Watches training steps, and takes the profile of the fourth to the thirteenth. */
export class StepProfile {
  private steps = 0;

  /**
   * @param write takes the timeline's JSON
   * @param say takes the table's lines
   * @throws UserError where the adapter cannot tell the time
   */
  constructor(
    private readonly write: (json: string) => void,
    private readonly say: (line: string) => void,
  ) {
    checkTimestamps();
  }

  /** To be awaited before each step. */
  async beforeStep(): Promise<void> {
    this.steps++;
    const { stream, gpu } = device();
    if (this.steps === FIRST_STEP) {
      await stream.finish();
      stream.profiler = new Profiler(gpu);
    } else if (this.steps === FIRST_STEP + STEPS) await this.end(STEPS);
  }

  /** Takes the profile now where training ends before it is complete. */
  async finish(): Promise<void> {
    if (device().stream.profiler !== null) await this.end(this.steps - FIRST_STEP + 1);
  }

  private async end(steps: number): Promise<void> {
    const { stream } = device();
    await stream.finish();
    const launches = (await stream.profiler?.launches()) ?? [];
    stream.profiler = null;
    this.write(timeline(launches));
    for (const line of table(launches, steps, await ceilings())) this.say(line);
  }
}

/** Chrome's trace event format: complete events ("X"), times in microseconds. */
export function timeline(launches: readonly ProfiledLaunch[]): string {
  const events = launches.map(({ name, start, end }) => ({
    name,
    cat: "gpu",
    ph: "X",
    ts: start * 1000,
    dur: (end - start) * 1000,
    pid: 1,
    tid: 1,
  }));
  return JSON.stringify({ traceEvents: events, displayTimeUnit: "ms" });
}

/**
 * The costliest kernels: milliseconds and launches a step, the share of all kernels' time, and what share of a ceiling
 * they reach: the time that their operations or, if that is longer, their bytes take at least, over what they took.
 */
export function table(
  launches: readonly ProfiledLaunch[],
  steps: number,
  { arithmetic, memory }: Rates,
): string[] {
  const byName = new Map<string, { ms: number; count: number; least: number }>();
  for (const { name, start, end, operations, bytes } of launches) {
    const sum = byName.get(name) ?? { ms: 0, count: 0, least: 0 };
    const least = Math.max(operations / arithmetic, bytes / memory) / 1e6;
    byName.set(name, { ms: sum.ms + end - start, count: sum.count + 1, least: sum.least + least });
  }
  const total = [...byName.values()].reduce((sum, { ms }) => sum + ms, 0);
  const costliest = [...byName].sort(([, a], [, b]) => b.ms - a.ms).slice(0, ROWS);
  const width = Math.max(6, ...costliest.map(([name]) => name.length));
  const percent = (share: number) => `${(100 * share).toFixed(1).padStart(4)}%`;
  return [
    `${"kernel".padEnd(width)}  ms a step  launches  share  of its ceiling`,
    ...costliest.map(([name, { ms, count, least }]) => {
      const cells = [(ms / steps).toFixed(2).padStart(9), (count / steps).toFixed(0).padStart(8)];
      return `${name.padEnd(width)}  ${cells.join("  ")}  ${percent(ms / total)}  ${percent(least / ms).padStart(14)}`;
    }),
    `ceilings, measured just now: ${arithmetic.toFixed(0)} GFLOP/s, ${memory.toFixed(1)} GB/s`,
  ];
}
