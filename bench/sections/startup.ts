// From the start of a process to the end of its first training step, with an empty shader cache and a full one.
import { cachesIn, runChild, sharedClock } from "../children/run.ts";
import { inSeconds } from "../measure.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";

const BATCH = 32;

interface Marks {
  loaded: number;
  opened: number;
  stepped: number;
}

export async function measureStartup(runs: number): Promise<Section> {
  const [cold, warm]: [Marks[], Marks[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const caches = cachesIn(scratchFolder());
    cold.push(await firstStep(caches));
    warm.push(await firstStep(caches));
  }
  return {
    name: "startup",
    title: `From process start to the end of the first training step, batch ${BATCH}, in seconds`,
    rows: [row("empty shader cache", cold), row("full shader cache", warm)],
  };
}

/** Milliseconds from the start of the process to each mark. */
async function firstStep(env: Record<string, string>): Promise<Marks> {
  const start = sharedClock();
  const marks = await runChild<Marks>("first-step.ts", [String(BATCH)], env);
  return { loaded: marks.loaded - start, opened: marks.opened - start, stepped: marks.stepped - start };
}

function row(name: string, all: Marks[]): Row {
  const seconds = (of: (marks: Marks) => number) => inSeconds(all.map(of));
  return {
    name,
    values: {
      "first step done": seconds(({ stepped }) => stepped),
      "of it: program loaded": seconds(({ loaded }) => loaded),
      "adapter opened": seconds(({ loaded, opened }) => opened - loaded),
      "model and step": seconds(({ opened, stepped }) => stepped - opened),
    },
  };
}
