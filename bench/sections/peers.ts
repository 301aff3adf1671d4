// otograd against other systems: both do the same work in turn, ours, theirs, ours, theirs, in one run on one machine, after
// both were seen to compute the same. Every row is told as soon as it is there, so that an interrupted run has what it did.
import { join } from "node:path";
import { oneLine } from "../../src/train/terminal/errors.ts";
import { runChild } from "../children/run.ts";
import { CompetitorProcess } from "../competitor.ts";
import { summarize } from "../measure.ts";
import type { Peer } from "../peer-list.ts";
import { cell, type Row, type Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";
import { nameOf, type Workload, workloads } from "../workloads/list.ts";
import { frontEndsInTurn } from "./front-end-peer.ts";
import { type Cell, type DuelOptions, Duels, failure } from "./peer-duel.ts";
import { CACHES, firstSteps } from "./peer-start.ts";
import { tagInTurn } from "./tag.ts";
import { timeTests } from "./tests.ts";

/** Rows beside the workloads', as --workloads calls them. */
export const OTHERS = ["frontend", "first-step", "tag", "tests"] as const;
export type Other = (typeof OTHERS)[number];

export interface PeerOptions extends DuelOptions {
  peers: readonly Peer[];
  workloads: readonly Workload[];
  others: readonly Other[];
  /** A folder of WAV files for front ends. */
  clips(): string;
  /** What an interrupted run has done: its rows are not measured again. */
  done: Section | null;
  /** Hears of the section after each row. */
  keep(section: Section): void;
  /** Says what is being done. */
  note(what: string): void;
}

/** A peer that is there, and the command that starts it. */
interface Found {
  peer: Peer;
  command: readonly string[];
}

/** Rows that are measured together. */
interface Job {
  names: readonly string[];
  measure(names: readonly string[]): Promise<Row[]>;
}

/** Milliseconds of otograd's and, where there is one, a peer's, a number a round. */
type Alternation = (theirs: CompetitorProcess | null) => Promise<{ ours: number[]; theirs: number[] }>;

const OWN_TIME = "otograd, ms";
const LEGEND = [
  "peers: their time / otograd's, round by round; above 1 otograd is faster",
  "> 8: the peer was not done in time, in which otograd does as much, from its start on, 8 times",
];
/** What is trained from the start of a process on. */
const FIRST = workloads.find(({ id }) => id === "piczak-32")!;
const FIRST_STEPS = CACHES.map((cache) => `start to the end of ${nameOf(FIRST)}, ${cache} shader cache`);

export async function measurePeers(options: PeerOptions): Promise<Section> {
  const section: Section = {
    name: "peers",
    title: "otograd and its peers, alternating; each checked to compute the same first",
    rows: [...(options.done?.rows ?? [])],
    notes: [...new Set([...LEGEND, ...(options.done?.notes ?? [])])],
  };
  const add = (note: string) => section.notes!.includes(note) || section.notes!.push(note);
  const found: Found[] = [];
  for (const peer of options.peers) {
    options.note(`looking for ${peer.title}`);
    const where = await peer.find();
    if ("missing" in where) add(`skipped ${peer.title}: ${where.missing}`);
    else found.push({ peer, command: where.command });
  }
  const table = new Table(options, found, add);
  for (const job of table.jobs()) {
    if (job.names.every((name) => section.rows.some((row) => row.name === name))) continue;
    const rows = await job.measure(job.names).catch((error) => {
      // The other rows are worth having.
      return job.names.map((name) => ({ name, values: { [OWN_TIME]: oneLine(error) } }));
    });
    section.rows.push(...rows);
    options.keep(section);
    options.note("");
    for (const { name, values } of rows) {
      const cells = Object.entries(values).map(([column, value]) => `${column} ${cell(value)}`);
      process.stderr.write(`${name} — ${cells.join(" · ")}\n`);
    }
  }
  return section;
}

class Table {
  private readonly folder = scratchFolder();

  constructor(
    private readonly options: PeerOptions,
    private readonly found: readonly Found[],
    /** Hears of the systems' names and versions, and of what is missing. */
    private readonly add: (note: string) => void,
  ) {}

  jobs(): Job[] {
    const { workloads: networks, others, rounds } = this.options;
    const job: Record<Other, Job> = {
      frontend: {
        names: ["front end, a clip of 5 s"],
        measure: (names) =>
          this.sounds(names, (theirs) => frontEndsInTurn(theirs, this.options.clips(), rounds)),
      },
      "first-step": { names: FIRST_STEPS, measure: (names) => this.firstSteps(names) },
      tag: {
        names: ["tag, a clip of 5 s: a running process, from file to names"],
        measure: (names) => this.sounds(names, (theirs) => tagInTurn(theirs, rounds)),
      },
      tests: {
        names: ["all tests: bun run test"],
        measure: async ([name]) => [row(name!, [await timeTests()], [])],
      },
    };
    const [frontEnd, ...last] = OTHERS.map((id) => (others.includes(id) ? [job[id]] : []));
    const steps = networks.map((workload) => ({
      names: [nameOf(workload)],
      measure: async () => [await this.workload(workload)],
    }));
    return [...frontEnd!, ...steps, ...last.flat()];
  }

  /** The file that all systems are given of a workload. */
  private async given({ id }: Workload): Promise<string> {
    this.options.note(`${id}: weights and a batch for all`);
    await runChild("given.ts", [id, this.folder]);
    return join(this.folder, `${id}.safetensors`);
  }

  private async workload(workload: Workload): Promise<Row> {
    const file = await this.given(workload);
    const duels = await Duels.open(file, workload, this.options);
    try {
      const cells: [string, Cell][] = [];
      for (const { peer, command } of this.found) {
        this.options.note(`${workload.id}: ${peer.title}`);
        const cannot = peer.cannot?.(workload) ?? null;
        cells.push([peer.title, cannot ?? (await duels.against([...command, file], this.add))]);
      }
      await duels.alone();
      return row(nameOf(workload), duels.mine, cells);
    } finally {
      await duels.close();
    }
  }

  private async firstSteps(names: readonly string[]): Promise<Row[]> {
    const file = await this.given(FIRST);
    const mine: number[][] = CACHES.map(() => []);
    const cells: [string, Cell][][] = CACHES.map(() => []);
    for (const { peer, command } of this.found) {
      this.options.note(`first step: ${peer.title}`);
      const cannot = peer.cannot?.(FIRST) ?? null;
      const starts = cannot === null ? await firstSteps(file, command, this.options) : null;
      for (const [i] of CACHES.entries()) {
        mine[i]!.push(...(starts?.mine[i] ?? []));
        cells[i]!.push([peer.title, cannot ?? starts!.cells[i]!]);
      }
    }
    const alone = mine[0]!.length === 0 ? (await firstSteps(file, null, this.options)).mine : mine;
    return names.map((name, i) => row(name, alone[i]!, cells[i]!));
  }

  /** A row of what only peers with a front end can do. */
  private async sounds([name]: readonly string[], alternate: Alternation): Promise<Row[]> {
    const cells: [string, Cell][] = [];
    const mine: number[] = [];
    const file = await this.given(workloads[0]!); // a peer does not start without a workload
    for (const { peer, command } of this.found) {
      this.options.note(`${name}: ${peer.title}`);
      const cell = peer.frontEnd ? await this.hearing([...command, file], alternate, mine) : "no front end";
      cells.push([peer.title, cell]);
    }
    if (mine.length === 0) mine.push(...(await alternate(null)).ours);
    return [row(name!, mine, cells)];
  }

  /** Adds our times to `mine`. */
  private async hearing(command: readonly string[], alternate: Alternation, mine: number[]): Promise<Cell> {
    let theirs: CompetitorProcess | null = null;
    try {
      theirs = await CompetitorProcess.start(command, { seconds: this.options.limit });
      this.add(theirs.name);
      const taken = await alternate(theirs);
      mine.push(...taken.ours);
      const ratios = taken.theirs.map((time, round) => time / taken.ours[round]!);
      return summarize(ratios, "more");
    } catch (error) {
      return failure(error);
    } finally {
      await theirs?.stop();
    }
  }
}

function row(name: string, mine: readonly number[], cells: readonly [string, Cell][]): Row {
  const own = mine.length === 0 ? "–" : summarize(mine, "less");
  return { name, values: { [OWN_TIME]: own, ...Object.fromEntries(cells) } };
}
