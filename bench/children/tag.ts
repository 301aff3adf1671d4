// A process that hears what is in a sound file, as `bun run tag` does, and then again and again: see sections/tag.ts.
// Arguments: the file, how often. The classes' probabilities are in the order of the network. Where its weights are not there, it
// says { "missing": "what to do" }.
import { init } from "../../src/index.ts";
import { tagFiles } from "../../src/train/commands/tag.ts";
import { buildPretrained } from "../../src/train/pretrained/network.ts";
import { readPretrained } from "../../src/train/pretrained/pretrained.ts";
import { oneLine, UserError } from "../../src/train/terminal/errors.ts";
import { Progress } from "../../src/train/terminal/progress.ts";
import { sharedClock } from "./run.ts";

const [file, times] = process.argv.slice(2) as [string, string];
const loaded = sharedClock();
let line = "";
const print = (text: string) => {
  line = text;
};
const session = { progress: new Progress(), stop: { signal: null, onFirst: "" }, print };

function files() {
  try {
    return readPretrained();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(JSON.stringify({ missing: oneLine(error) }));
    process.exit(0);
  }
}

const read = files();
await init();
const opened = sharedClock();
const pretrained = buildPretrained(read);
const tell = () => tagFiles(pretrained, [file], { json: true }, session);
await tell();
const told = sharedClock();
// The first few are heard by plain programs, while others are compiled now and then (kernels/gemm/gemm.ts).
for (let i = 0; i < 8; i++) await tell();
const milliseconds: number[] = [];
for (let i = 0; i < Number(times); i++) {
  const start = performance.now();
  await tell();
  milliseconds.push(performance.now() - start);
}
const { probabilities } = JSON.parse(line) as { probabilities: Record<string, number> };
const values = pretrained.classes.map((name) => probabilities[name]);
console.log(JSON.stringify({ loaded, opened, told, milliseconds, values }));
process.exit(0);
