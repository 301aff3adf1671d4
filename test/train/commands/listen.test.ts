// Listening end to end: a network that learned in a moment, a minute of sounds at known times, and the program in a pipe,
// on a terminal and with a recorder.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "../../../src/index.ts";
import { trainCommand } from "../../../src/train/commands/train.ts";
import { networkOf } from "../../../src/train/learning/checkpoint.ts";
import { largestArray } from "../../../src/train/learning/model.ts";
import { openRun } from "../../../src/train/learning/open-run.ts";
import { openGpu } from "../../../src/train/learning/prepare.ts";
import { runEar } from "../../../src/train/listen/ear.ts";
import { listenTo } from "../../../src/train/listen/listening.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import { hasTerminals } from "../../pty.ts";
import { RATE, scene, type Truth, wavHeader, writeClips } from "../listen/scene.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-listen-"));
afterAll(() => rmSync(root, { recursive: true }));
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const RUN = join(root, "run");
const KINDS = ["chirp_up", "noise", "chirp_down"];
const quiet = new (class extends Progress {
  override say(): void {}
})();
const stop = { signal: null, onFirst: "" };

beforeAll(async () => {
  writeClips(join(root, "data"), KINDS, 4);
  const set = Object.entries({
    "network.hidden": [100],
    "network.filters": 20,
    "optimizer.lr": 0.01,
    "optimizer.schedule": "cosine",
    masks: null,
  });
  await trainCommand(
    {
      data: join(root, "data"),
      fold: 5,
      recipe: "blog-bn",
      epochs: 8,
      seed: 1,
      run: RUN,
      cache: false,
      set: set.map(([path, value]) => ({ path: path.split("."), value })),
    },
    { progress: quiet, stop, print: () => {} },
  );
});

test("a minute: every sound is one event by its name, that begins and ends within half a second of it", async () => {
  const truth: Truth[] = [];
  async function* bytes() {
    yield wavHeader();
    for (const samples of scene(60, KINDS, (each) => truth.push(each))) yield new Uint8Array(samples.buffer);
  }
  const run = openRun(RUN);
  const ear = runEar(networkOf(run, run.folder.readModel()), run.config, largestArray(await openGpu()));
  const found: Truth[] = [];
  const tensors: number[] = [];
  const standing = await listenTo(
    {
      source: { name: "a minute", kind: "file", bytes: bytes(), close() {} },
      raw: null,
      ear,
      threshold: 0.5,
      smooth: 0.75,
      stop,
    },
    {
      event: ({ label, begin, end }) => void found.push({ class: ear.classes[label]!, begin, end }),
      began() {},
      came: () => void tensors.push(memory().tensors),
      heard() {},
      enough: () => false,
      warn(line) {
        throw new Error(line);
      },
    },
  );
  const off = truth.flatMap(({ begin, end }, i) => [
    Math.abs(begin - (found[i]?.begin ?? Infinity)),
    Math.abs(end - (found[i]?.end ?? Infinity)),
  ]);
  console.log(
    `  ${standing.seconds.toFixed(1)} s: ${truth.length} sounds, ${found.length} events, at most ${Math.max(...off).toFixed(2)} s off`,
  );
  expect(found.map((each) => each.class)).toEqual(truth.map((each) => each.class));
  expect(Math.max(...off)).toBeLessThan(0.5);
  expect(tensors.at(-1)!).toBeLessThan(tensors[1]! + 200); // those that the collector has not found yet
});

/** The first sound of a scene, and half of the second, as 16-bit samples. */
function sounds(): Uint8Array {
  const pieces = [...scene(13, KINDS, () => {})];
  return new Uint8Array(Int16Array.from([...pieces[0]!, ...pieces[1]!.subarray(0, -RATE)]).buffer);
}

test("in a pipe, which - may name before the run: events are told as they begin and end, and Ctrl-C ends what is going on", async () => {
  const log = join(root, "log.jsonl");
  const before = '{"class":"noise","begin":1,"end":2,"probability":0.9}\n';
  writeFileSync(log, before);
  const child = Bun.spawn(
    [process.execPath, MAIN, "listen", "-", RUN, "--json", "--begins", "--log", log, "--rate", String(RATE)],
    { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
  );
  child.stdin.write(sounds());
  child.stdin.flush(); // and no end
  let told = "";
  for await (const part of child.stdout) {
    told += new TextDecoder().decode(part);
    if (told.split("\n").length === 4) child.kill("SIGINT");
  }
  const stderr = await new Response(child.stderr).text();
  expect([await child.exited, stderr]).toEqual([
    130,
    expect.stringMatching(/^Ctrl-C: stopping .*\n.* heard, 2 events.*\nstopped;/),
  ]);
  const lines = told.trim().split("\n");
  const events = lines.map((line) => JSON.parse(line));
  expect(events.map(({ class: name, end }) => [name, end === null])).toEqual([
    ["chirp_up", true],
    ["chirp_up", false],
    ["noise", true],
    ["noise", false],
  ]);
  expect(Object.keys(events[1])).toEqual(["class", "begin", "end", "probability"]);
  expect(readFileSync(log, "utf8")).toBe(before + told);
});

const ESCAPE = "\x1b";

test.skipIf(!hasTerminals)(
  "on a terminal: a display that is no wider than it is, and of which nothing is left but the events",
  async () => {
    writeFileSync(join(root, "sounds.raw"), sounds());
    let shown = "";
    let display = ""; // until Ctrl-C is typed
    const decoder = new TextDecoder();
    const command = `trap : INT; (cat sounds.raw; sleep 60) | "$0" "$1" listen run --rate ${RATE}; exit $?`;
    const child = Bun.spawn(["sh", "-c", command, process.execPath, MAIN], {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
      terminal: {
        cols: 40,
        data(terminal, bytes) {
          shown += decoder.decode(bytes, { stream: true });
          if (display !== "" || !/noise +[01]\.\d\d {2}█/.test(shown)) return;
          display = shown;
          terminal.write("\x03");
        },
      },
    });
    expect(await child.exited).toBe(130);
    await Bun.sleep(20); // the last words are on their way
    child.terminal?.close();
    const rows = Bun.stripANSI(display).split(/[\r\n]+/);
    expect(Math.max(...rows.map((row) => Bun.stringWidth(row)))).toBeLessThan(40);
    const [, ...sequences] = shown.split(ESCAPE);
    expect(sequences.filter((text) => /^\[[0-9;]*m/.test(text))).toEqual([]); // NO_COLOR
    expect(shown).toMatch(/\d\.\d s {2}[01]\.\d\d {2}noise/);
    expect(sequences.at(-1)).toMatch(/^\[J\S+ s heard, 2 events.*\r\nstopped;.*\r\n$/);
  },
);
