// The front end against a peer's: the same clips, from WAV files to log-mel segments by the paper's settings, all cores of both.
// Values are compared before anything is timed.
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../children/run.ts";
import type { CompetitorProcess } from "../competitor.ts";
import { scratchFolder } from "../scratch.ts";

const RECIPE = "paper-short";
/** What a value above the floor may be off by, in dB, and how far below its segment's loudest the floor is. */
const LIMIT = 0.01;
const FLOOR = 80;
/** Of a segment. */
const VALUES = 60 * 41;

interface Timed {
  milliseconds: number;
  clips: number;
}

/** Milliseconds a clip of both, in turn, round by round. Throws where they do not compute the same. */
export async function frontEndsInTurn(
  theirs: CompetitorProcess | null,
  clips: string,
  rounds: number,
): Promise<{ ours: number[]; theirs: number[] }> {
  const folder = scratchFolder();
  const files = { ours: join(folder, "ours.f32"), theirs: join(folder, "theirs.f32") };
  const hashed = scratchFolder();
  await runChild<Timed>("front-end.ts", [clips, hashed, RECIPE, files.ours]);
  // No features are cached, but the sounds' hashes are, which a dataset has once and a peer not at all.
  const run = () => {
    const cache = scratchFolder();
    for (const name of readdirSync(hashed).filter((each) => each.startsWith("clips-")))
      copyFileSync(join(hashed, name), join(cache, name));
    return runChild<Timed>("front-end.ts", [clips, cache, RECIPE]);
  };
  if (theirs !== null) {
    await theirs.ask({ run: "frontend", folder: clips, values: files.theirs });
    wantSame(values(files.ours), values(files.theirs));
  }
  const taken = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const own = await run();
    taken.ours.push(own.milliseconds / own.clips);
    if (theirs === null) continue;
    const { clips: count, milliseconds } = await theirs.ask({ run: "frontend", folder: clips });
    taken.theirs.push(milliseconds! / count!);
  }
  return taken;
}

function values(file: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(file)).buffer);
}

/** Throws unless all values above the floor agree. */
function wantSame(ours: Float32Array, theirs: Float32Array): void {
  if (ours.length !== theirs.length)
    throw new Error(`front ends: ${ours.length} values of otograd, ${theirs.length} of the peer`);
  for (let first = 0; first < ours.length; first += VALUES) {
    const segment = ours.subarray(first, first + VALUES);
    const floor = segment.reduce((most, value) => Math.max(most, value), -Infinity) - FLOOR;
    for (let i = 0; i < segment.length; i++) {
      const [mine, other] = [segment[i]!, theirs[first + i]!];
      if (Math.max(mine, other) > floor && !(Math.abs(mine - other) <= LIMIT))
        throw new Error(`front ends: value ${first + i} is ${mine} dB in otograd's, ${other} in the peer's`);
    }
  }
}
