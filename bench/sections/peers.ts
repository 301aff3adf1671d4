// otograd against other systems: both do the same work in turn, ours, theirs, ours, theirs, in one run on one machine.
import { join } from "node:path";
import { oneLine } from "../../src/train/terminal/errors.ts";
import { cachesIn, runChild, sharedClock } from "../children/run.ts";
import { CompetitorProcess } from "../competitor.ts";
import { count, summarize } from "../measure.ts";
import type { Peer } from "../peer-list.ts";
import type { Request } from "../protocol.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";

export interface PeerOptions {
  peers: readonly Peer[];
  /** Batches of the training step; null takes each peer's own. */
  batches: readonly number[] | null;
  rounds: number;
  /** A round asks for so many steps or products that they take about this long. */
  milliseconds: number;
  /** A folder of WAV files, for peers with a front end; null leaves front ends out. */
  clips: string | null;
  /** Says what is being done. */
  note(what: string): void;
}

export async function measurePeers(options: PeerOptions): Promise<Section> {
  const rows: Row[] = [];
  const notes: string[] = ["ratio: how many times as fast as the peer otograd is, round by round"];
  for (const peer of options.peers) {
    options.note(`${peer.title}: looking for it`);
    const found = await peer.find();
    if ("missing" in found) notes.push(`skipped ${peer.title}: ${found.missing}`);
    else {
      const duel = new Duel(peer, found.command, options);
      try {
        for await (const row of duel.rows()) rows.push(row);
      } catch (error) {
        notes.push(`gave ${peer.title} up: ${oneLine(error)}`);
      } finally {
        await duel.end();
      }
    }
  }
  return {
    name: "peers",
    title: "otograd and its peers, alternating, on the training step of Piczak's CNN and a matrix product",
    rows,
    notes,
  };
}

const OURS = [process.execPath, join(import.meta.dir, "..", "otograd.ts")];
const MATMUL = 1024;
const MOST_AT_ONCE = 50;

interface Opponent {
  process: CompetitorProcess;
  /** Seconds from its process's start to the end of its first step, with empty shader caches. */
  firstStep: number;
}

/** otograd and one peer. */
class Duel {
  private readonly running: CompetitorProcess[] = [];

  constructor(
    private readonly peer: Peer,
    private readonly command: readonly string[],
    private readonly options: PeerOptions,
  ) {}

  async *rows(): AsyncGenerator<Row> {
    const batches = this.options.batches ?? this.peer.batches;
    const ours = await this.open("otograd", OURS, batches[0]!);
    const theirs = await this.open(this.peer.title, this.command, batches[0]!);
    const name = theirs.process.name;
    yield {
      name: `${name}: first step done after start, b${batches[0]}`,
      values: {
        unit: "s",
        otograd: count(ours.firstStep),
        peer: count(theirs.firstStep),
        ratio: count(theirs.firstStep / ours.firstStep, "more"),
      },
    };
    for (const batch of batches) {
      const work = (times: number): Request => ({ run: "step", batch, times });
      yield await this.alternate(`${name}: step, b${batch}`, "samples/s", batch, work, ours, theirs);
    }
    const product = (times: number): Request => ({ run: "matmul", size: MATMUL, times });
    const gigaflops = (2 * MATMUL ** 3) / 1e9;
    yield await this.alternate(`${name}: matmul ${MATMUL}³`, "GFLOP/s", gigaflops, product, ours, theirs);
    if (this.peer.frontEnd && this.options.clips !== null)
      yield await this.frontEnds(theirs, this.options.clips);
  }

  /** Starts a process with empty shader caches and waits until it has done a step. */
  private async open(title: string, command: readonly string[], batch: number): Promise<Opponent> {
    this.options.note(`${title}: first step, with empty shader caches`);
    const start = sharedClock();
    const process = await CompetitorProcess.start(command, cachesIn(scratchFolder()));
    this.running.push(process);
    const { milliseconds } = await process.ask({ run: "step", batch, times: 1 });
    return { process, firstStep: (sharedClock() - start - milliseconds) / 1000 }; // the counted step was its second
  }

  /** Rounds of one kind of work; `amount` of `unit` without its "/s" are in one piece of it. */
  private async alternate(
    name: string,
    unit: string,
    amount: number,
    work: (times: number) => Request,
    ours: Opponent,
    theirs: Opponent,
  ): Promise<Row> {
    this.options.note(name);
    const times = { ours: await this.fitting(ours, work), theirs: await this.fitting(theirs, work) };
    const [mine, other]: [number[], number[]] = [[], []];
    for (let round = 0; round < this.options.rounds; round++) {
      mine.push((amount * times.ours) / (await this.seconds(ours, work(times.ours))));
      other.push((amount * times.theirs) / (await this.seconds(theirs, work(times.theirs))));
    }
    return { name, values: { unit, ...compared(mine, other) } };
  }

  /** How many pieces of work fill a round. The first answer, in which caches fill, does not count. */
  private async fitting(opponent: Opponent, work: (times: number) => Request): Promise<number> {
    await this.seconds(opponent, work(1));
    const seconds = await this.seconds(opponent, work(1));
    return Math.max(1, Math.min(MOST_AT_ONCE, Math.round(this.options.milliseconds / 1000 / seconds)));
  }

  private async seconds({ process }: Opponent, request: Request): Promise<number> {
    const { milliseconds, loss } = await process.ask(request);
    if (request.run === "step" && !Number.isFinite(loss))
      throw new Error(`${process.name}'s loss is not a number`);
    return milliseconds / 1000;
  }

  private async frontEnds({ process }: Opponent, clips: string): Promise<Row> {
    const name = `${process.name}: front end`;
    const [mine, other]: [number[], number[]] = [[], []];
    for (let round = 0; round < Math.min(3, this.options.rounds); round++) {
      this.options.note(name);
      const ours = await runChild<{ milliseconds: number; clips: number }>("front-end.ts", [
        clips,
        scratchFolder(),
      ]);
      mine.push((1000 * ours.clips) / ours.milliseconds);
      const theirs = await process.ask({ run: "frontend", folder: clips });
      other.push((1000 * theirs.clips!) / theirs.milliseconds);
    }
    return { name, values: { unit: "clips/s", ...compared(mine, other) } };
  }

  async end(): Promise<void> {
    for (const process of this.running) await process.stop();
  }
}

/** Two rows of rates, taken in turn. */
export function compared(ours: readonly number[], theirs: readonly number[]): Row["values"] {
  return {
    otograd: summarize(ours),
    peer: summarize(theirs),
    ratio: summarize(
      ours.map((rate, round) => rate / theirs[round]!),
      "more",
    ),
  };
}
