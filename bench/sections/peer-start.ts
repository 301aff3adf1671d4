// From the start of a process to the end of its first training step, otograd's and a peer's in turn: with an empty shader cache,
// and with the one that this leaves. A peer without shaders has no such cache, and is as quick both times.
import { cachesIn } from "../children/run.ts";
import { CompetitorProcess } from "../competitor.ts";
import { summarize } from "../measure.ts";
import { scratchFolder } from "../scratch.ts";
import { type Cell, type DuelOptions, ENOUGH, startOurs, without } from "./peer-duel.ts";

export const CACHES = ["empty", "full"] as const;

/** With an empty and a full cache: our milliseconds, a number a round, and what the peer's column says. */
export interface Starts {
  mine: number[][];
  cells: Cell[];
}

/** The workload is what a file holds; without a peer only otograd starts. */
export async function firstSteps(
  file: string,
  command: readonly string[] | null,
  { rounds, limit }: DuelOptions,
): Promise<Starts> {
  const mine: number[][] = CACHES.map(() => []);
  const ratios: number[][] = CACHES.map(() => []);
  const failed: (string | null)[] = CACHES.map(() => null);
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    const caches = [cachesIn(scratchFolder()), cachesIn(scratchFolder())] as const;
    for (const [i] of CACHES.entries()) {
      const own = await firstStep(() => startOurs(file, caches[0]));
      mine[i]!.push(own);
      if (command === null || failed[i] !== null) continue;
      try {
        const theirs = () => CompetitorProcess.start([...command, file], { seconds: limit, env: caches[1] });
        ratios[i]!.push((await firstStep(theirs)) / own);
      } catch (error) {
        failed[i] = without(error, limit, own);
      }
    }
    if (performance.now() - began > 1000 * ENOUGH) break;
  }
  return { mine, cells: CACHES.map((_, i) => failed[i] ?? (command ? summarize(ratios[i]!, "more") : "")) };
}

async function firstStep(start: () => Promise<CompetitorProcess>): Promise<number> {
  const began = performance.now();
  const system = await start();
  try {
    await system.ask({ run: "work", times: 1 });
    return performance.now() - began;
  } finally {
    await system.stop();
  }
}
