// The front end: WAV files to network input, computed and from the feature cache, each in a process of its own.
import { runChild } from "../children/run.ts";
import { summarize } from "../measure.ts";
import type { Row, Section } from "../report.ts";
import { scratchFolder } from "../scratch.ts";

interface Timed {
  milliseconds: number;
  clips: number;
  segments: number;
}

/** @param source a dataset's folder; `what` describes its clips */
export async function measureFrontEnd(source: string, what: string, runs: number): Promise<Section> {
  const [cold, cached]: [Timed[], Timed[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const cache = scratchFolder();
    cold.push(await runChild<Timed>("front-end.ts", [source, cache]));
    cached.push(await runChild<Timed>("front-end.ts", [source, cache]));
  }
  const { clips, segments } = cold[0]!;
  return {
    name: "frontend",
    title: `Front end: ${clips} clips (${what}), ${segments} segments, from WAV files to network input`,
    rows: [row("computed", cold), row("from the feature cache", cached)],
    notes: [
      "a new process each time, timed from the open adapter to the first batch on the GPU; shaders as the driver caches them",
    ],
  };
}

function row(name: string, all: Timed[]): Row {
  return {
    name,
    values: {
      seconds: summarize(
        all.map(({ milliseconds }) => milliseconds / 1000),
        "less",
      ),
      "clips/s": summarize(
        all.map(({ milliseconds, clips }) => (1000 * clips) / milliseconds),
        "more",
      ),
    },
  };
}
