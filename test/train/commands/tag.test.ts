// `bun run tag`: files, folders, standard input, of any length; one that cannot be read costs a line. With the published network,
// where it is, the right names are among the first.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { ESC10_NAMES } from "../../../bench/audio-set-names.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { manualSeed, nn } from "../../../src/index.ts";
import { type TagOptions, tagFiles } from "../../../src/train/commands/tag.ts";
import { AUDIO_SET } from "../../../src/train/features/audio-set.ts";
import { fetchWeights } from "../../../src/train/pretrained/fetch.ts";
import type { Pretrained } from "../../../src/train/pretrained/network.ts";
import { loadPretrained } from "../../../src/train/pretrained/pretrained.ts";
import { findPublished } from "../../../src/train/pretrained/published.ts";
import { Heard, never } from "../dataset/fetch-tiny.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-tag-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const FIXTURES = join(import.meta.dir, "../../fixtures");
const SHARED = join(import.meta.dir, "../../../../shared/weights");
const ESC10 = join(import.meta.dir, "../../../data/esc10");
const OWN_CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");

const CLASSES = ["Dog", "Rain on surface", "Waves, surf"];
let small: Pretrained;
beforeAll(() => {
  manualSeed(2);
  const network = new nn.MN({ width: 0.1, classes: CLASSES.length }).eval();
  small = { name: "small", description: "drawn", network, settings: AUDIO_SET, classes: CLASSES };
});

function writeNoise(name: string, seconds: number, sampleRate = 8000): string {
  const random = new HostRandom(1);
  const wave = new WaveFile();
  const samples = Int16Array.from({ length: seconds * sampleRate }, () => 6000 * (2 * random.uniform() - 1));
  wave.fromScratch(1, sampleRate, "16", samples);
  writeFileSync(at(name), wave.toBuffer());
  return at(name);
}

/** What is printed, and said on stderr. */
async function tag(names: string[], options: TagOptions = {}, pretrained = small) {
  const printed: string[] = [];
  const progress = new Heard();
  const session = { progress, stop: never(), print: (line: string) => void printed.push(line) };
  const failed = await tagFiles(pretrained, names, options, session);
  return { printed, said: progress.lines, failed };
}

async function spawn(args: string[], input: Uint8Array | "ignore" = "ignore", cache = at("cache")) {
  const child = Bun.spawn([process.execPath, MAIN, "tag", ...args], {
    stdin: input,
    stdout: "pipe",
    stderr: "pipe",
    // The driver's compiled programs stay where they are.
    env: { MESA_SHADER_CACHE_DIR: OWN_CACHE, ...process.env, XDG_CACHE_HOME: cache },
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

test("--json: a line a file, in their order, with all names and every third of a second", async () => {
  mkdirSync(at("folder", "deeper"), { recursive: true });
  writeNoise(join("folder", "a.wav"), 2);
  writeNoise(join("folder", "deeper", "b.wav"), 0.2, 44100);
  const { printed, said, failed } = await tag([at("folder"), join(FIXTURES, "stereo.oga")], { json: true });
  expect([failed, said, printed.length]).toEqual([0, [], 3]);
  const [a, b] = printed.map((line) => JSON.parse(line));
  expect(Object.keys(a)).toEqual(["file", "seconds", "class", "probabilities", "segments"]);
  expect([a.file, a.seconds, b.file, b.seconds]).toEqual([
    at("folder", "a.wav"),
    2,
    at("folder", "deeper", "b.wav"),
    0.2,
  ]);
  expect(Object.keys(a.probabilities).toSorted()).toEqual(CLASSES);
  expect(a.class).toBe(Object.keys(a.probabilities)[0]);
  const values = Object.values<number>(a.probabilities);
  expect(values).toEqual(values.toSorted((x, y) => y - x));
  expect(a.segments.map(({ start }: { start: number }) => start)).toEqual([
    0, 0.32, 0.64, 0.96, 1.28, 1.6, 1.92,
  ]);
  expect(a.segments.at(-1).end).toBe(2);
  expect(b.segments).toEqual([
    { start: 0, end: 0.2, class: expect.any(String), probability: expect.any(Number) },
  ]);
  const { printed: two } = await tag([at("folder", "a.wav")], { json: true, top: 2 });
  expect(Object.keys(JSON.parse(two[0]!).probabilities).length).toBe(2);
});

test("for people: bars, a timeline and its legend; a broken file has its line, and the others are told", async () => {
  writeFileSync(at("broken.ogg"), readFileSync(join(FIXTURES, "tone.ogg")).subarray(0, 4000));
  const long = writeNoise("long.wav", 16);
  const { printed, said, failed } = await tag([at("broken.ogg"), long, at("folder", "a.wav")]);
  expect(failed).toBe(1);
  expect(said).toEqual([`error: ${at("broken.ogg")}: is truncated inside an Ogg page`]);
  expect(printed[0]).toBe(`${long}  16.0 s`);
  for (const line of printed.slice(1, 4))
    expect(line).toMatch(/^ {2}(Dog|Rain on surface|Waves, surf) +0\.\d\d/);
  expect(printed[4]).toMatch(/^ {2}[a-z]{76}$/);
  expect(printed[5]).toMatch(/^ {2}0 s +2 s +4 s +6 s/);
  expect(printed.slice(7, 9)).toEqual(["", `${at("folder", "a.wav")}  2.0 s`]);
});

test("as a process: without weights it says the one command, and --help shows it", async () => {
  const [none, help] = await Promise.all([spawn([at("folder")]), spawn(["--help"])]);
  expect(none).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: mn04_as's weights are not here: bun run weights fetch mn04_as downloads them (4 MB)\n",
  });
  expect(help.stdout).toContain("bun run weights fetch mn04_as");
});

if (!existsSync(SHARED)) console.log(`  the published network was not tried: no ${SHARED}`);
else {
  const folder = at("published", "otograd", "weights");
  const fetched = () =>
    fetchWeights(
      findPublished("mn04_as"),
      { from: join(SHARED, "mn04_as_mAP_432.pt") },
      { progress: new Heard(), stop: never() },
      folder,
    );

  test("as a process, on standard input: the published network", async () => {
    await fetched();
    const tone = new Uint8Array(readFileSync(join(FIXTURES, "stereo.oga")));
    const { exitCode, stdout, stderr } = await spawn(["-", "--json"], tone, at("published"));
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { file, probabilities } = JSON.parse(stdout);
    expect([file, Object.keys(probabilities).length]).toEqual(["-", 527]);
  });

  if (!existsSync(ESC10)) console.log(`  nor on real clips: no ${ESC10}`);
  else
    test("of the first clip of each of ESC-10's classes the right name is among the first five", async () => {
      await fetched();
      const rows = readFileSync(join(ESC10, "meta/esc50.csv"), "utf8").trim().split("\n").slice(1);
      const firsts = new Map(rows.toReversed().map((row) => [row.split(",")[3]!, row.split(",")[0]!]));
      const files = [...firsts.values()].map((name) => join(ESC10, "audio", name));
      const { printed } = await tag(files, { json: true, top: 5 }, loadPretrained("mn04_as", folder));
      const wrong = [...firsts.keys()].filter((category, i) => {
        const told = Object.keys(JSON.parse(printed[i]!).probabilities);
        return !ESC10_NAMES[category]!.some((name) => told.includes(name));
      });
      console.log(`  ${firsts.size - wrong.length} of ${firsts.size} classes`);
      expect(wrong.length).toBeLessThanOrEqual(1);
    });
}
