// Kills trainings (SIGKILL) at drawn moments and has them resumed, again and again; in the end weights, optimizer,
// metrics and result must be, bit for bit, those of a run that nobody disturbed. Every other kill is aimed at a
// write: from its moment on it waits for the temporary file of a checkpoint (or of any file) to be seen.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { isTemporary } from "../../src/train/files/files.ts";
import { RunFolder } from "../../src/train/runs/run-folder.ts";
import { differences, EPOCHS, otograd, tracesOf, training } from "./command.ts";

const KILLS_A_RUN = 3;
const AIMS = ["a moment", "a checkpoint", "a moment", "a file"] as const;
type Aim = (typeof AIMS)[number];

export interface KillCounts {
  kills: number;
  /** Trainings that were killed once or more and then resumed to their end … */
  runs: number;
  /** … and came out the same as the undisturbed one. */
  same: number;
  /** Where the kills found the run. */
  before: number;
  betweenWrites: number;
  insideCheckpoint: number;
  insideOtherFile: number;
}

/** A training that nobody disturbed, and the features that it was of. */
interface Undisturbed {
  run: string;
  cache: string;
}

/**
 * Makes so many kills, over runs of a few kills each. Throws where a resumed training fails; `say` is told how it goes.
 * Without an undisturbed run, of EPOCHS epochs, it makes one.
 */
export async function killTest(
  kills: number,
  seed: number,
  say: (line: string) => void,
  undisturbed?: Undisturbed,
): Promise<KillCounts> {
  const root = mkdtempSync(join(tmpdir(), "otograd-kills-"));
  try {
    const own = { run: join(root, "undisturbed"), cache: join(root, "cache") };
    if (undisturbed === undefined) await toTheEnd(training(own.run, own.cache, EPOCHS));
    return await killIn(root, undisturbed ?? own, kills, seed, say);
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function killIn(
  root: string,
  { run: undisturbed, cache }: Undisturbed,
  kills: number,
  seed: number,
  say: (line: string) => void,
) {
  const random = new HostRandom(seed);
  const wanted = tracesOf(undisturbed);
  // So small a training takes about as long as the process takes to begin it.
  const whole = 2000 * new RunFolder(undisturbed).readResult()!.seconds;

  const counts: KillCounts = {
    kills: 0,
    runs: 0,
    same: 0,
    before: 0,
    betweenWrites: 0,
    insideCheckpoint: 0,
    insideOtherFile: 0,
  };
  while (counts.kills < kills) {
    const run = join(root, `run-${counts.runs}`);
    const begin = training(run, cache, EPOCHS);
    const goOn = () =>
      existsSync(join(run, "config.json")) ? otograd("train", "--resume", run, "--cache", cache) : begin;
    for (let i = 0; i < KILLS_A_RUN && counts.kills < kills; i++) {
      const aim = AIMS[counts.kills % AIMS.length]!;
      const moment = 0.6 * whole * random.uniform();
      if (!(await killed(goOn(), run, moment, aim))) break; // it was faster
      counts.kills++;
      const found = whereKilled(run);
      counts[found]++;
      say(
        `kill ${counts.kills} of ${kills}: aimed at ${aim}, after ${(moment / 1000).toFixed(1)} s; found ${FOUND[found]}`,
      );
    }
    await toTheEnd(goOn());
    counts.runs++;
    const other = [...differences(tracesOf(run), wanted), ...leftovers(run, join(run, "checkpoint"))];
    if (other.length === 0) counts.same++;
    say(
      `run ${counts.runs}, resumed to its end: ${other.length === 0 ? "the same bit for bit" : `DIFFERENT: ${other.join(", ")}`}`,
    );
    rmSync(run, { recursive: true });
  }
  return counts;
}

async function toTheEnd(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "pipe" });
  const talk = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${command.slice(2).join(" ")} failed:\n${talk}`);
}

/** Starts a training and kills it after so many milliseconds, or in the first such write after them; false if it ended before. */
async function killed(command: string[], run: string, moment: number, aim: Aim): Promise<boolean> {
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
  const running = () => child.exitCode === null && child.signalCode === null;
  await Promise.race([Bun.sleep(moment), child.exited]);
  const folders = aim === "a checkpoint" ? [join(run, "checkpoint")] : [run, join(run, "checkpoint")];
  while (aim !== "a moment" && running() && leftovers(...folders).length === 0) await Bun.sleep(0);
  child.kill("SIGKILL");
  await child.exited;
  return child.signalCode === "SIGKILL";
}

const FOUND = {
  before: "before the first checkpoint",
  betweenWrites: "between two writes",
  insideCheckpoint: "inside a checkpoint's write",
  insideOtherFile: "inside another file's write",
} as const;

/** What a kill interrupted, by what it left. */
function whereKilled(run: string): keyof typeof FOUND {
  const left = leftovers(run, join(run, "checkpoint"));
  if (left.some((name) => name.startsWith("epoch-"))) return "insideCheckpoint";
  if (left.length > 0) return "insideOtherFile";
  return existsSync(join(run, "checkpoint")) ? "betweenWrites" : "before";
}

/** The temporary files in these folders. */
function leftovers(...folders: string[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return statSync(folder).isDirectory() ? readdirSync(folder).filter(isTemporary) : [];
    } catch {
      return []; // not there yet
    }
  });
}
