// What is heard in one clip of five seconds: from the start of a process, with an empty shader cache and a full one, and in a
// process that has heard some clips before; and that in turn with a peer.
import { join } from "node:path";
import { weightsFolder } from "../../src/train/pretrained/kept.ts";
import { DEFAULT_NETWORK, findPublished } from "../../src/train/pretrained/published.ts";
import { cachesIn, runChild, sharedClock } from "../children/run.ts";
import { writeClips } from "../clips.ts";
import type { CompetitorProcess } from "../competitor.ts";
import { inSeconds } from "../measure.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";

interface Marks {
  loaded: number;
  opened: number;
  told: number;
  milliseconds: number[];
  /** Of the classes, probabilities. */
  values: number[];
}

/** Clips that a running process hears. */
const TIMES = 20;

export async function measureTag(runs: number): Promise<Section> {
  const title =
    "The published network on one clip of 5 s, from a WAV file to the names of its sounds (bun run tag)";
  const file = clip();
  const [cold, warm]: [Marks[], Marks[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const caches = cachesIn(scratchFolder());
    for (const marks of [cold, warm]) {
      const heard = await hear(file, caches);
      if ("missing" in heard) return { name: "tag", title, rows: [], notes: [`skipped: ${heard.missing}`] };
      marks.push(heard);
    }
  }
  const running = [...cold, ...warm].flatMap(({ milliseconds }) => milliseconds);
  return {
    name: "tag",
    title,
    rows: [
      row("a new process, empty shader cache", cold),
      row("a new process, full shader cache", warm),
      {
        name: "a running process",
        values: { seconds: inSeconds(running) },
      },
    ],
  };
}

/** A sound file. */
function clip(): string {
  const clips = scratchFolder();
  writeClips(clips, 1);
  return join(clips, "audio", "noise-0000.wav");
}

/** What the peer's probabilities may be off by. */
const LIMIT = 0.001;

/** Milliseconds a clip in running processes, a number a round. Throws where the two do not hear the same, or without weights. */
export async function tagInTurn(
  theirs: CompetitorProcess | null,
  rounds: number,
): Promise<{ ours: number[]; theirs: number[] }> {
  const file = clip();
  const weights = join(weightsFolder(), findPublished(DEFAULT_NETWORK).weights.name);
  const taken = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const heard = await hear(file, {});
    if ("missing" in heard) throw new Error(heard.missing);
    taken.ours.push(heard.milliseconds.reduce((sum, each) => sum + each) / TIMES);
    if (theirs === null) continue;
    const { milliseconds, values } = await theirs.ask({ run: "tag", file, weights, times: TIMES });
    const off = heard.values.findIndex((value, i) => !(Math.abs(value - values![i]!) <= LIMIT));
    if (off >= 0) throw new Error(`hears class ${off} at ${values![off]}, otograd at ${heard.values[off]}`);
    taken.theirs.push(milliseconds! / TIMES);
  }
  return taken;
}

/** Milliseconds from the start of a process to each mark, and those of clips after the first. */
async function hear(file: string, caches: Record<string, string>): Promise<Marks | { missing: string }> {
  const { XDG_CACHE_HOME: _, ...env } = caches; // there the weights are
  const start = sharedClock();
  const marks = await runChild<Marks | { missing: string }>("tag.ts", [file, String(TIMES)], env);
  if ("missing" in marks) return marks;
  const { loaded, opened, told, ...rest } = marks;
  return { loaded: loaded - start, opened: opened - start, told: told - start, ...rest };
}

function row(name: string, all: Marks[]): Row {
  const seconds = (of: (marks: Marks) => number) => inSeconds(all.map(of));
  return {
    name,
    values: {
      seconds: seconds(({ told }) => told),
      "of it: program loaded": seconds(({ loaded }) => loaded),
      "adapter opened": seconds(({ loaded, opened }) => opened - loaded),
      "network and clip": seconds(({ opened, told }) => told - opened),
    },
  };
}
