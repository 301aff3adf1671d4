// Killed at three moments, one of them in a checkpoint's write, and resumed: nothing is lost. `bun run faults --kills 30`
// is the long form.
import { expect, test } from "bun:test";
import { shared } from "../shared.ts";
import { undisturbedRun } from "./command.ts";
import { killTest } from "./kills.ts";

test("a training that is killed again and again, and resumed, ends as if nothing had happened", async () => {
  const undisturbed = { run: await undisturbedRun(), cache: shared("cache") };
  const { runs, same, ...counts } = await killTest(3, 5, () => {}, undisturbed);
  console.log(
    `kills: ${counts.kills} of ${runs} ${runs === 1 ? "run" : "runs"} (${counts.insideCheckpoint} inside a checkpoint's write, ${counts.before} before the first); ${same} of ${runs} ended bit for bit as an undisturbed one`,
  );
  expect(counts.kills).toBe(3);
  expect(same).toBe(runs);
}, 180_000);
