// An hour of sound, or as many minutes as are asked for, sent into `bun run listen`: whether events are where they are, and
// memory is flat. A network learns eight kinds of sound first, of clips that are not in the hour.
//   bun test/endless/listen.ts 60             trains a network for some minutes first
//   bun test/endless/listen.ts 60 runs/DIR    with one that has learned them (the first says where it left its own)
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberGiven } from "../given.ts";
import { RATE, scene, type Truth, wavHeader, writeClips } from "../train/listen/scene.ts";

const MAIN = join(import.meta.dir, "../../src/train/main.ts");
const KINDS = ["tone", "chirp_up", "chirp_down", "siren", "noise", "waves", "clicks", "barks"];
const TRAINING =
  "--fold 5 --recipe blog-bn --epochs 20 --seed 1 --set network.hidden=[500] --set optimizer.lr=0.01 --set optimizer.schedule=cosine --set masks=null";

const minutes = numberGiven("the number of minutes", process.argv[2], 60);
const run = process.argv[3] ?? (await train());

async function train(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "otograd-hour-"));
  const [data, run] = [join(folder, "data"), join(folder, "run")];
  writeClips(data, KINDS, 10);
  const args = ["train", "--data", data, "--run", run, "--no-cache", ...TRAINING.split(" ")];
  const child = Bun.spawn([process.execPath, MAIN, ...args], { stdio: ["ignore", 2, 2] });
  if ((await child.exited) !== 0 || !existsSync(run)) process.exit(1);
  return run;
}

const truth: Truth[] = [];
const child = Bun.spawn([process.execPath, MAIN, "listen", run, "--json"], {
  stdin: "pipe",
  stdout: "pipe",
  stderr: "inherit",
});

/** What the process holds: resident memory, its peak, and mappings. */
function held(): string {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const mib = (name: string) => Math.round(Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))![1]) / 1024);
  const mappings = readFileSync(`/proc/${child.pid}/maps`, "utf8").split("\n").length;
  return `resident ${mib("VmRSS")} MiB (at most ${mib("VmHWM")}), ${mappings} mappings`;
}

/** Sends the sound as fast as it is taken; says at each quarter what is held. */
async function send(): Promise<void> {
  const began = performance.now();
  child.stdin.write(wavHeader());
  let sent = 0;
  let quarter = 1;
  for (const samples of scene(60 * minutes, KINDS, (each) => truth.push(each))) {
    child.stdin.write(new Uint8Array(samples.buffer));
    await child.stdin.flush();
    sent += samples.length / RATE;
    for (; sent >= (quarter * 60 * minutes) / 4; quarter++) {
      const seconds = (performance.now() - began) / 1000;
      console.log(
        `${((quarter * minutes) / 4).toFixed(0).padStart(3)} min of sound after ${seconds.toFixed(0)} s: ${held()}`,
      );
    }
  }
  await child.stdin.end();
}

const [output] = await Promise.all([new Response(child.stdout).text(), send()]);
const events: Truth[] = output
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
if ((await child.exited) !== 0) process.exit(1);

/** The events of a sound's class that overlap with it. */
const matching = (sound: Truth) =>
  events.filter((event) => event.class === sound.class && event.begin < sound.end && event.end > sound.begin);
const matches = truth.map((sound) => ({ sound, found: matching(sound) }));
const once = matches.filter(({ found }) => found.length === 1);
const off = once.map(({ sound, found: [event] }) => ({
  begin: event!.begin - sound.begin,
  end: event!.end - sound.end,
}));
const others = events.length - new Set(matches.flatMap(({ found }) => found)).size;
console.log(
  `${truth.length} sounds: ${once.length} are one event of their class, ${matches.filter(({ found }) => found.length > 1).length} several, ${matches.filter(({ found }) => found.length === 0).length} none; ${others} of ${events.length} events are of another class or none`,
);
for (const edge of ["begin", "end"] as const) {
  const sorted = off.map((each) => each[edge]).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!.toFixed(2);
  const within = sorted.filter((each) => Math.abs(each) <= 0.5).length;
  console.log(
    `${edge.padEnd(5)} ${within} of ${sorted.length} within 0.5 s (from ${at(0)} to ${at(1)} s off, median ${at(0.5)}, nine of ten between ${at(0.05)} and ${at(0.95)})`,
  );
}
for (const [i, { begin, end }] of off.entries()) {
  const { sound } = once[i]!;
  if (Math.max(Math.abs(begin), Math.abs(end)) > 0.5)
    console.log(
      `  ${sound.class} from ${sound.begin.toFixed(1)} to ${sound.end.toFixed(1)} s: ${begin.toFixed(2)} and ${end.toFixed(2)} s off`,
    );
}
if (process.argv[3] === undefined) console.log(`the network is in ${run}`);
process.exit();
