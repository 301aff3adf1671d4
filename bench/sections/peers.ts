// otograd against other systems: both do the same work in turn, ours, theirs, ours, theirs, in one run on one machine, after
// both were seen to compute the same.
import { join } from "node:path";
import { oneLine } from "../../src/train/terminal/errors.ts";
import { runChild } from "../children/run.ts";
import { CompetitorProcess } from "../competitor.ts";
import { type Quantity, summarize } from "../measure.ts";
import type { Peer } from "../peer-list.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";
import { nameOf, type Workload } from "../workloads/list.ts";
import { alternateFrontEnds } from "./front-end-peer.ts";

export interface PeerOptions {
  peers: readonly Peer[];
  workloads: readonly Workload[];
  rounds: number;
  /** A round asks for so many steps that they take about this long. */
  milliseconds: number;
  /** A folder of WAV files, for peers with a front end; null leaves front ends out. */
  clips: string | null;
  /** Says what is being done. */
  note(what: string): void;
}

/** A peer that is there, and the command that starts it. */
interface Found {
  peer: Peer;
  command: readonly string[];
}

const OURS = [process.execPath, join(import.meta.dir, "..", "otograd.ts")];
const MOST_AT_ONCE = 200;
const OWN_TIME = "otograd, ms";
/** Losses of a training that are compared. */
const CHECKED = 3;

export async function measurePeers(options: PeerOptions): Promise<Section> {
  const notes = ["peers: their time / otograd's, round by round; above 1 otograd is faster"];
  const found: Found[] = [];
  for (const peer of options.peers) {
    options.note(`looking for ${peer.title}`);
    const where = await peer.find();
    if ("missing" in where) notes.push(`skipped ${peer.title}: ${where.missing}`);
    else found.push({ peer, command: where.command });
  }
  const table = new Table(options, found);
  const rows: Row[] = [];
  if (options.clips !== null && found.some(({ peer }) => peer.frontEnd))
    rows.push(await table.frontEnds(options.clips));
  for (const workload of options.workloads)
    try {
      rows.push(await table.row(workload));
    } catch (error) {
      rows.push({ name: nameOf(workload), values: { [OWN_TIME]: oneLine(error) } }); // the other rows are worth having
    }
  if (table.names.size > 0) notes.push([...table.names].join(" · "));
  const title = "otograd and its peers, alternating; each checked to compute the same first";
  return { name: "peers", title, rows, notes };
}

/** What a peer's column has to say: how many times as fast as it otograd is, or why there is no such number. */
type Cell = Quantity | string;

class Table {
  /** Of the systems, with their versions, as they say them. */
  readonly names = new Set<string>();
  private readonly folder = scratchFolder();

  constructor(
    private readonly options: PeerOptions,
    private readonly found: readonly Found[],
  ) {}

  async row(workload: Workload): Promise<Row> {
    this.options.note(`${workload.id}: weights and a batch for all`);
    await runChild("given.ts", [workload.id, this.folder]);
    const file = join(this.folder, `${workload.id}.safetensors`);
    const ours = await CompetitorProcess.start([...OURS, file]);
    try {
      const { values } = await ours.ask({ run: "check", times: CHECKED });
      const mine: number[] = [];
      const cells: [string, Cell][] = [];
      for (const { peer, command } of this.found) {
        const cannot = peer.cannot?.(workload) ?? null;
        this.options.note(`${workload.id}: ${peer.title}`);
        const cell = cannot ?? (await this.duel(ours, [...command, file], values!, mine));
        cells.push([peer.title, cell]);
      }
      if (mine.length === 0) mine.push(...(await this.rounds(ours)));
      return row(nameOf(workload), mine, cells);
    } finally {
      await ours.stop();
    }
  }

  /** Adds our times to `mine`. */
  private async duel(
    ours: CompetitorProcess,
    command: readonly string[],
    expected: readonly number[],
    mine: number[],
  ): Promise<Cell> {
    let theirs: CompetitorProcess | null = null;
    try {
      theirs = await CompetitorProcess.start(command);
      this.names.add(theirs.name);
      const { values } = await theirs.ask({ run: "check", times: CHECKED });
      const difference = disagreement(expected, values!);
      if (difference !== null) return difference;
      const times = { ours: await this.fitting(ours), theirs: await this.fitting(theirs) };
      const ratios: number[] = [];
      for (let round = 0; round < this.options.rounds; round++) {
        const [own, other] = [await each(ours, times.ours), await each(theirs, times.theirs)];
        mine.push(own);
        ratios.push(other / own);
      }
      return summarize(ratios, "more");
    } catch (error) {
      return oneLine(error).slice(0, 60);
    } finally {
      await theirs?.stop();
    }
  }

  private async rounds(ours: CompetitorProcess): Promise<number[]> {
    const times = await this.fitting(ours);
    const taken: number[] = [];
    for (let round = 0; round < this.options.rounds; round++) taken.push(await each(ours, times));
    return taken;
  }

  /** How many pieces of work fill a round. The first, in which programs are compiled and caches fill, does not count. */
  private async fitting(system: CompetitorProcess): Promise<number> {
    await each(system, 1);
    const milliseconds = await each(system, 1);
    return Math.max(1, Math.min(MOST_AT_ONCE, Math.round(this.options.milliseconds / milliseconds)));
  }

  /** From WAV files to network input, a clip. */
  async frontEnds(clips: string): Promise<Row> {
    const cells: [string, Cell][] = [];
    const mine: number[] = [];
    await runChild("given.ts", ["mlp", this.folder]); // a peer does not start without a workload
    for (const { peer, command } of this.found) {
      this.options.note(`front end: ${peer.title}`);
      const started = [...command, join(this.folder, "mlp.safetensors")];
      cells.push([peer.title, peer.frontEnd ? await this.hearing(started, clips, mine) : "no front end"]);
    }
    return row("front end, a clip of 5 s", mine, cells);
  }

  /** Adds our times to `mine`. */
  private async hearing(command: readonly string[], clips: string, mine: number[]): Promise<Cell> {
    let theirs: CompetitorProcess | null = null;
    try {
      theirs = await CompetitorProcess.start(command);
      this.names.add(theirs.name);
      const rates = await alternateFrontEnds(theirs, clips, this.options.rounds);
      mine.push(...rates.ours.map((rate) => 1000 / rate));
      const ratios = rates.ours.map((rate, round) => rate / rates.theirs[round]!);
      return summarize(ratios, "more");
    } catch (error) {
      return oneLine(error).slice(0, 60);
    } finally {
      await theirs?.stop();
    }
  }
}

function row(name: string, mine: readonly number[], cells: readonly [string, Cell][]): Row {
  const own = mine.length === 0 ? "–" : summarize(mine, "less");
  return { name, values: { [OWN_TIME]: own, ...Object.fromEntries(cells) } };
}

/** Milliseconds of one piece of work. */
async function each(system: CompetitorProcess, times: number): Promise<number> {
  const { milliseconds } = await system.ask({ run: "work", times });
  return milliseconds! / times;
}

/** What float32 in another order may make of the same numbers, as a share of the largest. */
const TOLERANCE = 1e-4;

/**
 * Why two systems do not compute the same; null where they do.
 * Throws where ours are all alike: a training that does not move, or a network that says nothing, would hide anything.
 */
export function disagreement(ours: readonly number[], theirs: readonly number[]): string | null {
  const size = Math.max(...ours.map(Math.abs));
  if (!(Math.max(...ours) - Math.min(...ours) > 10 * TOLERANCE * size))
    throw new Error(`the check's values are too much alike: ${ours.join(", ")}`);
  const off = ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
  const worst = off.findIndex((each) => !(each <= TOLERANCE * size));
  if (worst < 0 && ours.length === theirs.length) return null;
  return `computes otherwise: ${theirs[worst]?.toPrecision(4)} for ${ours[worst]?.toPrecision(4)}`;
}
