// `bun run faults`: the long forms of what `bun test` does shortly.
//   --kills N [--seed N]   kills trainings N times, resumes them, and compares with an undisturbed one
//   --minutes N            trains for N minutes and looks whether memory stays flat
import { help, optionsGiven } from "../../build/help.ts";
import { numberGiven } from "../given.ts";
import { killTest } from "./kills.ts";
import { memoryFlat, mib } from "./memory.ts";

help(import.meta.path);

const text = { type: "string" } as const;
const { values } = optionsGiven({ options: { kills: text, seed: text, minutes: text } });
const kills = numberGiven("--kills", values.kills, 0);
const seed = numberGiven("--seed", values.seed, 1, 0);
const minutes = numberGiven("--minutes", values.minutes, 0);
const say = (line: string) => console.error(line);
let well = true;

if (kills > 0) {
  const counts = await killTest(kills, seed, say);
  console.log(
    `${counts.kills} kills: ${counts.before} before the first checkpoint, ${counts.betweenWrites} between writes, ` +
      `${counts.insideCheckpoint} inside a checkpoint's write, ${counts.insideOtherFile} inside another file's; ` +
      `${counts.same} of ${counts.runs} resumed runs ended bit for bit as the undisturbed one`,
  );
  well &&= counts.same === counts.runs;
}
if (minutes > 0) {
  const { epochs, early, late, flat } = await memoryFlat(minutes, say);
  console.log(
    `${minutes} minutes of training, ${epochs} epochs: ${mib(early)} after the warm-up, ${mib(late)} in the end: ${flat ? "flat" : "NOT FLAT"}`,
  );
  well &&= flat;
}
process.exit(well ? 0 : 1);
