// Makes an experiment's runs on this machine: one after the other, or several at a time on one device or on each of many.
// Another is begun on a device only where its memory has room for it, as far as that can be known.

import { type Adapter, readConfig } from "../runs/config.ts";
import type { EpochMetrics } from "../runs/metrics.ts";
import { RunFolder } from "../runs/run-folder.ts";
import { isSignal, oneLine, UserError } from "../terminal/errors.ts";
import { freeMemory } from "./device-memory.ts";
import type { RunSpec } from "./file.ts";
import { type Made, makeRun } from "./make-run.ts";
import type { Cell } from "./plan.ts";
import { isDone, type Outcome } from "./results.ts";
import { outcomeOf, type Work, writeTables } from "./work.ts";

export interface Pool {
  /** Runs at a time, on all devices together. */
  readonly jobs: number;
  /** Parts of adapters' names, one after the other in turn; null: whichever the trainings pick. */
  readonly adapters: readonly (string | null)[];
  /** Whether trainings are silent here, and speak in their folders. */
  readonly quiet: boolean;
}

/** Is told how it goes. */
export interface Watcher {
  /** A run begins. */
  begins(index: number, adapter: string | null): void;
  /** One has ended, and `outcomes` says how. */
  ended(index: number, made: Made): void;
  /** Every second meanwhile. */
  tick(): void;
}

/** A run at work. */
interface AtWork {
  index: number;
  adapter: string | null;
  /** Epochs that it had when it was begun: with one more, it has taken what it takes. */
  epochs: number;
}

/** Room that is left free beyond what a run is known to take, and what a GPU's driver takes for each process. */
const SLACK = 1.2;
const DRIVER_BYTES = 512 * 2 ** 20;
const TICK_MS = 1000;

/** Makes those that are not done yet, and the tables after each; `outcomes` is kept up to date. */
export async function makeRuns(work: Work, outcomes: Outcome[], pool: Pool, watcher: Watcher): Promise<void> {
  const { stop, progress } = work.session;
  const waiting = outcomes.flatMap((outcome, index) => (isDone(outcome) ? [] : [index]));
  const running = new Map<AtWork, Promise<void>>();
  const most = Math.ceil(pool.jobs / pool.adapters.length);
  const memory = new Memory(outcomes);

  const start = (index: number, adapter: string | null) => {
    const { cell } = outcomes[index]!;
    const one = { index, adapter, epochs: epochsIn(cell).length };
    const whole = makeRun(cell, work, {
      quiet: pool.quiet,
      adapter,
      begins: () => watcher.begins(index, adapter),
    })
      .then((made) => {
        outcomes[index] = outcomeOf(cell, work);
        return made;
      })
      .catch((error): Made => {
        const { [index]: outcome } = outcomes;
        outcomes[index] = { ...outcome!, history: { ...outcome!.history, error: oneLine(error) } };
        return "failed"; // it alone: an error that is thrown here would end those at work
      })
      .then((made) => {
        running.delete(one);
        try {
          writeTables(work, outcomes);
        } catch (error) {
          progress.warn(`${oneLine(error)}; it is tried again at the end`);
        }
        watcher.ended(index, made);
        if (isSignal(made)) stop.signal ??= made;
      });
    running.set(one, whole);
  };
  /** The adapter with the fewest runs at work, if there is one that takes another. */
  const room = (index: number): { adapter: string | null } | undefined => {
    if (running.size >= pool.jobs) return undefined;
    const on = (adapter: string | null) => [...running.keys()].filter((one) => one.adapter === adapter);
    return pool.adapters
      .map((adapter) => ({ adapter, atWork: on(adapter) }))
      .sort((a, b) => a.atWork.length - b.atWork.length)
      .find(({ atWork }) => atWork.length < most && memory.takes(index, atWork));
  };

  for (;;) {
    while (waiting.length > 0 && stop.signal === null) {
      const place = room(waiting[0]!);
      if (place === undefined) break;
      start(waiting.shift()!, place.adapter);
    }
    if (running.size === 0) return;
    const tick = Promise.withResolvers<void>();
    const timer = setTimeout(tick.resolve, TICK_MS);
    await Promise.race([...running.values(), tick.promise]);
    clearTimeout(timer);
    watcher.tick();
  }
}

/** What runs take, by what those of the same settings took after an epoch. */
class Memory {
  private readonly known = new Map<RunSpec, EpochMetrics>();

  constructor(private readonly outcomes: readonly Outcome[]) {
    for (const { cell, state } of outcomes) if (state.kind !== "new") this.learn(cell);
  }

  /** Whether a device that has these at work takes one more. */
  takes(index: number, atWork: readonly AtWork[]): boolean {
    if (atWork.length === 0) return true;
    const coming = atWork.filter((one) => this.learn(this.cellOf(one.index)) <= one.epochs);
    const adapter = adapterOf(this.cellOf(atWork[0]!.index));
    if (adapter === null) return false;
    const needs = [index, ...coming.map((one) => one.index)].map((each) => this.needOf(each, adapter));
    const free = freeMemory(adapter);
    // Of settings that nobody knows yet one run goes first, until it has been through an epoch.
    return needs.every((need) => need !== null) && (free === null || free >= sum(needs as number[]));
  }

  private cellOf(index: number): Cell {
    return this.outcomes[index]!.cell;
  }

  /** Looks what a run takes; returns the epochs that it has been through. */
  private learn(cell: Cell): number {
    const epochs = epochsIn(cell);
    const last = epochs.at(-1);
    if (last?.residentBytes !== undefined) this.known.set(cell.spec, last);
    return epochs.length;
  }

  /** Of a run of the same settings, or else the most that any is known to take. */
  private needOf(index: number, { software }: Adapter): number | null {
    const alike = this.known.get(this.cellOf(index).spec);
    const of = alike === undefined ? [...this.known.values()] : [alike];
    if (of.length === 0) return null;
    const bytes = of.map(({ residentBytes = 0, gpuBytes = 0 }) => (software ? residentBytes : gpuBytes));
    return SLACK * Math.max(...bytes) + (software ? 0 : DRIVER_BYTES);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

function epochsIn({ path }: Cell): EpochMetrics[] {
  return readable(() => new RunFolder(path).readMetrics()) ?? [];
}

function adapterOf({ path }: Cell): Adapter | null {
  const run = new RunFolder(path);
  return readable(() => (run.hasConfig() ? readConfig(run).adapter : null));
}

/** What is read of a run at work; null where it is being written at this moment. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
