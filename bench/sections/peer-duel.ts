// otograd against one other system at one workload: both start from the same weights, are seen to compute the same, and then
// work in turn, within a limit of time.
import { oneLine } from "../../src/train/terminal/errors.ts";
import { CompetitorProcess, TooLate } from "../competitor.ts";
import { type Quantity, summarize } from "../measure.ts";
import type { Request } from "../protocol.ts";
import { digits } from "../report.ts";
import type { Workload } from "../workloads/list.ts";

export interface DuelOptions {
  rounds: number;
  /** A round asks for so many steps that they take about this long. */
  milliseconds: number;
  /** Seconds that a peer has for a workload, from its start to its last round. */
  limit: number;
}

/** What a peer's column has to say: how many times as fast as it otograd is, or why there is no such number. */
export type Cell = Quantity | string;

/** Losses of a training that are compared; what infers says the same every time. */
const CHECKED = 3;
const MOST_AT_ONCE = 200;
/** otograd's own process lives through all duels of a workload. */
const AN_HOUR = 3600;
/** No further round where those before took so many seconds: a peer so slow is told by one. */
export const ENOUGH = 10;

const OURS = [process.execPath, new URL("../otograd.ts", import.meta.url).pathname];

/** A new otograd process at the workload that a file holds. */
export const startOurs = (file: string, env?: Record<string, string>): Promise<CompetitorProcess> =>
  CompetitorProcess.start([...OURS, file], { seconds: AN_HOUR, ...(env && { env }) });

/** otograd at one workload, ready for one peer after the other. */
export class Duels {
  /** Milliseconds of a piece of work of ours, a number a round. */
  readonly mine: number[] = [];

  private constructor(
    private readonly ours: CompetitorProcess,
    private readonly options: DuelOptions,
    private readonly check: Request,
    private readonly dropout: boolean,
    private readonly expected: readonly number[],
    /** Milliseconds: from start to the end of the check; of the first work, with what that compiles; of the next. */
    private readonly took: { check: number; first: number; once: number },
  ) {}

  static async open(file: string, { training, dropout }: Workload, options: DuelOptions): Promise<Duels> {
    const checking: Request = { run: "check", times: training === null ? 1 : CHECKED };
    const began = performance.now();
    const ours = await startOurs(file);
    try {
      const { values } = await ours.ask(checking);
      wantMotion(values!);
      const check = performance.now() - began;
      const first = await each(ours, 1);
      const once = await each(ours, 1);
      return new Duels(ours, options, checking, dropout === true, values!, { check, first, once });
    } catch (error) {
      await ours.stop();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.ours.stop();
  }

  /** What a peer's column says. `meet` hears its name and version. */
  async against(command: readonly string[], meet: (name: string) => void): Promise<Cell> {
    const ratios: number[] = [];
    let took = this.took.check; // what otograd took to get as far as the peer is asked to
    let theirs: CompetitorProcess | null = null;
    try {
      theirs = await CompetitorProcess.start(command, { seconds: this.options.limit });
      meet(theirs.name);
      const { values } = await theirs.ask(this.check);
      const difference = disagreement(this.expected, values!);
      if (difference !== null) return difference;
      if (this.dropout) {
        took += this.took.first;
        await each(theirs, 1);
      }
      took += this.took.once;
      const once = await each(theirs, 1);
      const times = this.fitting(once);
      const began = performance.now() - (times === 1 ? once : 0);
      do {
        const own = await this.round();
        // A piece of work that fills a round has been measured by now.
        ratios.push((times === 1 && ratios.length === 0 ? once : await each(theirs, times)) / own);
      } while (ratios.length < this.options.rounds && performance.now() - began < 1000 * ENOUGH);
      return summarize(ratios, "more");
    } catch (error) {
      return ratios.length > 0 ? summarize(ratios, "more") : without(error, this.options.limit, took);
    } finally {
      await theirs?.stop();
    }
  }

  /** All rounds alone, for which no peer was there. */
  async alone(): Promise<void> {
    while (this.mine.length < this.options.rounds) await this.round();
  }

  private async round(): Promise<number> {
    const own = await each(this.ours, this.fitting(this.took.once));
    this.mine.push(own);
    return own;
  }

  /** How many pieces of work fill a round. */
  private fitting(milliseconds: number): number {
    return Math.max(1, Math.min(MOST_AT_ONCE, Math.round(this.options.milliseconds / milliseconds)));
  }
}

/** What stands in a cell for which there is no ratio. */
export function failure(error: unknown): string {
  return error instanceof TooLate ? error.message : `refused: ${oneLine(error).slice(0, 60)}`;
}

/** The same, and of a peer that was too late for what otograd did in `ours` milliseconds, what follows for the ratio. */
export function without(error: unknown, seconds: number, ours: number): string {
  return `${error instanceof TooLate ? `> ${digits((1000 * seconds) / ours)}: ` : ""}${failure(error)}`;
}

/** Milliseconds of one piece of work. */
async function each(system: CompetitorProcess, times: number): Promise<number> {
  const { milliseconds } = await system.ask({ run: "work", times });
  return milliseconds! / times;
}

/** What float32 in another order may make of the same numbers, as a share of the largest. */
const TOLERANCE = 1e-4;

/** Throws where values are all alike: a training that does not move, or a network that says nothing, would hide anything. */
export function wantMotion(values: readonly number[]): void {
  const size = Math.max(...values.map(Math.abs));
  if (!(Math.max(...values) - Math.min(...values) > 10 * TOLERANCE * size))
    throw new Error(`the check's values are too much alike: ${values.join(", ")}`);
}

/** Why two systems do not compute the same; null where they do. */
export function disagreement(ours: readonly number[], theirs: readonly number[]): string | null {
  wantMotion(ours);
  const size = Math.max(...ours.map(Math.abs));
  const off = ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
  const worst = off.findIndex((each) => !(each <= TOLERANCE * size));
  if (worst < 0 && ours.length === theirs.length) return null;
  return `computes otherwise: ${apart(theirs[worst] ?? Number.NaN, ours[worst] ?? Number.NaN).join(" for ")}`;
}

/** Two numbers with four digits, or as many as tell them apart. */
function apart(a: number, b: number): [string, string] {
  for (let digits = 4; ; digits++) {
    const [one, other] = [a.toPrecision(digits), b.toPrecision(digits)];
    if (one !== other || digits === 8) return [one, other];
  }
}
