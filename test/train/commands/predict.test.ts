// Predicting: what is printed is what the network says of each file, files go through it together, and a file that cannot
// be read costs a line and the exit code, not the others.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WaveFile } from "wavefile";
import { decodeWav } from "../../../src/audio/wav.ts";
import { HostRandom } from "../../../src/gpu/host-random.ts";
import { kernels } from "../../../src/gpu/kernel.ts";
import { type PredictOptions, predictCommand } from "../../../src/train/commands/predict.ts";
import { extractorOf } from "../../../src/train/features/extractor.ts";
import { featuresOf } from "../../../src/train/features/features.ts";
import { SegmentStore } from "../../../src/train/learning/batches.ts";
import { readWeights } from "../../../src/train/learning/checkpoint.ts";
import { predict } from "../../../src/train/learning/evaluate.ts";
import { buildModel, parameterCount } from "../../../src/train/learning/model.ts";
import { audibleSegments } from "../../../src/train/learning/split.ts";
import { vote } from "../../../src/train/learning/voting.ts";
import { findRecipe } from "../../../src/train/recipes/index.ts";
import { makeConfig } from "../../../src/train/runs/config.ts";
import { RunFolder } from "../../../src/train/runs/run-folder.ts";
import { Interrupted } from "../../../src/train/terminal/errors.ts";
import { Progress } from "../../../src/train/terminal/progress.ts";
import type { Session } from "../../../src/train/terminal/session.ts";

setDefaultTimeout(60_000);
const root = mkdtempSync(join(tmpdir(), "otograd-predict-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (...path: string[]) => join(root, ...path);
const MAIN = join(import.meta.dir, "../../../src/train/main.ts");
const FIXTURES = join(import.meta.dir, "../../fixtures");

const CLASSES = ["dog", "rain", "sea_waves", "rooster"];
const blog = findRecipe("blog-bn");
const recipe = { ...blog, network: { ...blog.network, hidden: [200] } };
const standardization = { mean: -40, deviation: 20 };
const model = buildModel(recipe, CLASSES.length, 5);

/** Writes noise of some seconds at 8 kHz, with silence in the middle third. */
function writeNoise(name: string, seconds: number, { level = 0.2, seed = 1 } = {}): string {
  const random = new HostRandom(seed);
  const samples = Int16Array.from({ length: Math.round(seconds * 8000) }, () =>
    Math.round(level * 32767 * (2 * random.uniform() - 1)),
  );
  samples.fill(0, samples.length / 3, (2 * samples.length) / 3);
  const wave = new WaveFile();
  wave.fromScratch(1, 8000, "16", samples);
  writeFileSync(at(name), wave.toBuffer());
  return at(name);
}

beforeAll(async () => {
  const run = new RunFolder(at("run"));
  run.writeConfig(
    makeConfig({
      data: "synthetic",
      fold: 1,
      folds: { train: [2, 3, 4, 5], validation: null, test: 1 },
      seed: 5,
      classes: CLASSES,
      standardization,
      trainingSegments: 2,
      parameters: parameterCount(model),
      adapter: { vendor: "", architecture: "", description: "", software: true },
      recipe,
      overridden: {},
    }),
  );
  run.writeModel(await readWeights(model), {});
});

/** What the command prints, and says on stderr. Ctrl-C comes once it has been at work on so many sounds. */
async function otograd(names: string[], options: PredictOptions = {}, run = "run", stopAt = Infinity) {
  const printed: string[] = [];
  const said: string[] = [];
  class Quiet extends Progress {
    override say(line: string): void {
      said.push(line);
    }
    override share(): void {
      if (--stopAt === 0) stop.signal = "SIGINT";
    }
  }
  const stop: Session["stop"] = { signal: null, onFirst: "" };
  const print = (line: string) => void printed.push(line);
  const session = { progress: new Quiet(), stop, print };
  let failed: number | null = null;
  try {
    failed = await predictCommand(at(run), names, options, session);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    said.push(error.message);
  }
  return { printed, said, failed };
}

/** The command as a process, with something on its standard input. */
async function spawn(args: string[], input?: Uint8Array | "ignore", env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, MAIN, "predict", at("run"), ...args], {
    stdin: input ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
}

const launches = (kernel: string, entry: string) => kernels.get(kernel)?.launches.get(entry) ?? 0;

test("Ctrl-C: what was heard in whole sounds is printed, though they wait for others", async () => {
  const files = [1, 2, 3, 4].map((seed) => writeNoise(`stopped${seed}.wav`, 2, { seed }));
  const { printed, said } = await otograd(files, { json: true }, "run", 2);
  expect(said).toEqual(["stopped at file 3 of 4"]);
  expect(printed.map((line) => JSON.parse(line).file)).toEqual(files.slice(0, 2));
});

test("--json: a line a file with the very probabilities of the network, and every segment", async () => {
  const files = [
    writeNoise("a.wav", 5),
    writeNoise("b.wav", 2.2, { seed: 2 }),
    writeNoise("c.wav", 0.5, { seed: 3 }),
  ];
  const { printed, said, failed } = await otograd(files, { json: true });
  expect([failed, said]).toEqual([0, []]);
  const waves = files.map((file) => decodeWav(new Uint8Array(readFileSync(file))));
  const features = await featuresOf(waves, extractorOf(recipe.frontEnd));
  const { segments, clipOf } = audibleSegments(features, [0, 1, 2]);
  const labels = segments.map(() => 0);
  const store = new SegmentStore(features, segments, labels, standardization, 2 ** 27);
  const rows = await predict(model, store, CLASSES.length, recipe);
  const { probabilities } = vote(rows, CLASSES.length, clipOf, 3);
  for (const [i, line] of printed.entries()) {
    const found = JSON.parse(line);
    expect(Object.keys(found)).toEqual(["file", "seconds", "silent", "class", "probabilities", "segments"]);
    expect(found).toMatchObject({ file: files[i], seconds: [5, 2.2, 0.5][i], silent: false });
    const order = Object.values<number>(found.probabilities);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
    for (const [k, name] of CLASSES.entries())
      expect(found.probabilities[name]).toBeCloseTo(probabilities[i * CLASSES.length + k]!, 5);
    expect(found.class).toBe(Object.keys(found.probabilities)[0]);
    expect(found.segments.length).toBe([9, 3, 1][i]);
  }
  const long = JSON.parse(printed[0]!).segments;
  expect(long.map(({ class: name }: { class: string }) => name === null)).toEqual(
    Array.from({ length: 9 }, (_, s) => features.silent[s] === 1),
  );
  expect(features.silent.slice(0, 9)).toContain(1);
  expect(long[8]).toMatchObject({ start: 3.808073, end: 4.760045 });
  expect(JSON.parse(printed[2]!).segments[0]).toMatchObject({ start: 0, end: 0.5 });
  const { printed: two } = await otograd(files, { json: true, top: 2 });
  expect(Object.keys(JSON.parse(two[0]!).probabilities).length).toBe(2);
});

test("a hundred clips go through the network at once, and their features are computed 16 clips at a time", async () => {
  mkdirSync(at("hundred"));
  for (let i = 0; i < 100; i++) writeNoise(join("hundred", `${i}.wav`), 0.3, { seed: i });
  const before = { features: launches("amplitudeToDb", "forward"), network: launches("softmax", "forward") };
  expect(before.network).toBeGreaterThan(0);
  const { printed, failed } = await otograd([at("hundred")], { json: true });
  const features = launches("amplitudeToDb", "forward") - before.features;
  const network = launches("softmax", "forward") - before.network;
  expect({ failed, features, network }).toEqual({ failed: 0, features: Math.ceil(100 / 16), network: 1 });
  expect(printed.map((line) => JSON.parse(line).file)).toEqual(
    Array.from({ length: 100 }, (_, i) => at("hundred", `${i}.wav`)),
  );
  console.log(`  100 clips: ${features} batches of features, ${network} of the network`);
});

test("a file that cannot be read has its line, and the others are told in their order", async () => {
  writeFileSync(at("broken.ogg"), readFileSync(join(FIXTURES, "tone.ogg")).subarray(0, 4000));
  const good = writeNoise("good.wav", 1);
  const names = [at("broken.ogg"), good, at("gone.wav"), join(FIXTURES, "stereo.oga")];
  const { printed, said, failed } = await otograd(names, { json: true });
  expect(failed).toBe(2);
  expect(said).toEqual([
    `error: ${at("broken.ogg")}: is truncated inside an Ogg page`,
    `error: ${at("gone.wav")}: cannot be read: there is no such file or folder`,
  ]);
  expect(printed.map((line) => JSON.parse(line).file)).toEqual([good, join(FIXTURES, "stereo.oga")]);
});

test("a file that is cut off is told as far as it goes, with a line that says what is missing", async () => {
  const whole = new Uint8Array(readFileSync(writeNoise("whole.wav", 4)));
  writeFileSync(at("cut.wav"), whole.subarray(0, 44 + (whole.length - 44) / 2));
  const { printed, said, failed } = await otograd([at("cut.wav"), at("good.wav")], { json: true });
  expect(failed).toBe(0);
  expect(said.map((line) => line.slice(line.indexOf(at("cut.wav"))))).toEqual([
    `${at("cut.wav")}: ends after 2.00 of 4.00 s: the rest is missing`,
  ]);
  expect(printed.map((line) => JSON.parse(line).seconds)).toEqual([2, 1]);
});

test("for people: bars, a timeline with a legend; a silent file is called silent", async () => {
  const { printed } = await otograd([
    writeNoise("d.wav", 5, { seed: 9 }),
    writeNoise("e.wav", 1, { level: 0 }),
  ]);
  const [title, ...lines] = printed;
  expect(title).toBe(`${at("d.wav")}  5.0 s`);
  expect(lines.slice(0, 3).every((line) => /^ {2}[a-z_]+ +0\.\d\d( {2}[█▏▎▍▌▋▊▉]+)?$/.test(line))).toBe(true);
  expect(lines[3]).toMatch(/^ {2}[a-z]{10,}·{10,}[a-z]{10,}$/);
  expect(lines[4]).toMatch(/^ {2}0 s +1 s +2 s +3 s +4 s$/);
  expect(lines[5]).toMatch(/^ {2}(. (dog|rain|sea_waves|rooster) {2})+· silent$/);
  expect(lines[6]).toBe("");
  expect(lines[7]).toBe(
    `${at("e.wav")}  1.0 s  silent: no segment's mean is above -70 dB; a guess all the same:`,
  );
  expect(printed.join("")).not.toContain("\x1b");
});

test.concurrent("as a process: exit codes, standard input, no escape codes in a pipe", async () => {
  const tone = new Uint8Array(readFileSync(join(FIXTURES, "stereo.oga")));
  const { printed: same } = await otograd([join(FIXTURES, "stereo.oga")], { json: true });
  const [piped, none, wrong] = await Promise.all([
    spawn(["-", "--json"], tone, { FORCE_COLOR: "1" }),
    spawn(["-"]),
    spawn([at("broken.ogg"), at("a.wav")]),
  ]);
  expect(piped).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(piped.stdout)).toEqual({ ...JSON.parse(same[0]!), file: "-" });
  expect(none).toEqual({ exitCode: 1, stdout: "", stderr: "error: standard input: is empty\n" });
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toBe(`error: ${at("broken.ogg")}: is truncated inside an Ogg page\n`);
  expect(wrong.stdout).toStartWith(`${at("a.wav")}  5.0 s\n`);
  expect(wrong.stdout).not.toContain("\x1b");
});

test.concurrent("as a process: a reader that goes away, and one that takes his time", async () => {
  copyFileSync(at("a.wav"), at("hundred", "a.wav"));
  const shell = async (command: string) => {
    const child = Bun.spawn(["sh", "-c", command], { stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { exitCode: await child.exited, stdout, stderr };
  };
  const otograd = `"${process.execPath}" "${MAIN}" predict "${at("run")}"`;
  const folder = `"${at("hundred")}" `;
  const [leaving, slow] = await Promise.all([
    shell(`${otograd} ${folder} | head -n 1`),
    // More than a pipe holds, for a reader who waits a second after the first byte.
    shell(`${otograd} ${folder.repeat(3)} --json | (dd bs=1 count=1 2>&-; sleep 1; cat)`),
  ]);
  expect(leaving).toEqual({ exitCode: 0, stdout: `${at("hundred", "0.wav")}  0.3 s\n`, stderr: "" });
  expect(slow.stdout.length).toBeGreaterThan(65536);
  expect(slow.stdout.trimEnd().split("\n").length).toBe(3 * 101);
});

test("a file that nothing can be heard in is one line that names it; the others have their results", async () => {
  const wave = new WaveFile();
  wave.fromScratch(
    1,
    1,
    "16",
    Int16Array.from({ length: 30 }, (_, i) => 100 * i),
  );
  writeFileSync(at("1hz.wav"), wave.toBuffer());
  const good = writeNoise("good.wav", 1);
  for (const names of [
    [at("1hz.wav"), good],
    [good, at("1hz.wav")],
  ]) {
    const { printed, said, failed } = await otograd(names);
    expect(failed).toBe(1);
    expect(printed).toContain(`${good}  1.0 s`);
    expect(said).toEqual([
      `error: ${at("1hz.wav")}: has a rate of 1 Hz; from 40 to 1000000 Hz there is sound`,
    ]);
  }
});

test("names that would steer a terminal do not, and --json keeps the order of classes that are numbers", async () => {
  const run = new RunFolder(at("odd"));
  const classes = ["10", "9", "dog\x1b[2J\u009b31m", "a\u202eb"];
  run.writeConfig({ ...(new RunFolder(at("run")).readConfig() as object), classes });
  run.writeModel(await readWeights(model), {});
  const file = writeNoise("a\x1b[31m.wav", 1);
  const text = await otograd([file, at("no\x07ne.wav")], { top: 4 }, "odd");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  for (const line of [...text.printed, ...text.said]) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  expect(text.printed.join("\n")).toContain("dog?[2J?31m");
  expect(text.said[0]).toContain("no?ne.wav: cannot be read");

  const { printed } = await otograd([file], { json: true }, "odd");
  expect(JSON.parse(printed[0]!).file).toBe(file);
  const { probabilities } = JSON.parse(printed[0]!);
  const names = [...printed[0]!.matchAll(/"(10|9|dog[^"]*|a[^"]*b)":([\d.e-]+)/g)].map(([, name]) => name!);
  expect(names.toSorted()).toEqual(["10", "9", "a?b", "dog?[2J?31m"]);
  expect(names).toEqual(names.toSorted((a, b) => probabilities[b] - probabilities[a]));
});
