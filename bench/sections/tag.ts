// What is heard in one clip of five seconds: from the start of a process, with an empty shader cache and a full one, and in a
// process that has heard a clip before.
import { join } from "node:path";
import { cachesIn, runChild, sharedClock } from "../children/run.ts";
import { writeClips } from "../clips.ts";
import { inSeconds } from "../measure.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";

interface Marks {
  loaded: number;
  opened: number;
  told: number;
  milliseconds: number[];
}

/** Clips that a running process hears. */
const TIMES = 20;

export async function measureTag(runs: number): Promise<Section> {
  const title =
    "The published network on one clip of 5 s, from a WAV file to the names of its sounds (bun run tag)";
  const clips = scratchFolder();
  writeClips(clips, 1);
  const file = join(clips, "audio", "noise-0000.wav");
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

/** Milliseconds from the start of a process to each mark, and those of clips after the first. */
async function hear(file: string, caches: Record<string, string>): Promise<Marks | { missing: string }> {
  const { XDG_CACHE_HOME: _, ...env } = caches; // there the weights are
  const start = sharedClock();
  const marks = await runChild<Marks | { missing: string }>("tag.ts", [file, String(TIMES)], env);
  if ("missing" in marks) return marks;
  const { loaded, opened, told, milliseconds } = marks;
  return { loaded: loaded - start, opened: opened - start, told: told - start, milliseconds };
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
