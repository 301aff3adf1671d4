// The process that runs cases, one after another, and says before each which it is and after it how it ended: if it
// hangs, grows or dies, its parent knows where. Arguments: seed, first case, one past the last case, a name or "".
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WavError } from "../../src/audio/wav.ts";
import { HostRandom } from "../../src/gpu/host-random.ts";
import { init, WeightsError } from "../../src/index.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import { writeOut } from "../../src/train/terminal/stdout.ts";
import { datasets } from "./datasets.ts";
import { layouts } from "./layouts.ts";
import { prepareRuns, runs } from "./runs.ts";
import { settings } from "./settings.ts";
import { sounds } from "./sounds.ts";
import { surroundings } from "./surroundings.ts";
import type { Target } from "./target.ts";
import { weights } from "./weights.ts";

const ALL = [...sounds, ...surroundings, ...datasets, ...layouts, ...runs, ...settings, ...weights];

/** The target of a case. */
function draw(random: HostRandom, targets: readonly Target[]): Target {
  let at = random.int(targets.reduce((sum, { weight }) => sum + weight, 0));
  for (const target of targets) {
    at -= target.weight;
    if (at < 0) return target;
  }
  throw new Error("no target");
}

/** "used", "refused", or what went wrong. */
async function outcome(target: Target, random: HostRandom, folder: string): Promise<string> {
  try {
    await target.run(random, folder);
    return "used";
  } catch (error) {
    const typed = error instanceof UserError || error instanceof WavError || error instanceof WeightsError;
    if (typed && error.message !== "" && !oneLine(error).includes("\n")) return "refused";
    return `WRONG ${JSON.stringify(error instanceof Error ? (error.stack ?? error.message) : String(error))}`;
  }
}

const [seed, from, to, only] = process.argv.slice(2) as [string, string, string, string];
const targets = only === "" ? ALL : ALL.filter(({ name }) => name === only);
const scratch = mkdtempSync(join(tmpdir(), "otograd-fuzz-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const tell = (line: string) => writeOut(`${line}\n`);
await init();
await prepareRuns(join(scratch, "good"));
for (let i = Number(from); i < Number(to); i++) {
  const random = new HostRandom(Number(seed), i);
  const target = draw(random, targets);
  tell(`${i} ${target.name}`);
  const folder = join(scratch, "case");
  mkdirSync(folder);
  tell(await outcome(target, random, folder));
  rmSync(folder, { recursive: true });
}
process.exit();
