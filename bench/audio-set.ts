// How often `bun run tag` has the right name of a clip of ESC-10 among its first five, how far it is from that by the same
// weights as float16, and how long a clip takes.
//
//     bun bench/audio-set.ts [data/esc10]
//
// Wants the weights (`bun run weights fetch mn04_as`) and the clips (`bun run dataset fetch --subset esc10`). Exit code 1 where
// fewer than 88 % are right.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { init } from "otograd";
import { tagFiles } from "../src/train/commands/tag.ts";
import { halved } from "../src/train/pretrained/half.ts";
import { buildPretrained } from "../src/train/pretrained/network.ts";
import { readPretrained } from "../src/train/pretrained/pretrained.ts";
import { Progress } from "../src/train/terminal/progress.ts";
import { ESC10_NAMES } from "./audio-set-names.ts";

const WANTED = 0.88;
const TOP = 5;
const data = process.argv[2] ?? "data/esc10";

const { description } = await init();
const published = readPretrained();
const pretrained = buildPretrained(published);
const halves = { ...published, weights: Buffer.concat(halved(published.weights)) };
const rows = readFileSync(join(data, "meta/esc50.csv"), "utf8").trim().split("\n").slice(1);
const clips = rows
  .map((row) => row.split(","))
  .map(([file, , , category]) => ({ file: file!, category: category! }));

/** All names, the likeliest first, with their probabilities, by file. */
async function told(
  files: readonly string[],
  by = pretrained,
  top?: number,
): Promise<Map<string, Record<string, number>>> {
  const found = new Map<string, Record<string, number>>();
  const print = (line: string) => {
    const { file, probabilities } = JSON.parse(line);
    found.set(file, probabilities);
  };
  const session = { progress: new Progress(), stop: { signal: null, onFirst: "" }, print };
  await tagFiles(by, [...files], { json: true, top }, session);
  session.progress.clear();
  return found;
}

/** The likeliest names of a file. */
const first = (heard: Map<string, Record<string, number>>, file: string, count: number) =>
  Object.keys(heard.get(path(file))!).slice(0, count);

const path = (file: string) => join(data, "audio", file);
const started = performance.now();
const all = await told(clips.map(({ file }) => path(file)));
const seconds = (performance.now() - started) / 1000;

let right = 0;
for (const [category, names] of Object.entries(ESC10_NAMES)) {
  const own = clips.filter((clip) => clip.category === category);
  const hits = own.filter(({ file }) => first(all, file, TOP).some((name) => names.includes(name))).length;
  right += hits;
  console.log(`${category.padEnd(15)} ${String(hits).padStart(3)} of ${own.length}   ${names.join(" · ")}`);
}
const share = right / clips.length;
console.log(`${right} of ${clips.length} clips, ${share.toFixed(4)}, have their name among the first ${TOP}`);

const byHalves = await told(
  clips.map(({ file }) => path(file)),
  buildPretrained(halves),
);
let [furthest, same] = [0, 0];
for (const { file } of clips) {
  const [here, there] = [all.get(path(file))!, byHalves.get(path(file))!];
  for (const [name, p] of Object.entries(here)) furthest = Math.max(furthest, Math.abs(p - there[name]!));
  same += Number(first(all, file, 1)[0] === first(byHalves, file, 1)[0]);
}
console.log(
  `as float16, ${halves.weights.length} bytes for ${published.weights.length}: probabilities differ by ${furthest.toFixed(4)} at the most, the likeliest name is the same for ${same} of ${clips.length}`,
);

// One clip by itself, as somebody who waits for it sees it: read, resampled, heard and told; programs are compiled.
const times: number[] = [];
for (let i = 0; i < 12; i++) {
  const begun = performance.now();
  await told([path(clips[i]!.file)], pretrained, TOP);
  times.push(performance.now() - begun);
}
times.sort((a, b) => a - b);
const each = (1000 * seconds) / clips.length;
console.log(
  `${description}: ${each.toFixed(0)} ms a clip of 5 s in a row, ${times[6]!.toFixed(0)} ms (${times[0]!.toFixed(0)} at best) one by itself`,
);
process.exit(share >= WANTED ? 0 : 1);
